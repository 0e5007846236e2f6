"""What a checkpoint of cells says about its tables, dictionary, input format and trained cells."""

import logging
from collections.abc import Mapping
from typing import Any

from fairseq.data import Dictionary

from ..multitask.configuration import Tables
from ..multitask.pieces import Format
from ..support.errors import Problems
from .task_metadata import dictionary_metadata

logger = logging.getLogger(__name__)

NAMES = ("languages", "tasks", "labels", "dictionary", "format", "cells")


def collect(
    tables: Tables,
    dictionary: Dictionary,
    format: Format,
    options: Any,
    cells: Mapping[str, int | None],
) -> dict[str, Any]:
    """What a task of cells saves with every checkpoint, in plain containers: the entries of `NAMES`.

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
        "dictionary": dictionary_metadata(dictionary),
        "format": {
            "bos": format.bos,
            "limit": format.limit,
            "encoder_langtok": options.encoder_langtok,
            "lang_tok_style": options.lang_tok_style,
        },
        "cells": dict(cells),
    }


def check_same_data(stored: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    """Checks that a checkpoint's ids mean what they mean in the task at hand; warns of other cells.

    Args:
        stored: the metadata of a checkpoint.
        current: those of the task, see `collect`.
    Raises:
        UserError: naming what differs.
    """
    problems = Problems()
    for key, what in (
        ("languages", "languages"), ("tasks", "tasks"), ("labels", "labels"),
        ("dictionary", "dictionary"), ("format", "input format"),
    ):  # fmt: skip
        if stored.get(key) != current[key]:
            problems.add(
                f"the checkpoint's {what}: {format_value(stored.get(key))}, here: {format_value(current[key])}"
            )
    if problems.messages:
        problems.add(
            "use the corpus it was trained with, or continue from it with --init-from in another "
            "--save-dir"
        )
    problems.raise_if_any()
    if current["cells"] and set(stored["cells"]) != set(current["cells"]):
        before, now = (",".join(metadata["cells"]) for metadata in (stored, current))
        logger.warning(
            f"going on with a checkpoint that was trained on other cells: {before}; now {now}"
        )


def format_value(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {format_value(entry)}" for key, entry in value.items())
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
