"""The look-up: every word gets its most frequent label, whatever its language and its sentence.

What a system of cells must beat: names, numbers and loan words are the same strings in many languages.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...multitask.all_tasks import TASKS
from ...multitask.cells import Cell, parse_cells
from ...multitask.configuration import Tables
from ...multitask.corpus import Corpus
from ...multitask.loading import check_cells, read_cell, subsample
from ...multitask.task import CellResult, EncodingReport, Task
from ...support.errors import UserError
from ...support.resumable import digest
from .options import Options
from .system import System


@dataclass(frozen=True)
class Lexicon:
    """The labels of words.

    Args:
        words: the most frequent label of each word, as it is spelt.
        unknown: the label of all other words.
    """

    words: Mapping[str, str]
    unknown: str

    @classmethod
    def of(cls, task: Task, sentences: Sequence[Any]) -> "Lexicon":
        """Counts the labels of words; of labels that a word has equally often, the one that is more
        frequent in all sentences counts.

        Args:
            task: the task.
            sentences: as the task reads them.
        """
        labels: Counter = Counter()
        by_word: dict[str, Counter] = defaultdict(Counter)
        for sentence in sentences:
            for word, label in zip(sentence.words, task.word_labels(sentence)):
                labels[label] += 1
                by_word[word][label] += 1
        most = {
            word: max(counts, key=lambda label: (counts[label], labels[label], label))
            for word, counts in by_word.items()
        }
        return cls(most, max(labels, key=lambda label: (labels[label], label)))

    def tag(self, words: Sequence[str]) -> list[str]:
        """Returns the label of each word."""
        return [self.words.get(word, self.unknown) for word in words]


class LookUp(System):
    """A lexicon for each task, from the training sentences of all its cells in all languages.

    Args:
        cells: the trained cells, as `parse_cells` takes them; those of tasks that give words no
            labels are left out.
        seed: draws the sentences of cells that take only some, as the seed of a training does.
        corpus: the files.
    Raises:
        UserError: naming every cell without training files, or if no cell is left.
    """

    noun = "the look-up"

    def __init__(self, cells: str, seed: int, corpus: Corpus) -> None:
        training_cells = parse_cells(cells)
        check_cells(training_cells, corpus, "train")
        looked_up = [cell for cell in training_cells if TASKS.get(cell.task).labels_words]
        if not looked_up:
            raise UserError(
                f"--look-up {cells}: these tasks give words no labels: name cells such as pos:en,ner:de"
            )
        self.left_out = [cell.name for cell in training_cells if cell not in looked_up]
        self.seed = seed if any(cell.sentences for cell in looked_up) else None
        by_task: dict[str, list[Any]] = {cell.task: [] for cell in looked_up}
        self.training_sentences = {}
        for cell in looked_up:
            sentences = subsample(cell, read_cell(cell, corpus, "train"), seed)
            self.training_sentences[cell.name] = len(sentences)
            by_task[cell.task] += sentences
        labels = {task: TASKS.get(task).label_table(read) for task, read in by_task.items()}
        self.tables = Tables(corpus.languages.codes, list(by_task), labels)
        self.lexicons = {task: Lexicon.of(TASKS.get(task), read) for task, read in by_task.items()}
        self.digest = digest([asdict(lexicon) for lexicon in self.lexicons.values()])

    def load(self, options: Options) -> None:
        """Nothing to do: the lexicons are there."""

    def predict(self, cell: Cell, sentences: Sequence[Any]) -> tuple[CellResult, EncodingReport]:
        labels = [self.lexicons[cell.task].tag(sentence.words) for sentence in sentences]
        table = self.tables.labels[cell.task]
        result = TASKS.get(cell.task).label_result(sentences, labels, table)
        return result, EncodingReport(len(sentences))

    def facts(self, name: str | None) -> dict[str, Any]:
        """Returns the facts of a system without parameters, by default called look-up."""
        return {
            "name": name or "look-up",
            "checkpoint": None,
            "look_up": {
                task: {"words": len(lexicon.words), "unknown": lexicon.unknown}
                for task, lexicon in self.lexicons.items()
            },
            "adapter_kind": None,
            "adapter_source": "none",
            "adapter_parameters": 0,
            "total_parameters": 0,
            "trained_parameters": 0,
            "updates": 0,
            "seed": self.seed,
        }

    def remarks(self, cells: Sequence[Cell]) -> list[str]:
        """Returns a remark on trained cells that have no words to look up."""
        return [
            f"{name} is not looked up: its task gives words no labels" for name in self.left_out
        ]
