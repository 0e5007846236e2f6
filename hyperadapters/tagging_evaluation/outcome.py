"""What a cell's evaluation gives, and the interface of what evaluates one sort of tasks."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Dict, List, Optional, Sequence

from ..multitask.cells import Cell
from ..multitask.task import Report, Task
from .loaded import Loaded
from .predictions import Row


@dataclass(frozen=True)
class Outcome:
    """What was predicted in a cell.

    Args:
        sentences: the rows of each sentence.
        report: what happened to the sentences when they were encoded.
        unknown_labels: how often each right label occurs that the model does not know.
        figures: further figures, by their titles.
    """

    sentences: List[List[Row]]
    report: Report
    unknown_labels: Dict[str, int] = field(default_factory=dict)
    figures: Dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scored:
    """The scores of a cell.

    Args:
        metric: title of the metric.
        score: 0 to 100.
        signature: the metric's signature.
        others: other metrics by their titles, each with `score` and, if it has one, `signature`.
    """

    metric: str
    score: float
    signature: str
    others: Dict[str, Dict[str, Any]] = field(default_factory=dict)


class Judge(ABC):
    """Predicts and scores the cells of one sort of tasks."""

    tasks: ClassVar[type]  # the class of these tasks

    @abstractmethod
    def predict(self, cell: Cell, sentences: Sequence[Any], loaded: Optional[Loaded]) -> Outcome:
        """Predicts a cell.

        Args:
            cell: the cell.
            sentences: its sentences as its task reads them.
            loaded: the model; None for a judge without one.
        """

    @abstractmethod
    def score(self, task: Task, cell: Cell, outcome: Outcome, loaded: Optional[Loaded]) -> Scored:
        """Scores the predictions of a cell.

        Args:
            task: the cell's task.
            cell: the cell.
            outcome: the predictions.
            loaded: the model; None for a judge without one.
        """
