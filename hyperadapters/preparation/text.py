"""Line-aligned text files, plain or gzip, in chunks."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from ..support.errors import UserError
from ..support.text import clean, open_binary

CHUNK = 10_000  # lines


def aligned_lines(paths: Sequence[Path], ragged: bool = False) -> Iterator[tuple[list[bytes], ...]]:
    """The same lines of several files, `CHUNK` lines at a time.

    Args:
        paths: the files.
        ragged: whether some may end early; what follows in the others is left out.
    Raises:
        UserError: if the files have different numbers of lines, and are not ragged.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(open_binary(path)) for path in paths]
        while True:
            chunks = tuple(list(islice(file, CHUNK)) for file in files)
            shortest = min(map(len, chunks))
            if ragged:
                chunks = tuple(chunk[:shortest] for chunk in chunks)
            if any(len(chunk) != shortest for chunk in chunks):
                names = " and ".join(map(str, paths))
                raise UserError(f"{names} have different numbers of lines: align them")
            if not chunks[0]:
                return
            yield chunks


def aligned_chunks(paths: Sequence[Path]) -> Iterator[tuple[bytes, ...]]:
    """The same as `aligned_lines`, each chunk of each file in one piece."""
    for chunks in aligned_lines(paths):
        yield tuple(b"".join(chunk) for chunk in chunks)


def clean_lines(block: bytes) -> list[str]:
    """The lines of a block, each of them clean (see `text.clean`)."""
    lines = block.decode("utf-8").split("\n")
    if block.endswith(b"\n"):
        lines.pop()
    return [clean(line) for line in lines]


def joined(lines: Sequence[str]) -> bytes:
    """Lines as the bytes of a text file."""
    return "".join(f"{line}\n" for line in lines).encode("utf-8")
