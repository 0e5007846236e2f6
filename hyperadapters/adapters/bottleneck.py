"""The bottleneck adapter: LayerNorm, down-projection, activation, up-projection, residual."""

from typing import Dict

from torch import Tensor
from torch.nn import init

from .kind import KINDS, AdapterKind, TensorSpec, Weights, activations
from .rows import layer_norm, linear


@KINDS.register("bottleneck")
class Bottleneck(AdapterKind):
    """y = x + U act(D LN(x) + b_D) + b_U, after a whole layer (Bapna & Firat 2019; Baziotis et al.
    2022, section 2).

    With the LayerNorm "branch" y = x + LN(U act(D x + b_D) + b_U), whose gain varies around 0 where
    it is generated, so that the adapter starts near the identity (the published code of Üstün et al.
    2022, after the feed-forward block).
    """

    algebra = "add"
    places = ("after_layer", "after_feed_forward")

    def tensors(self) -> Dict[str, TensorSpec]:
        width, bottleneck, norm = self.width, self.options.bottleneck, self.options.norm
        # a branch that is normalised ends with its gain and bias: they alone can make it zero
        last = norm == "branch"
        tensors = {
            "down": TensorSpec((bottleneck, width), init.xavier_uniform_),
            "down_bias": TensorSpec((bottleneck,), init.zeros_),
            "up": TensorSpec((width, bottleneck), init.xavier_uniform_, zero_is_identity=not last),
            "up_bias": TensorSpec((width,), init.zeros_, zero_is_identity=not last),
        }
        if norm in ("trained", "branch"):
            offset = 0.0 if last else 1.0
            tensors["norm_gain"] = TensorSpec((width,), init.ones_, offset, zero_is_identity=last)
            tensors["norm_bias"] = TensorSpec((width,), init.zeros_, zero_is_identity=last)
        return tensors

    def apply(self, x: Tensor, weights: Weights) -> Tensor:
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
