"""How the gap between two adapters moves a third: the interface of merging rules."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from ..support.errors import UserError
from ..support.registry import Registry

Weights = Mapping[str, Tensor]


class MergingRule(ABC):
    """Adds and subtracts the weights of one point, in the sense that suits their structure.

    All tensors are [layers, *shape], in double precision.

    Args:
        floor: what guards divisions and inverses, see the rules; 0 refuses those that need it.
        neutral: what is added to a stored tensor to get the factor that it stands for: 1 where the
            change of a factor is stored.
    """

    # names of the tensors without which it has no meaning; None takes all
    needs: ClassVar[tuple[str, ...] | None] = None

    def __init__(self, floor: float = 0.0, neutral: float = 0.0) -> None:
        self.floor, self.neutral = floor, neutral

    @abstractmethod
    def gap(self, target: Weights, source: Weights) -> Weights:
        """What leads from the weights of one adapter to those of another.

        Raises:
            UserError: if it is not defined; with the remedy.
        """

    @abstractmethod
    def move(self, weights: Weights, gap: Weights, t: float) -> Weights:
        """Weights moved by a part of a gap; with t = 0 or no gap they are the same to the last bit.

        Args:
            weights: the weights to move.
            gap: see `gap`.
            t: how far.
        """

    def combine(self, weights: Sequence[Weights], coefficients: Sequence[float]) -> Weights:
        """The weighted sum of several adapters, in the sense of the rule.

        Raises:
            UserError: if it has none.
        """
        raise UserError("this rule has no weighted sum: choose --rule add")

    def effect(self, weights: Weights) -> Weights:
        """The tensors in which the size of a change is measured."""
        return weights


RULES: Registry[type[MergingRule]] = Registry("merging rule")


def permute_layers(gap: Weights, seed: int) -> Weights:
    """The gap of each layer at another layer, the same for all tensors."""
    layers = next(iter(gap.values())).size(0)
    if layers < 2:
        raise UserError("--control permuted: there is one layer only")
    shift = 1 + seed % (layers - 1)
    return {name: tensor.roll(shift, 0) for name, tensor in gap.items()}


def draw_gap(gap: Weights, seed: int) -> Weights:
    """A random gap, of the same norm in each layer and tensor."""
    generator = torch.Generator().manual_seed(seed)
    noises = {}
    for name, tensor in gap.items():
        noise = torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)
        norms = (x.flatten(1).norm(dim=1) for x in (tensor, noise))
        ratio = torch.div(*norms).view(-1, *[1] * (tensor.dim() - 1))
        noises[name] = noise * ratio
    return noises


# What replaces a gap, by name, given the gap and a seed.
CONTROLS: Mapping[str, Callable[[Weights, int], Weights]] = {
    "permuted": permute_layers,
    "random": draw_gap,
}
