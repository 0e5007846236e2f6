"""How a configuration names the two files of a bitext."""

import re
from pathlib import Path
from typing import Any

from ..support.errors import UserError, did_you_mean
from ..support.languages import primary_subtag
from .corpora import Source

HALVES = {"odd": 0, "even": 1}
ALTERNATIVES = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")  # {de|en}: the source's and the target's
KEYS = {"files": ("files", "name", "lines"), "source": ("source", "target", "lines")}


def sources_of(entry: Any, src: str, tgt: str, folder: Path) -> list[Source]:
    """The files of an entry.

    Args:
        entry: a pattern; `{files: PATTERN}`, with `name`, which stands for {name} in the pattern or
            is a list of such; or `{source: FILE, target: FILE}`. The last two may have
            `lines: odd` or `even`.
        src, tgt: languages.
        folder: where relative paths start.
    Raises:
        UserError: if it is none of these.
    """
    entry = {"files": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, dict) or not ("files" in entry or {"source", "target"} <= set(entry)):
        raise UserError(
            f"'{entry}' is neither a pattern nor {{files: PATTERN}}, {{source: FILE, target: FILE}} "
            "or, for valid and test, {from_train: NUMBER}"
        )
    half = half_of(entry)
    if "files" not in entry:
        sides = (folder / str(entry["source"]), folder / str(entry["target"]))
        return [Source(sides, gaps=False, half=half)]
    pattern, names = str(entry["files"]), entry.get("name", [])
    names = names if isinstance(names, list) else [names]
    if bool(names) != ("{name}" in pattern):
        raise UserError(f"'{pattern}': {{name}} in the pattern and the key 'name' go together")
    patterns = [pattern.replace("{name}", str(name)) for name in names] or [pattern]
    return [
        Source(sides_of(pattern, src, tgt, folder), gaps=False, half=half) for pattern in patterns
    ]


def half_of(entry: dict[str, Any]) -> Any:
    """Which half of the lines an entry means; None if all.

    Raises:
        UserError: for an unknown key or half.
    """
    names = KEYS["files" if "files" in entry else "source"]
    for key in entry:
        if key not in names:
            raise UserError(f"unknown key '{key}': {did_you_mean(str(key), names)}")
    lines = entry.get("lines")
    if lines is not None and lines not in HALVES:
        raise UserError(f"lines is '{lines}': write odd or even")
    return HALVES.get(lines)


def sides_of(pattern: str, src: str, tgt: str, folder: Path) -> tuple[Path, Path]:
    """The files of both sides.

    Raises:
        UserError: if they are one and the same.
    """
    expression = (
        pattern.replace("{pair}", f"{src}-{tgt}").replace("{src}", src).replace("{tgt}", tgt)
    )
    source, target = (
        of_language(ALTERNATIVES.sub(rf"\{side}", expression), code, folder)
        for side, code in ((1, src), (2, tgt))
    )
    if source == target:
        raise UserError(f"'{pattern}' needs {{lang}}, {{base}} or {{A|B}} for the two sides")
    return source, target


def of_language(pattern: str, code: str, folder: Path) -> Path:
    """The file of a language: {lang} is its code, {base} the part of it before "_"."""
    return folder / pattern.replace("{lang}", code).replace("{base}", primary_subtag(code))
