"""Adapters of languages with a smaller rank."""

import pytest
import torch

from hyperadapters import configuration
from hyperadapters.adapter_configuration import build_adapters, count_surplus
from hyperadapters.parameter_counts import parameters_of
from hyperadapters.sources import Condition
from hyperadapters.support.errors import UserError

POINTS = "self_attn.q,ffn.hidden"


def config(**options):
    cfg = configuration.defaults(
        languages="de,en,fr", directions="en-de,de-en,en-fr,fr-en", encoder_layers=2, decoder_layers=2,
        encoder_embed_dim=6, encoder_ffn_embed_dim=10, encoder_attention_heads=2,
        decoder_attention_heads=2, lora_points=POINTS,
        **{"adapter_source": "language", "adapter_start": "published", "adapter_seed": 3, **options},
    )  # fmt: skip
    configuration.complete_sizes(cfg, "adapter_transformer_tiny")
    return cfg


def step(source, optimizer, language, side="encoder"):
    """One update on a random function of the adapters of one language."""
    condition = Condition((("src",) if side == "encoder" else ("tgt",)), torch.tensor([[language]]),
                          torch.zeros(1, dtype=torch.long))  # fmt: skip
    layer = source.config.layers[side]
    torch.manual_seed(0)
    loss = torch.zeros(())
    for weights in source({side: condition})[side]:
        for point, names in source.config.kind.layout(layer).items():
            x = torch.randn(1, 5, layer.widths(point)[0])
            mine = {name: weights[full] for name, full in names.items()}
            loss = loss + (source.config.kind.apply(x, mine) - 1).pow(2).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@pytest.mark.parametrize("kind,size", [("lora", "lora_rank"), ("bottleneck", "adapter_bottleneck"),
                                       ("parallel", "adapter_bottleneck")])  # fmt: skip
def test_a_smaller_rank_is_what_an_adapter_of_that_rank_learns(kind, size):
    large = build_adapters(
        config(adapter_kind=kind, lora_alpha=8.0, adapter_language_ranks="de=2", **{size: 8})
    )
    small = build_adapters(config(adapter_kind=kind, lora_alpha=2.0, **{size: 2}))
    for name, value in small.named_parameters():  # the same start
        wide = large.get_parameter(name)
        value.data.copy_(wide.data[tuple(slice(0, length) for length in value.shape)])
    for source in (large, small):
        optimizer = torch.optim.AdamW(source.parameters(), lr=0.01, weight_decay=0.1)
        source.losses = [step(source, optimizer, language=0) for _ in range(4)]
    torch.testing.assert_close(large.losses, small.losses)
    assert large.losses[-1] < large.losses[0]
    parts = list(large.surplus())
    assert parts and all(part.eq(0).all() for part in parts)
    step(large, torch.optim.Adam(large.parameters(), lr=0.01), language=1)
    other = large.tensors("encoder", (1,))
    assert all(tensor.ne(0).any() for tensor in other.values())


def test_counts_leave_out_what_stays_zero():
    options = {"adapter_kind": "lora", "lora_rank": 4}
    full = parameters_of(config(**options))
    one = parameters_of(config(**options, adapter_language_ranks="de=1"))
    at_point = parameters_of(config(**options, adapter_language_ranks="de@self_attn.q=1"))
    # of 4 layers, 3 of 4 ranks: 6 + 6 values in the projection, 6 + 10 in the feed-forward block
    assert full - one == 4 * 3 * (12 + 16) and full - at_point == 4 * 3 * 12
    cut = config(**options, adapter_language_ranks="de=1,de@ffn.hidden=3")
    assert count_surplus(cut) == 4 * (3 * 12 + 1 * 16)


@pytest.mark.parametrize(
    "options,message",
    [
        ({"adapter_language_ranks": "de"}, "LANG=RANK"),
        ({"adapter_language_ranks": "de=0"}, "LANG=RANK"),
        ({"adapter_language_ranks": "xx=1"}, "known: de, en, fr"),
        ({"adapter_language_ranks": "de@ffn.out=1"}, "act at ffn.hidden, self_attn.q"),
        ({"adapter_language_ranks": "de@ffn.hidden=9"}, "at most"),
        ({"adapter_language_ranks": "de=9"}, "at most"),
        ({"adapter_language_ranks": "de=1", "adapter_source": "hyper"}, "use language or pair"),
        ({"adapter_language_ranks": "de=1", "adapter_source": "shared"}, "use language or pair"),
        ({"adapter_language_ranks": "de=1", "adapter_kind": "ia3"}, "no rank"),
    ],
)
def test_ranks_that_cannot_be(options, message):
    with pytest.raises(UserError, match=message):
        build_adapters(config(**{"adapter_kind": "lora", "lora_rank": 4, **options}))
