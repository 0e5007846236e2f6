"""The parallel adapter: a bottleneck without LayerNorm of its own, beside the feed-forward block."""

import torch
from torch import Tensor
from torch.nn import init

from .kind import KINDS, AdapterKind, BottleneckOptions, TensorSpec, Weights, activations
from .points import Point
from .rows import linear


class Options(BottleneckOptions):
    """What a user can choose about parallel adapters."""

    places = {"beside_feed_forward": "ffn"}


@KINDS.register("parallel")
class Parallel(AdapterKind):
    """FFN(x) + U act(D x + b_D) + b_U, for x as the feed-forward block reads it (He et al. 2022,
    "Towards a Unified View of Parameter-Efficient Transfer Learning", section 3.3; without their
    scaling factor).

    With the backbone's activation function, one weight set folds exactly into a feed-forward block
    that is wider by the bottleneck dimension.
    """

    Options = Options
    adds = True

    @property
    def points(self) -> tuple[str, ...]:
        return (self.options.point,)

    def point_tensors(self, point: str, inputs: int, outputs: int) -> dict[str, TensorSpec]:
        bottleneck = self.options.bottleneck
        return {
            "down": TensorSpec((bottleneck, inputs), init.xavier_uniform_, rank_axis=0),
            "down_bias": TensorSpec((bottleneck,), init.zeros_, rank_axis=0),
            "up": TensorSpec(
                (outputs, bottleneck), init.xavier_uniform_, zero_is_identity=True, rank_axis=1
            ),
            "up_bias": TensorSpec((outputs,), init.zeros_, zero_is_identity=True),
        }

    def apply(self, x: Tensor, weights: Weights, training: bool = False) -> Tensor:
        hidden = linear(x, weights["down"], weights["down_bias"])  # [..., b]
        hidden = activations.get(self.options.activation)(hidden)
        return linear(hidden, weights["up"], weights["up_bias"])  # [..., C]

    def what_keeps_from_folding(self, activation: str) -> str | None:
        if self.options.activation == activation:
            return None
        return (
            f"the adapters were trained with --adapter-activation {self.options.activation} and the "
            f"backbone with --activation-fn {activation}: they fold only if both are the same"
        )

    def fold(self, point: Point, layer: Weights, weights: Weights) -> Weights:
        """[W2 U] act([W1; D] x + [b1; b_D]) + b2 + b_U: a block wider by the bottleneck dimension."""
        return {
            "fc1.weight": torch.cat([layer["fc1.weight"], weights["down"]]),
            "fc1.bias": torch.cat([layer["fc1.bias"], weights["down_bias"]]),
            "fc2.weight": torch.cat([layer["fc2.weight"], weights["up"]], 1),
            "fc2.bias": layer["fc2.bias"] + weights["up_bias"],
        }
