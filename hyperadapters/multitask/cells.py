"""Cells: a task in a language, as `pos:en`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..support.errors import Problems, UserError
from ..support.languages import check_code, split_direction
from .all_tasks import TASKS


@dataclass(frozen=True)
class Cell:
    """One task in one language.

    Args:
        task: name of the task.
        language: language code; of translation, the direction `src-tgt`.
        sentences: how many training sentences to take; None for all.
    """

    task: str
    language: str
    sentences: int | None = None

    @classmethod
    def from_name(cls, name: str, sentences: int | None = None) -> "Cell":
        """Makes a cell from `task:language`."""
        return cls(*name.split(":", 1), sentences)

    @property
    def name(self) -> str:
        """`task:language`."""
        return f"{self.task}:{self.language}"

    @property
    def direction(self) -> tuple[str, str]:
        """Source and target language; a sentence that is not translated has its own as both.

        Raises:
            UserError: if the task is unknown, its language is no direction though the task has
                directions, or a code is unusable.
        """
        if not TASKS.get(self.task).has_directions:
            return (check_code(self.language),) * 2
        src, tgt = split_direction(self.language)
        return check_code(src), check_code(tgt)


def parse_cells(text: str) -> list[Cell]:
    """Reads `pos:en,ner:de:100`: cells, separated by commas, each with the number of its training
    sentences if not all are wanted.

    Raises:
        UserError: naming every malformed or repeated cell and every unknown task, or if there is none.
    """
    problems, cells = Problems(), []
    for word in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"([^:\s]+):([^:\s]+)(?::(\d+))?", word)
        if not match or match.group(3) == "0":
            problems.add(f"'{word}': write task:language or task:language:SENTENCES, as in pos:en")
            continue
        task, language, number = match.groups()
        cell = Cell(task, language, int(number) if number else None)
        try:
            _ = cell.direction  # raises for an unusable language
        except UserError as error:
            problems.add(f"{cell.name}: {error}")
        if cell.name in [other.name for other in cells]:
            problems.add(f"'{cell.name}' is listed twice")
        cells.append(cell)
    problems.raise_if_any()
    if not cells:
        raise UserError("no cells given: list them with --task-languages, e.g. pos:en,ner:de")
    return cells


def directions_of(cells: Iterable[Cell]) -> list[str]:
    """The directions `src-tgt` of the cells that have one."""
    return [cell.language for cell in cells if TASKS.get(cell.task).has_directions]
