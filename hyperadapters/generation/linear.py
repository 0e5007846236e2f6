"""Linear layers that run in oneDNN, where PyTorch has it, instead of its BLAS."""

from typing import Optional

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .recast import recast

WORTH = 1 << 20  # multiplications that are worth the longer start of oneDNN


def product(x: Tensor, packed: Tensor, bias: Optional[Tensor], then: str = "none") -> Tensor:
    """oneDNN's `F.linear`, and what is to follow it; PyTorch names it for its compiler only.

    Args:
        x: activations [..., I].
        packed: see `pack`.
        bias: [O].
        then: "none" or "relu".
    """
    return torch.ops.mkldnn._linear_pointwise(x, packed, bias, then, [], "")


def pack(weight: Tensor) -> Tensor:
    """A copy of a weight [O, I] in oneDNN's own order, for `product` alone."""
    return torch.ops.mkldnn._reorder_linear_weight(weight.detach())


def available() -> bool:
    """Whether this PyTorch and this processor have it, with the same result."""
    x, weight, bias = torch.ones(3, 4), torch.full((5, 4), 0.5), torch.full((5,), -2.5)
    wanted = F.linear(x, weight, bias)
    try:
        packed = pack(weight)
        return torch.allclose(product(x, packed, bias), wanted) and torch.allclose(
            product(x, packed, bias, "relu"), torch.relu(wanted)
        )
    except (AttributeError, RuntimeError):  # no such operator, or not for this processor
        return False


class OneDnnLinear(nn.Linear):
    """A linear layer for inference on a CPU, with a packed copy of its weight."""

    packed: Tensor

    def forward(self, x: Tensor) -> Tensor:
        if x.numel() * self.out_features < WORTH:
            return super().forward(x)
        return product(x, self.packed, self.bias)


class OneDnnLinearRelu(OneDnnLinear):
    """A linear layer and the activation that follows it, in one pass."""

    def forward(self, x: Tensor) -> Tensor:
        if x.numel() * self.out_features < WORTH:
            return torch.relu(nn.Linear.forward(self, x))
        return product(x, self.packed, self.bias, "relu")


def onednn_linear(stock: Optional[nn.Module]) -> Optional[OneDnnLinear]:
    """The layer that does a linear layer's work, None if it is another module."""
    if type(stock) is not nn.Linear or stock.weight.dtype is not torch.float32:
        return None
    found = recast(stock, OneDnnLinear)
    found.packed = pack(stock.weight)
    return found


def fuse_relu(layer: nn.Module) -> None:
    """Lets the first linear map of a layer's feed-forward block do its activation too, if that is
    ReLU; what hooks of the second one see is the same."""
    if layer.activation_fn is F.relu and type(layer.fc1) is OneDnnLinear:
        layer.fc1 = recast(layer.fc1, OneDnnLinearRelu)
        layer.activation_fn = nn.Identity()
