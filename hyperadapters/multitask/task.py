"""What a task reads, adds to a batch, predicts and is scored by: the interface of tasks."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Type

import numpy as np
import torch
from fairseq.data import Dictionary
from torch import Tensor, nn

from ..registry import Registry
from .corpus import Part
from .metrics import Accuracy, TagMetric
from .pieces import Pieces

Counts = Dict[str, float]


@dataclass
class Encoded:
    """A sentence, or a part of a long one, as numbers.

    Args:
        sentence: which sentence of its file it belongs to.
        source: piece ids [T] with the marks of a sentence.
        places: where in the source something is predicted [N].
        labels: what is predicted there [N]; of translation, the target piece ids [T'].
    """

    sentence: int
    source: np.ndarray
    places: np.ndarray
    labels: np.ndarray


@dataclass
class Report:
    """What happened to the sentences of a cell when they were encoded.

    Args:
        sentences: how many there are.
        parts: how many pieces of the encoder's length they gave.
        long: sentences that are longer than the encoder allows.
        long_words: words that lost their last pieces because they alone are too long.
        dropped: sentences that are left out because they are too long.
        empty: sentences that are left out because sentencepiece makes nothing of them.
    """

    sentences: int = 0
    parts: int = 0
    long: int = 0
    long_words: int = 0
    dropped: int = 0
    empty: int = 0


@dataclass(frozen=True)
class Means:
    """What encoding and masking need.

    Args:
        pieces: encodes words and sentences.
        labels: the label table of each task that has one.
        options: settings of the fairseq task.
    """

    pieces: Pieces
    labels: Mapping[str, Sequence[str]]
    options: Any

    @property
    def dictionary(self) -> Dictionary:
        """The dictionary, with `<mask>`."""
        return self.pieces.dictionary


class Task(ABC):
    """A task that cells can have.

    A batch holds sentences of any tasks. What a task predicts in it is one table of scores with a
    row for each prediction; `collate` makes the inputs of its head and the right answers.
    """

    # how predictions are scored; None for a task that has no score of its own, only an accuracy
    metric: ClassVar[Optional[Type[TagMetric]]] = None
    # whether the files hold labels, so that there is a table of them
    labelled: ClassVar[bool] = False
    # whether its cells name a direction `src-tgt` in place of a language
    has_directions: ClassVar[bool] = False

    @abstractmethod
    def read(self, part: Part) -> Iterator[Any]:
        """The sentences of a file, in whatever form `encode` takes.

        Raises:
            UserError: naming the line that is unusable.
        """

    def label_table(self, sentences: Sequence[Any]) -> List[str]:
        """The labels that can be predicted, from the training sentences of all cells."""
        return []

    @abstractmethod
    def encode(
        self, sentence: Any, means: Means, direction: Tuple[str, str], report: Report
    ) -> Iterator[Encoded]:
        """The parts of a sentence; `sentence` of them is set by the caller.

        Args:
            sentence: as `read` gives it.
            means: pieces and label tables.
            direction: source and target language.
            report: what happened is counted here.
        """

    def item(self, encoded: Encoded, means: Means, random: np.random.Generator) -> Encoded:
        """What a batch takes: the sentence itself, or a version drawn anew in every epoch."""
        return encoded

    def collate(
        self, items: Sequence[Encoded], rows: Tensor, means: Means
    ) -> Tuple[Dict[str, Tensor], Tensor]:
        """The inputs of the head and the right answers.

        Args:
            items: the task's sentences of a batch.
            rows: their rows in the batch [b].
            means: pieces and label tables.
        Returns:
            tensors for `predict`, and the answers [N].
        """
        counts = torch.tensor([len(one.places) for one in items])
        inputs = {
            "rows": rows.repeat_interleave(counts),  # [N]
            "places": torch.from_numpy(np.concatenate([one.places for one in items])).long(),  # [N]
        }
        return inputs, torch.from_numpy(np.concatenate([one.labels for one in items])).long()

    def answers(self, items: Sequence[Encoded]) -> List[int]:
        """How many answers each of the items has in `collate`."""
        return [len(one.labels) for one in items]

    @abstractmethod
    def head(self, args: Any, model: nn.Module, labels: Sequence[str]) -> nn.Module:
        """The module that predicts from the encoder's output.

        Args:
            args: a complete model configuration.
            model: the model, which has its encoder.
            labels: the task's label table.
        """

    def predict(
        self, head: nn.Module, encoder_out: Mapping[str, Any], inputs: Mapping[str, Tensor]
    ) -> Tensor:
        """The scores of every prediction [N, classes].

        Args:
            head: the task's head.
            encoder_out: the encoder's output for the whole batch.
            inputs: as `collate` made them.
        """
        features = encoder_out["encoder_out"][0]  # [T, B, C]
        return head(features[inputs["places"], inputs["rows"]])

    def count(
        self, predicted: Sequence[int], right: Sequence[int], labels: Sequence[str]
    ) -> Counts:
        """What the score of one sentence adds up from.

        Args:
            predicted, right: label ids [n] of one sentence.
            labels: the label table.
        """
        metric = self.metric or Accuracy
        return dict(zip(metric.names, map(float, metric.count(predicted, right))))

    def score(self, counts: Counts) -> float:
        """The score, 0 to 100, from summed counts."""
        metric = self.metric or Accuracy
        return metric.percentage([counts[name] for name in metric.names])


TASKS: Registry = Registry("task")
