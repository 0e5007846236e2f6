"""Addition and subtraction of the updates that LoRA stands for."""

from collections.abc import Sequence

import torch
from torch import Tensor

from .rule import RULES, MergingRule, Weights


def update_of(weights: Weights) -> Tensor:
    """BA [layers, out, in]."""
    return weights["b"] @ weights["a"]


def factorise(update: Tensor, rank: int) -> Weights:
    """The nearest product BA of a rank, its singular values shared out among both."""
    left, values, right = torch.linalg.svd(update, full_matrices=False)
    root = values[:, :rank].sqrt()
    return {"a": root.unsqueeze(2) * right[:, :rank], "b": left[:, :, :rank] * root.unsqueeze(1)}


@RULES.register("product")
class Product(MergingRule):
    """B1 A1 + t (B2 A2 - B3 A3), brought back to the rank of the first by its largest singular values.

    Unlike `add` it needs no common start values, since it never multiplies the A of one adapter by
    the B of another.
    """

    needs = ("a", "b")

    def gap(self, target: Weights, source: Weights) -> Weights:
        return {"update": update_of(target) - update_of(source)}

    def move(self, weights: Weights, gap: Weights, t: float) -> Weights:
        if t == 0 or not gap["update"].any():
            return weights
        return factorise(update_of(weights) + t * gap["update"], weights["a"].size(1))

    def combine(self, weights: Sequence[Weights], coefficients: Sequence[float]) -> Weights:
        updates = [c * update_of(each) for c, each in zip(coefficients, weights)]
        return factorise(torch.stack(updates).sum(0), weights[0]["a"].size(1))

    def effect(self, weights: Weights) -> Weights:
        return {"update": update_of(weights)}
