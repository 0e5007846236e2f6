"""The files that hold predictions beside the gold answers."""

from collections.abc import Sequence
from glob import escape
from pathlib import Path

from ...multitask.task import Row
from ...support.errors import UserError
from ...support.files import read_lines, write_text

FOLDER = "predictions"
COLUMNS = {"references": 1, "hypotheses": 2}


def file_of(out: Path, cell: str) -> Path:
    """The file of a cell.

    Args:
        out: the folder of the evaluation.
        cell: name of the cell.
    """
    return out / FOLDER / f"{cell.replace(':', '.', 1)}.txt"


def remove(out: Path, cell: str) -> None:
    """Removes the file of a cell and those that its task wrote beside it."""
    file = file_of(out, cell)
    for path in file.parent.glob(f"{escape(file.stem)}.*"):
        path.unlink()


def write(path: Path, sentences: Sequence[Sequence[Row]]) -> None:
    """Writes three columns with tabs between them, and an empty line after each sentence."""
    blocks = ("".join("\t".join(row) + "\n" for row in rows) + "\n" for rows in sentences)
    write_text(path, "".join(blocks))


def lines(sentences: Sequence[Sequence[Row]], part: str) -> list[str]:
    """One line a sentence, with blanks between its rows: what sacreBLEU's metrics take.

    Args:
        sentences: the rows of each.
        part: "references" or "hypotheses".
    """
    return [" ".join(row[COLUMNS[part]] for row in rows) for rows in sentences]


def read(path: Path) -> list[list[Row]]:
    """The inverse of `write`.

    Raises:
        UserError: if there is no such file, or a line has not three columns.
    """
    if not path.is_file():
        raise UserError(f"there are no predictions {path}: evaluate again")
    sentences: list[list[Row]] = []
    rows: list[Row] = []
    for number, line in enumerate(read_lines(path), start=1):
        if not line:
            sentences.append(rows)
            rows = []
            continue
        row = tuple(line.split("\t"))
        if len(row) != 3:
            raise UserError(f"{path} line {number} has not three columns: evaluate again")
        rows.append(row)
    return sentences
