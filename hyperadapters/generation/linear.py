"""Linear layers that run in oneDNN, where PyTorch has it, instead of its BLAS."""

from typing import Optional

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .recast import recast

WORTH = 1 << 20  # multiplications that are worth the longer start of oneDNN


def product(x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    """oneDNN's `F.linear`; PyTorch names it for its compiler only."""
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


def available() -> bool:
    """Whether this PyTorch and this processor have it, with the same result."""
    x, weight, bias = torch.ones(3, 4), torch.full((5, 4), 0.5), torch.ones(5)
    try:
        return torch.allclose(product(x, weight, bias), F.linear(x, weight, bias))
    except (AttributeError, NotImplementedError, RuntimeError):
        return False


class OneDnnLinear(nn.Linear):
    """A linear layer for inference on a CPU, for what oneDNN is faster at than MKL on AMD."""

    def forward(self, x: Tensor) -> Tensor:
        if x.numel() * self.out_features < WORTH:
            return super().forward(x)
        return product(x, self.weight, self.bias)


def onednn_linear(stock: nn.Module) -> Optional[OneDnnLinear]:
    """The layer that does a linear layer's work, None if it is another module."""
    plain = type(stock) is nn.Linear and stock.weight.dtype is torch.float32
    return recast(stock, OneDnnLinear) if plain else None
