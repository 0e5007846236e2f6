"""Addition and subtraction of every tensor."""

from collections.abc import Sequence

import torch

from .rule import RULES, MergingRule, Weights


@RULES.register("add")
class Add(MergingRule):
    """W1 + t (W2 - W3), for each tensor (Zhao et al. 2024, for LoRA: A and B apart)."""

    def gap(self, target: Weights, source: Weights) -> Weights:
        return {name: target[name] - source[name] for name in target}

    def move(self, weights: Weights, gap: Weights, t: float) -> Weights:
        return {name: tensor + t * gap[name] for name, tensor in weights.items()}

    def combine(self, weights: Sequence[Weights], coefficients: Sequence[float]) -> Weights:
        return {
            name: torch.stack([c * each[name] for c, each in zip(coefficients, weights)]).sum(0)
            for name in weights[0]
        }
