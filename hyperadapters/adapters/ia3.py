"""(IA)3: keys, values and hidden activations of the feed-forward block, each times a learnt vector."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import init

from .kind import KINDS, AdapterKind, TensorSpec, Weights, choice, parse_points
from .points import POINTS, Point

POINT_NAMES = (
    "self_attn.k", "self_attn.v", "cross_attn.k", "cross_attn.v", "ffn.hidden",
)  # fmt: skip


@dataclass(frozen=True)
class Options:
    """What a user can choose about (IA)3.

    Raises:
        UserError: if a choice is out of range.
    """

    points: str = choice(
        "ia3_points", ",".join(POINT_NAMES),
        f"what (IA)3 rescales, a comma-separated list of {', '.join(POINT_NAMES)} (default: all)",
    )  # fmt: skip

    def __post_init__(self) -> None:
        parse_points("--ia3-points", self.points, POINT_NAMES)


@KINDS.register("ia3")
class IA3(AdapterKind):
    """(1 + d) * x for keys, values and hidden activations x of the feed-forward block (Liu et al. 2022,
    "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning", section
    3.3). What is stored, or generated, is the change d: their vector l is 1 + d.
    """

    Options = Options
    merging_rules = ("multiply", "add")
    neutral = 1.0

    @property
    def points(self) -> tuple[str, ...]:
        return parse_points("--ia3-points", self.options.points, POINT_NAMES)

    def point_tensors(self, point: str, inputs: int, outputs: int) -> dict[str, TensorSpec]:
        return {"change": TensorSpec((outputs,), init.zeros_, zero_is_identity=True)}

    def apply(self, x: Tensor, weights: Weights, training: bool = False) -> Tensor:
        change = weights["change"]
        return x + x * (change if change.dim() == 1 else change.unsqueeze(1))

    def what_keeps_from_folding(self, activation: str) -> str | None:
        return None

    def fold(self, point: Point, layer: Weights, weights: Weights) -> Weights:
        scale = 1 + weights["change"]
        if point == POINTS.get("ffn.hidden"):  # behind the activation, so into the map that follows
            return {"fc2.weight": layer["fc2.weight"] * scale}
        weight, bias = f"{point.last}.weight", f"{point.last}.bias"
        return {weight: layer[weight] * scale.unsqueeze(1), bias: layer[bias] * scale}
