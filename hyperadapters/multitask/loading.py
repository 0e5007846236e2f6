"""From the files of cells to datasets, with a report of what did not fit."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from tabulate import tabulate
from tqdm import tqdm

from ..support.errors import Problems, UserError
from .all_tasks import TASKS
from .cells import Cell, directions_of
from .configuration import Tables
from .corpus import Corpus
from .dataset import CellDataset, Ids
from .task import Encoded, EncodingReport, TaskContext

logger = logging.getLogger(__name__)

UNKNOWN = 0.02  # share of unknown pieces that is warned of


def check_cells(cells: Sequence[Cell], corpus: Corpus, split: str) -> None:
    """Raises:
    UserError: naming every cell whose task is unknown or that has no file of a split.
    """
    problems = Problems()
    for cell in cells:
        try:
            TASKS.get(cell.task)
            corpus.file_slice(cell, split)
        except UserError as error:
            problems.add(str(error))
    problems.raise_if_any()


def read_cell(cell: Cell, corpus: Corpus, split: str) -> list[Any]:
    """Reads the sentences of a cell as its task reads them.

    Raises:
        UserError: naming the line that is unusable.
    """
    sentences = TASKS.get(cell.task).read(corpus.file_slice(cell, split))
    # on terminals only: an error must not end a line of a log that a bar began
    return list(tqdm(sentences, f"reading {split} of {cell.name}", leave=False, disable=None))


def subsample(cell: Cell, sentences: list[Any], seed: int) -> list[Any]:
    """Draws as many training sentences as the cell wants; more of them contain fewer.

    Raises:
        UserError: if there are not so many.
    """
    if cell.sentences is None:
        return sentences
    if cell.sentences > len(sentences):
        raise UserError(
            f"{cell.name}:{cell.sentences}: there are {len(sentences)} training sentences only"
        )
    order = np.random.default_rng((seed, *cell.name.encode())).permutation(len(sentences))
    return [sentences[row] for row in order[: cell.sentences]]


def make_tables(cells: list[Cell], corpus: Corpus, sentences: dict[str, list[Any]]) -> Tables:
    """Languages, tasks and labels of a training.

    Args:
        cells: the trained cells.
        corpus: the files; its languages are the model's, also those that are not trained.
        sentences: the training sentences of each cell.
    """
    tasks = [task for task in TASKS.names() if task in {cell.task for cell in cells}]
    labels = {}
    for task in tasks:
        sentences_of_task = [
            sentence for cell in cells if cell.task == task for sentence in sentences[cell.name]
        ]
        table = TASKS.get(task).label_table(sentences_of_task)
        if table:
            labels[task] = table
    return Tables(corpus.languages.codes, tasks, labels, directions_of(cells))


def encode_cell(
    cell: Cell, ids: Ids, sentences: Iterable[Any], context: TaskContext
) -> CellDataset:
    """Encodes the sentences of a cell.

    Raises:
        UserError: if no sentence is left.
    """
    task, report = TASKS.get(cell.task), EncodingReport()
    parts: list[Encoded] = []
    bar = tqdm(sentences, f"encoding {cell.name}", leave=False, disable=None)
    for number, sentence in enumerate(bar):
        report.sentences += 1
        for part in task.encode(sentence, context, cell.direction, report):
            part.sentence = number
            parts.append(part)
    report.parts = len(parts)
    if not parts:
        raise UserError(f"{cell.name}: no sentence fits into {context.pieces.format.limit} pieces")
    return CellDataset(cell, ids, parts, context, report)


def log_report(split: str, datasets: Iterable[CellDataset], limit: int) -> None:
    """Logs sentences and pieces of each cell, and what did not fit.

    Args:
        split: their split.
        datasets: the cells.
        limit: most pieces of a sentence.
    """
    headers = (
        "cell", "sentences", "pieces", "unknown pieces", "too long", "too long words", "left out",
        "empty",
    )  # fmt: skip
    rows = [
        (
            dataset.cell.name, dataset.report.sentences, int(dataset.sizes[:, 0].sum()),
            dataset.count_unknown_pieces(), dataset.report.long, dataset.report.long_words,
            dataset.report.dropped, dataset.report.empty,
        )
        for dataset in datasets
    ]  # fmt: skip
    table = tabulate(rows, headers, intfmt=",")
    logger.info(
        f"sentences of {split} (too long: more than {limit} pieces, taken in parts unless left out; empty: "
        "no piece, left out):\n"
        f"{table}"
    )
    for name, _, pieces, unknown, *_ in rows:
        if unknown > UNKNOWN * pieces:
            logger.warning(
                f"{name}: {unknown / pieces:.0%} of the pieces of {split} are not in the dictionary: "
                "do 'sentencepiece' and 'dictionary' of corpus.yaml belong together?"
            )
