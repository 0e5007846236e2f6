"""Where in fairseq's layers adapters work."""

import pytest
import torch
from fairseq.models.transformer import TransformerConfig
from fairseq.modules.transformer_layer import (
    TransformerDecoderLayerBase,
    TransformerEncoderLayerBase,
)
from torch import nn

from hyperadapters.adapters import LayerShape, Rows, SideAdapters, attached, sites
from hyperadapters.adapters.kind import AdapterKind, TensorSpec
from hyperadapters.support.errors import UserError

LAYERS = {"encoder": TransformerEncoderLayerBase, "decoder": TransformerDecoderLayerBase}


class Scaling(AdapterKind):
    """An adapter that leaves no doubt about where it acts."""

    points = ("ffn.out",)

    def point_tensors(self, point, inputs, outputs):
        return {name: TensorSpec((1,), nn.init.ones_) for name in ("factor", "shift")}

    def apply(self, x, weights, training=False):
        return x * weights["factor"] + weights["shift"]


def scaling(side, factor, shift=0.0, point="ffn.out", rows=4):
    """Adapters of the only layer of a side."""
    kind = Scaling(None)
    kind.points = (point,)
    weights = {"factor": torch.full((1, 1), factor), "shift": torch.full((1, 1), shift)}
    return SideAdapters(
        kind,
        LayerShape(6, 8, 2, memory=6 if side == "decoder" else None),
        sites({side: 1})[side],
        [weights],
        Rows(torch.zeros(rows, dtype=torch.long), 1),
    )


def layer_of(side, normalize_before):
    cfg = TransformerConfig()
    for part in (cfg.encoder, cfg.decoder):
        part.embed_dim, part.ffn_embed_dim, part.attention_heads = 6, 8, 2
        part.normalize_before = normalize_before
    cfg.dropout = 0.0
    made = LAYERS[side](cfg)
    for parameter in made.parameters():
        nn.init.normal_(parameter)
    return made


def after_feed_forward(layer, x, encoded, factor):
    """Üstün et al.'s formula on top of the layer's own parts, see `adapters.points`."""
    pre = layer.normalize_before
    blocks = [(layer.self_attn, layer.self_attn_layer_norm, None)]
    if encoded is not None:
        blocks.append((layer.encoder_attn, layer.encoder_attn_layer_norm, encoded))
    for attention, norm, keys in blocks:
        read = norm(x) if pre else x
        keys = read if keys is None else keys
        x = x + attention(read, keys, keys)[0]
        x = x if pre else norm(x)
    read = layer.final_layer_norm(x) if pre else x
    out = x + factor * layer.fc2(layer.activation_fn(layer.fc1(read)))
    return out if pre else layer.final_layer_norm(out)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("normalize_before", [True, False])
@pytest.mark.parametrize("side", ["encoder", "decoder"])
def test_after_feed_forward_is_the_published_place(side, normalize_before, training):
    layer = layer_of(side, normalize_before).train(training)
    x, encoded = torch.randn(3, 4, 6), None
    arguments = {"encoder_padding_mask": None}
    if side == "decoder":
        encoded = torch.randn(5, 4, 6)
        arguments["encoder_out"] = encoded
    with attached(nn.ModuleList([layer]), [scaling(side, 2.0)]):
        output = layer(x, **arguments)
    output = output[0] if side == "decoder" else output
    torch.testing.assert_close(output, after_feed_forward(layer, x, encoded, 2.0))
    plain = layer(x, **arguments)
    plain = plain[0] if side == "decoder" else plain
    torch.testing.assert_close(plain, after_feed_forward(layer, x, encoded, 1.0))


@pytest.mark.parametrize("point", ["layer", "ffn.out"])
def test_adapters_of_one_point_act_in_their_order(point):
    layer = layer_of("encoder", True)
    x = torch.randn(3, 2, 6)
    first, second = scaling("encoder", 3.0, 0.0, point, 2), scaling("encoder", 1.0, 7.0, point, 2)
    with attached(nn.ModuleList([layer]), [first, second]):
        output = layer(x, None)
    if point == "layer":
        expected = 3 * layer(x, None) + 7
    else:
        expected = after_feed_forward(layer, x, None, 3.0) + 7
    torch.testing.assert_close(output, expected)


def test_a_place_that_a_kind_cannot_use_is_refused(make_config):
    with pytest.raises(UserError, match="--adapter-place after_layer: .* at beside_feed_forward"):
        make_config(kind="parallel", place="after_layer")


def test_dropout_of_the_block_comes_before_the_adapter():
    layer = layer_of("encoder", True)
    layer.dropout_module.p, inputs = 0.5, []
    adapters = scaling("encoder", 1.0)
    adapters.kind.apply = lambda x, weights, training: inputs.append(x) or x
    with attached(nn.ModuleList([layer]), [adapters]):
        layer(torch.randn(50, 4, 6), None)
    assert len(inputs) == 1 and 0.4 < (inputs[0] == 0).float().mean() < 0.6
