"""What a checkpoint says about its tables, dictionary, input format and trained cells."""

import logging
from collections.abc import Mapping
from typing import Any

from fairseq.data import Dictionary

from ..data.recorded import fingerprint
from ..errors import Problems
from .configuration import Tables
from .pieces import Format

logger = logging.getLogger(__name__)


def record(
    tables: Tables,
    dictionary: Dictionary,
    format: Format,
    options: Any,
    cells: Mapping[str, int | None],
) -> dict[str, Any]:
    """What is saved with every checkpoint, in plain containers.

    Args:
        tables: languages, tasks and labels.
        dictionary: the dictionary.
        format: how the encoder's input looks.
        options: settings of the fairseq task.
        cells: the trained cells with the number of their sentences, None for all; also those of the
            checkpoint that training started from.
    """
    return {
        "languages": list(tables.languages),
        "tasks": list(tables.tasks),
        "labels": {task: list(labels) for task, labels in tables.labels.items()},
        "dictionary": {"size": len(dictionary), "sha256": fingerprint(dictionary)},
        "format": {
            "bos": format.bos,
            "limit": format.limit,
            "encoder_langtok": options.encoder_langtok,
            "lang_tok_style": options.lang_tok_style,
        },
        "cells": dict(cells),
    }


def compare(stored: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Checks that a checkpoint's numbers mean what they mean here; other cells are no harm, but said.

    Raises:
        UserError: naming what differs.
    """
    problems = Problems()
    for key, what in (
        ("languages", "languages"), ("tasks", "tasks"), ("labels", "labels"),
        ("dictionary", "dictionary"), ("format", "input format"),
    ):  # fmt: skip
        if stored.get(key) != own[key]:
            problems.add(
                f"the checkpoint's {what}: {shown(stored.get(key))}, here: {shown(own[key])}"
            )
    if problems.found:
        problems.add(
            "use the corpus it was trained with, or continue from it with --init-from in another "
            "--save-dir"
        )
    problems.raise_if_any()
    if own["cells"] and set(stored["cells"]) != set(own["cells"]):
        before, now = (",".join(one["cells"]) for one in (stored, own))
        logger.warning(
            f"going on with a checkpoint that was trained on other cells: {before}; now {now}"
        )


def shown(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {shown(one)}" for key, one in value.items())
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
