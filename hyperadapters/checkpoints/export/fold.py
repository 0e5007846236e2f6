"""Fold the adapters of one direction into the weights of the layers that they act in."""

from collections.abc import Mapping

from torch import Tensor

from ...adapters import POINTS
from ...sources import SourceConfig


def fold(
    model: Mapping[str, Tensor], adapters: Mapping[str, Tensor], config: SourceConfig
) -> dict[str, Tensor]:
    """A backbone that does without adapters what it does with them.

    Args:
        model: tensors of the backbone by their names in fairseq's Transformer.
        adapters: the adapters of one direction, `SIDE.NAME` [layers, *shape].
        config: what their source knows of kind and layers.
    Returns:
        the tensors of the backbone with the adapters in them.
    """
    tensors, kind = dict(model), config.kind.trained_kind()
    for side, sites in config.sites.items():
        for number, site in enumerate(sites):
            prefix = f"{side}.layers.{site.layer}."
            for point, names in kind.layout(config.layers[side]).items():
                layer = {
                    n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)
                }
                weights = {name: adapters[f"{side}.{flat}"][number] for name, flat in names.items()}
                for name, tensor in kind.fold(POINTS.get(point), layer, weights).items():
                    tensors[prefix + name] = tensor
    return tensors
