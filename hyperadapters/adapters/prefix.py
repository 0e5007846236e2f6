"""Prefix tuning: keys and values that attention reads before those of its input."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import init

from ..support.errors import UserError
from .kind import KINDS, AdapterKind, TensorSpec, Weights, choice, parse_points
from .rows import linear

POINT_NAMES = ("self_attn.keys_values", "cross_attn.keys_values")
STD = 0.02


def small(tensor: Tensor) -> Tensor:
    """Start values that hardly change what attention gives but for its weights."""
    return init.normal_(tensor, std=STD)


@dataclass(frozen=True)
class Options:
    """What a user can choose about prefixes.

    Raises:
        UserError: if a choice is out of range.
    """

    length: int = choice("prefix_length", 10, "keys and values of a prefix at each point")
    reparametrisation: int = choice(
        "prefix_hidden", 0,
        "hidden dimension of the network from which a prefix is computed while it trains "
        "(reparametrisation); 0 trains keys and values themselves",
    )  # fmt: skip
    points: str = choice(
        "prefix_points", ",".join(POINT_NAMES),
        f"attention that reads a prefix, a comma-separated list of {', '.join(POINT_NAMES)} "
        "(default: both)",
    )  # fmt: skip

    def __post_init__(self) -> None:
        if self.length < 1:
            raise UserError(f"--prefix-length {self.length}: give at least 1")
        if self.reparametrisation < 0:
            raise UserError(f"--prefix-hidden {self.reparametrisation}: give 0 or more")
        parse_points("--prefix-points", self.points, POINT_NAMES)


@KINDS.register("prefix")
class Prefix(AdapterKind):
    """softmax(q [P_K; K]^T) [P_V; V]: attention with a prefix of keys P_K and values P_V (Li & Liang
    2021, "Prefix-Tuning: Optimizing Continuous Prompts for Generation", section 4.2).

    Reparametrised, a prefix is W2 tanh(W1 e + b1) + b2 of an embedding e of each place (section 4.3;
    each layer has a network of its own). What is baked or exported are its keys and values.
    """

    Options = Options
    merging_rules = ("transfer", "transfer_right", "add")

    @property
    def points(self) -> tuple[str, ...]:
        return parse_points("--prefix-points", self.options.points, POINT_NAMES)

    def point_tensors(self, point: str, inputs: int, outputs: int) -> dict[str, TensorSpec]:
        length, hidden = self.options.length, self.options.reparametrisation
        if not hidden:
            return {name: TensorSpec((length, outputs), small) for name in ("key", "value")}
        return {
            "embedding": TensorSpec((length, outputs), init.normal_),
            "inner": TensorSpec((hidden, outputs), init.xavier_uniform_),
            "inner_bias": TensorSpec((hidden,), init.zeros_),
            "outer": TensorSpec((2 * outputs, hidden), small),
            "outer_bias": TensorSpec((2 * outputs,), init.zeros_),
        }

    def apply(self, x: Tensor, weights: Weights, training: bool = False) -> Tensor:
        """As described there; what `x` [..., 0] holds already stays before it."""
        if self.options.reparametrisation:
            weights = self.trained_tensors(weights)
        places = torch.stack([weights["key"], weights["value"]], -2)  # [..., n, 2, C]
        prefix = places.flatten(-3)
        if prefix.dim() > 1:
            prefix = prefix.unsqueeze(1)
        return torch.cat([x, prefix.expand(*x.shape[:-1], -1)], -1)

    def trained_kind(self) -> AdapterKind:
        return (
            Prefix(replace(self.options, reparametrisation=0))
            if self.options.reparametrisation
            else self
        )

    def trained_tensors(self, weights: Weights) -> Mapping[str, Tensor]:
        if not self.options.reparametrisation:
            return weights
        hidden = linear(weights["embedding"], weights["inner"], weights["inner_bias"]).tanh()
        places = linear(hidden, weights["outer"], weights["outer_bias"])  # [..., n, 2 * C]
        key, value = places.chunk(2, -1)
        return {"key": key, "value": value}
