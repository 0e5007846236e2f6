"""Apply K weight sets to the B rows of a batch, each row its own set."""

from typing import List, Optional, Tuple

import torch
from torch import Tensor
from torch.nn import functional as F

from .kind import AdapterKind, Weights

# A product of all sets at once pads every set to as many rows as the largest has; a product per set
# takes K calls. Up to so many padded rows a row of the batch the first is used: on a CPU as measured
# (docs/performance.md), elsewhere more, since there a call costs more than the padding.
PADDED_UP_TO = {"cpu": 1.25}
PADDED_UP_TO_ELSEWHERE = 4.0


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A linear map with one weight, or one a set.

    Args:
        x: activations [..., I], or [K, N, I] if there is a weight a set.
        weight: [O, I] or [K, O, I].
        bias: [O] or [K, O].
    Returns:
        [..., O]
    """
    if weight.dim() == 2:
        return F.linear(x, weight, bias)
    return torch.baddbmm(bias.unsqueeze(1), x, weight.transpose(1, 2))


def layer_norm(x: Tensor, gain: Optional[Tensor] = None, bias: Optional[Tensor] = None) -> Tensor:
    """Layer normalisation over the last dimension, with one gain and bias, one a set, or none.

    Args:
        x: activations [..., C], or [K, N, C] if there is a gain a set.
        gain: [C] or [K, C].
        bias: [C] or [K, C].
    """
    if gain is None or gain.dim() == 1:
        return F.layer_norm(x, x.shape[-1:], gain, bias)
    return torch.addcmul(bias.unsqueeze(1), F.layer_norm(x, x.shape[-1:]), gain.unsqueeze(1))


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
        self._slots: Optional[Tuple[Tensor, Tensor]] = None

    def reorder(self, new_order: Tensor) -> "Rows":
        """The same sets for rows picked (and repeated) by `new_order` [B']."""
        if self.count == 1:
            return Rows(self.index[:1].expand(new_order.size(0)), 1)
        return Rows(self.index.index_select(0, new_order), self.count)

    def groups(self) -> Tuple[Tensor, Tensor, List[int]]:
        """Rows sorted by set [B], the inverse of that order [B], and the rows of each set."""
        if self._groups is None:
            order = self.index.argsort(stable=True)
            sizes = self.index.bincount(minlength=self.count).tolist()
            self._groups = order, order.argsort(), sizes
        return self._groups

    def slots(self) -> Tuple[Tensor, Tensor]:
        """Places for the largest set's number of rows in every set: the row in each place [K * R]
        (in one that stays free, any row), and the place of each row [B]."""
        if self._slots is None:
            order, inverse, sizes = self.groups()
            most = max(sizes)
            counts = torch.tensor(sizes, device=order.device)
            firsts = counts.cumsum(0) - counts  # where each set begins in `order`
            within = torch.arange(most, device=order.device)
            rows = (firsts.unsqueeze(1) + within).clamp_(max=order.size(0) - 1)  # [K, R]
            moved = torch.arange(self.count, device=order.device) * most - firsts
            places = inverse + moved.index_select(0, self.index)
            self._slots = order.index_select(0, rows.flatten()), places
        return self._slots


def apply_to_rows(kind: AdapterKind, x: Tensor, weights: Weights, rows: Rows) -> Tensor:
    """Applies to each row its own weight set; how is chosen by the rows that each set has.

    Args:
        kind: the adapter kind.
        x: activations [T, B, C].
        weights: tensors [K, *shape].
        rows: which set each row uses.
    Returns:
        what the kind computes of them [T, B, C].
    """
    if rows.count == 1:
        return kind.apply(x, {name: tensor.squeeze(0) for name, tensor in weights.items()})
    limit = PADDED_UP_TO.get(x.device.type, PADDED_UP_TO_ELSEWHERE)
    if rows.count * max(rows.groups()[2]) <= limit * x.size(1):
        return apply_padded(kind, x, weights, rows)
    return apply_grouped(kind, x, weights, rows)


def apply_grouped(kind: AdapterKind, x: Tensor, weights: Weights, rows: Rows) -> Tensor:
    """One application per set, to all rows of that set together. See `apply_to_rows`."""
    order, inverse, sizes = rows.groups()
    parts = x.index_select(1, order).split(sizes, dim=1)
    sets = {name: tensor.unbind(0) for name, tensor in weights.items()}
    adapted = [
        kind.apply(part, {name: tensors[k] for name, tensors in sets.items()})
        for k, part in enumerate(parts)
        if part.size(1)
    ]
    return torch.cat(adapted, dim=1).index_select(1, inverse)


def apply_padded(kind: AdapterKind, x: Tensor, weights: Weights, rows: Rows) -> Tensor:
    """One application to all sets at once, each padded to the largest. See `apply_to_rows`."""
    row_in_place, place_of_row = rows.slots()
    length, _, width = x.shape
    padded = x.transpose(0, 1).index_select(0, row_in_place)  # [K * R, T, C]
    adapted = kind.apply(padded.view(rows.count, -1, width), weights)  # [K, R * T, C]
    return adapted.view(-1, length, width).index_select(0, place_of_row).transpose(0, 1)
