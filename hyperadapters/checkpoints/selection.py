"""The directions or cells whose adapters a user wants of a checkpoint."""

import itertools

from ..configuration import check_direction_is_known
from ..multitask.cells import parse_cells
from ..sources import condition_of
from ..support.errors import UserError
from .checkpoint import Checkpoint


def select_directions(checkpoint: Checkpoint, names: str) -> list[str]:
    """The directions that a user names.

    Args:
        checkpoint: a checkpoint with adapters.
        names: a comma-separated list, `trained`, or `all` for all pairs of languages.
    Raises:
        UserError: for an unknown direction, or if there are no adapters for it.
    """
    if checkpoint.has_cells:
        raise UserError(
            f"{checkpoint.path} was trained on cells, not on directions: name "
            "cells instead (export --cell, bake --cells)"
        )
    languages, config = checkpoint.languages, checkpoint.config
    if names == "trained":
        pairs = config.directions.split(",")
    elif names == "all":
        pairs = ["-".join(pair) for pair in itertools.permutations(languages, 2)]
    else:
        pairs = [pair.strip() for pair in names.split(",") if pair.strip()]
    if not pairs:
        raise UserError("no directions given: list them, e.g. de-fr,fr-de, or say all")
    for pair in pairs:
        languages.direction(pair)
        check_direction_is_known(config, pair)
    return list(dict.fromkeys(pairs))


def select_cells(checkpoint: Checkpoint, wanted: str) -> list[str]:
    """The cells that a user names, trained or not.

    Args:
        checkpoint: a checkpoint with adapters.
        wanted: a comma-separated list, or `trained`.
    Raises:
        UserError: for an unknown task or language, or if there are no adapters for a cell.
    """
    if not checkpoint.has_cells:
        raise UserError(
            f"{checkpoint.path} was trained on directions, not on cells: name directions instead "
            "(export --direction, bake --directions)"
        )
    trained = ",".join(checkpoint.training_sentences)
    names = [cell.name for cell in parse_cells(trained if wanted == "trained" else wanted)]
    baked = checkpoint.config.baked_cells
    for name in names:
        try:
            checkpoint.ids(condition_of(name))
        except UserError as error:
            raise UserError(f"{name}: {error}") from error
        if baked and name not in baked.split(","):
            raise UserError(
                f"adapters for {name} are not in {checkpoint.path}, it has those for "
                f"{baked.replace(',', ', ')}"
            )
    return names


def select_one(names: list[str], option: str) -> str:
    """The only one of several names.

    Args:
        names: directions or cells.
        option: the option that named them.
    Raises:
        UserError: if there are more.
    """
    if len(names) != 1:
        raise UserError(f"{option} {','.join(names)}: export one {option.strip('-')} at a time")
    return names[0]
