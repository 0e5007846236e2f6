"""Attach exported adapters to the backbone that they were trained on."""

from argparse import Namespace
from typing import Any, Dict, List, Tuple

import torch

from ...configuration import ARCHITECTURE, source_configs
from ...fingerprint import fingerprint
from ...sources import SourceConfig
from ...sources.baked import Baked
from ...support.errors import UserError
from ...support.files import check_output
from ..checkpoint import Checkpoint
from ..weights import backbone_weights
from .baked_checkpoint import baked_settings, baked_state, write
from .card import Card, card_path
from .export import Exported
from .sizes import Report, Sizes


def attach(checkpoint: str, adapters: List[str], out: str) -> Report:
    """Writes a checkpoint that holds a backbone and exported adapters.

    Args:
        checkpoint: a checkpoint with the very backbone that the adapters were trained on: one of
            ours (adapters that it has are left out) or one of a stock Transformer.
        adapters: files that `export` wrote, each with its card beside it.
        out: the checkpoint to write.
    Raises:
        UserError: naming the file that is missing, damaged, does not go with the others, or belongs
            to another backbone.
    """
    if not adapters:
        raise UserError("no adapters given: name the files with --adapters")
    check_output(out, checkpoint, *adapters, *map(card_path, adapters))
    base = Checkpoint(checkpoint)
    sets = [Exported.read(path) for path in adapters]
    check_together(sets)
    first = sets[0].card
    settings = baked_settings(Namespace(**first.model), [one.card.direction for one in sets])
    baked = joined(sets, source_configs(Namespace(**settings))[first.model["adapter_kind"]])
    if fingerprint(backbone_weights(base.state["model"])) != first.backbone:
        raise UserError(
            f"{checkpoint} is not the backbone that {sets[0].path} was trained on (its weights are "
            "others, or of another precision): give that backbone"
        )
    state = baked_state(base.state, settings, first.task_state, baked)
    write(out, state)
    pairs = settings["directions"].split(",")
    return Report(pairs, Sizes.of(base.state, checkpoint), Sizes.of(state, out))


def what_must_agree(card: Card) -> Dict[str, Any]:
    """What adapters that share a backbone must have in common."""
    content = card.as_dict()
    return {
        "backbone": card.backbone,
        "architecture": [card.model.get(name) for name in ARCHITECTURE],
        "languages": content["task_state"]["languages"],
        "dictionary": content["task_state"]["dictionary"],
        "input format": content["task_state"]["format"],
        "kind": content["kind"],
        "condition": content["condition"],
        "tensors": content["tensors"],
    }


def check_together(sets: List[Exported]) -> None:
    """Raises:
    UserError: naming two files that hold the same direction or do not go together.
    """
    first, seen = sets[0], {}
    wanted = what_must_agree(first.card)
    for one in sets:
        direction = one.card.direction
        if direction in seen:
            raise UserError(f"{one.path} and {seen[direction]} are both for {direction}: give one")
        seen[direction] = one.path
        for name, value in what_must_agree(one.card).items():
            if value != wanted[name]:
                raise UserError(
                    f"{one.path} does not go with {first.path}: they differ in '{name}'"
                )


def joined(sets: List[Exported], config: SourceConfig) -> Baked:
    """One source with the adapters of all files.

    Args:
        sets: the adapters, each of another direction.
        config: the configuration of all these directions.
    Raises:
        UserError: if two files bring different adapters for one condition.
    """
    baked = Baked(config).to(next(iter(sets[0].tensors.values())).dtype)
    brought: Dict[Tuple, str] = {}
    for direction, one in zip(config.directions, sets):
        for side in config.inputs:
            (key,) = baked.keys_of(side, direction)
            for name, stored in baked.tensors(side, key).items():
                tensor = one.tensors[f"{side}.{name}"]
                if (side, key) in brought and not torch.equal(stored, tensor):
                    raise UserError(
                        f"{one.path} and {brought[side, key]} bring different {side} adapters for "
                        f"the same {' and '.join(config.inputs[side]) or 'condition'}: "
                        "export both from one checkpoint"
                    )
                stored.copy_(tensor)
            brought[side, key] = one.path
    return baked
