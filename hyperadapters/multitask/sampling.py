"""Training sentences of several cells, drawn anew in every epoch."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from fairseq.data import SampledMultiDataset
from fairseq.data.multilingual.sampled_multi_dataset import CollateFormat

from ..support.errors import UserError
from .dataset import CellDataset, collate


class SampledCells(SampledMultiDataset):
    """fairseq's sampling from several datasets, each of which is one cell.

    Args:
        cells: their sentences.
        ratios: how likely each is; None for all of their sentences once.
        seed, epoch, split: see the stock class.
        collater: makes a batch of items of the cells.
    """

    def __init__(
        self,
        cells: Sequence[CellDataset],
        ratios: list[float] | None,
        seed: int,
        epoch: int,
        split: str,
        collater: Callable[[Sequence[Any]], dict[str, Any] | None] = collate,
    ) -> None:
        self.collate_items = collater
        super().__init__(
            OrderedDict((dataset.cell.name, dataset) for dataset in cells), ratios, seed, epoch,
            collate_format=CollateFormat.single, split=split, shared_collater=True,
            shuffle=ratios is not None,
        )  # fmt: skip

    def collater(self, samples: Sequence[Any], **_: Any) -> dict[str, Any] | None:
        return self.collate_items([item for _, item in samples])


def ratios(sizes: Sequence[int], temperature: float) -> list[float]:
    """How likely each cell is, in proportion to `size ** (1 / temperature)`.

    Args:
        sizes: number of sentences of each cell.
        temperature: 1 for the natural distribution, larger for a flatter one.
    Raises:
        UserError: if the temperature is not positive.
    """
    if temperature <= 0:
        raise UserError(f"--sampling-temperature {temperature}: give a number above 0")
    weights = [size ** (1 / temperature) for size in sizes]
    return [weight / sum(weights) for weight in weights]
