"""The interface of what is evaluated: a trained model, or a baseline without one."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Dict, List, Mapping, Optional, Sequence

from ..multitask.cells import Cell
from ..multitask.configuration import Tables
from ..multitask.task import Task
from .loaded import Loaded
from .options import Options
from .outcome import Judge


class System(ABC):
    """A system that predicts cells.

    Attributes:
        noun: what messages call it.
        digest: a digest of all that its predictions depend on.
        tables: the languages, tasks and labels that it knows.
        training_sentences: the number of training sentences of each trained cell; None if unknown.
    """

    noun: ClassVar[str]
    digest: str
    tables: Tables
    training_sentences: Mapping[str, Optional[int]]

    @abstractmethod
    def load(self, options: Options, tokenizers: Dict[str, str]) -> Optional[Loaded]:
        """Loads the model; None without one.

        Args:
            options: what the user chose.
            tokenizers: sacreBLEU's tokeniser by target language of translation cells.
        """

    @abstractmethod
    def judge(self, task: Task) -> Judge:
        """Returns what predicts and scores the cells of a task."""

    @abstractmethod
    def facts(self, name: Optional[str]) -> Dict[str, Any]:
        """Returns what evaluation.json says of the system.

        Args:
            name: what to call it; by default a name of its own.
        """

    @abstractmethod
    def remarks(self, cells: Sequence[Cell]) -> List[str]:
        """Returns what a reader of the scores of these cells must know."""
