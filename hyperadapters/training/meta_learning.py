"""First-order model-agnostic meta-learning within a training step of fairseq."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ..support.errors import UserError
from .freezing import HEADS
from .head_mask_updates import estimated_masks

Batch = Mapping[str, Any]
Criterion = Callable[[nn.Module, Batch], tuple[Tensor, int, Mapping[str, float]]]


@dataclass(frozen=True)
class InnerLoop:
    """How a model is adapted to a support set, by plain gradient descent on all of it.

    Args:
        updates: how many steps.
        lr: learning rate of backbone and adapters.
        head_lr: that of the tasks' heads.
    Raises:
        UserError: if one is out of range.
    """

    updates: int
    lr: float
    head_lr: float

    def __post_init__(self) -> None:
        if self.updates < 0:
            raise UserError(f"--meta-inner-updates {self.updates}: give 0 or more")
        for name in ("lr", "head_lr"):
            if getattr(self, name) <= 0:
                option = name.replace("_", "-")
                raise UserError(
                    f"--meta-inner-{option} {getattr(self, name)}: give a number above 0"
                )

    def adapt(self, model: nn.Module, criterion: Criterion, support: Batch) -> None:
        """Takes the steps; what is not trained stays as it is."""
        parameters = inner_parameters(model)
        for _ in range(self.updates):
            loss, size, _ = criterion(model, support)
            gradients = torch.autograd.grad(
                loss / size, list(parameters.values()), allow_unused=True
            )
            with torch.no_grad():
                for (name, parameter), gradient in zip(parameters.items(), gradients):
                    if gradient is not None:
                        rate = self.head_lr if name.startswith(HEADS) else self.lr
                        parameter.sub_(gradient, alpha=rate)


def inner_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that an inner loop changes: those that are trained, but for masks, which are no
    weights."""
    while hasattr(model, "module"):
        model = model.module
    masks = {id(change) for _, pairs in estimated_masks(model) for change, _ in pairs}
    return {
        name: parameter
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and id(parameter) not in masks
    }


@contextmanager
def kept_weights(model: nn.Module) -> Iterator[None]:
    """Puts the weights that an inner loop changes back to what they were."""
    saved = {p: p.detach().clone() for p in inner_parameters(model).values()}
    try:
        yield
    finally:
        with torch.no_grad():
            for parameter, values in saved.items():
                parameter.copy_(values)


def meta_step(
    model: nn.Module,
    criterion: Criterion,
    backward: Callable[[Tensor], None],
    episodes: Sequence[tuple[Batch | None, Batch]],
    inner: InnerLoop,
) -> tuple[Tensor, int, dict[str, float]]:
    """Adds to the gradients those of each language's query loss where its inner loop ends (Finn et al.
    2017, section 5.2: the first-order approximation), and leaves the weights as they were.

    Args:
        model: the model, in training mode.
        criterion: gives a loss, what it is to be divided by, and what is logged.
        backward: adds the gradients of a loss.
        episodes: for every language a support set, None for no adaptation, and a query set.
        inner: the inner loop.
    Returns:
        the sum of the languages' mean query losses, the number of languages, and what is logged, summed.
    Raises:
        UserError: in half precision, or if the model is wrapped so that each backward pass is reduced.
    """
    check_precision(model)
    total, logged = torch.zeros(()), Counter()
    for support, query in episodes:
        with kept_weights(model):
            if support is not None:
                inner.adapt(model, criterion, support)
            loss, size, log = criterion(model, query)
            backward(loss / size)
        total = total + (loss / size).detach().cpu()
        logged.update(log)
    return total, len(episodes), dict(logged)


def check_precision(model: nn.Module) -> None:
    """Raises:
    UserError: for a model whose inner loop would not be what it is elsewhere.
    """
    if any(parameter.dtype == torch.float16 for parameter in inner_parameters(model).values()):
        raise UserError(
            "--meta-inner-updates: the inner loop needs full precision: leave out --fp16"
        )
    while hasattr(model, "module"):
        if isinstance(model, DistributedDataParallel):
            raise UserError("--meta-inner-updates: use --ddp-backend legacy_ddp")
        model = model.module
