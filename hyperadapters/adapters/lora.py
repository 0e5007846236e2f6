"""LoRA: a low-rank update of the projections of attention and of the feed-forward block."""

import math
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn import init

from ..support.errors import UserError
from .kind import KINDS, AdapterKind, TensorSpec, Weights, choice, parse_points
from .points import POINTS, Point
from .rows import linear

POINT_NAMES = tuple(
    name
    for name in POINTS.names()
    if name not in ("layer", "ffn") and not name.endswith((".heads", ".keys_values"))
)


@dataclass(frozen=True)
class Options:
    """What a user can choose about LoRA.

    Raises:
        UserError: if a choice is out of range.
    """

    rank: int = choice("lora_rank", 8, "rank r of LoRA's update")
    ranks: str | None = choice(
        "lora_ranks", None,
        "ranks of single points that differ from --lora-rank, a comma-separated list as ffn.hidden=16",
    )  # fmt: skip
    alpha: float = choice("lora_alpha", 8.0, "LoRA's update is scaled by alpha / r")
    dropout: float = choice(
        "lora_dropout", 0.0, "dropout probability of the input of LoRA's update"
    )
    diagonal: bool = choice(
        "lora_diagonal", False,
        "all conditions share A and B, and only a diagonal between them depends on the condition",
    )  # fmt: skip
    points: str = choice(
        "lora_points", "self_attn.q,self_attn.v",
        "projections that LoRA updates, a comma-separated list of "
        f"{', '.join(POINT_NAMES)} (ffn.hidden and ffn.out: the two of the feed-forward block)",
    )  # fmt: skip

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise UserError(f"--lora-rank {self.rank}: give at least 1")
        if self.alpha <= 0:
            raise UserError(f"--lora-alpha {self.alpha}: give a number above 0")
        if not 0 <= self.dropout < 1:
            raise UserError(f"--lora-dropout {self.dropout}: give a probability below 1")
        points = parse_points("--lora-points", self.points, POINT_NAMES)
        for point in self.rank_by_point:
            if point not in points:
                raise UserError(
                    f"--lora-ranks {point}: it is not among --lora-points {self.points}"
                )

    @property
    def rank_by_point(self) -> dict[str, int]:
        """The points whose rank is another than `rank`.

        Raises:
            UserError: if the list cannot be read.
        """
        ranks = {}
        for entry in filter(None, (self.ranks or "").split(",")):
            point, _, rank = entry.strip().partition("=")
            if not rank.isdecimal() or int(rank) < 1:
                raise UserError(f"--lora-ranks {entry}: write POINT=RANK, as ffn.hidden=16")
            ranks[point] = int(rank)
        return ranks


@KINDS.register("lora")
class Lora(AdapterKind):
    """W x + (alpha / r) B A dropout(x), for chosen projections W (Hu et al. 2022, section 4.1).

    With a diagonal d between A and B, which then are the same for all conditions, B diag(d) A stands
    for B A (Abdalla et al. 2025, "Zhyper: Factorized Hypernetworks for Conditioned LLM Fine-Tuning");
    what is baked or exported are A and B diag(d).
    """

    Options = Options
    adds = True
    merging_rules = ("add", "product")

    @property
    def points(self) -> tuple[str, ...]:
        return parse_points("--lora-points", self.options.points, POINT_NAMES)

    def point_tensors(self, point: str, inputs: int, outputs: int) -> dict[str, TensorSpec]:
        rank = self.options.rank_by_point.get(point, self.options.rank)
        is_shared = self.options.diagonal
        start_of_a = partial(init.kaiming_uniform_, a=math.sqrt(5))
        tensors = {
            "a": TensorSpec((rank, inputs), start_of_a, is_shared=is_shared, rank_axis=0),
            "b": TensorSpec(
                (outputs, rank),
                init.zeros_,
                zero_is_identity=True,
                is_shared=is_shared,
                rank_axis=1,
            ),
        }
        if self.options.diagonal:
            tensors["diagonal"] = TensorSpec((rank,), init.ones_, offset=1.0)
        return tensors

    def apply(self, x: Tensor, weights: Weights, training: bool = False) -> Tensor:
        x = F.dropout(x, self.options.dropout, training)
        weights = self.trained_tensors(weights)
        low = linear(x, weights["a"]) * (self.options.alpha / weights["a"].size(-2))  # [..., r]
        return linear(low, weights["b"])

    def trained_kind(self) -> AdapterKind:
        return Lora(replace(self.options, diagonal=False)) if self.options.diagonal else self

    def trained_tensors(self, weights: Weights) -> Weights:
        if not self.options.diagonal:
            return weights
        return {"a": weights["a"], "b": weights["b"] * weights["diagonal"].unsqueeze(-2)}

    def what_keeps_from_folding(self, activation: str) -> str | None:
        return None

    def fold(self, point: Point, layer: Weights, weights: Weights) -> Weights:
        name, scale = f"{point.first}.weight", self.options.alpha / weights["a"].size(0)
        return {name: torch.addmm(layer[name], weights["b"], weights["a"], alpha=scale)}
