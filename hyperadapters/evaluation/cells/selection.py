"""Which cells are evaluated."""

from dataclasses import dataclass

from ...multitask.cells import Cell, parse_cells
from ...multitask.corpus import Corpus
from ...support.errors import Problems, UserError, did_you_mean, format_list
from .system import System


@dataclass(frozen=True)
class Selection:
    """What a system knows and a corpus has files of.

    Args:
        system: the system.
        corpus: the files.
        split: the split that is evaluated.
    """

    system: System
    corpus: Corpus
    split: str

    def problem(self, cell: Cell) -> str:
        """Why the system cannot predict a cell; empty if it can."""
        noun, tables = self.system.noun, self.system.tables
        if cell.task not in tables.tasks:
            return f"no task '{cell.task}' in {noun}: {did_you_mean(cell.task, tables.tasks)}"
        for code in cell.direction:
            if code not in tables.languages:
                return f"no language '{code}' in {noun}: {did_you_mean(code, tables.languages)}"
        baked = self.system.baked_cells
        if baked is not None and cell.name not in baked:
            return f"no adapters for {cell.name} in {noun}, it has those for {format_list(baked)}"
        return ""

    def with_files(self) -> list[Cell]:
        """All cells that have files."""
        return [Cell.from_name(name) for name in self.corpus.cells(self.split)]

    def unknown(self) -> list[str]:
        """The cells that have files but that the system cannot predict."""
        return [cell.name for cell in self.with_files() if self.problem(cell)]

    def select(self, names: str) -> list[Cell]:
        """The cells that a user names.

        Args:
            names: a comma-separated list; `all` or `zero-shot` for those that can be evaluated; or
                `trained`.
        Raises:
            UserError: naming every cell that is unknown or has no files.
        """
        trained = self.system.training_sentences
        if names in ("all", "zero-shot"):
            cells = [cell for cell in self.with_files() if not self.problem(cell)]
            if names == "zero-shot":
                cells = [cell for cell in cells if cell.name not in trained]
        elif ":" not in names and names != "trained":
            raise UserError(
                f"--cells {names}: give all, trained, zero-shot, or a list such as pos:en,ner:de"
            )
        else:
            cells = parse_cells(",".join(trained) if names == "trained" else names)
            self.check(cells)
        if not cells:
            raise UserError(
                f"--cells {names}: there is none with {self.split} files in {self.corpus.file} that "
                f"{self.system.noun} knows (tasks {format_list(self.system.tables.tasks)}; languages "
                f"{format_list(self.system.tables.languages)})"
            )
        return cells

    def check(self, cells: list[Cell]) -> None:
        """Raises:
        UserError: naming every cell that cannot be evaluated.
        """
        problems = Problems()
        for cell in cells:
            if cell.sentences is not None:
                problems.add(f"--cells {cell.name}:{cell.sentences}: leave out the number")
            if self.problem(cell):
                problems.add(f"--cells {cell.name}: {self.problem(cell)}")
                continue
            try:
                self.corpus.file_slice(cell, self.split)
            except UserError as error:
                problems.add(f"--cells {cell.name}: {error}")
        problems.raise_if_any()
