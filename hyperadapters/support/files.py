"""Writing files so that none is ever half there."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import UserError, no_space_left

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None


@contextmanager
def explain_full_disk(folder: Path) -> Iterator[None]:
    """Names the folder that is written to if there is no space left for it.

    Raises:
        UserError: if the block fails for want of space.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        # numpy and libraries in C++ do not say why they could not write
        if no_space_left(error) or shutil.disk_usage(folder).free == 0:
            raise UserError(
                f"no space left on {folder}: make room, then run the same command again"
            ) from error
        raise


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yields a temporary name to write to; renamed to `path` when the block ends without an error,
    removed when it does not.

    Raises:
        UserError: if there is no space left.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with explain_full_disk(path.parent):
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_output(path: str | Path, *inputs: str | Path) -> None:
    """Makes sure, before long work, that its result can be written.

    Args:
        path: the file to be written.
        inputs: files that must stay as they are.
    Raises:
        UserError: if it is one of the inputs or a folder, or its folder cannot be written to.
    """
    path = Path(path)
    if path.is_dir():
        raise UserError(f"{path} is a folder: name the file to write")
    for file in map(Path, inputs):
        if file.exists() and path.exists() and path.samefile(file):
            raise UserError(f"{path} is an input: name another file to write")
    probe = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UserError(
            f"cannot write to the folder '{path.parent}' ({error.strerror}): name another"
        ) from error


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Keeps other commands that ask for the same out of a folder while the block runs.

    Raises:
        UserError: if one is at work there, the folder cannot be made, or there is no space left.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"cannot make the folder {folder} ({error.strerror}): name another"
        ) from error
    if fcntl is None:
        with explain_full_disk(folder):
            yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                f"another command is writing to {folder}: wait for its end, or name another folder"
            ) from error
        except OSError:
            pass  # a file system without locks
        with explain_full_disk(folder):
            yield
    finally:
        os.close(opened)


def write_text(path: str | Path, text: str) -> None:
    """Writes a text file, see `atomic_write`."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: Any) -> None:
    """Writes a value as indented JSON, see `write_text`."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_lines(path: str | Path, lines) -> None:
    """Writes one line each, see `write_text`."""
    write_text(path, "".join(f"{line}\n" for line in lines))


def read_lines(path: str | Path):
    """The lines of a text file that we wrote, without their ends; the last may lack one."""
    # not as text: other characters that Python takes for line ends are part of a line
    lines = Path(path).read_bytes().decode("utf-8").split("\n")
    return lines if lines[-1] else lines[:-1]
