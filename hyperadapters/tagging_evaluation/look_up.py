"""The look-up: every word gets its most frequent label, whatever its language and its sentence.

What a system of cells must beat: names, numbers and loan words are the same strings in many languages.
"""

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ..errors import UserError
from ..multitask.cells import Cell, parse_cells
from ..multitask.configuration import Tables
from ..multitask.corpus import Corpus
from ..multitask.known import TASKS
from ..multitask.loading import check_cells, drawn, read_cell
from ..multitask.readers import Tagged
from ..multitask.task import Report, Task
from ..steps import digest
from .loaded import Loaded
from .options import Options
from .outcome import Judge, Outcome
from .system import System
from .word_tags import WordTags, tagged


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
    def of(cls, sentences: Sequence[Tagged]) -> "Lexicon":
        """Counts the labels of words; of labels that a word has equally often, the one that is more
        frequent in all sentences counts."""
        labels: Counter = Counter()
        by_word: Dict[str, Counter] = defaultdict(Counter)
        for sentence in sentences:
            for word, label in zip(sentence.words, sentence.labels):
                labels[label] += 1
                by_word[word][label] += 1
        most = {
            word: max(counts, key=lambda label: (counts[label], labels[label], label))
            for word, counts in by_word.items()
        }
        return cls(most, max(labels, key=lambda label: (labels[label], label)))

    def tag(self, words: Sequence[str]) -> List[str]:
        """Returns the label of each word."""
        return [self.words.get(word, self.unknown) for word in words]


class WordLookUp(WordTags):
    """Predicts by looking words up.

    Args:
        lexicons: the lexicon of each task.
        labels: the label table of each task.
    """

    def __init__(self, lexicons: Mapping[str, Lexicon], labels: Mapping[str, List[str]]) -> None:
        self.lexicons, self.labels = lexicons, labels

    def predict(self, cell: Cell, sentences: Sequence[Tagged], loaded: Optional[Loaded]) -> Outcome:
        tags = [self.lexicons[cell.task].tag(sentence.words) for sentence in sentences]
        return tagged(sentences, tags, self.labels[cell.task], Report(len(sentences)))


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
        given = parse_cells(cells)
        check_cells(given, corpus, "train")
        kept = [cell for cell in given if isinstance(TASKS.get(cell.task), WordTags.tasks)]
        if not kept:
            raise UserError(
                f"--look-up {cells}: these tasks give words no labels: name cells such as pos:en,ner:de"
            )
        self.left_out = [cell.name for cell in given if cell not in kept]
        self.seed = seed if any(cell.sentences for cell in kept) else None
        by_task: Dict[str, List[Tagged]] = {cell.task: [] for cell in kept}
        self.training_sentences = {}
        for cell in kept:
            sentences = drawn(cell, read_cell(cell, corpus, "train"), seed)
            self.training_sentences[cell.name] = len(sentences)
            by_task[cell.task] += sentences
        labels = {task: TASKS.get(task).label_table(read) for task, read in by_task.items()}
        self.tables = Tables(corpus.languages.codes, list(by_task), labels)
        self.lexicons = {task: Lexicon.of(read) for task, read in by_task.items()}
        self.digest = digest([asdict(one) for one in self.lexicons.values()])

    def load(self, options: Options, tokenizers: Dict[str, str]) -> None:
        return None

    def judge(self, task: Task) -> Judge:
        return WordLookUp(self.lexicons, self.tables.labels)

    def facts(self, name: Optional[str]) -> Dict[str, Any]:
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

    def remarks(self, cells: Sequence[Cell]) -> List[str]:
        """Returns a remark on trained cells that have no words to look up."""
        return [
            f"{name} is not looked up: its task gives words no labels" for name in self.left_out
        ]
