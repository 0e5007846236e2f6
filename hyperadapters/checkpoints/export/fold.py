"""Fold the parallel adapters of one direction into the feed-forward blocks beside which they work."""

from collections.abc import Mapping

import torch
from torch import Tensor


def folded(model: Mapping[str, Tensor], adapters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A backbone whose feed-forward blocks are wider by the bottleneck dimension.

    W2 act(W1 x + b1) + b2 + U act(D x + b_D) + b_U = [W2 U] act([W1; D] x + [b1; b_D]) + b2 + b_U,
    exactly, if both activation functions are the same and nothing stands between the two maps.

    Args:
        model: tensors of the backbone by their names in fairseq's Transformer.
        adapters: parallel adapters of one direction, `SIDE.NAME` [layers, *shape].
    Returns:
        the tensors of the wider backbone.
    """
    wide = dict(model)
    for side in ("encoder", "decoder"):
        for layer in range(adapters[f"{side}.down"].size(0)):
            weights = {name: adapters[f"{side}.{name}"][layer] for name in NAMES}
            prefix = f"{side}.layers.{layer}"
            first, second = f"{prefix}.fc1", f"{prefix}.fc2"
            wide[f"{first}.weight"] = torch.cat([model[f"{first}.weight"], weights["down"]])
            wide[f"{first}.bias"] = torch.cat([model[f"{first}.bias"], weights["down_bias"]])
            wide[f"{second}.weight"] = torch.cat([model[f"{second}.weight"], weights["up"]], dim=1)
            wide[f"{second}.bias"] = model[f"{second}.bias"] + weights["up_bias"]
    return wide


NAMES = ("down", "down_bias", "up", "up_bias")
