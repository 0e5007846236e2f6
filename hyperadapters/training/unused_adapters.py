"""Adapters that no sentence of an update used: they get no update with several processes either."""

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from ..sources import ParameterSet
from ..support.errors import UserError


def conditional_parameters(model: nn.Module) -> list[ParameterSet]:
    """The trainable sets of a model that a batch may leave unused (see `AdapterSource`)."""
    source = getattr(getattr(model, "encoder", None), "adapters", None)
    sets = source.conditional_parameters() if source is not None else []
    sets = [
        *sets,
        *(model.conditional_parameters() if hasattr(model, "conditional_parameters") else []),
    ]
    return [parameters for parameters in sets if any(p.requires_grad for p in parameters)]


def absent(sets: list[ParameterSet], zero_filled: bool) -> list[ParameterSet]:
    """The sets that no sentence used.

    Every process finds the same ones, because gradients are the same after their reduction.

    Args:
        sets: sets of parameters that a batch uses together or not at all.
        zero_filled: whether a missing gradient may have become zeros.
    """
    is_used_by_set = [any(p.grad is not None for p in parameters) for parameters in sets]
    if zero_filled:
        owners, counts = [], []
        for number, parameters in enumerate(sets):
            for p in parameters:
                if p.grad is not None:
                    owners.append(number)
                    counts.append(p.grad.count_nonzero())  # exact, and counts what is not a number
        is_used_by_set = [False] * len(sets)
        # one transfer from the device for all sets
        for number, count in zip(owners, torch.stack(counts).tolist() if counts else []):
            is_used_by_set[number] |= count > 0
    return [parameters for parameters, is_used in zip(sets, is_used_by_set) if not is_used]


def copies_of(optimizer) -> dict[nn.Parameter, nn.Parameter]:
    """The full-precision copies that an optimiser for 16 bits updates, by parameter; empty if it
    has none or one flat copy of everything."""
    copies = getattr(optimizer, "fp32_params", None)
    return dict(zip(optimizer.fp16_params, copies)) if isinstance(copies, list) else {}


def clear_unused_gradients(optimizer, model: nn.Module) -> None:
    """Removes zero gradients of sets that no sentence used, on any process.

    Else momentum and weight decay would move them: fairseq's `legacy_ddp` and its copies for 16 bits
    replace missing gradients by zeros.

    Args:
        optimizer: fairseq's optimiser, after its gradients were reduced.
        model: the model, as the trainer wrapped it.
    """
    reduced = hasattr(model, "module")  # wrapped to reduce gradients over processes
    copies = copies_of(optimizer)
    if not (reduced or copies):
        return
    for parameters in absent(conditional_parameters(model), zero_filled=reduced):
        for p in parameters:
            p.grad = None
            if p in copies:
                copies[p].grad = None


def check_wrapper(model: nn.Module) -> None:
    """Raises:
    UserError: if `--ddp-backend pytorch_ddp` would fail at the first unused set.
    """
    wrapped = model
    while hasattr(wrapped, "module"):
        if (
            isinstance(wrapped, DistributedDataParallel)
            and not wrapped.find_unused_parameters
            and conditional_parameters(model)
        ):
            raise UserError(
                "--ddp-backend pytorch_ddp fails when a batch leaves parameters unused, such as the "
                "adapters of absent languages: add --find-unused-parameters, or use "
                "--ddp-backend legacy_ddp"
            )
        wrapped = wrapped.module
