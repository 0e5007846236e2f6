"""A digest of named tensors, to tell whether two backbones are the very same."""

import hashlib
from typing import Dict, Mapping, Tuple

import torch
from torch import Tensor

from ..freezing import is_backbone

# Entries of a model's state that are no weights: they differ where the weights are the same.
NO_WEIGHTS = ("_extra_state", "version", "_float_tensor")


def is_weight(name: str) -> bool:
    """Whether an entry of a model's state is a weight."""
    return name.rsplit(".", 1)[-1] not in NO_WEIGHTS


def backbone_weights(model: Mapping[str, Tensor]) -> Dict[str, Tensor]:
    """The weights of the backbone among the entries of a model's state."""
    return {name: tensor for name, tensor in model.items() if is_backbone(name) and is_weight(name)}


def fingerprint(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, shapes, data types and bytes of tensors, whatever their order.

    Args:
        tensors: named tensors on the CPU; the bytes of tied ones are read once.
    """
    digests: Dict[Tuple, str] = {}
    whole = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        place = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype)
        if place not in digests:
            values = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
            digests[place] = hashlib.sha256(memoryview(values.numpy())).hexdigest()
        line = f"{name} {tuple(tensor.shape)} {dtype_name(tensor)} {digests[place]}\n"
        whole.update(line.encode())
    return whole.hexdigest()


def dtype_name(tensor: Tensor) -> str:
    """The name of a tensor's data type, e.g. `float32`."""
    return str(tensor.dtype).removeprefix("torch.")
