"""Evaluated systems, and what a comparison must know of the type of their evaluations."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from ..evaluation.score_table import scores_of
from ..support.errors import UserError
from .options import Options

FILE = "evaluation.json"
SYSTEM = ("name", "adapter_parameters", "total_parameters")


@dataclass(frozen=True)
class Group:
    """Directions or cells whose scores are averaged.

    Args:
        kind: what they are to the systems, such as "zero_shot".
        part: which of that kind they are, such as "low" (resource) or "pos"; "all" for all.
        units: the directions or cells.
        is_overall: whether its mean stands for the kind.
    """

    kind: str
    part: str
    units: tuple[str, ...]
    is_overall: bool


class Evaluation(ABC):
    """One evaluated checkpoint.

    Args:
        folder: where it lies.
        name: the system's name.
        record: the content of its evaluation.json.
    """

    type: ClassVar["EvaluationType"]

    def __init__(self, folder: Path, name: str, record: dict[str, Any]) -> None:
        self.folder, self.name, self.record = folder, name, record

    @property
    def system(self) -> dict[str, Any]:
        """What is known of the system: parameters, updates, words per second."""
        return self.record["system"]

    @property
    def updates(self) -> int:
        """Training updates that the checkpoint has behind it."""
        return int(self.system["updates"] or 0)

    @property
    def seed(self) -> int | None:
        """The seed of its training; None if the evaluation does not tell."""
        return self.system.get("seed")

    @property
    def untrained(self) -> bool:
        """Whether nothing was trained or drawn by a seed: it would be the same with every seed."""
        return self.seed is None and self.system.get("trained_parameters") == 0

    @property
    def units(self) -> dict[str, dict[str, Any]]:
        """What is scored: each direction or cell with its entry in evaluation.json."""
        return self.record[f"{self.type.unit}s"]

    @abstractmethod
    def problems(self) -> list[str]:
        """What its record lacks."""

    @cached_property
    def scores(self) -> dict[tuple[str, str], float]:
        """What its table of scores says, by unit and name of the metric."""
        return {(row.unit, row.metric): row.score for row in scores_of(self.record, self.name)}

    def reported_score(self, unit: str, metric: str) -> float:
        """The score that the evaluation reports."""
        return self.scores[unit, self.metric_name(unit, metric)]

    def metric_name(self, unit: str, metric: str) -> str:
        """What the table of scores calls a metric of its type."""
        return metric

    @abstractmethod
    def signature(self, unit: str, metric: str) -> str:
        """The signature of a score."""

    @abstractmethod
    def metric(self, unit: str, metric: str) -> Any:
        """The sacreBLEU metric of a score.

        Raises:
            UserError: if it cannot be computed here.
        """

    @abstractmethod
    def read_lines(self, part: str, unit: str) -> list[str]:
        """The sentences of a direction or cell as the metric takes them, see `lines`."""

    def lines(self, part: str, unit: str) -> list[str]:
        """The sentences of a direction or cell as the metric takes them.

        Args:
            part: "hypotheses" or "references"; of translation, also "sources".
            unit: a direction or cell of the evaluation.
        Raises:
            UserError: if they are missing or not as many as the evaluation says.
        """
        lines, sentences = self.read_lines(part, unit), self.units[unit]["sentences"]
        if len(lines) != sentences:
            raise UserError(
                f"evaluation {self.folder}: the {part} of {unit} are {len(lines)} lines, {FILE} says "
                f"{sentences} sentences: evaluate again"
            )
        return lines


Systems = Mapping[str, Sequence[Evaluation]]  # the runs of each


class EvaluationType(ABC):
    """What is particular about comparing evaluations of translation or of cells.

    Attributes:
        unit: what is scored, "direction" or "cell".
        metrics: titles of the scores by their names.
        part: what tells the parts of a kind apart, "resource" or "task".
        part_heading: the heading of its column in tables.
        outputs: what the systems made.
    """

    unit: ClassVar[str]
    metrics: ClassVar[dict[str, str]]
    part: ClassVar[str]
    part_heading: ClassVar[str]
    outputs: ClassVar[str]

    @abstractmethod
    def groups(self, systems: Systems, units: Sequence[str], options: Options) -> list[Group]:
        """The groups whose means are compared, each with at least one member."""

    @abstractmethod
    def facts(self, systems: Systems, units: Sequence[str], options: Options) -> dict[str, Any]:
        """Further entries of comparison.json."""

    @abstractmethod
    def notes(self, systems: Systems, units: Sequence[str], options: Options) -> list[str]:
        """What a reader must know about these evaluations; some may be empty."""

    @abstractmethod
    def unit_entry(self, systems: Systems, unit: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """What comparison.json says of a direction or cell besides scores.

        Args:
            systems: the systems.
            unit: the direction or cell.
            facts: see `facts`.
        """

    @abstractmethod
    def kind_title(self, kind: str, comparison: Mapping[str, Any]) -> str:
        """What a kind is called, e.g. "zero-shot"."""

    @abstractmethod
    def part_title(self, part: str) -> str:
        """What a part of a kind is called, e.g. "low-resource"."""

    def group_title(self, group: Mapping[str, Any], comparison: Mapping[str, Any]) -> str:
        """What a group of comparison.json is called."""
        title, part = self.kind_title(group["kind"], comparison), group[self.part]
        return title if part == "all" else f"{title}, {self.part_title(part)}"

    @abstractmethod
    def page_notes(self, comparison: Mapping[str, Any]) -> list[str]:
        """What a reader must know to quote the figures."""


def count_signatures(signatures: Sequence[str], unit: str) -> list[str]:
    """Each distinct signature with the number of directions or cells that have it."""
    return [f"{text} ({number} {unit}s)." for text, number in Counter(signatures).items()]
