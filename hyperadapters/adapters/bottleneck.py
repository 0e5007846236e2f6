"""The bottleneck adapter: LayerNorm, down-projection, activation, up-projection, residual."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import init

from ..support.errors import UserError
from .kind import KINDS, AdapterKind, BottleneckOptions, TensorSpec, Weights, activations, choice
from .rows import layer_norm, linear

NORMS = ("trained", "plain", "branch", "none")


@dataclass(frozen=True)
class Options(BottleneckOptions):
    """What a user can choose about bottleneck adapters.

    Raises:
        UserError: if a choice is out of range.
    """

    places = {"after_layer": "layer", "after_feed_forward": "ffn.out"}

    norm: str = choice(
        "adapter_norm", "trained",
        f"LayerNorm of bottleneck adapters: {', '.join(NORMS)} (trained: its gain and bias are stored "
        "or generated with the adapter; plain: it has none; branch: on the output before the residual, "
        "its gain and bias as in trained; none: no LayerNorm)",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.norm not in NORMS:
            raise UserError(f"--adapter-norm {self.norm}: choose one of {', '.join(NORMS)}")


@KINDS.register("bottleneck")
class Bottleneck(AdapterKind):
    """y = x + U act(D LN(x) + b_D) + b_U, after a whole layer (Bapna & Firat 2019; Baziotis et al.
    2022, section 2).

    With the LayerNorm "branch" y = x + LN(U act(D x + b_D) + b_U), whose gain varies around 0 where
    it is generated, so that the adapter starts near the identity (the published code of Üstün et al.
    2022, after the feed-forward block).
    """

    Options = Options

    @property
    def points(self) -> tuple[str, ...]:
        return (self.options.point,)

    def point_tensors(self, point: str, inputs: int, outputs: int) -> dict[str, TensorSpec]:
        bottleneck, norm = self.options.bottleneck, self.options.norm
        # a branch that is normalised ends with its gain and bias: they alone can make it zero
        last = norm == "branch"
        tensors = {
            "down": TensorSpec((bottleneck, outputs), init.xavier_uniform_, rank_axis=0),
            "down_bias": TensorSpec((bottleneck,), init.zeros_, rank_axis=0),
            "up": TensorSpec(
                (outputs, bottleneck), init.xavier_uniform_, zero_is_identity=not last, rank_axis=1
            ),
            "up_bias": TensorSpec((outputs,), init.zeros_, zero_is_identity=not last),
        }
        if norm in ("trained", "branch"):
            offset = 0.0 if last else 1.0
            tensors["norm_gain"] = TensorSpec((outputs,), init.ones_, offset, zero_is_identity=last)
            tensors["norm_bias"] = TensorSpec((outputs,), init.zeros_, zero_is_identity=last)
        return tensors

    def apply(self, x: Tensor, weights: Weights, training: bool = False) -> Tensor:
        norm, hidden = self.options.norm, x
        gain, bias = weights.get("norm_gain"), weights.get("norm_bias")
        if norm in ("trained", "plain"):
            hidden = layer_norm(hidden, gain, bias)
        hidden = linear(hidden, weights["down"], weights["down_bias"])  # [..., b]
        hidden = activations.get(self.options.activation)(hidden)
        hidden = linear(hidden, weights["up"], weights["up_bias"])  # [..., C]
        if norm == "branch":
            hidden = layer_norm(hidden, gain, bias)
        return x + hidden
