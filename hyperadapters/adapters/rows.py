"""Apply K weight sets to the B rows of a batch, each row its own set."""

from typing import List, Optional, Tuple

import torch
from torch import Tensor
from torch.nn import functional as F

from .kind import AdapterKind, Weights

# Up to so many sets a product per set is faster than a product per row (docs: DESIGN, section 6).
GROUPED_UP_TO = 12


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A linear map with one weight for all rows, or one a row.

    Args:
        x: activations [T, B, I].
        weight: [O, I] or [B, O, I].
        bias: [O] or [B, O].
    Returns:
        [T, B, O]
    """
    if weight.dim() == 2:
        return F.linear(x, weight, bias)
    rows = torch.bmm(x.transpose(0, 1), weight.transpose(1, 2))  # [B, T, O]
    return rows.transpose(0, 1) + bias


class Rows:
    """Which of K weight sets each row of a batch uses.

    Args:
        index: set of each row [B].
        count: K, the number of sets.
    """

    def __init__(self, index: Tensor, count: int) -> None:
        self.index = index
        self.count = count
        self._groups: Optional[Tuple[Tensor, Tensor, List[int]]] = None

    def reorder(self, new_order: Tensor) -> "Rows":
        """The same sets for rows picked (and repeated) by `new_order` [B']."""
        return Rows(self.index.index_select(0, new_order), self.count)

    def groups(self) -> Tuple[Tensor, Tensor, List[int]]:
        """Rows sorted by set [B], the inverse of that order [B], and the rows of each set."""
        if self._groups is None:
            order = self.index.argsort(stable=True)
            sizes = self.index.bincount(minlength=self.count).tolist()
            self._groups = order, order.argsort(), sizes
        return self._groups


def apply_to_rows(kind: AdapterKind, x: Tensor, weights: Weights, rows: Rows) -> Tensor:
    """Applies to each row its own weight set; how is chosen by the number of sets.

    Args:
        kind: the adapter kind.
        x: activations [T, B, C].
        weights: tensors [K, *shape].
        rows: which set each row uses.
    Returns:
        adapted activations [T, B, C].
    """
    if rows.count == 1:
        return kind.apply(x, {name: tensor[0] for name, tensor in weights.items()})
    if rows.count <= GROUPED_UP_TO:
        return apply_grouped(kind, x, weights, rows)
    return apply_batched(kind, x, weights, rows)


def apply_grouped(kind: AdapterKind, x: Tensor, weights: Weights, rows: Rows) -> Tensor:
    """One application per set, to all rows of that set together. See `apply_to_rows`."""
    order, inverse, sizes = rows.groups()
    parts = x.index_select(1, order).split(sizes, dim=1)
    adapted = [
        kind.apply(part, {name: tensor[k] for name, tensor in weights.items()})
        for k, part in enumerate(parts)
        if part.size(1)
    ]
    return torch.cat(adapted, dim=1).index_select(1, inverse)


def apply_batched(kind: AdapterKind, x: Tensor, weights: Weights, rows: Rows) -> Tensor:
    """One application in which every row brings its own set. See `apply_to_rows`."""
    return kind.apply(x, {name: tensor[rows.index] for name, tensor in weights.items()})
