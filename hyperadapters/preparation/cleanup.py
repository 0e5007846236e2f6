"""Removing what a changed configuration no longer makes."""

from collections.abc import Iterable
from pathlib import Path

from ..support.errors import UserError
from .context import Context

STATE = "state.json"
OWN = ("bin", "text", "work")


def check_folder(out: Path) -> None:
    """Makes sure that a folder is new, or that of an earlier preparation.

    Raises:
        UserError: if other files are in it.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file: name a folder for --out")
    if out.is_dir() and not (out / STATE).exists() and any(out.iterdir()):
        raise UserError(f"{out} holds other files: name a new folder for --out")


def remove_stale(context: Context, expected: Iterable[Path]) -> None:
    """Removes files that the configuration no longer makes, and those of interrupted runs.

    Args:
        context: a finished preparation.
        expected: what stays in the folders for binarised data, text and intermediate files.
    """
    expected_paths = set(expected)
    for folder in OWN:
        remove_others(context.out / folder, expected_paths)
    names = {part.name for part in context.corpora.parts.values()}
    files = {str(path) for path in context.corpora.files()}
    for step in list(context.steps.done):
        kind, _, rest = step.partition(" ")
        if (kind in ("filter", "encode", "lengths") and rest not in names) or (
            kind == "file" and rest not in files
        ):
            del context.steps.done[step]


def remove_others(folder: Path, expected: set[Path]) -> None:
    """Removes all files of a folder but those kept, and sub-folders that are empty then."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in expected:
            path.unlink()
