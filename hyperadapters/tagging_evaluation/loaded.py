"""A loaded model and how it predicts the sentences of a cell."""

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, TypeVar

import torch
from fairseq.utils import move_to_cuda
from torch import Tensor
from tqdm import tqdm

from ..evaluation.decoding import Limits, Search, Sentences, batches
from ..multitask.dataset import CellSentences, collate
from ..multitask.task import Encoded
from ..tasks.hyperx import HyperXTask

T = TypeVar("T")


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to predict.

    Args:
        task: the task that it was trained for.
        model: the model, on its device.
        limits: the size of a batch.
        search: how translation cells are translated.
        tokenizers: sacreBLEU's tokeniser by target language.
    """

    task: HyperXTask
    model: Any
    limits: Limits
    search: Search
    tokenizers: Dict[str, str]

    @torch.no_grad()
    def predict(self, dataset: CellSentences, take: Callable[[Encoded, Tensor], T]) -> List[T]:
        """Predicts every sentence, or part of a long one.

        Args:
            dataset: the encoded sentences of a cell.
            take: makes what is kept of a sentence and its scores [N, classes].
        Returns:
            what was kept of each, in the order of the dataset.
        """
        cell = dataset.cell
        every = Sentences(cell.name, *cell.direction, dataset, range(len(dataset)))
        kept: Dict[int, T] = {}
        cuda = next(self.model.parameters()).is_cuda
        with tqdm(total=len(dataset), desc=f"predicting {cell.name}", leave=False) as bar:
            for batch in batches(((every, row) for row in every.rows), self.limits):
                items = [dataset[row] for _, row in batch]
                sample = collate(items)
                net_input = move_to_cuda(sample["net_input"]) if cuda else sample["net_input"]
                scores = self.model(**net_input)[cell.task].float()
                parts = scores.split(sample["answers"][cell.task])
                for (_, row), (_, item), part in zip(batch, items, parts):
                    kept[row] = take(item, part)
                bar.update(len(batch))
        return [kept[row] for row in range(len(dataset))]
