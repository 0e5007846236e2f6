"""Sentences of a trained model's cells or directions, as losses that have gradients and as a score."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from fairseq.utils import move_to_cuda
from torch import Tensor, nn

from ..checkpoints.checkpoint import Checkpoint
from ..data.binarised import Binarised
from ..data.tagged_pairs import TaggedPairs, complete
from ..multitask.all_tasks import TASKS
from ..multitask.corpus import read_corpus
from ..multitask.dataset import CellDataset, collate
from ..multitask.loading import read_cell
from ..multitask.pieces import tokenizer_beside
from ..support.errors import UserError
from ..support.languages import split_direction
from .cells.options import Options
from .cells.plan import digest_files
from .cells.run import score_cell
from .cells.selection import Selection
from .cells.trained_model import TrainedModel
from .translation.decoding import Limits, Sentences, batches
from .translation.directions import Directions

# what the model gives for a batch [N, ...], the gold answers [N], and the number of sentences
Output = tuple[Any, Tensor, int]


@dataclass(frozen=True)
class Choice:
    """Which sentences are taken.

    Args:
        data: of a model of cells the folder of corpus.yaml, of a translation model the binarised pairs.
        names: cells or directions, see `Selection.select` and `Directions.select`.
        subset: the split.
        sentences: how many of each cell or direction, the first ones; None for all.
        cpu: use the CPU even if a GPU is there.
    Raises:
        UserError: if the number is out of range.
    """

    data: str
    names: str = "trained"
    subset: str = "valid"
    sentences: int | None = None
    cpu: bool = False

    def __post_init__(self) -> None:
        if self.sentences is not None and self.sentences < 1:
            raise UserError(f"--sentences {self.sentences}: give at least 1")

    def digests(self, checkpoint: Checkpoint) -> dict[str, str]:
        """What results depend on of the data."""
        if checkpoint.has_cells:
            return digest_files(read_corpus(self.data), self.subset)
        binarised = Binarised(self.data)
        return {pair: binarised.digest(self.subset, pair) for pair in binarised.pairs(self.subset)}


class Examples(Protocol):
    """Sentences of one cell or direction.

    Attributes:
        name: the cell or direction.
        languages: the language whose heads each side of the model runs with.
    """

    name: str
    languages: Mapping[str, str]

    def losses(self) -> Iterator[tuple[Tensor, int]]:
        """The mean loss of each batch, with the graph of its gradients, and the number of sentences."""

    def score(self) -> float:
        """The score of what the model predicts, the higher the better."""


def open_examples(checkpoint: Checkpoint, choice: Choice) -> tuple[nn.Module, list[Examples]]:
    """Loads a trained model, set to evaluation, and the sentences of a choice.

    Args:
        checkpoint: the model's checkpoint, of cells or of translation.
        choice: which sentences.
    Raises:
        UserError: naming what is unknown, or has no sentences.
    """
    opening = cell_examples if checkpoint.has_cells else direction_examples
    return opening(checkpoint, choice)


@dataclass(frozen=True)
class CellExamples:
    """Sentences of a cell. Translation, which beam search would make slow, is scored as
    `DirectionExamples` is.

    Args:
        system: the loaded model.
        dataset: the encoded sentences.
        sentences: the sentences as read.
        limits: the size of a batch.
    """

    system: TrainedModel
    dataset: CellDataset
    sentences: Sequence[Any]
    limits: Limits

    @property
    def name(self) -> str:
        return self.dataset.name

    @property
    def languages(self) -> dict[str, str]:
        src, tgt = self.dataset.cell.direction
        return {"encoder": src, **({"decoder": tgt} if self.dataset.task.has_directions else {})}

    def outputs(self) -> Iterator[Output]:
        """What the model gives for each batch."""
        task, model = self.dataset.cell.task, self.system.model
        for rows in batched_rows(self.dataset, range(len(self.dataset)), self.limits):
            sample = to_device(collate([self.dataset[row] for row in rows]), model)
            yield model(**sample["net_input"])[task], sample["target"][task], len(rows)

    def losses(self) -> Iterator[tuple[Tensor, int]]:
        task = TASKS.get(self.dataset.cell.task)
        for output, gold, count in self.outputs():
            yield task.loss(output, gold, self.system.loss_options), count

    def score(self) -> float:
        if self.dataset.task.has_directions:
            return piece_accuracy(self.outputs)
        cell = self.dataset.cell
        result, _ = self.system.predict(cell, self.sentences)
        return score_cell(cell, result, self.system.task_options)["score"]


def cell_examples(checkpoint: Checkpoint, choice: Choice) -> tuple[nn.Module, list[Examples]]:
    """See `open_examples`."""
    corpus = read_corpus(choice.data).with_tokenizer(tokenizer_beside(checkpoint.path))
    system = TrainedModel(checkpoint.path, corpus)
    cells = Selection(system, corpus, choice.subset).select(choice.names)
    options = Options(subset=choice.subset, cpu=choice.cpu)
    system.load(options)
    limits = options.encoder_limits(system.model)
    examples: list[Examples] = []
    for cell in cells:
        sentences = read_cell(cell, corpus, choice.subset)[: choice.sentences]
        dataset = system.task.make_dataset(cell, sentences)
        examples.append(CellExamples(system, dataset, sentences, limits))
    return system.model, examples


@dataclass(frozen=True)
class DirectionExamples:
    """Sentence pairs of a direction, with teacher forcing. The score is the percentage of target pieces
    that the model finds most likely after the pieces before them.

    Args:
        model: the model.
        dataset: the pairs.
        rows: those of them that are taken.
        limits: the size of a batch.
    """

    model: nn.Module
    dataset: TaggedPairs
    rows: Sequence[int]
    limits: Limits

    @property
    def name(self) -> str:
        return self.dataset.name

    @property
    def languages(self) -> dict[str, str]:
        return dict(zip(("encoder", "decoder"), split_direction(self.name)))

    def outputs(self) -> Iterator[Output]:
        """The scores of all pieces [N, V] for each batch."""
        pad = self.dataset.dataset.tgt_dict.pad()
        for rows in batched_rows(self.dataset, self.rows, self.limits):
            sample = self.dataset.collater([self.dataset[row] for row in rows])
            sample = to_device(complete(sample), self.model)
            scores, _ = self.model(**sample["net_input"])
            is_piece = sample["target"].ne(pad)
            yield scores[is_piece], sample["target"][is_piece], len(rows)

    def losses(self) -> Iterator[tuple[Tensor, int]]:
        for scores, gold, count in self.outputs():
            yield nn.functional.cross_entropy(scores.float(), gold), count

    def score(self) -> float:
        return piece_accuracy(self.outputs)


def direction_examples(checkpoint: Checkpoint, choice: Choice) -> tuple[nn.Module, list[Examples]]:
    """See `open_examples`."""
    config = checkpoint.require_translation().config
    binarised = Binarised(choice.data)
    directions = Directions(
        config, checkpoint.languages, checkpoint.trained_directions, binarised.pairs(choice.subset),
        None, choice.data,
    )  # fmt: skip
    names = directions.select(choice.names)
    task = checkpoint.task(choice.data)
    model = checkpoint.model(task)
    if torch.cuda.is_available() and not choice.cpu:
        model = model.cuda()
    limits = Options(cpu=choice.cpu).encoder_limits(model)
    examples: list[Examples] = []
    for name in names:
        dataset = task.load_direction(choice.subset, *split_direction(name))
        rows = range(len(dataset))[: choice.sentences]
        examples.append(DirectionExamples(model, dataset, rows, limits))
    return model, examples


def batched_rows(dataset: Any, rows: Sequence[int], limits: Limits) -> Iterator[list[int]]:
    """Rows of a dataset in batches of like length."""
    sentences = Sentences(dataset.name, "", "", dataset, rows)
    for batch in batches(((sentences, row) for row in rows), limits):
        yield [row for _, row in batch]


def to_device(sample: Any, model: nn.Module) -> Any:
    """A batch on the device of a model."""
    return move_to_cuda(sample) if next(model.parameters()).is_cuda else sample


@torch.no_grad()
def piece_accuracy(outputs: Callable[[], Iterator[Output]]) -> float:
    """The percentage of gold pieces that have the highest score."""
    hits = total = 0
    for scores, gold, _ in outputs():
        hits += int(scores.argmax(-1).eq(gold).sum())
        total += len(gold)
    return 100 * hits / total
