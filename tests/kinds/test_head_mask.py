"""Head masks against what they stand for: heads whose outputs are not there."""

import pytest
import torch
from small_backbone import batch_of, features, small_backbone

from hyperadapters.adapters import HeadMask
from hyperadapters.adapters.head_mask import Options
from hyperadapters.sources import SOURCES
from hyperadapters.support.errors import UserError


def batch():
    return batch_of(
        {"src": torch.tensor([0, 1]), "tgt": torch.tensor([1, 0]), "task": torch.zeros(2)}
    )


def masked_model(make_config, source="shared"):
    """A model of which the first head of the encoder's second layer, and the second head of the
    cross-attention in the decoder's first, are masked."""
    adapters = SOURCES.get(source)(make_config(kind="head_mask", source=source))
    model = small_backbone(adapters).double()
    with torch.no_grad():
        adapters.tensors("encoder", ())["self_attn_heads_change"][1, 0] = -1
        adapters.tensors("decoder", ())["cross_attn_heads_change"][0, 1] = -1
    return model


def slices(model):
    """The modules of the masked heads, and which values of the heads' outputs are theirs."""
    width = model.encoder.layers[0].self_attn.head_dim
    return [
        (model.encoder.layers[1].self_attn, slice(0, width)),
        (model.decoder.layers[0].encoder_attn, slice(width, 2 * width)),
    ]


def test_a_masked_head_is_one_that_the_output_projection_does_not_read(make_config):
    model = masked_model(make_config).eval()
    masked = features(model, batch())
    for tensors in (
        tensors for sets in model.encoder.adapters.sides.values() for tensors in sets.values()
    ):
        for tensor in tensors.values():
            tensor.data.zero_()
    assert not torch.allclose(masked, features(model, batch()))
    for attention, values in slices(model):
        attention.out_proj.weight.data[:, values] = 0
    torch.testing.assert_close(masked, features(model, batch()))


def test_nothing_of_a_masked_head_gets_a_gradient(make_config):
    model = masked_model(make_config)
    features(model, batch()).pow(2).sum().backward()
    for attention, values in slices(model):
        for projection in (attention.q_proj, attention.k_proj, attention.v_proj):
            gradient = projection.weight.grad
            assert not gradient[values].any() and not projection.bias.grad[values].any()
            assert gradient.any()
        assert not attention.out_proj.weight.grad[:, values].any()
        assert attention.out_proj.weight.grad.any()


@pytest.mark.parametrize("kept,used", [(0.5, 4), (0.75, 6), (0.01, 1)])
def test_learnt_masks_keep_their_share_over_all_layers(make_config, kept, used):
    kind = HeadMask(Options(kept=kept, points="self_attn.heads"))
    changes = torch.randn(4, 3, 2, requires_grad=True)  # 4 layers, 3 languages, 2 heads
    weights = kind.across_layers([{"change": change} for change in changes])
    assert all(sum(site["change"][k].ge(-0.5).sum() for site in weights) == used for k in range(3))
    x = torch.randn(3, 5, 6)
    outputs = torch.stack([kind.apply(x, site) for site in weights])
    outputs.pow(2).sum().backward()
    assert changes.grad.ne(0).sum() == 3 * used  # the others' outputs are zero, whatever the slope
    heads = outputs.view(4, 3, 5, 2, 3)
    assert heads.abs().sum((2, 4)).ne(0).sum() == 3 * used


def test_there_is_one_way_to_change_masks():
    with pytest.raises(UserError, match="two ways"):
        Options(kept=0.5, update_every=3)


@pytest.mark.parametrize("kept", [0.0, 1.0, -0.2])
def test_a_share_is_between_nothing_and_all(kept):
    with pytest.raises(UserError, match="between 0 and 1"):
        Options(kept=kept)
