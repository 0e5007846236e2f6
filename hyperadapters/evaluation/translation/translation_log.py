"""Translations as they come, on disk, so that an interrupted evaluation goes on where it was."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...support.errors import UserError
from .decoding import Decoded

Rows = dict[int, str]


class Journal:
    """An append-only file of translated batches, of which nothing is ever translated twice.

    Its first line holds the settings that all translations were made with. Every other line is a
    batch (rows, target pieces, seconds), or says which sentences the directions after it are of. A
    last line that a killed process left unfinished is dropped.

    Args:
        path: the file; anything in it with other settings is dropped.
        settings: what all translations depend on, in plain containers.
        data: for each direction a digest of its sentences; translations of others are dropped.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any], data: Mapping[str, str]) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = _read(path)
        settings_before = lines[0].get("settings", {}) if lines else {}
        self.changed = [
            name for name in settings if lines and settings_before.get(name) != settings[name]
        ]
        if self.changed:
            path.unlink()
            lines = []
        if not lines:
            self._write({"settings": dict(settings)})
        digests, stored = _contents(lines[1:])
        self.outdated = [
            direction
            for direction in data
            if digests.get(direction, data[direction]) != data[direction]
        ]
        new = {
            direction: digest
            for direction, digest in data.items()
            if digests.get(direction) != digest
        }
        if new:
            self._write({"data": new})
        self.translations: dict[str, Rows] = {
            direction: {} if direction in new else stored[direction] for direction in data
        }
        usable = [line for line in lines if any(row[0] in data for row in line.get("rows", ()))]
        self.pieces = sum(line["pieces"] for line in usable)
        self.seconds = sum(line["seconds"] for line in usable)

    def add(self, batch: Decoded) -> None:
        """Stores a batch; when this returns, it survives the end of the process."""
        self._write({"pieces": batch.pieces, "seconds": batch.seconds, "rows": batch.rows})
        self.pieces += batch.pieces
        self.seconds += batch.seconds
        for direction, row, text in batch.rows:
            self.translations[direction][row] = text

    def _write(self, line: Mapping[str, Any]) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _read(path: Path) -> list[dict[str, Any]]:
    """The lines of a journal, if there is one; cuts off a line that was left unfinished.

    Raises:
        UserError: if another is no line of a journal.
    """
    lines: list[dict[str, Any]] = []
    size = 0
    if path.exists():
        with open(path, "rb") as file:
            for raw in file:
                if not raw.endswith(b"\n"):
                    break
                try:
                    lines.append(dict(json.loads(raw)))
                except (ValueError, TypeError) as error:
                    raise UserError(
                        f"{path}, line {len(lines) + 1} is damaged: remove the file to translate anew"
                    ) from error
                size += len(raw)
        os.truncate(path, size)
    return lines


def _contents(lines: list[dict[str, Any]]) -> tuple[dict[str, str], dict[str, Rows]]:
    """The last digest and the translations of each direction."""
    digests: dict[str, str] = {}
    stored: dict[str, Rows] = {}
    for line in lines:
        for direction, digest in line.get("data", {}).items():
            digests[direction], stored[direction] = digest, {}
        for direction, row, text in line.get("rows", ()):
            stored[direction][row] = text
    return digests, stored
