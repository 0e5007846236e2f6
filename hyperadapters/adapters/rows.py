"""Apply K weight sets to the B rows of a batch, each row its own set."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from .kind import AdapterKind, Weights

Apply = Callable[[Tensor, Weights], Tensor]

# Devices on which a call costs little against its work: there a product per set, without padding, was
# faster (docs/performance.md). Elsewhere blocks of rows go through one batched product.
CHEAP_CALLS = ("cpu",)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A linear map with one weight, or one a set.

    Args:
        x: activations [..., I], or [K, N, I] if there is a weight a set.
        weight: [O, I] or [K, O, I].
        bias: [O] or [K, O]; None for none.
    Returns:
        [..., O]
    """
    if weight.dim() == 2:
        return F.linear(x, weight, bias)
    if bias is None:
        return torch.bmm(x, weight.transpose(1, 2))
    return torch.baddbmm(bias.unsqueeze(1), x, weight.transpose(1, 2))


def layer_norm(x: Tensor, gain: Tensor | None = None, bias: Tensor | None = None) -> Tensor:
    """Layer normalisation over the last dimension, with one gain and bias, one a set, or none.

    Args:
        x: activations [..., C], or [K, N, C] if there is a gain a set.
        gain: [C] or [K, C].
        bias: [C] or [K, C].
    """
    if gain is None or gain.dim() == 1:
        return F.layer_norm(x, x.shape[-1:], gain, bias)
    assert bias is not None  # both come from one weight set
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
        self._groups: tuple[Tensor, Tensor, list[int]] | None = None
        self._blocks: tuple[Tensor, Tensor, Tensor] | None = None

    def reorder(self, new_order: Tensor) -> "Rows":
        """The same sets for rows picked (and repeated) by `new_order` [B']."""
        if self.count == 1:
            return Rows(self.index[:1].expand(new_order.size(0)), 1)
        return Rows(self.index.index_select(0, new_order), self.count)

    def groups(self) -> tuple[Tensor, Tensor, list[int]]:
        """Rows sorted by set [B], the inverse of that order [B], and the rows of each set."""
        if self._groups is None:
            order = self.index.argsort(stable=True)
            sizes = self.index.bincount(minlength=self.count).tolist()
            self._groups = order, order.argsort(), sizes
        return self._groups

    def blocks(self) -> tuple[Tensor, Tensor, Tensor]:
        """The rows cut into N blocks of equal length R, each of one set.

        R is the mean number of rows of a set, so that there are less than 2 K blocks, and less than
        twice as many places as rows, whatever the sets' sizes.

        Returns:
            the set of each block [N], the row in each place [N * R] (in one that stays free, row 0),
            and the place of each row [B].
        """
        if self._blocks is None:
            order, inverse, sizes = self.groups()
            length = -(-len(order) // self.count)
            numbers = [-(-size // length) for size in sizes]  # blocks of each set
            sets = torch.arange(self.count, device=order.device)
            counts, sized = (torch.tensor(n, device=order.device) for n in (numbers, sizes))
            set_of_block = sets.repeat_interleave(counts, output_size=sum(numbers))
            # a set's rows fill its blocks without gaps, so each row moves by its set's shift
            shift = (counts.cumsum(0) - counts) * length - (sized.cumsum(0) - sized)
            places = inverse + shift.index_select(0, self.index)
            rows = torch.zeros(sum(numbers) * length, dtype=torch.long, device=order.device)
            rows[places] = torch.arange(len(order), device=order.device)
            self._blocks = set_of_block, rows, places
        return self._blocks


def apply_to_rows(
    kind: AdapterKind, x: Tensor, weights: Weights, rows: Rows, training: bool = False
) -> Tensor:
    """Applies to each row its own weight set; how is chosen by the device.

    Args:
        kind: the adapter kind.
        x: activations [T, B, C].
        weights: tensors [K, *shape] of one point.
        rows: which set each row uses.
        training: whether the model is training.
    Returns:
        what the kind computes of them [T, B, C'].
    """
    apply = partial(kind.apply, training=training)
    if rows.count == 1:
        return apply(x, {name: tensor.squeeze(0) for name, tensor in weights.items()})
    if x.device.type in CHEAP_CALLS:
        return apply_grouped(apply, x, weights, rows)
    return apply_in_blocks(apply, x, weights, rows)


def apply_grouped(apply: Apply, x: Tensor, weights: Weights, rows: Rows) -> Tensor:
    """One application per set, to all rows of that set together. See `apply_to_rows`."""
    order, inverse, sizes = rows.groups()
    parts = x.index_select(1, order).split(sizes, dim=1)
    sets = {name: tensor.unbind(0) for name, tensor in weights.items()}
    adapted = [
        apply(part, {name: tensors[k] for name, tensors in sets.items()})
        for k, part in enumerate(parts)
        if part.size(1)
    ]
    return torch.cat(adapted, dim=1).index_select(1, inverse)


def apply_in_blocks(apply: Apply, x: Tensor, weights: Weights, rows: Rows) -> Tensor:
    """One application to blocks of rows, each with its set's weights. See `apply_to_rows`."""
    set_of_block, row_in_place, place_of_row = rows.blocks()
    length, _, width = x.shape
    block_weights = {name: tensor.index_select(0, set_of_block) for name, tensor in weights.items()}
    blocks = x.transpose(0, 1).index_select(0, row_in_place)  # [N * R, T, C]
    adapted = apply(blocks.view(len(set_of_block), -1, width), block_weights)  # [N, R * T, C']
    by_place = adapted.view(-1, length, adapted.size(-1))
    return by_place.index_select(0, place_of_row).transpose(0, 1)
