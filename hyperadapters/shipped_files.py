"""The pages, configurations and scripts that come with the package; setup.py puts them into the wheel."""

import re
from collections.abc import Iterator
from pathlib import Path

IN_WHEEL = "repository"  # folder of the package that holds them, each at its path in the repository
FOLDERS = ("docs", "examples", "scripts")
SUFFIXES = (".md", ".py", ".sh", ".yaml")


def root() -> Path:
    """The folder that they lie in: one of the package, or the clone for an editable install."""
    package = Path(__file__).resolve().parent
    in_wheel = package / IN_WHEEL
    return in_wheel if in_wheel.is_dir() else package.parent


def paths(folder: Path) -> Iterator[Path]:
    """The paths of all shipped files, relative to the folder that they lie in."""
    for name in FOLDERS:
        for file in sorted((folder / name).rglob("*")):
            if file.suffix in SUFFIXES and file.name != "set_up.sh":  # which is about the clone
                yield file.relative_to(folder)


def summary(file: Path) -> str:
    """What a file is: the first sentence of its title, comment or docstring."""
    block: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        ends = block and (not line.strip() or (file.suffix != ".py" and line[0] != "#"))
        if ends:
            break
        if not line.startswith(("#!", "#SBATCH", "# @")):
            block.append(line.strip('#" '))
    return re.split(r"(?<=[.:])\s+(?=[A-Z])", " ".join(block).strip())[0].rstrip(".:")


def find(name: str, folder: Path) -> Path:
    """The file or folder that a user names, relative to the folder that the files lie in.

    Args:
        name: its path, or the end of it.
        folder: the folder that the files lie in.
    Raises:
        UserError: if it fits nothing, or several.
    """
    from .support.errors import UserError, did_you_mean

    entries = {entry for file in paths(folder) for entry in (file, *file.parents) if entry.name}
    if Path(name) in entries:
        return Path(name)
    parts = Path(name).parts
    fits = sorted(entry for entry in entries if entry.parts[-len(parts) :] == parts)
    if not fits:
        names = sorted({entry.name for entry in entries})
        raise UserError(f"there is no file '{name}': {did_you_mean(name, names)}")
    if len(fits) > 1:
        raise UserError(f"'{name}' may be {', '.join(map(str, fits))}: give more of its path")
    return fits[0]
