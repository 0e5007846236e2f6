"""Matrix products with the pseudo-inverse."""

import torch
from torch import Tensor

from ..support.errors import UserError
from .rule import RULES, MergingRule, Weights

LARGEST_CONDITION = 1e6


@RULES.register("transfer")
class Transfer(MergingRule):
    """(I + t (P2 - P3) P3^+) P1, for prefixes P [n, C] (after Zhao et al. 2024, for prefix tuning).

    If the rows of P3 are linearly independent, that is P2 P3^+ P1 for t = 1: the places of P1 are
    mixed, and nothing of P2 comes in that P1 does not have. With a floor, singular values of P3 below
    this part of the largest count as 0.
    """

    def gap(self, target: Weights, source: Weights) -> Weights:
        return {name: (target[name] - x) @ self.inverse(name, x) for name, x in source.items()}

    def inverse(self, name: str, tensor: Tensor) -> Tensor:
        """The pseudo-inverse [layers, C, n] of a tensor of the source-language reference.

        Raises:
            UserError: if it is no matrix, or an inverse would be noise.
        """
        if tensor.dim() != 3:
            raise UserError(f"--rule transfer: '{name}' is no matrix: choose another rule")
        values = torch.linalg.svdvals(tensor)
        condition = values[:, :1] / values
        if not self.floor and not (condition < LARGEST_CONDITION).all():
            raise UserError(
                f"'{name}' of the source-language reference has no usable inverse (condition "
                f"{float(condition.max()):.1e}): give --floor, e.g. 0.001, the part of the largest "
                "singular value below which others count as 0"
            )
        return torch.linalg.pinv(tensor, rtol=self.floor or 1 / LARGEST_CONDITION)

    def move(self, weights: Weights, gap: Weights, t: float) -> Weights:
        return {name: tensor + t * (gap[name] @ tensor) for name, tensor in weights.items()}


@RULES.register("transfer_right")
class TransferRight(Transfer):
    """P1 (I + t P3^+ (P2 - P3)): the other order of the factors, which replaces what P1 shares with
    P3 by what P2 has there; it moves P3 to P2 as `add` does."""

    def gap(self, target: Weights, source: Weights) -> Weights:
        return {name: self.inverse(name, x) @ (target[name] - x) for name, x in source.items()}

    def move(self, weights: Weights, gap: Weights, t: float) -> Weights:
        return {name: tensor + t * (tensor @ gap[name]) for name, tensor in weights.items()}
