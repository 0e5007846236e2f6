"""Fingerprints of named tensors, to tell whether two sets of weights are the very same."""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor


def memory_of(tensor: Tensor) -> tuple:
    """What two tensors have in common only if they are one: tied weights share their memory."""
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype


def fingerprint(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, shapes, data types and bytes of tensors, whatever their order.

    Args:
        tensors: named tensors on the CPU; the bytes of tied ones are read once.
    """
    digests: dict[tuple, str] = {}
    whole = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        memory = memory_of(tensor)
        if memory not in digests:
            values = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
            digests[memory] = hashlib.sha256(memoryview(values.numpy())).hexdigest()
        line = f"{name} {tuple(tensor.shape)} {dtype_name(tensor)} {digests[memory]}\n"
        whole.update(line.encode())
    return whole.hexdigest()


def dtype_name(tensor: Tensor) -> str:
    """The name of a tensor's data type, e.g. `float32`."""
    return str(tensor.dtype).removeprefix("torch.")
