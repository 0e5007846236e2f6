"""Looking at a configuration and its files without preparing anything."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..support.resumable import StepLog
from ..support.workers import Workers
from .cleanup import STATE, check_folder
from .config import load_config
from .corpora import relative
from .expand_config import expand_config
from .normalization import rule_of
from .pretrained import take_pretrained
from .validate_files import inspect

Rows = list[dict[str, Any]]


def check(config_file: Path, out: Path | None, workers: int | None) -> tuple[Rows, list[str]]:
    """Checks that a configuration and every file that it names can be used.

    Args:
        config_file: the YAML file.
        out: folder of the preparation, which remembers what was checked; None remembers nothing.
        workers: processes; by default one a core.
    Returns:
        split, language, file, lines, empty lines and error of every file; and every problem.
    Raises:
        UserError: if the configuration cannot be used.
    """
    config = load_config(config_file)
    folder = config_file.resolve().parent / config.folder
    corpora = expand_config(config, folder)
    take_pretrained(config, folder, corpora.languages)
    if out:
        check_folder(out)
    with TemporaryDirectory() as temporary, Workers(workers) as pool:
        steps = StepLog((out or Path(temporary)) / STATE)
        facts, problems = inspect(
            corpora, steps, pool, config.filters.empty_lines, rule_of(config.sentencepiece, folder)
        )
        steps.save()
    rows = [
        {
            "split": entry.split,
            "language": entry.language,
            "file": relative(entry.path),
            "lines": facts[entry.path]["lines"],
            "empty": facts[entry.path]["empty"],
            "error": facts[entry.path].get("error"),
        }
        for group in corpora.groups
        for entry in group
    ]
    return rows, problems


def table(rows: Rows) -> str:
    """The rows as a table."""
    from tabulate import tabulate

    def count(number: int | None) -> str:
        return "" if number is None else f"{number:,}"

    return tabulate(
        [
            (
                row["split"], row["language"], count(row["lines"]), count(row["empty"]),
                row["file"], row["error"] or "",
            )
            for row in rows
        ],
        ("split", "language", "lines", "empty lines", "file", "problem"),
        disable_numparse=True, colalign=("left", "left", "right", "right", "left", "left"),
    )  # fmt: skip
