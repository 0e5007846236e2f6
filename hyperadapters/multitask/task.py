"""The interface of tasks: whatever is particular to one task of cells lies behind it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
import torch
from fairseq.data import Dictionary
from torch import Tensor, nn
from torch.nn import functional as F

from ..metrics.tags import Accuracy, TagMetric
from .pieces import Pieces
from .readers import FileSlice

Counts = dict[str, float]
Row = tuple[str, str, str]  # input, gold, prediction
T = TypeVar("T")

UNKNOWN_LABEL = -1  # a gold label that training never showed: any prediction is wrong there


@dataclass
class Encoded:
    """A sentence, or a part of a long one, as numbers.

    Args:
        sentence: the number of the sentence in its file.
        source: piece ids [T], with `<s>` and `</s>` as the encoder wants them.
        positions: where in the source something is predicted [N].
        gold: the right answers, a row for each prediction [N] or [N, ...]; of translation, the
            target piece ids [T'].
    """

    sentence: int
    source: np.ndarray
    positions: np.ndarray
    gold: np.ndarray


@dataclass
class EncodingReport:
    """Counts what happened to the sentences of a cell when they were encoded.

    Args:
        sentences: all sentences.
        parts: encoded sentences and parts of sentences.
        long: sentences longer than the encoder allows.
        long_words: words cut because they alone are longer than that.
        dropped: sentences left out because they are too long.
        empty: sentences left out because the tokenizer makes nothing of them.
    """

    sentences: int = 0
    parts: int = 0
    long: int = 0
    long_words: int = 0
    dropped: int = 0
    empty: int = 0


@dataclass(frozen=True)
class TaskContext:
    """What tasks need to know of the training or evaluation that they are part of.

    Args:
        pieces: encodes words and sentences.
        labels: label table by task, of the tasks that have one.
        options: the settings of the fairseq task, those of `Task.options` among them.
    """

    pieces: Pieces
    labels: Mapping[str, Sequence[str]]
    options: Any

    @property
    def dictionary(self) -> Dictionary:
        """The dictionary, with `<mask>`."""
        return self.pieces.dictionary


class Predictor(Protocol):
    """A trained model and the encoded sentences of one cell: what `Task.evaluate` works with.

    Args:
        context: what the cell was encoded with.
        sentences: the encoded sentences, long ones in parts.
    """

    context: TaskContext
    sentences: Sequence[Encoded]

    def apply(self, function: Callable[[Any, Sequence[Encoded]], Sequence[T]]) -> list[T]:
        """Runs the model on batches of the cell and keeps what a function makes of each output.

        Args:
            function: takes what `Task.forward` returned and the items of the batch; returns one
                result for each item.
        Returns:
            the results in the order of `sentences`.
        """

    def generate(self) -> list[str]:
        """Runs beam search with the model's decoder; returns the text for each of `sentences`."""


@dataclass(frozen=True)
class CellResult:
    """What was predicted in a cell.

    Args:
        rows: the rows of each sentence.
        unknown_labels: how often each gold label occurs that the model does not know.
        figures: figures besides the scores, by title.
        files: text of further files to write beside the predictions, by suffix, e.g. ".conllu".
    """

    rows: list[list[Row]]
    unknown_labels: dict[str, int] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


class Task(ABC):
    """A task that cells can have, from its files to its scores.

    A batch holds sentences of any tasks and is encoded once; each task's head then predicts for the
    sentences of that task. `forward`, `loss` and `decode` agree among themselves on what the output
    of the head is: by default scores [N, classes], one row for each prediction.
    """

    name: ClassVar[str]  # as in `pos:en`
    title: ClassVar[str]  # what reports call it
    options: ClassVar[type | None] = None  # dataclass of its options of `--task hyperx`
    loss_options: ClassVar[type | None] = None  # dataclass of its options of the criterion
    has_directions: ClassVar[bool] = False  # cells name `src-tgt` in place of a language
    has_decoder: ClassVar[bool] = False  # its head is the model's decoder
    symbol_parameters: ClassVar[tuple[str, ...]] = ()  # of its head, with a row for each symbol
    uses_all_layers: ClassVar[bool] = (
        False  # its head wants every layer's output, not only the last
    )
    metric: ClassVar[type[TagMetric]] = Accuracy  # of validation
    labels_words: ClassVar[bool] = False  # a look-up of words can predict it, see `word_labels`
    is_averaged: ClassVar[bool] = True  # its scores count in the mean over cells
    has_further_figures: ClassVar[bool] = False  # evaluation gives more than one figure a cell

    @abstractmethod
    def read(self, file: FileSlice) -> Iterator[Any]:
        """Reads the sentences of a file in whatever form `encode` takes.

        Raises:
            UserError: naming the line that is unusable.
        """

    def label_table(self, sentences: Sequence[Any]) -> list[str]:
        """Lists the labels to predict, given the training sentences of all cells; none by default."""
        return []

    @abstractmethod
    def encode(
        self,
        sentence: Any,
        context: TaskContext,
        direction: tuple[str, str],
        report: EncodingReport,
    ) -> Iterator[Encoded]:
        """Encodes a sentence, in parts if it is long; the caller sets `Encoded.sentence`.

        Args:
            sentence: as `read` gives it.
            context: pieces and label tables.
            direction: source and target language.
            report: counts what happened.
        """

    def item(self, encoded: Encoded, context: TaskContext, random: np.random.Generator) -> Encoded:
        """Returns what a batch takes: the sentence itself, or a version made anew in every epoch."""
        return encoded

    def collate(
        self, items: Sequence[Encoded], rows: Tensor, context: TaskContext
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Makes the inputs of the head and the gold answers.

        Args:
            items: the task's sentences in a batch.
            rows: their rows in the batch [b].
            context: pieces and label tables.
        Returns:
            tensors for `forward`, and the gold answers of all items, one after the other [N].
        """
        counts = torch.tensor([len(item.positions) for item in items])
        positions = np.concatenate([item.positions for item in items])
        inputs = {
            "rows": rows.repeat_interleave(counts),  # [N]
            "positions": torch.from_numpy(positions).long(),  # [N]
        }
        return inputs, torch.from_numpy(np.concatenate([item.gold for item in items])).long()

    @abstractmethod
    def head(self, args: Any, model: nn.Module, labels: Sequence[str]) -> nn.Module:
        """Builds the module that predicts from the encoder's output.

        Args:
            args: a complete model configuration.
            model: the model, which has its encoder.
            labels: the task's label table.
        """

    def forward(
        self, head: nn.Module, encoder_out: Mapping[str, Any], inputs: Mapping[str, Tensor]
    ) -> Any:
        """Runs the head.

        Args:
            head: the task's head.
            encoder_out: the encoder's output for the whole batch.
            inputs: as `collate` made them.
        Returns:
            by default the scores of each prediction [N, classes].
        """
        features = encoder_out["encoder_out"][0]  # [T, B, C]
        return head(features[inputs["positions"], inputs["rows"]])

    def loss(self, output: Any, gold: Tensor, options: Any) -> Tensor:
        """Computes the loss, averaged over the predictions of a batch.

        Args:
            output: as `forward` returned it.
            gold: as `collate` made it [N].
            options: the settings of the criterion, those of `loss_options` among them.
        """
        return mean_cross_entropy(output, gold)

    def decode(self, output: Any, sizes: Sequence[int]) -> list[list[Any]]:
        """Chooses the best predictions of each item.

        Args:
            output: as `forward` returned it.
            sizes: how many gold answers each item has.
        Returns:
            for each item, by default, the ids of its predictions.
        """
        return [best.tolist() for best in output.argmax(-1).cpu().split(list(sizes))]

    def count(self, predicted: Sequence[Any], gold: Sequence[Any], labels: Sequence[str]) -> Counts:
        """Counts what the score of one sentence adds up from.

        Args:
            predicted: as `decode` gives it [N].
            gold: the gold answers [N].
            labels: the label table.
        """
        return dict(zip(self.metric.names, map(float, self.metric.count(predicted, gold))))

    def score(self, counts: Counts) -> float:
        """Computes the score, 0 to 100, from summed counts."""
        return self.metric.percentage([counts[name] for name in self.metric.names])

    @abstractmethod
    def evaluate(self, sentences: Sequence[Any], predictor: Predictor) -> CellResult:
        """Predicts the sentences of a cell.

        Args:
            sentences: as `read` gives them.
            predictor: the model and the encoded sentences.
        """

    def word_labels(self, sentence: Any) -> Sequence[str]:
        """The label of each word, from which the look-up of an evaluation learns.

        Args:
            sentence: as `read` gives it.
        """
        raise NotImplementedError

    def label_result(
        self, sentences: Sequence[Any], labels: Sequence[Sequence[str]], table: Sequence[str]
    ) -> CellResult:
        """What labels of words predict, the inverse of `word_labels`.

        Args:
            sentences: as `read` gives them.
            labels: the label of each word of each.
            table: the label table.
        """
        raise NotImplementedError

    def metrics(self, direction: tuple[str, str], options: Any) -> dict[str, Any]:
        """Makes the sacreBLEU metrics that score an evaluation, by title, the main one first.

        Args:
            direction: source and target language.
            options: the settings of the fairseq task.
        """
        return {self.metric.title: self.metric()}

    def remarks(self, directions: Sequence[tuple[str, str]]) -> list[str]:
        """Says what a reader of the scores of cells must know, given their directions."""
        return []


def mean_cross_entropy(scores: Tensor, gold: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """The cross-entropy, averaged over predictions whose gold label the model knows.

    Args:
        scores: scores of each prediction [N, classes].
        gold: gold labels [N]; `UNKNOWN_LABEL` where there is none.
        label_smoothing: share of the probability that is spread over all classes.
    """
    total = F.cross_entropy(
        scores.float(), gold, label_smoothing=label_smoothing, ignore_index=UNKNOWN_LABEL,
        reduction="sum",
    )  # fmt: skip
    return total / gold.ne(UNKNOWN_LABEL).sum().clamp(min=1)
