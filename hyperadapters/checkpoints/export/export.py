"""Export the adapters of one direction or one cell to a file of their own."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...sources.adapter_files import SUFFIX, card_path, write_adapters
from ...support.errors import UserError
from ...support.files import check_output
from ..checkpoint import Checkpoint
from ..selection import select_cells, select_directions, select_one
from .provenance import provenance_of


def export_direction(checkpoint: str, direction: str, out: str) -> dict[str, Any]:
    """Writes the adapters of one direction as safetensors, and a card beside them.

    Args:
        checkpoint: a checkpoint with adapters from any source.
        direction: the direction, as `src-tgt`.
        out: the file to write, which ends in .safetensors; the card ends in .json instead.
    Returns:
        the card.
    Raises:
        UserError: if the checkpoint has no adapters, the direction is unknown, or the files cannot
            be written.
    """
    trained = open_for_export(checkpoint, out)
    name = select_one(select_directions(trained, direction), "--direction")
    return export_name(trained, name, out)


def export_cell(checkpoint: str, cell: str, out: str) -> dict[str, Any]:
    """As `export_direction`, for a cell of a checkpoint of cells, trained or not.

    Args:
        checkpoint: a checkpoint of --task hyperx with adapters from any source.
        cell: the cell, as `task:language`.
        out: the file to write.
    """
    trained = open_for_export(checkpoint, out)
    name = select_one(select_cells(trained, cell), "--cell")
    return export_name(trained, name, out)


def open_for_export(checkpoint: str, out: str) -> Checkpoint:
    """Raises:
    UserError: if the checkpoint has no adapters, or the file cannot be one of adapters.
    """
    if Path(out).suffix != SUFFIX:
        raise UserError(f"--out {out}: the name must end in {SUFFIX}")
    return Checkpoint(checkpoint).require_adapters()


def export_name(trained: Checkpoint, name: str, out: str) -> dict[str, Any]:
    """Writes the adapters of a direction or a cell; returns the card."""
    for path in (out, card_path(out)):
        check_output(path, trained.path)
    adapters = replace(trained.adapter_set(name), provenance=provenance_of(trained, name))
    return write_adapters(adapters, out)


def summary(card: Mapping[str, Any], out: str) -> str:
    """One line that says what was exported."""
    values = sum(math.prod(tensor["shape"]) for tensor in card["tensors"].values())
    parts = card["parts"].values() if "parts" in card else [card]
    kinds = " and ".join(dict.fromkeys(part["kind"]["name"] for part in parts))
    return (
        f"{card.get('direction') or card['cell']}: {values:,} {kinds} parameters from the source "
        f"'{card['source']}', {Path(out).stat().st_size:,} bytes in {out}, card in {card_path(out)}"
    )
