"""The model: mixed batches, options of the stock Transformer, freezing, start from a stock one."""

import pytest
import torch
from fairseq import options, tasks
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from toy import train_arguments

from hyperadapters.configuration import check_direction_is_known
from hyperadapters.support.errors import UserError


def build(toy, tmp_path, *extra):
    """A task and a model as fairseq-train builds them."""
    args = options.parse_args_and_arch(
        options.get_training_parser(), train_arguments(toy, tmp_path, "--dropout", "0", *extra)
    )
    cfg = convert_namespace_to_omegaconf(args)
    task = tasks.setup_task(cfg.task)
    torch.manual_seed(1)
    return task, task.build_model(cfg.model), cfg


def batch_of(task, rows=24):
    task.load_dataset("train")
    dataset = task.dataset("train")
    step = len(dataset) // rows
    return dataset.collater([dataset[i] for i in range(0, len(dataset), step)])["net_input"]


def scores(model, net_input):
    return model(**net_input)[0]


PUBLISHED = ("--adapter-place", "after_feed_forward", "--adapter-norm", "branch")


@pytest.mark.parametrize("kind", [(), ("--adapter-kind", "parallel"), PUBLISHED])
@pytest.mark.parametrize("source", ["hyper", "language", "pair"])
def test_mixed_batch_equals_its_single_sentences(toy, tmp_path, kind, source):
    task, model, _ = build(toy, tmp_path, *kind, "--adapter-source", source)
    net_input = batch_of(task)
    model.eval()
    mixed = scores(model, net_input)
    for row in range(0, len(mixed), 5):
        alone = scores(model, {k: v[row : row + 1] for k, v in net_input.items()})
        torch.testing.assert_close(mixed[row : row + 1], alone, rtol=1e-4, atol=1e-4)


def test_target_languages_give_different_output(toy, tmp_path):
    task, model, _ = build(toy, tmp_path)
    net_input = {k: v[:1] for k, v in batch_of(task).items()}
    one = scores(model, {**net_input, "tgt_lang_id": torch.tensor([0])})
    other = scores(model, {**net_input, "tgt_lang_id": torch.tensor([2])})
    assert (one - other).abs().max() > 1e-3


def test_a_batch_without_ids_is_refused(toy, tmp_path):
    task, model, _ = build(toy, tmp_path)
    net_input = batch_of(task)
    with pytest.raises(UserError, match="src_lang_id"):
        model(*(net_input[k] for k in ("src_tokens", "src_lengths", "prev_output_tokens")))


def gradients(model, net_input):
    model.zero_grad()
    scores(model, net_input).float().pow(2).mean().backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("source", ["hyper", "language"])
def test_activation_checkpointing_changes_no_gradient(toy, tmp_path, source):
    task, plain, _ = build(toy, tmp_path, "--adapter-source", source)
    _, saving, _ = build(toy, tmp_path, "--adapter-source", source, "--checkpoint-activations")
    saving.load_state_dict(plain.state_dict())
    net_input = batch_of(task)
    wanted, found = gradients(plain, net_input), gradients(saving, net_input)
    assert set(wanted) == set(found)
    for name, gradient in wanted.items():
        torch.testing.assert_close(gradient, found[name])


def test_layerdrop_drops_a_layer_with_its_adapter(toy, tmp_path):
    task, model, _ = build(
        toy, tmp_path, "--encoder-layerdrop", "1.0", "--decoder-layerdrop", "1.0"
    )
    model.train()
    reached = gradients(model, batch_of(task))
    heads = [gradient for name, gradient in reached.items() if ".heads." in name]
    assert not any(gradient.any() for gradient in heads)


@pytest.mark.parametrize(
    "extra",
    [
        ("--post-norm",),
        ("--separate-embeddings", "--share-decoder-input-output-embed"),
        ("--encoder-learned-pos", "--layernorm-embedding"),
        ("--activation-fn", "gelu", "--decoder-layers", "3"),
        ("--adapter-norm", "plain", "--adapter-activation", "swish"),
        ("--adapter-kind", "parallel", "--post-norm", "--hyper-output-norm"),
        (*PUBLISHED, "--post-norm", "--hyper-no-rescale"),
        ("--encoder-adapter-condition", "src", "--decoder-adapter-condition", "src,tgt"),
        ("--decoder-ffn-embed-dim", "24", "--no-token-positional-embeddings"),
    ],
)
def test_options_of_the_stock_transformer_keep_working(toy, tmp_path, extra):
    task, model, _ = build(toy, tmp_path, *extra)
    found = gradients(model, batch_of(task))
    assert all(gradient.isfinite().all() for gradient in found.values())
    assert any(".heads." in name and gradient.any() for name, gradient in found.items())


def test_half_precision_runs(toy, tmp_path):
    task, model, _ = build(toy, tmp_path)
    model = model.to(torch.bfloat16)
    assert scores(model, batch_of(task)).isfinite().all()


@pytest.mark.parametrize(
    "extra,named",
    [
        (("--decoder-embed-dim", "32", "--separate-embeddings"), "--decoder-embed-dim 32"),
        (("--base-layers", "1"), "--base-layers"),
        (("--adapter-bottleneck", "0"), "--adapter-bottleneck 0"),
        (("--adapter-kind", "bottelneck"), "did you mean 'bottleneck'"),
        (("--adapter-kind", "parallel", "--checkpoint-activations"), "cannot be recomputed"),
        (
            (*PUBLISHED, "--checkpoint-activations"),
            "act at ffn.out, inside .* cannot be recomputed",
        ),
        (("--adapter-place", "beside_feed_forward"), "work at after_layer or after_feed_forward"),
        (("--adapter-norm", "brnch"), "choose one of trained, plain, branch, none"),
        (("--adapter-source", "stack"), "knows no tasks"),
        (("--adapter-source", "hyp"), "did you mean 'hyper'"),
        (("--encoder-adapter-condition", "task"), "knows no tasks"),
        (("--freeze-backbone", "--adapter-source", "none"), "nothing to train"),
        (
            ("--adapter-source", "language", "--adapter-languages", "de,en"),
            "lacks fr, which are tr",
        ),
        (("--adapter-source", "language", "--adapter-languages", "de,fx"), "unknown language 'fx'"),
    ],
)
def test_options_that_cannot_be_combined_are_refused_by_name(toy, tmp_path, extra, named):
    with pytest.raises(UserError, match=named):
        build(toy, tmp_path, *extra)


def test_freezing_trains_the_adapters_only(toy, tmp_path):
    task, model, _ = build(toy, tmp_path, "--freeze-backbone")
    assert set(gradients(model, batch_of(task))) == {
        name for name, _ in model.named_parameters() if name.startswith("encoder.adapters.")
    }


def test_weights_of_other_languages_are_refused(toy, tmp_path):
    _, model, _ = build(toy, tmp_path)
    _, other, _ = build(toy, tmp_path, "--langs", "fr,en,de")
    with pytest.raises(UserError, match="languages are de,en,fr, here they are fr,en,de"):
        other.load_state_dict(model.state_dict())


def test_the_model_configuration_names_everything_generation_needs(toy, tmp_path):
    _, _, cfg = build(toy, tmp_path)
    assert cfg.model.languages == "de,en,fr"
    assert cfg.model.directions == "en-de,de-en,en-fr,fr-en"
    assert cfg.model.decoder_layers == 2 and cfg.model.share_all_embeddings


def test_adapters_are_stored_for_trained_languages_alone(toy, tmp_path):
    table = (
        "--lang-pairs",
        "en-de,de-en",
        "--langs",
        "xx,de,en,fr",
        "--adapter-source",
        "language",
    )
    task, model, cfg = build(toy, tmp_path, *table)
    assert set(model.encoder.adapters.sides["encoder"]) == {"1", "2"}
    scores(model, batch_of(task))
    check_direction_is_known(cfg.model, "de-en")
    with pytest.raises(UserError, match="adapters are stored for de,en only, not for fr: train"):
        check_direction_is_known(cfg.model, "de-fr")
    _, more, _ = build(toy, tmp_path, *table, "--adapter-languages", "de,en,fr")
    assert set(more.encoder.adapters.sides["encoder"]) == {"1", "2", "3"}
    _, _, cfg = build(toy, tmp_path, *table[:-1], "hyper")
    check_direction_is_known(cfg.model, "de-fr")


def test_beam_reordering_keeps_the_decoders_adapters(toy, tmp_path):
    task, model, _ = build(toy, tmp_path)
    net_input = batch_of(task)
    encoder_input = {k: v for k, v in net_input.items() if k != "prev_output_tokens"}
    model.eval()
    order = torch.randperm(len(net_input["src_tokens"]))
    out = model.encoder(**encoder_input)
    reordered = model.encoder.reorder_encoder_out(out, order)
    previous = net_input["prev_output_tokens"]
    torch.testing.assert_close(
        model.decoder(previous[order], encoder_out=reordered)[0],
        scores(model, net_input)[order],
        rtol=1e-4,
        atol=1e-4,
    )
