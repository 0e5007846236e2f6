"""Text that users bring: UTF-8, plain or gzip, with any line ends and white space."""

import gzip
import zlib
from pathlib import Path
from typing import BinaryIO

from .errors import UserError

BOM = "\ufeff"


def open_binary(path: Path) -> BinaryIO:
    """Opens a file for reading; one whose name ends in .gz is decompressed."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb")


def read_text(path: str | Path) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        UserError: naming the file that is missing or cannot be read, or the line that is not UTF-8.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"there is no file {path}")
    try:
        with open_binary(path) as file:
            data = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}): get it again") from error
    return decode(data, str(path))


def decode(data: bytes, name: str) -> str:
    """UTF-8 as text, without a byte order mark.

    Args:
        data: the bytes.
        name: what they are called in an error.
    Raises:
        UserError: naming the line that is not UTF-8.
    """
    try:
        return data.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UserError(f"{name} line {line} is not UTF-8: convert the file") from error


def split_lines(text: str) -> list[str]:
    """The lines of a text: `\\n` or `\\r\\n` ends a line, and `\\r` where there is no `\\n` at all."""
    if "\n" not in text:
        text = text.replace("\r", "\n")
    lines = text.replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def read_lines(path: str | Path) -> list[str]:
    """The lines of a file, see `read_text` and `split_lines`."""
    return split_lines(read_text(path))


def clean(line: str) -> str:
    """A line with single blanks between its words and none around it.

    Every kind of white space becomes a blank, so that the line cannot fall apart later, and byte order
    marks go.
    """
    return " ".join(line.replace(BOM, "").split())
