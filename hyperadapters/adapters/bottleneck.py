"""The bottleneck adapter: LayerNorm, down-projection, activation, up-projection, residual."""

from typing import Dict

from torch import Tensor
from torch.nn import init

from .kind import KINDS, AdapterKind, TensorSpec, Weights, activations
from .rows import layer_norm, linear


@KINDS.register("bottleneck")
class Bottleneck(AdapterKind):
    """y = x + U act(D LN(x) + b_D) + b_U, after a whole layer (Bapna & Firat 2019; Baziotis et al.
    2022, section 2)."""

    algebra = "add"
    place = "after_layer"

    def tensors(self) -> Dict[str, TensorSpec]:
        width, bottleneck = self.width, self.options.bottleneck
        tensors = {
            "down": TensorSpec((bottleneck, width), init.xavier_uniform_),
            "down_bias": TensorSpec((bottleneck,), init.zeros_),
            "up": TensorSpec((width, bottleneck), init.xavier_uniform_, zero_is_identity=True),
            "up_bias": TensorSpec((width,), init.zeros_, zero_is_identity=True),
        }
        if self.options.norm == "trained":
            tensors["norm_gain"] = TensorSpec((width,), init.ones_, offset=1.0)
            tensors["norm_bias"] = TensorSpec((width,), init.zeros_)
        return tensors

    def apply(self, x: Tensor, weights: Weights) -> Tensor:
        hidden = layer_norm(x, weights.get("norm_gain"), weights.get("norm_bias"))
        hidden = linear(hidden, weights["down"], weights["down_bias"])  # [..., b]
        hidden = activations.get(self.options.activation)(hidden)
        return x + linear(hidden, weights["up"], weights["up_bias"])  # [..., C]
