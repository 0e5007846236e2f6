"""The weights in a model's state: which entries they are, and how many values they have."""

from collections.abc import Iterable, Mapping

from torch import Tensor

from ..support.fingerprint import memory_of
from ..training.freezing import is_backbone

# Entries of a model's state that are no weights: they differ where the weights are the same.
NO_WEIGHTS = ("_extra_state", "version", "_float_tensor")


def weights_of(model: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights among the entries of a model's state."""
    return {n: tensor for n, tensor in model.items() if n.rsplit(".", 1)[-1] not in NO_WEIGHTS}


def backbone_weights(model: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the backbone among the entries of a model's state."""
    return {name: tensor for name, tensor in weights_of(model).items() if is_backbone(name)}


def distinct(tensors: Iterable[Tensor]) -> list[Tensor]:
    """Tensors without repetition: of tied ones, which share their memory, one."""
    return list({memory_of(tensor): tensor for tensor in tensors}.values())


def count_values(tensors: Iterable[Tensor]) -> int:
    """The number of values in tensors, those of tied ones once."""
    return sum(tensor.numel() for tensor in distinct(tensors))
