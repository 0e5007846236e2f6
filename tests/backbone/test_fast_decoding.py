"""Beam search on a CPU finds what fairseq's finds."""

from argparse import Namespace

import pytest
import torch
from fairseq.data import Dictionary
from fairseq.models.transformer import TransformerModel, base_architecture
from fairseq.sequence_generator import SequenceGenerator
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperadapters.backbone.fast_decoding.accelerate import accelerate_for_cpu, generator_class
from hyperadapters.backbone.fast_decoding.blockwise_topk import blockwise_topk
from hyperadapters.backbone.fast_decoding.candidates import CandidateGenerator

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


def generator(model, symbols, make=SequenceGenerator, **options):
    return make([model], symbols, **{"beam_size": 5, "max_len_b": 40, **options})


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
    accelerate_for_cpu(model)
    make = generator_class(model, symbols, options.get("beam_size", 5))
    assert make is CandidateGenerator
    assert_same(generator(model, symbols, make, **options).generate([model], sample), wanted)
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
    accelerate_for_cpu(model)
    fast = generator(model, symbols, CandidateGenerator)
    found = fast.generate([model], sample, prefix_tokens=prefix)
    assert_same(found, wanted)
    assert all(torch.equal(one[0]["tokens"][:2], forced) for one, forced in zip(found, prefix))


def test_what_cannot_be_accelerated_is_left_to_fairseq():
    model, symbols = untrained()
    assert generator_class(model, symbols, 5) is SequenceGenerator, "its attention is fairseq's"
    accelerate_for_cpu(model)
    assert generator_class(model, symbols, 5) is CandidateGenerator
    assert generator_class(model, symbols, PIECES // 2 + 1) is SequenceGenerator, "too few pieces"


@settings(max_examples=40)
@given(st.integers(1, 9), st.integers(2, 2500), st.integers(1, 12), st.integers(0, 99))
def test_the_best_are_those_of_topk(rows, columns, count, seed):
    count = min(count, columns)
    draw = torch.Generator().manual_seed(seed)
    values = torch.rand(rows, columns, generator=draw)
    values[:, ::3] = -torch.inf
    found, wanted = blockwise_topk(values, count), values.topk(count)
    assert torch.equal(found[0], wanted.values)
    assert torch.equal(values.gather(1, found[1]), wanted.values)
    assert all(len(set(row)) == count for row in found[1].tolist())
