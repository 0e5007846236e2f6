"""The files that hold what was predicted, beside what is right."""

from pathlib import Path
from typing import List, Sequence, Tuple

from ..errors import UserError
from ..files import read_lines, write_text

FOLDER = "predictions"
Row = Tuple[str, str, str]  # input, what is right, what was predicted
COLUMNS = {"references": 1, "hypotheses": 2}


def file_of(out: Path, cell: str) -> Path:
    """The file of a cell.

    Args:
        out: the folder of the evaluation.
        cell: name of the cell.
    """
    return out / FOLDER / f"{cell.replace(':', '.', 1)}.txt"


def write(path: Path, sentences: Sequence[Sequence[Row]]) -> None:
    """Writes three columns with tabs between them, and an empty line after each sentence."""
    blocks = ("".join("\t".join(row) + "\n" for row in rows) + "\n" for rows in sentences)
    write_text(path, "".join(blocks))


def lines(sentences: Sequence[Sequence[Row]], part: str) -> List[str]:
    """One line a sentence, with blanks between its rows: what sacreBLEU's metrics take.

    Args:
        sentences: the rows of each.
        part: "references" or "hypotheses".
    """
    return [" ".join(row[COLUMNS[part]] for row in rows) for rows in sentences]


def read(path: Path) -> List[List[Row]]:
    """The inverse of `write`.

    Raises:
        UserError: if there is no such file, or a line has not three columns.
    """
    if not path.is_file():
        raise UserError(f"there are no predictions {path}: evaluate again")
    sentences: List[List[Row]] = []
    rows: List[Row] = []
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
