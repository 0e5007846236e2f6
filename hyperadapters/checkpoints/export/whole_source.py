"""A whole adapter source, such as a hypernetwork with its embeddings and heads, as a file of its own.

It serves every direction or cell that its checkpoint serves, and can be trained on.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save

from ...multitask.pieces import carry_pieces
from ...sources import adapter_set
from ...sources.adapter_files import card_path, read_card, read_tensors, refuse_card
from ...sources.adapter_set import describe
from ...support.errors import UserError
from ...support.files import atomic_write, check_output, write_json
from ...support.fingerprint import fingerprint
from .. import task_metadata
from ..checkpoint import Checkpoint, adapters_with
from ..weights import backbone_weights
from .baked_checkpoint import FILES, baked_state, write
from .export import open_for_export
from .provenance import checked_config
from .sizes import Report, Sizes

FORMAT = "hyperadapters adapter source"
VERSION = 1


def export_whole(checkpoint: str, out: str) -> dict[str, Any]:
    """Writes all tensors of a checkpoint's adapter source as safetensors, and a card beside them.

    Args:
        checkpoint: a checkpoint with adapters.
        out: the file to write, which ends in .safetensors; the card ends in .json instead.
    Returns:
        the card.
    Raises:
        UserError: if the checkpoint has no adapters, or the files cannot be written.
    """
    trained = open_for_export(checkpoint, out)
    for path in (out, card_path(out)):
        check_output(path, trained.path)
    tensors = {name: tensor.contiguous() for name, tensor in trained.adapter_tensors().items()}
    config = trained.config
    card = {
        "format": FORMAT,
        "version": VERSION,
        "source": config.adapter_source,
        "kind": config.adapter_kind,
        "languages": list(trained.languages),
        "trained": [cell.name for cell in trained.cells] if trained.has_cells else trained.trained_directions,
        "tensors": describe(tensors),
        "sha256": fingerprint(tensors),
        "backbone": fingerprint(backbone_weights(trained.state["model"])),
        "task_state": trained.metadata,
        "model": {**vars(config), **dict.fromkeys(FILES)},
    }  # fmt: skip
    with atomic_write(out) as temporary:
        temporary.write_bytes(save(tensors))
    write_json(card_path(out), card)
    return card


def is_whole(path: str) -> bool:
    """Whether a file of adapters is a whole source, as its card says."""
    return read_card(path, FORMAT, adapter_set.FORMAT)["format"] == FORMAT


def attach_whole(checkpoint: str, path: str, out: str) -> Report:
    """Writes a checkpoint that holds a backbone and a whole adapter source.

    Args:
        checkpoint: a checkpoint with the very backbone that the source was trained on; for adapters of
            cells one of cells, with the same languages and tasks in the same order.
        path: the file of the source, with its card beside it.
        out: the checkpoint to write.
    Raises:
        UserError: if a file is damaged, or the backbone is another.
    """
    check_output(out, checkpoint, path, card_path(path))
    base, card, tensors = Checkpoint(checkpoint), read_card(path, FORMAT), read_tensors(path)
    with refuse_card(path):
        config = checked_config(card["model"])
        metadata, backbone = card["task_state"], card["backbone"]
        if not config.get("tasks"):
            metadata = task_metadata.validate(metadata)
        if fingerprint(tensors) != card["sha256"]:
            raise UserError("its tensors are others")
        adapters = adapters_with(tensors, config)
    check_base(base, metadata, backbone, config, path)
    state = baked_state(base, config, metadata, adapters)
    carry_pieces(checkpoint, out)
    write(out, state)
    what = "cells" if config.get("tasks") else "directions"
    return Report(
        what, list(card["trained"]), Sizes.of(base.state, checkpoint), Sizes.of(state, out)
    )


def check_base(
    base: Checkpoint,
    metadata: Mapping[str, Any],
    backbone: str,
    config: Mapping[str, Any],
    path: str,
) -> None:
    """Raises:
    UserError: if a checkpoint is not what a source belongs to.
    """
    if config.get("tasks"):
        base.require_cells()
        for entry in ("languages", "tasks", "labels", "dictionary", "format"):
            if base.metadata[entry] != metadata[entry]:
                raise UserError(f"{base.path} and {path} differ in '{entry}': give that backbone")
    if fingerprint(backbone_weights(base.state["model"])) != backbone:
        raise UserError(
            f"{base.path} is not the backbone that {path} was trained on (its weights are others, or of "
            "another precision): give that backbone"
        )


def summary(card: Mapping[str, Any], out: str) -> str:
    """One line that says what was exported."""
    return (
        f"{card['source']} source of {card['kind']} adapters, {len(card['languages'])} languages, trained with "
        f"{len(card['trained'])}: {Path(out).stat().st_size:,} bytes in {out}, card in {card_path(out)}"
    )
