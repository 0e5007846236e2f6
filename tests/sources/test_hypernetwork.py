import pytest
import torch

from hyperadapters.adapters import KINDS, LayerShape, sites
from hyperadapters.adapters.bottleneck import Options
from hyperadapters.sources import SOURCES, Condition, HyperOptions, SourceConfig, parse_inputs
from hyperadapters.support.errors import UserError


def conditions(config, src=(0, 1), tgt=(1, 2)):
    ids = {"src": torch.tensor(src), "tgt": torch.tensor(tgt)}
    return {
        side: Condition.from_ids(ids, config.inputs[side], like=ids["src"])
        for side in ("encoder", "decoder")
    }


def test_one_product_for_all_layers_equals_a_product_per_layer(make_config):
    source = SOURCES.get("hyper")(make_config())
    wanted = conditions(source.config)
    weights = source(wanted)
    for side, condition in wanted.items():
        embedded = source.embed(side, condition)  # [K, sites, width]
        for site in range(embedded.size(1)):
            hidden = source.hidden(embedded[:, site])
            for name, spec in source.config.tensors(side).items():
                head = source.heads[name]
                plain = (head(hidden) / 8**0.5).view(-1, *spec.shape) + spec.offset
                torch.testing.assert_close(weights[side][site][name], plain)


def test_a_generated_adapter_equals_a_regular_one_with_the_same_weights(make_config):
    hyper = SOURCES.get("hyper")(make_config(inputs=SOURCES.get("language").default_inputs))
    bank = SOURCES.get("language")(make_config(source="language"))
    wanted = conditions(hyper.config)
    generated = hyper(wanted)
    for side, condition in wanted.items():
        for k, key in enumerate(condition.unique.tolist()):
            stored = bank.tensors(side, tuple(key))
            for site, weights in enumerate(generated[side]):
                for name, tensor in weights.items():
                    stored[name].data[site] = tensor[k].detach()
    regular = bank(wanted)
    x = torch.randn(3, 2, 6)
    for side in wanted:
        for own, other in zip(generated[side], regular[side]):
            for k in range(wanted[side].count):
                pick = [{n: t[k] for n, t in weights.items()} for weights in (own, other)]
                kind = hyper.config.kind
                assert torch.equal(kind.apply(x, pick[0]), kind.apply(x, pick[1]))


def spread(hidden, rescale):
    """Mean standard deviation of the generated down-projections over a few draws."""
    kind = KINDS.get("bottleneck")(Options(32))
    options = HyperOptions(hidden=hidden, rescale=rescale)
    values = []
    for seed in range(4):
        torch.manual_seed(seed)
        config = SourceConfig(
            kind, {"encoder": LayerShape(64, 128, 4)}, sites({"encoder": 2, "decoder": 2}),
            {"encoder": ("src", "tgt")}, {"languages": 5}, hyper=options,
        )  # fmt: skip
        source = SOURCES.get("hyper")(config)
        wanted = Condition.from_ids(
            {"src": torch.arange(5), "tgt": torch.arange(5).flip(0)}, ("src", "tgt"), torch.zeros(5)
        )
        with torch.no_grad():
            hidden_states = source.hidden(source.embed("encoder", wanted).flatten(0, 1))
            # remove what depends on the hidden state itself, so that only the heads are compared
            hidden_states = hidden_states / hidden_states.pow(2).mean().sqrt()
            values.append(
                source.generate({"encoder": hidden_states})["encoder"]["down"].std().item()
            )
    return sum(values) / len(values)


def test_rescaling_makes_the_start_scale_independent_of_the_hidden_dimension():
    assert spread(408, True) / spread(102, True) == pytest.approx(1, abs=0.15)
    assert spread(408, False) / spread(102, False) == pytest.approx(2, abs=0.3)


@pytest.mark.parametrize("rescale", [True, False])
def test_a_calibrated_start_has_the_scale_of_stored_adapters(make_config, rescale):
    config = make_config(width=64, hidden=32, start="calibrated", hyper={"rescale": rescale})
    source = SOURCES.get("hyper")(config)
    with torch.no_grad():
        weights = source(conditions(source.config, (0, 1, 2), (2, 0, 1)))["encoder"]
    stored = torch.nn.init.xavier_uniform_(torch.empty(4, 64)).std()
    generated = torch.stack([site["down"] for site in weights]).std()
    assert generated / stored == pytest.approx(1, abs=0.25)
    assert weights[0]["norm_bias"].abs().max() < 0.5


def test_encoder_and_decoder_layers_get_different_adapters(make_config):
    both = {"encoder": ("src", "tgt"), "decoder": ("src", "tgt")}
    source = SOURCES.get("hyper")(make_config(inputs=both))
    weights = source(conditions(source.config))
    downs = [w["down"] for side in ("encoder", "decoder") for w in weights[side]]
    for number, one in enumerate(downs):
        for other in downs[number + 1 :]:
            assert (one - other).abs().max() > 1e-3


def test_a_side_sees_only_the_inputs_of_its_condition(make_config):
    source = SOURCES.get("hyper")(make_config())
    one = source(conditions(source.config, src=(0,), tgt=(1,)))
    other = source(conditions(source.config, src=(2,), tgt=(1,)))
    assert torch.equal(one["decoder"][0]["down"], other["decoder"][0]["down"])
    assert not torch.equal(one["encoder"][0]["down"], other["encoder"][0]["down"])


def test_output_norm_keeps_generated_weights_small_however_far_the_hidden_state_grows(make_config):
    for output_norm in (True, False):
        source = SOURCES.get("hyper")(make_config(hidden=64, hyper={"output_norm": output_norm}))
        before = source(conditions(source.config))["encoder"][0]["down"].std()
        source.project.weight.data.mul_(1000)
        for block in source.blocks:
            block.outer.weight.data.mul_(1000)
        after = source(conditions(source.config))["encoder"][0]["down"].std()
        assert (after < 3 * before) == output_norm


def test_tied_embeddings_are_one_table(make_config):
    tied = SOURCES.get("hyper")(make_config())
    untied = SOURCES.get("hyper")(make_config(hyper={"tied": False}))
    assert set(tied.embeddings) == {"languages"}
    assert set(untied.embeddings) == {"src", "tgt"}


def test_a_task_can_condition_the_same_hypernetwork(make_config):
    inputs = {"encoder": ("src", "task"), "decoder": ("tgt", "task")}
    source = SOURCES.get("hyper")(make_config(inputs=inputs))
    ids = {key: torch.tensor([0, 0]) for key in ("src", "tgt")} | {"task": torch.tensor([0, 1])}
    wanted = {
        side: Condition.from_ids(ids, names, torch.zeros(2)) for side, names in inputs.items()
    }
    down = source(wanted)["encoder"][0]["down"]
    assert down.size(0) == 2 and not torch.equal(down[0], down[1])


def test_distinct_conditions_are_found_once():
    ids = {"src": torch.tensor([2, 0, 2, 0]), "tgt": torch.tensor([1, 1, 1, 2])}
    condition = Condition.from_ids(ids, ("src", "tgt"), torch.zeros(4))
    assert condition.count == 3
    rows = torch.stack([ids["src"], ids["tgt"]], 1)
    assert torch.equal(condition.unique[condition.index], rows)
    assert Condition.from_ids(ids, (), torch.zeros(4)).count == 1


def test_absent_ids_are_an_error_not_a_default():
    with pytest.raises(UserError, match="tgt_lang_id"):
        Condition.from_ids({"src": torch.tensor([0]), "tgt": None}, ("src", "tgt"), torch.zeros(1))


def test_inputs_are_read_in_any_spelling():
    assert parse_inputs("tgt, src") == ("src", "tgt")
    assert parse_inputs("") == ()
    with pytest.raises(UserError, match="did you mean 'tgt'"):
        parse_inputs("tgtt")


def test_an_untrained_pair_is_an_error(make_config):
    source = SOURCES.get("pair")(make_config(source="pair"))
    with pytest.raises(UserError, match="1-2"):
        source(conditions(source.config, src=(1,), tgt=(2,)))


def test_language_embeddings_start_as_far_apart_as_wished(make_config):
    tables = [
        SOURCES.get("hyper")(make_config(hyper={"lang_start": std, "lang_dim": 400})).embeddings
        for std in (1.0, 0.1)
    ]
    spreads = [table["languages"].weight.std().item() for table in tables]
    assert spreads[1] / spreads[0] == pytest.approx(0.1, rel=0.1)
    with pytest.raises(UserError, match="--hyper-lang-start 0: give a number above 0"):
        make_config(hyper={"lang_start": 0})


@pytest.mark.parametrize("hidden", [64, 2048])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_generated_weights_keep_their_scale_in_half_precision(make_config, hidden, dtype):
    source = SOURCES.get("hyper")(make_config(hidden=hidden, width=32))
    embedded = torch.randn(4, 8)
    single = source.generate({"encoder": source.hidden(embedded)})["encoder"]
    source.to(dtype)
    half = source.generate({"encoder": source.hidden(embedded.to(dtype))})["encoder"]
    for name, tensor in half.items():
        difference = (tensor.float() - single[name]).std()
        assert difference < 0.05 * single[name].std().clamp(min=0.01), name
    assert 0.01 < single["down"].std() < 5  # far from the largest and smallest halves


def test_a_low_rank_head_equals_a_full_one_with_the_product(make_config):
    thin = SOURCES.get("hyper")(make_config(hyper={"head_rank": 2}))
    full = SOURCES.get("hyper")(make_config())
    state = {n: t for n, t in thin.state_dict().items() if ".inner." not in n or "heads" not in n}
    for name, head in thin.heads.items():
        state[f"heads.{name}.weight"] = head.weight @ head.inner.weight
    full.load_state_dict(state)
    wanted = conditions(full.config)
    for side, by_site in full(wanted).items():
        for ours, theirs in zip(thin(wanted)[side], by_site):
            for name, tensor in theirs.items():
                torch.testing.assert_close(ours[name], tensor)
    thin_size, full_size = (sum(p.numel() for p in s.heads.parameters()) for s in (thin, full))
    assert thin_size < full_size


def test_only_the_diagonal_depends_on_the_condition(make_config):
    source = SOURCES.get("hyper")(make_config(kind="lora", diagonal=True, rank=2))
    assert set(source.heads) == {"self_attn_q_diagonal", "self_attn_v_diagonal"}
    weights = source(conditions(source.config))["encoder"][0]
    assert weights["self_attn_q_a"].shape == (2, 2, 6)
    assert torch.equal(*weights["self_attn_q_a"])
    assert not torch.equal(*weights["self_attn_q_diagonal"])
