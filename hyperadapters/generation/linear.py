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


def packed(weight: Tensor) -> Tensor:
    """A copy of a weight [O, I] in oneDNN's own order, for `product` alone."""
    return torch.ops.mkldnn._reorder_linear_weight(weight)


def available() -> bool:
    """Whether this PyTorch and this processor have it, with the same result."""
    x, weight, bias = torch.ones(3, 4), torch.full((5, 4), 0.5), torch.ones(5)
    try:
        found = [product(x, one, bias) for one in (weight, packed(weight))]
        return all(torch.allclose(one, F.linear(x, weight, bias)) for one in found)
    except (AttributeError, RuntimeError):  # no such operator, or not for this processor
        return False


class OneDnnLinear(nn.Linear):
    """A linear layer for inference on a CPU, for what oneDNN is faster at than MKL on AMD."""

    def forward(self, x: Tensor) -> Tensor:
        if x.numel() * self.out_features < WORTH:
            return super().forward(x)
        return product(x, self.weight, self.bias)


class PackedLinear(nn.Linear):
    """A linear layer for inference on a CPU that keeps a packed copy of its weight, for one so large
    that to pack it in every call takes long."""

    packed: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return product(x, self.packed, self.bias)


def plain(stock: Optional[nn.Module]) -> bool:
    """Whether a module is a linear layer, and nothing more, in full precision."""
    return type(stock) is nn.Linear and stock.weight.dtype is torch.float32


def onednn_linear(stock: nn.Module) -> Optional[OneDnnLinear]:
    """The layer that does a linear layer's work, None if it is another module."""
    return recast(stock, OneDnnLinear) if plain(stock) else None


def packed_linear(stock: nn.Linear) -> PackedLinear:
    """The layer that does a plain linear layer's work with a packed weight."""
    found = recast(stock, PackedLinear)
    found.packed = packed(stock.weight.detach())
    return found
