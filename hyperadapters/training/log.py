"""The figures in a training log that fairseq wrote with --log-format json."""

import json
import re
import statistics
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..support.errors import UserError

LOGGED = re.compile(r"\| (train_inner|train|valid) \| (\{.*\})$")


def logged(lines: Iterable[str], kind: str) -> Iterator[dict[str, Any]]:
    """The figures of one kind of line.

    Args:
        lines: lines of a log.
        kind: "train_inner" (every --log-interval updates), "train" (every epoch, its names with
            "train_" before them) or "valid".
    """
    for line in lines:
        match = LOGGED.search(line.rstrip())
        if match and match.group(1) == kind:
            yield json.loads(match.group(2))


def words_per_second(log: Path) -> float:
    """The median of the training speed in a log, in target pieces a second (fairseq's wps).

    Raises:
        UserError: if the log has none.
    """
    speeds = [float(figures["wps"]) for figures in in_file(log, "train_inner")]
    # a training with fewer updates than --log-interval
    speeds = speeds or [float(figures.get("train_wps", 0)) for figures in in_file(log, "train")]
    speeds = [speed for speed in speeds if speed > 0]
    if not speeds:
        raise UserError(
            f"{log} holds no training figures: give a log of fairseq-train --log-format json"
        )
    return statistics.median(speeds)


def validation_losses(log: Path) -> list[tuple[int, float]]:
    """Updates and validation loss (fairseq's, in bits a piece), in the order of the updates."""
    losses = {
        int(figures["valid_num_updates"]): float(figures["valid_loss"])
        for figures in in_file(log, "valid")
        if "valid_loss" in figures
    }
    return sorted(losses.items())


def in_file(log: Path, kind: str) -> list[dict[str, Any]]:
    """The figures of one kind of line in a file, see `logged`.

    Raises:
        UserError: if there is no such file.
    """
    if not Path(log).is_file():
        raise UserError(f"there is no training log '{log}'")
    with open(log, encoding="utf-8", errors="replace") as lines:
        return list(logged(lines, kind))
