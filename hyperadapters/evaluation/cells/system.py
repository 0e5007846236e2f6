"""The interface of what is evaluated: a trained model, or a baseline without one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...multitask.cells import Cell
from ...multitask.configuration import Tables
from ...multitask.task import CellResult, EncodingReport
from .options import Options


class System(ABC):
    """A system that predicts cells.

    Attributes:
        noun: what messages call it.
        digest: a digest of all that its predictions depend on.
        tables: the languages, tasks and labels that it knows.
        training_sentences: the number of training sentences of each trained cell; None if unknown.
        task_options: the settings of the fairseq task; None without one.
        baked_cells: the only cells for which it has adapters; None if there is no such limit.
    """

    noun: ClassVar[str]
    digest: str
    tables: Tables
    training_sentences: Mapping[str, int | None]
    task_options: Any = None
    baked_cells: Sequence[str] | None = None

    @abstractmethod
    def load(self, options: Options) -> None:
        """Gets ready to predict.

        Args:
            options: what the user chose.
        """

    @abstractmethod
    def predict(self, cell: Cell, sentences: Sequence[Any]) -> tuple[CellResult, EncodingReport]:
        """Predicts a cell, after `load`.

        Args:
            cell: the cell.
            sentences: its sentences as its task reads them.
        """

    @abstractmethod
    def facts(self, name: str | None) -> dict[str, Any]:
        """Returns what evaluation.json says of the system.

        Args:
            name: what to call it; by default a name of its own.
        """

    @abstractmethod
    def remarks(self, cells: Sequence[Cell]) -> list[str]:
        """Returns what a reader of the scores of these cells must know."""
