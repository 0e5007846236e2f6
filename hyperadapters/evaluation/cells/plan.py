"""An evaluation before it starts: everything checked that can be without the model."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...multitask.all_tasks import TASKS
from ...multitask.cells import Cell
from ...multitask.corpus import Corpus, read_corpus
from ...multitask.pieces import tokenizer_beside
from ...support.errors import format_list
from ...support.files import check_output
from ...tasks.hyperx import EVALUATION_SEED
from .look_up import LookUp
from .options import Options
from .predictions import file_of
from .selection import Selection
from .system import System
from .trained_model import TrainedModel


@dataclass(frozen=True)
class Plan:
    """A checked evaluation.

    Args:
        system: what is evaluated.
        corpus: the files.
        out: folder of the results.
        options: what the user chose.
        cells: the cells.
        remarks: what a reader of the results must know.
    """

    system: System
    corpus: Corpus
    out: Path
    options: Options
    cells: list[Cell]
    remarks: list[str]

    def inputs(self, cell: Cell) -> dict[str, Any]:
        """All that the predictions of a cell depend on, in plain containers."""
        file = self.corpus.file_slice(cell, self.options.subset)
        return {
            "checkpoint": self.system.digest,
            "files": [digest_of(path) for path in (*file.paths, self.corpus.tokenizer) if path],
            "slice": [file.start, file.stop],
            "beam": self.options.beam if TASKS.get(cell.task).has_decoder else None,
            "seed": EVALUATION_SEED,
        }

    def file(self, cell: Cell) -> Path:
        """The file of a cell's predictions."""
        return file_of(self.out, cell.name)


def digest_of(path: Path) -> str:
    """A digest of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def digest_files(corpus: Corpus, *splits: str) -> dict[str, list[str]]:
    """Digests of the files of every cell in some splits."""
    return {
        name: [digest_of(p) for split in splits if split in files for p in files[split].paths]
        for name, files in corpus.files.items()
    }


def make_plan(checkpoint: str | None, data: str, out: Path, options: Options) -> Plan:
    """Checks everything that can be checked before the model is loaded.

    Args:
        checkpoint: path of a checkpoint of `--task hyperx`; None if a look-up is evaluated.
        data: the folder of corpus.yaml.
        out: folder for the results.
        options: what the user chose.
    Raises:
        UserError: naming what is unusable.
    """
    check_output(out / "evaluation.json", *([checkpoint] if checkpoint else []))
    options.limits(), options.search
    corpus = read_corpus(data)
    if checkpoint:
        corpus = corpus.with_tokenizer(tokenizer_beside(checkpoint))
    system = (
        LookUp(options.look_up, options.seed, corpus)
        if options.look_up is not None
        else TrainedModel(checkpoint, corpus)
    )
    selection = Selection(system, corpus, options.subset)
    cells = selection.select(options.cells)
    remarks = task_remarks(cells)
    if options.cells == "all" and selection.unknown():
        why = "does not know the task or the language of"
        if system.baked_cells is not None:
            why = "has no adapters for"
        remarks.append(
            f"{system.noun} {why} {format_list(selection.unknown())}, which are left out"
        )
    return Plan(system, corpus, out, options, cells, remarks + system.remarks(cells))


def task_remarks(cells: list[Cell]) -> list[str]:
    """What the tasks of cells say that a reader of their scores must know."""
    remarks = []
    for task in dict.fromkeys(cell.task for cell in cells):
        remarks += TASKS.get(task).remarks([cell.direction for cell in cells if cell.task == task])
    return remarks
