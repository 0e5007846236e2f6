"""Looking at a configuration and its files without preparing anything."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Optional

from ..steps import Steps
from .config import load_config
from .corpora import relative
from .files_check import check_files
from .parallel import Workers
from .spell_out import spell_out
from .tidy import STATE, check_folder

Rows = List[Dict[str, Any]]


def check(config_file: Path, out: Optional[Path], workers: Optional[int]) -> Rows:
    """Checks that a configuration and every file that it names can be used.

    Args:
        config_file: the YAML file.
        out: folder of the preparation, which remembers what was checked; None remembers nothing.
        workers: processes; by default one a core.
    Returns:
        split, language, file, lines and empty lines of every file.
    Raises:
        UserError: naming everything that is wrong.
    """
    config = load_config(config_file)
    corpora = spell_out(config, config_file.resolve().parent)
    if out:
        check_folder(out)
    with TemporaryDirectory() as temporary, Workers(workers) as pool:
        steps = Steps((out or Path(temporary)) / STATE)
        found = check_files(corpora, steps, pool, config.filters.empty_lines)
    return [
        {
            "split": entry.split,
            "language": entry.language,
            "file": relative(entry.path),
            "lines": found[entry.path]["lines"],
            "empty": found[entry.path]["empty"],
        }
        for group in corpora.groups
        for entry in group
    ]


def table(rows: Rows) -> str:
    """The rows as a table."""
    from tabulate import tabulate

    return tabulate(
        [
            (row["split"], row["language"], f"{row['lines']:,}", f"{row['empty']:,}", row["file"])
            for row in rows
        ],
        ("split", "language", "lines", "empty lines", "file"),
        disable_numparse=True, colalign=("left", "left", "right", "right", "left"),
    )  # fmt: skip
