"""Reading line-aligned text files, plain or gzip, in chunks."""

import gzip
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Iterator, List, Sequence, Tuple

from ..errors import UserError

CHUNK = 10_000  # lines


def open_binary(path: Path) -> BinaryIO:
    """Opens a file for reading; one whose name ends in .gz is decompressed."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb")


def aligned_lines(
    paths: Sequence[Path], ragged: bool = False, size: int = CHUNK
) -> Iterator[Tuple[List[bytes], ...]]:
    """The same lines of several files, `size` lines at a time.

    Args:
        paths: the files.
        ragged: whether some may end early; what follows in the others is left out.
        size: lines in a chunk.
    Raises:
        UserError: if the files have different numbers of lines, and are not ragged.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(open_binary(path)) for path in paths]
        while True:
            chunks = tuple(list(islice(file, size)) for file in files)
            shortest = min(map(len, chunks))
            if ragged:
                chunks = tuple(chunk[:shortest] for chunk in chunks)
            if any(len(chunk) != shortest for chunk in chunks):
                names = " and ".join(map(str, paths))
                raise UserError(f"{names} have different numbers of lines: align them")
            if not chunks[0]:
                return
            yield chunks


def aligned_chunks(paths: Sequence[Path]) -> Iterator[Tuple[bytes, ...]]:
    """The same as `aligned_lines`, each chunk of each file in one piece."""
    for chunks in aligned_lines(paths):
        yield tuple(b"".join(chunk) for chunk in chunks)


def clean_lines(block: bytes) -> List[str]:
    """The lines of a block, each with single blanks between its words and none around it.

    Every kind of white space becomes a blank, so that no line can fall apart later.
    """
    text = block.decode("utf-8").replace("\ufeff", "")
    lines = text.split("\n")
    if block.endswith(b"\n"):
        lines.pop()
    return [" ".join(line.split()) for line in lines]


def joined(lines: Sequence[str]) -> bytes:
    """Lines as the bytes of a text file."""
    return "".join(f"{line}\n" for line in lines).encode("utf-8")
