"""Attach exported adapters to the backbone that they were trained on."""

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

import torch

from ...adapter_configuration import build_adapters
from ...configuration import ARCHITECTURE
from ...multitask.pieces import carry_pieces
from ...sources import AdapterSet, condition_ids
from ...sources.adapter_files import card_path
from ...sources.adapter_set import describe
from ...sources.baked import Adapters, sources_by_name, store
from ...support.errors import UserError
from ...support.files import check_output
from ...support.fingerprint import fingerprint
from ..checkpoint import Checkpoint
from ..weights import backbone_weights
from .baked_checkpoint import baked_config, baked_state, write
from .provenance import read_exported
from .sizes import Report, Sizes

# What a checkpoint of cells has of its own, whatever adapters it gets.
TABLES = ("languages", "tasks", "labels", "directions")
Exports = list[tuple[str, AdapterSet]]  # files and what they hold


def attach(checkpoint: str, paths: list[str], out: str) -> Report:
    """Writes a checkpoint that holds a backbone and exported adapters.

    Args:
        checkpoint: a checkpoint with the very backbone that the adapters were trained on: one of
            ours (adapters that it has are left out) or one of a stock Transformer. Adapters of cells
            need one of cells, which has the heads of their tasks.
        paths: files of adapters, each with its card beside it.
        out: the checkpoint to write.
    Raises:
        UserError: naming the file that is missing, damaged, does not go with the others, or belongs
            to another backbone.
    """
    if not paths:
        raise UserError("no adapters given: name the files with --adapters")
    check_output(out, checkpoint, *paths, *map(card_path, paths))
    base = Checkpoint(checkpoint)
    exports = [(path, read_exported(path)) for path in paths]
    check_together(exports)
    first_path, first = exports[0]
    if first.is_of_cell:
        model, metadata = model_of_cells(base, exports)
    else:
        model, metadata = first.provenance["model"], first.provenance["task_state"]
    if fingerprint(backbone_weights(base.state["model"])) != first.provenance["backbone"]:
        raise UserError(
            f"{checkpoint} is not the backbone that {first_path} was trained on (its weights are "
            "others, or of another precision): give that backbone"
        )
    names = [adapters.name for _, adapters in exports]
    config = baked_config(Namespace(**model), names)
    tables = {"languages": metadata["languages"], "tasks": metadata.get("tasks", ())}
    state = baked_state(base, config, metadata, joined(exports, config, tables))
    carry_pieces(checkpoint, out)
    write(out, state)
    what = "cells" if first.is_of_cell else "directions"
    return Report(what, names, Sizes.of(base.state, checkpoint), Sizes.of(state, out))


def what_must_agree(adapters: AdapterSet) -> dict[str, Any]:
    """What adapters that share a backbone must have in common."""
    card, model = adapters.card(), adapters.provenance["model"]
    metadata = card["task_state"]
    return {
        "backbone": card["backbone"],
        "architecture": [model.get(name) for name in ARCHITECTURE],
        "languages": metadata["languages"] if not adapters.is_of_cell else None,
        "dictionary": metadata["dictionary"],
        "input format": metadata["format"],
        "kind": {name: part.kind for name, part in adapters.parts.items()},
        "condition": {
            f"{name} {side}": inputs
            for name, part in adapters.parts.items()
            for side, inputs in part.inputs.items()
        },
        "tensors": describe(adapters.tensors),
    }


def check_together(exports: Exports) -> None:
    """Raises:
    UserError: naming two files that hold the same direction or cell, or do not go together.
    """
    (first_path, first), paths_by_name = exports[0], {}
    expected = what_must_agree(first)
    for path, adapters in exports:
        name = adapters.name
        if name in paths_by_name:
            raise UserError(f"{path} and {paths_by_name[name]} are both for {name}: give one")
        paths_by_name[name] = path
        for entry, value in what_must_agree(adapters).items():
            if not agree(value, expected[entry]):
                raise UserError(f"{path} does not go with {first_path}: they differ in '{entry}'")


def agree(value: Any, other: Any) -> bool:
    """Whether two values are equal; of mappings, where both have an entry: some cells have no
    decoder."""
    if isinstance(value, Mapping) and isinstance(other, Mapping):
        return all(value[name] == other[name] for name in value.keys() & other.keys())
    return value == other


def model_of_cells(base: Checkpoint, exports: Exports) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model configuration and the metadata of a checkpoint of cells with other adapters.

    Args:
        base: the checkpoint that has backbone, tables and heads.
        exports: the adapters; ids of languages and tasks may be others where they come from.
    Raises:
        UserError: if the checkpoint is none of cells, reads other pieces, or lacks a language or task.
    """
    first_path, first = exports[0]
    if not base.has_cells:
        raise UserError(
            f"{base.path} was not trained on cells: {first_path} holds adapters of {first.name}, which "
            "need a checkpoint of --task hyperx with a head of this task"
        )
    for entry in ("dictionary", "format"):
        if base.metadata[entry] != first.provenance["task_state"][entry]:
            raise UserError(f"{base.path} and {first_path} differ in '{entry}': give that backbone")
    for path, adapters in exports:
        try:
            base.ids(adapters.condition)
        except UserError as error:
            raise UserError(
                f"{path} holds adapters of {adapters.name}, but for {base.path}: {error}"
            ) from error
    tables = {name: getattr(base.config, name) for name in TABLES}
    return {**first.provenance["model"], **tables}, base.metadata


def joined(exports: Exports, config: Mapping[str, Any], tables: Mapping[str, Any]) -> Adapters:
    """Sources with the adapters of all files.

    Args:
        exports: the adapters, each of another condition.
        config: the model configuration of all of them.
        tables: languages and tasks by their ids.
    Raises:
        UserError: if two files bring different adapters for one condition.
    """
    baked = build_adapters(Namespace(**config))
    baked = baked.to(next(iter(exports[0][1].tensors.values())).dtype)
    brought: dict[tuple, str] = {}
    for path, adapters in exports:
        ids = condition_ids(adapters.condition, tables)
        for name, source in sources_by_name(baked).items():
            part = adapters.parts[name]
            for side, inputs in part.inputs.items():
                key = source.key(side, ids)
                other = brought.setdefault((name, side, key), path)
                if other != path and not all(
                    torch.equal(stored, part.tensors[f"{side}.{tensor}"])
                    for tensor, stored in source.tensors(side, key).items()
                ):
                    raise UserError(
                        f"{path} and {other} bring different {side} adapters for the same "
                        f"{' and '.join(inputs) or 'condition'}: export both from one checkpoint"
                    )
        store(baked, adapters.parts, ids)
    return baked
