"""The behaviour table: every adapter kind x every adapter source x what users rely on, through real
encoder and decoder layers in training, evaluation, incremental decoding and the fast search."""

import itertools

import pytest
import torch
from fairseq.sequence_generator import SequenceGenerator
from small_backbone import batch_of, features, features_step_by_step, part, small_backbone

from hyperadapters.adapters import KINDS, Rows
from hyperadapters.adapters.rows import apply_grouped, apply_in_blocks
from hyperadapters.backbone.fast_decoding.accelerate import accelerate_for_cpu, generator_class
from hyperadapters.backbone.fast_decoding.candidates import CandidateGenerator
from hyperadapters.sources import SOURCES, Condition, SourceGroup
from hyperadapters.sources.baked import bake, trained_weights
from hyperadapters.support.errors import UserError

EVERYWHERE = ",".join(
    f"{block}.{name}" for block in ("self_attn", "cross_attn") for name in ("q", "k", "v", "out")
)
# every kind, and what users can choose about it that changes what it computes
VARIANTS = {
    **{kind: {"kind": kind} for kind in KINDS.names()},
    "bottleneck, plain": {"norm": "plain"},
    "bottleneck, none": {"norm": "none"},
    "bottleneck, published": {"norm": "branch", "place": "after_feed_forward"},
    "lora, everywhere": {"kind": "lora", "points": f"{EVERYWHERE},ffn.hidden,ffn.out", "rank": 2},
    "lora, cross-attention": {"kind": "lora", "points": "cross_attn.k", "alpha": 4.0},
    "lora, two ranks": {
        "kind": "lora",
        "rank": 3,
        "points": "self_attn.q,ffn.hidden",
        "ranks": "ffn.hidden=1",
    },
    "lora, diagonal": {"kind": "lora", "diagonal": True, "rank": 3},
    "prefix, reparametrised": {"kind": "prefix", "reparametrisation": 3, "length": 2},
    "prefix, self-attention": {"kind": "prefix", "points": "self_attn.keys_values"},
    "ia3, cross-attention": {"kind": "ia3", "points": "cross_attn.k,cross_attn.v"},
    "head_mask, learnt": {"kind": "head_mask", "kept": 0.5},
}
TABLE = list(itertools.product(VARIANTS, SOURCES.names()))
SIDES = ("encoder", "decoder")
DIRECTIONS = ((0, 1), (1, 0), (0, 2), (2, 0))


def conditions_of(directions):
    """The conditions of both sides for directions with any task, as `bake` takes them."""
    conditions = [
        {"src": src, "tgt": tgt, "task": task} for src, tgt in directions for task in (0, 1)
    ]
    return {side: conditions for side in SIDES}


def ids(rows):
    """Ids of a batch whose rows are trained directions, by number."""
    directions = torch.tensor(DIRECTIONS)[torch.tensor(rows)]
    return {"src": directions[:, 0], "tgt": directions[:, 1], "task": torch.tensor(rows) % 2}


def batch(rows):
    return batch_of(ids(rows))


@pytest.fixture(params=TABLE, ids=lambda pair: "-".join(pair))
def case(request, make_config):
    variant, source = request.param

    def build(**changes):
        made_by = "hyper" if source == "baked" else source  # what is baked was generated
        torch.manual_seed(1)
        adapters = SOURCES.get(made_by)(make_config(**VARIANTS[variant], source=made_by, **changes))
        if source != "none" and changes.get("start") != "identity":
            move_from_identity(adapters)
        build.kind = adapters.members[0].config.kind
        return bake(adapters, conditions_of(DIRECTIONS)) if source == "baked" else adapters

    build.source = source
    return build


def move_from_identity(adapters):
    """Stored adapters of some kinds start as the identity: as if all had been trained a little."""
    with torch.no_grad():
        for parameter in adapters.parameters():
            # what is not trained holds choices of another size
            parameter.add_(
                torch.randn_like(parameter), alpha=0.1 if parameter.requires_grad else 1.0
            )


def is_trained(kind):
    return any(spec.is_trained for spec in kind.all_tensors())


def used_names(adapters, rows):
    """The parameters that a batch uses: all that no set of conditional parameters leaves out, and the
    stored adapters of its keys."""
    names = {id(p): name for name, p in adapters.named_parameters()}
    conditional = {id(p) for group in adapters.conditional_parameters() for p in group}
    used = {name for key, name in names.items() if key not in conditional}
    for source in adapters.members:
        for side, inputs in source.config.inputs.items():
            for key in zip(*(ids(rows)[name].tolist() for name in inputs)):
                used |= {names[id(p)] for p in source.tensors(side, key).values()}
    return used


def test_identity_start_changes_nothing(case):
    adapters = case(start="identity")
    if not case.kind.has_identity:
        pytest.skip("no weights of this kind change nothing")
    model = small_backbone(adapters).eval()
    with_adapters = features(model, batch([0, 1, 2, 3]))
    model.encoder.adapters = SOURCES.get("none")(adapters.members[0].config)
    torch.testing.assert_close(with_adapters, features(model, batch([0, 1, 2, 3])), rtol=0, atol=0)


def test_other_adapters_change_something(case):
    model = small_backbone(case()).eval()
    with_adapters = features(model, batch([0, 1, 2, 3]))
    model.encoder.adapters = SOURCES.get("none")(model.encoder.adapters.members[0].config)
    same = torch.equal(with_adapters, features(model, batch([0, 1, 2, 3])))
    assert same == (case.source == "none")


def test_saved_and_loaded_weights_do_the_same(case):
    first, second = case(), case(start="identity")
    second.load_state_dict(first.state_dict())
    models = [small_backbone(adapters).eval() for adapters in (first, second)]
    assert torch.equal(*(features(model, batch([0, 1, 2, 3])) for model in models))


def test_mixed_batch_equals_its_parts(case):
    model = small_backbone(case()).double().eval()
    whole = batch([2, 0, 3, 2, 1, 0])
    mixed = features(model, whole)
    for row in range(len(mixed)):
        alone = features(model, part(whole, slice(row, row + 1)))
        torch.testing.assert_close(mixed[row : row + 1], alone)


def test_training_equals_evaluation_and_incremental_decoding(case):
    model = small_backbone(case()).double()
    whole = batch([2, 0, 3, 2, 1, 0])
    trained = features(model.train(), whole)
    torch.testing.assert_close(features(model.eval(), whole), trained)
    torch.testing.assert_close(features_step_by_step(model, whole), trained)
    order = torch.tensor([0, 0, 2, 2, 4, 4, 1])
    beams = features_step_by_step(model, {**whole}, order)
    torch.testing.assert_close(beams, features(model, part(whole, order)))


def test_fast_search_finds_what_fairseqs_finds(case):
    model = small_backbone(case()).eval()
    sample = {"id": torch.arange(6), "net_input": batch([2, 0, 3, 2, 1, 0])}
    dictionary = model.encoder.dictionary
    options = {"beam_size": 4, "max_len_b": 12}
    wanted = SequenceGenerator([model], dictionary, **options).generate([model], sample)
    accelerate_for_cpu(model)
    generator = generator_class(model, dictionary, 4)([model], dictionary, **options)
    assert isinstance(generator, CandidateGenerator)
    for ours, theirs in zip(generator.generate([model], sample), wanted):
        assert [h["tokens"].tolist() for h in ours] == [h["tokens"].tolist() for h in theirs]
        for hypothesis, other in zip(ours, theirs):
            torch.testing.assert_close(hypothesis["score"], other["score"], rtol=1e-4, atol=1e-4)


def test_grouped_equals_blocks(case):
    adapters = case()
    for source in adapters.members:
        config = source.config
        inputs = config.inputs["decoder"]
        condition = Condition.from_ids(ids([3, 1, 0, 2, 1]), inputs, like=torch.zeros(5))
        rows = Rows(condition.index, condition.count)
        for weights in source({"decoder": condition})["decoder"]:
            for point, names in config.kind.layout(config.layers["decoder"]).items():
                inputs, outputs = config.layers["decoder"].widths(point)
                x = torch.randn(4, 5, inputs if config.kind.adds else outputs)
                local = {name: weights[flat] for name, flat in names.items()}
                ways = (apply_grouped, apply_in_blocks)
                torch.testing.assert_close(
                    *(way(config.kind.apply, x, local, rows) for way in ways)
                )


def test_gradients_reach_the_conditions_of_the_batch_only(case):
    adapters = case()
    if not any(p.requires_grad for p in adapters.parameters()):
        assert case.source in ("none", "baked") or not is_trained(case.kind)
        return
    model = small_backbone(adapters)
    features(model, batch([0, 0])).pow(2).sum().backward()  # language 2 and task 1 are absent
    reached = {name for name, p in adapters.named_parameters() if p.grad is not None}
    if case.source == "hyper":
        assert reached == {name for name, _ in adapters.named_parameters()}
        languages = adapters.embeddings["languages"].weight.grad
        assert languages[1].any() and not languages[2].any()
    else:
        assert reached == used_names(adapters, [0])


def test_stored_adapters_of_absent_conditions_are_not_updated(case):
    adapters = case()
    trained = case.source != "baked" and is_trained(case.kind)
    if not trained or not adapters.conditional_parameters():
        pytest.skip("nothing is stored by condition and trained")
    model = small_backbone(adapters)
    optimizer = torch.optim.Adam(adapters.parameters(), lr=0.1, weight_decay=0.1)
    features(model, batch([0, 1, 2, 3])).pow(2).sum().backward()
    optimizer.step()
    before = {name: p.detach().clone() for name, p in adapters.named_parameters()}
    optimizer.zero_grad(set_to_none=True)
    features(model, batch([0, 0])).pow(2).sum().backward()
    optimizer.step()
    changed = {n for n, p in adapters.named_parameters() if not torch.equal(p, before[n])}
    assert changed == used_names(adapters, [0])


def test_validation_before_training_keeps_gradients(case):
    adapters = case()
    if not any(p.requires_grad for p in adapters.parameters()):
        pytest.skip("nothing is trained")
    model = small_backbone(adapters)
    with torch.no_grad():
        features(model, batch([0, 1, 2, 3]))
    features(model, batch([0, 1, 2, 3])).pow(2).sum().backward()
    assert all(p.grad is not None for p in adapters.parameters())


def test_bake_equals_generate(case):
    adapters = case()
    if case.source in ("none", "baked"):
        pytest.skip("there is nothing to bake")
    baked = bake(adapters, conditions_of(DIRECTIONS[1:]))
    for source, plain in zip(adapters.members, baked.members):
        for row in (1, 2, 3):
            conditions = {
                side: Condition.from_ids(ids([row, row]), inputs, like=torch.zeros(2))
                for side, inputs in source.config.inputs.items()
            }
            generated, stored = source(conditions), plain(conditions)
            for side in SIDES:
                kind, layer = source.config.kind, source.config.layers[side]
                for weights, other in zip(generated[side], stored[side]):
                    weights = trained_weights(kind, layer, weights)
                    assert weights.keys() == other.keys()
                    assert all(torch.equal(weights[name], other[name]) for name in weights)
    rows = batch([1, 2, 3])  # of equal weights products may still round by their place in memory
    wanted = features(small_backbone(adapters).eval(), rows)
    torch.testing.assert_close(features(small_backbone(baked).eval(), rows), wanted)


def test_bake_keeps_one_set_a_distinct_condition(case):
    if case.source in ("none", "baked"):
        pytest.skip("there is nothing to bake")
    for baked in bake(case(), conditions_of(DIRECTIONS[1:])).members:
        for side, sets in baked.sides.items():
            inputs = baked.config.inputs[side]
            wanted = {
                tuple(ids([row])[name].item() for name in inputs if name != "task")
                for row in (1, 2, 3)
            }
            assert len(sets) == len(wanted) * (2 if "task" in inputs else 1)


def test_a_direction_that_was_not_baked_is_refused(make_config):
    baked = bake(SOURCES.get("hyper")(make_config()), conditions_of(DIRECTIONS[1:]))
    with pytest.raises(UserError, match="stored for src,tgt = 0-1, stored are 1-0, 0-2, 2-0"):
        features(small_backbone(baked), batch([0]))


def test_adapters_of_a_group_act_as_each_alone(make_config):
    kinds = {"bottleneck": "hyper", "lora": "language"}
    parts = {
        kind: SOURCES.get(source)(make_config(kind=kind, source=source))
        for kind, source in kinds.items()
    }
    for part_of_group in parts.values():
        move_from_identity(part_of_group)
    model, rows = small_backbone(SourceGroup(parts)).eval(), batch([2, 0, 3])
    together = features(model, rows)
    silent = SourceGroup(parts)
    for kind, source in kinds.items():
        identity = SOURCES.get(source)(make_config(kind=kind, source=source, start="identity"))
        silent.parts[kind] = identity
        model.encoder.adapters = silent
        only_other = features(model, rows)
        rest = {name: adapters for name, adapters in parts.items() if name != kind}
        model.encoder.adapters = SourceGroup(rest)
        torch.testing.assert_close(features(model, rows), only_other)
        assert not torch.allclose(only_other, together)
        silent.parts[kind] = parts[kind]
    model.encoder.adapters = bake(SourceGroup(parts), conditions_of(DIRECTIONS))
    torch.testing.assert_close(features(model, rows), together)


def test_every_registered_name_has_a_summary():
    for registry in (KINDS, SOURCES):
        for name in registry.names():
            assert registry.get(name).__doc__, name
