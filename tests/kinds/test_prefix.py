"""Prefixes: keys and values put in by hand, and what is kept of the network that computes them."""

import torch
from small_backbone import batch_of, features, small_backbone
from torch import nn

from hyperadapters.sources import SOURCES
from hyperadapters.sources.baked import bake


def batch():
    return batch_of({name: torch.zeros(3, dtype=torch.long) for name in ("src", "tgt", "task")})


def trained_source(make_config, **options):
    source = SOURCES.get("shared")(make_config(kind="prefix", source="shared", **options))
    for parameter in source.parameters():
        nn.init.normal_(parameter)
    return source


def attend(attention, query, source, keys, values, mask=None):
    """Attention [T, B, C] by its definition, with keys and values [n, C] before its own."""
    before = [x.unsqueeze(1).expand(-1, source.size(1), -1) for x in (keys, values)]
    keys = torch.cat([before[0], attention.k_proj(source)])
    values = torch.cat([before[1], attention.v_proj(source)])
    q, k, v = (
        x.unflatten(2, (attention.num_heads, -1)).permute(1, 2, 0, 3)
        for x in (attention.q_proj(query), keys, values)
    )
    scores = q @ k.transpose(2, 3) / q.size(3) ** 0.5
    if mask is not None:
        scores = scores + mask
    return attention.out_proj((scores.softmax(-1) @ v).permute(2, 0, 1, 3).flatten(2))


def test_a_prefix_equals_keys_and_values_put_in_by_hand(make_config):
    source = trained_source(make_config, length=3)
    model = small_backbone(source).eval()
    with torch.no_grad():
        adapters = model.encoder.adapters_of_batch(
            {name: batch()[f"{name}_lang_id"] for name in ("src", "tgt")}, batch()["src_tokens"]
        )["decoder"]
        layer, x = model.decoder.layers[1], torch.randn(4, 3, model.decoder.embed_dim)
        padding = torch.tensor([[False] * 5, [True] * 2 + [False] * 3, [False] * 5])
        memory = torch.randn(5, 3, model.decoder.embed_dim)
        causal = torch.full((4, 4), -torch.inf).triu(1)
        stored = {name: tensor[1] for name, tensor in source.tensors("decoder", ()).items()}
        with adapters[0].attached(model.decoder.layers):
            ours, _ = layer.self_attn(x, x, x, attn_mask=causal)
            crossed, weights = layer.encoder_attn(x, memory, memory, padding)
        visible = torch.cat([torch.zeros(4, 3), causal], 1)
        prefix = (stored[f"self_attn_keys_values_{name}"] for name in ("key", "value"))
        torch.testing.assert_close(ours, attend(layer.self_attn, x, x, *prefix, visible))
        hidden = torch.zeros(3, 1, 1, 8).masked_fill(
            torch.cat([torch.zeros(3, 3).bool(), padding], 1)[:, None, None], -torch.inf
        )
        prefix = (stored[f"cross_attn_keys_values_{name}"] for name in ("key", "value"))
        wanted = attend(layer.encoder_attn, x, memory, *prefix, hidden)
        torch.testing.assert_close(crossed, wanted)
    assert weights.shape == (3, 4, 5) and (weights.sum(2) < 1).all()  # of the source alone


def test_what_is_baked_are_keys_and_values(make_config):
    source = trained_source(make_config, reparametrisation=6, length=2)
    baked = bake(source, {side: [{"src": 0, "tgt": 1}] for side in ("encoder", "decoder")})
    names = {name.rpartition("_")[2] for name, _ in baked.tensors("decoder", ()).items()}
    assert names == {"key", "value"}
    generated, stored = (features(small_backbone(s).eval(), batch()) for s in (source, baked))
    torch.testing.assert_close(stored, generated)
