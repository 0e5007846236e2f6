"""The parallel adapter: a bottleneck without LayerNorm of its own, beside the feed-forward block."""

from torch import Tensor
from torch.nn import init

from .kind import KINDS, AdapterKind, BottleneckOptions, TensorSpec, Weights, activations
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

    def point_tensors(self, inputs: int, outputs: int) -> dict[str, TensorSpec]:
        bottleneck = self.options.bottleneck
        return {
            "down": TensorSpec((bottleneck, inputs), init.xavier_uniform_),
            "down_bias": TensorSpec((bottleneck,), init.zeros_),
            "up": TensorSpec((outputs, bottleneck), init.xavier_uniform_, zero_is_identity=True),
            "up_bias": TensorSpec((outputs,), init.zeros_, zero_is_identity=True),
        }

    def apply(self, x: Tensor, weights: Weights, training: bool = False) -> Tensor:
        hidden = linear(x, weights["down"], weights["down_bias"])  # [..., b]
        hidden = activations.get(self.options.activation)(hidden)
        return linear(hidden, weights["up"], weights["up_bias"])  # [..., C]
