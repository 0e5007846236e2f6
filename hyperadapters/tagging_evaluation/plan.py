"""An evaluation before it starts: everything checked that can be without the model."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional

from ..configuration import setting_of
from ..errors import listed
from ..evaluation import tokenizers
from ..evaluation.decoding import Limits, Search
from ..evaluation.system import digest
from ..files import check_output
from ..multitask.cells import Cell
from ..multitask.corpus import Corpus, read_corpus
from ..multitask.loaded import SEED, Checkpoint
from ..tasks.hyperx import HyperXTask
from .predictions import file_of
from .selection import Selection


@dataclass(frozen=True)
class Options:
    """What a user can choose about an evaluation.

    Args:
        cells: see `Selection.select`.
        subset: the split, "test" or "valid".
        name: how to call the system; by default as the checkpoint's folder.
        max_tokens: pieces a batch.
        beam: beam size of translation cells.
        cpu: use the CPU even if a GPU is there.
    """

    cells: str = "all"
    subset: str = "test"
    name: Optional[str] = None
    max_tokens: int = Limits.max_tokens
    beam: int = 5
    cpu: bool = False

    def limits(self) -> Limits:
        """The size of a batch."""
        return Limits(self.max_tokens)

    @property
    def search(self) -> Search:
        """How translation cells are translated."""
        return Search(self.beam)


@dataclass(frozen=True)
class Plan:
    """A checked evaluation.

    Args:
        checkpoint: the checkpoint.
        checkpoint_digest: a digest of all that its predictions depend on.
        corpus: the files.
        task: the task that the checkpoint was trained for.
        out: folder of the results.
        options: what the user chose.
        cells: the cells.
        tokenizers: sacreBLEU's tokeniser by target language of translation cells.
        remarks: what a reader of the results must know.
    """

    checkpoint: Checkpoint
    checkpoint_digest: str
    corpus: Corpus
    task: HyperXTask
    out: Path
    options: Options
    cells: List[Cell]
    tokenizers: Dict[str, str]
    remarks: List[str]

    def inputs(self, cell: Cell) -> Dict[str, Any]:
        """All that the predictions of a cell depend on, in plain containers."""
        part = self.corpus.part(cell, self.options.subset)
        return {
            "checkpoint": self.checkpoint_digest,
            "files": [digest_of(path) for path in (*part.paths, self.corpus.sentencepiece)],
            "slice": [part.start, part.stop],
            "beam": self.options.beam if cell.task == "translation" else None,
            "seed": SEED,
        }

    def file(self, cell: Cell) -> Path:
        """The file of a cell's predictions."""
        return file_of(self.out, cell.name)


def digest_of(path: Path) -> str:
    """A digest of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def plan(checkpoint: str, data: str, out: Path, options: Options) -> Plan:
    """Checks everything that can be checked before the model is loaded.

    Args:
        checkpoint: path of a checkpoint of `--task hyperx`.
        data: the folder of corpus.yaml.
        out: folder for the results.
        options: what the user chose.
    Raises:
        UserError: naming what is unusable.
    """
    check_output(out / "evaluation.json", checkpoint)
    options.limits(), options.search
    known = Checkpoint.read(checkpoint)
    corpus = read_corpus(data)
    task = known.task(corpus)
    selection = Selection(known.tables, list(known.training_sentences), corpus, options.subset)
    cells = selection.select(options.cells)
    targets = {cell.direction[1] for cell in cells if cell.task == "translation"}
    names, remarks = tokenizers.choose(known.tables.languages, {}, used=targets)
    if options.cells == "all" and selection.unknown():
        remarks.append(
            f"the checkpoint does not know the task or the language of {listed(selection.unknown())}, "
            "which are left out"
        )
    return Plan(
        known, digest(known.state), corpus, task, out, options, cells, names,
        remarks + untrained(known, cells),
    )  # fmt: skip


def untrained(known: Checkpoint, cells: List[Cell]) -> List[str]:
    """A remark on languages that no trained cell has, if adapters depend on languages."""
    trained = {code for cell in known.cells for code in cell.direction}
    found = {code for cell in cells for code in cell.direction} - trained
    if not found or not {"src", "tgt"} & set(setting_of(known.settings).inputs["encoder"]):
        return []
    return [
        f"no trained cell is in {listed(sorted(found))}: what the adapters know of these languages is "
        "as it was before training"
    ]
