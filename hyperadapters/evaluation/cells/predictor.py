"""A trained model at work on the sentences of a cell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from fairseq.utils import move_to_cuda
from tqdm import tqdm

from ...multitask.dataset import CellDataset, collate
from ...multitask.task import Encoded, TaskContext
from ...tasks.hyperx import HyperXTask
from ..translation.decoding import Sentences, batches
from . import beam_search
from .options import Options

T = TypeVar("T")


@dataclass(frozen=True)
class CellPredictor:
    """What a task needs to predict a cell, see `multitask.task.Predictor`.

    Args:
        task: the fairseq task that the model was trained for.
        model: the model, on its device.
        dataset: the encoded sentences of the cell.
        options: what the user chose.
    """

    task: HyperXTask
    model: Any
    dataset: CellDataset
    options: Options

    @property
    def context(self) -> TaskContext:
        return self.task.context

    @property
    def sentences(self) -> Sequence[Encoded]:
        return self.dataset.sentences

    @torch.no_grad()
    def apply(self, function: Callable[[Any, Sequence[Encoded]], Sequence[T]]) -> list[T]:
        cell, dataset = self.dataset.cell, self.dataset
        everything = Sentences(cell.name, *cell.direction, dataset, range(len(dataset)))
        results: dict[int, T] = {}
        cuda = next(self.model.parameters()).is_cuda
        places = ((everything, row) for row in everything.rows)
        with tqdm(total=len(dataset), desc=f"predicting {cell.name}", leave=False) as bar:
            for batch in batches(places, self.options.encoder_limits(self.model)):
                rows = [row for _, row in batch]
                samples = [dataset[row] for row in rows]
                net_input = collate(samples)["net_input"]
                output = self.model(**(move_to_cuda(net_input) if cuda else net_input))[cell.task]
                results.update(zip(rows, function(output, [item for _, item in samples])))
                bar.update(len(batch))
        return [results[row] for row in range(len(dataset))]

    def generate(self) -> list[str]:
        return beam_search.generate(self.task, self.model, self.dataset, self.options)
