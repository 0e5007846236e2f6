"""Multiplication and division of every value."""

from collections.abc import Sequence

import torch

from ..support.errors import UserError
from .rule import RULES, MergingRule, Weights

NEAR_ZERO = 1e-3


@RULES.register("multiply")
class Multiply(MergingRule):
    """l1 (1 + t (l2 / l3 - 1)), value by value (Zhao et al. 2024, for (IA)3).

    With a floor no value is divided by a smaller one: |l3| is at least the floor.
    """

    def gap(self, target: Weights, source: Weights) -> Weights:
        gap = {}
        for name, tensor in source.items():
            divisor = tensor + self.neutral
            small = divisor.abs() < (self.floor or NEAR_ZERO)
            if small.any() and not self.floor:
                raise UserError(
                    f"{int(small.sum()):,} of {small.numel():,} values of '{name}' of the source-language "
                    f"reference are nearer to 0 than {NEAR_ZERO} and cannot be divided by: give --floor, "
                    "e.g. 0.01, the smallest divisor that you accept"
                )
            if small.any():
                divisor = divisor.where(~small, self.floor * (divisor.sign() + (divisor == 0)))
            gap[name] = (target[name] - tensor) / divisor
        return gap

    def move(self, weights: Weights, gap: Weights, t: float) -> Weights:
        return {
            name: tensor + t * gap[name] * (tensor + self.neutral)
            for name, tensor in weights.items()
        }

    def combine(self, weights: Sequence[Weights], coefficients: Sequence[float]) -> Weights:
        combined = {}
        for name in weights[0]:
            product = torch.ones_like(weights[0][name])
            for coefficient, each in zip(coefficients, weights):
                factor = each[name] + self.neutral
                if (factor <= 0).any():
                    raise UserError(
                        f"'{name}' has factors that are not above 0, which have no powers: choose "
                        "--rule add"
                    )
                product = product * factor**coefficient
            combined[name] = product - self.neutral
        return combined
