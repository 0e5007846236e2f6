"""Removing what a changed configuration no longer makes."""

from collections.abc import Iterable
from pathlib import Path

from ..support.errors import UserError
from .job import Job

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


def remove_stale(job: Job, expected: Iterable[Path]) -> None:
    """Removes files that the configuration no longer makes, and those of interrupted runs.

    Args:
        job: a finished preparation.
        expected: what stays in the folders for binarised data, text and intermediate files.
    """
    kept = set(expected)
    for folder in OWN:
        remove_others(job.out / folder, kept)
    names = {part.name for part in job.corpora.parts.values()}
    files = {str(path) for path in job.corpora.files()}
    for step in list(job.steps.done):
        kind, _, rest = step.partition(" ")
        if (kind in ("filter", "encode", "lengths") and rest not in names) or (
            kind == "file" and rest not in files
        ):
            del job.steps.done[step]


def remove_others(folder: Path, kept: set[Path]) -> None:
    """Removes all files of a folder but those kept, and sub-folders that are empty then."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in kept:
            path.unlink()
