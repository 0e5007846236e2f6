"""Writing files so that none is ever half there."""

import json
import os
from pathlib import Path
from typing import Any, Union


def write_text(path: Union[str, Path], text: str) -> None:
    """Writes a file under a temporary name, then renames it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def write_json(path: Union[str, Path], value: Any) -> None:
    """Writes a value as indented JSON, see `write_text`."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_lines(path: Union[str, Path], lines) -> None:
    """Writes one line each, see `write_text`."""
    write_text(path, "".join(f"{line}\n" for line in lines))


def read_lines(path: Union[str, Path]):
    """The lines of a text file, without their ends."""
    return Path(path).read_text(encoding="utf-8").split("\n")[:-1]
