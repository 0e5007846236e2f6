"""Beam search on a CPU finds what fairseq's finds."""

from argparse import Namespace

import pytest
import torch
from fairseq.data import Dictionary
from fairseq.models.transformer import TransformerModel, base_architecture
from fairseq.search import DiverseBeamSearch
from fairseq.sequence_generator import SequenceGenerator
from fairseq.utils import get_activation_fn
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperadapters.generation.best import best
from hyperadapters.generation.linear import available, fuse_relu, onednn_linear
from hyperadapters.generation.quick import quick_search, quicken

PIECES = 3000


def dictionary():
    found = Dictionary()
    for number in range(PIECES):
        found.add_symbol(str(number))
    return found


def untrained(end=4.5, **options):
    """A Transformer with random weights; the higher `end`, the sooner sentences end."""
    torch.manual_seed(3)
    args = Namespace(
        encoder_embed_dim=32, encoder_ffn_embed_dim=48, encoder_layers=1, encoder_attention_heads=4,
        decoder_layers=2, decoder_attention_heads=4, dropout=0.1, share_all_embeddings=True,
        max_source_positions=64, max_target_positions=64, **options,
    )  # fmt: skip
    base_architecture(args)
    symbols = dictionary()
    task = Namespace(source_dictionary=symbols, target_dictionary=symbols)
    model = TransformerModel.build_model(args, task).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1 and "embed" not in name:
                weight.mul_(2.0)
        model.decoder.embed_tokens.weight[symbols.eos()].mul_(end)
    return model, symbols


def batch(symbols, sentences=14):
    """Sentences of 2 to 15 pieces, padded on the left as fairseq does."""
    draw = torch.Generator().manual_seed(5)
    lengths = torch.randint(2, 16, (sentences,), generator=draw).sort(descending=True).values
    tokens = torch.full((sentences, int(lengths[0])), symbols.pad())
    for row, length in enumerate(lengths):
        tokens[row, -length:] = torch.randint(4, len(symbols), (int(length),), generator=draw)
        tokens[row, -1] = symbols.eos()
    return {
        "id": torch.arange(sentences),
        "net_input": {"src_tokens": tokens, "src_lengths": lengths},
    }


def generator(model, symbols, **options):
    return SequenceGenerator([model], symbols, **{"beam_size": 5, "max_len_b": 40, **options})


def assert_same(found, wanted):
    assert len(found) == len(wanted)
    for ours, theirs in zip(found, wanted):
        assert [one["tokens"].tolist() for one in ours] == [
            one["tokens"].tolist() for one in theirs
        ]
        for one, other in zip(ours, theirs):
            torch.testing.assert_close(one["score"], other["score"], rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(
                one["positional_scores"], other["positional_scores"], rtol=1e-3, atol=1e-3
            )


@pytest.mark.parametrize(
    "architecture, options",
    [
        ({}, {}),
        ({}, {"beam_size": 1}),
        ({}, {"beam_size": 3, "len_penalty": 0.2, "max_len_a": 0.5, "max_len_b": 9}),
        ({"end": 2.3, "encoder_normalize_before": True, "decoder_normalize_before": True}, {}),
        ({"end": 2.2, "decoder_learned_pos": True, "layernorm_embedding": True}, {"beam_size": 8}),
    ],
)
def test_all_hypotheses_are_those_of_fairseq(architecture, options):
    model, symbols = untrained(**architecture)
    sample = batch(symbols)
    wanted = generator(model, symbols, **options).generate([model], sample)
    quicken(model)
    quick = quick_search(generator(model, symbols, **options), model)
    assert type(quick) is not SequenceGenerator
    assert_same(quick.generate([model], sample), wanted)
    if "max_len_b" not in options:
        # some sentences end soon, others outlive them and what is sorted out meanwhile
        lengths = {len(one["tokens"]) for hypotheses in wanted for one in hypotheses}
        assert min(lengths) < 10 and max(lengths) > 30
    # with fairseq's own search the changed model is what it was
    assert_same(generator(model, symbols, **options).generate([model], sample), wanted)


def test_a_prefix_is_followed_as_fairseq_does():
    model, symbols = untrained()
    sample = batch(symbols)
    rows = torch.arange(len(sample["id"])).unsqueeze(1)
    prefix = 10 + 7 * rows + torch.arange(2)  # other pieces for every sentence, none of them likely
    wanted = generator(model, symbols).generate([model], sample, prefix_tokens=prefix)
    quicken(model)
    quick = quick_search(generator(model, symbols), model)
    found = quick.generate([model], sample, prefix_tokens=prefix)
    assert_same(found, wanted)
    assert all(torch.equal(one[0]["tokens"][:2], forced) for one, forced in zip(found, prefix))


def test_what_is_not_plain_beam_search_of_a_transformer_is_left_to_fairseq():
    model, symbols = untrained()
    plain = generator(model, symbols)
    assert quick_search(plain, model) is plain, "its attention is fairseq's"
    quicken(model)
    diverse = generator(
        model, symbols, beam_size=4, search_strategy=DiverseBeamSearch(symbols, 2, 0.5)
    )
    assert quick_search(diverse, model) is diverse
    few = generator(model, symbols, beam_size=PIECES // 2 + 1)
    assert quick_search(few, model) is few


@settings(max_examples=40)
@given(st.integers(1, 9), st.integers(2, 2500), st.integers(1, 12), st.integers(0, 99))
def test_the_best_are_those_of_topk(rows, columns, count, seed):
    count = min(count, columns)
    draw = torch.Generator().manual_seed(seed)
    values = torch.rand(rows, columns, generator=draw)
    values[:, ::3] = -torch.inf
    found, wanted = best(values, count), values.topk(count)
    assert torch.equal(found[0], wanted.values)
    assert torch.equal(values.gather(1, found[1]), wanted.values)
    assert all(len(set(row)) == count for row in found[1].tolist())


@pytest.mark.skipif(not available(), reason="this PyTorch has no oneDNN")
@pytest.mark.parametrize("rows", [1, 300])
@pytest.mark.parametrize("bias", [True, False])
def test_a_linear_layer_in_onednn_is_the_same(rows, bias):
    stock = torch.nn.Linear(96, 200, bias=bias)
    x = torch.randn(rows, 2, 96)
    with torch.no_grad():
        torch.testing.assert_close(onednn_linear(stock)(x), stock(x))


@pytest.mark.skipif(not available(), reason="this PyTorch has no oneDNN")
@pytest.mark.parametrize("rows", [1, 300])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_fused_activation_is_the_same(rows, activation):
    layer = torch.nn.Module()
    layer.fc1 = stock = torch.nn.Linear(96, 200)
    layer.activation_fn = function = get_activation_fn(activation)
    x = torch.randn(rows, 2, 96)
    with torch.no_grad():
        layer.fc1 = onednn_linear(stock)
        fuse_relu(layer)
        fuse_relu(layer)  # a second time changes nothing
        torch.testing.assert_close(layer.activation_fn(layer.fc1(x)), function(stock(x)))
