"""Bake a checkpoint: what a hypernetwork generates becomes plain stored weights."""

from functools import partial

from tqdm import tqdm

from ...multitask.pieces import carry_pieces
from ...sources import condition_of, condition_sides
from ...sources.baked import bake
from ...support.errors import UserError
from ...support.files import check_output
from ..checkpoint import Checkpoint
from ..selection import select_cells, select_directions
from .baked_checkpoint import baked_config, baked_state, write
from .sizes import Report, Sizes


def bake_directions(checkpoint: str, directions: str, out: str) -> Report:
    """Writes a checkpoint that holds plain adapters for some directions and nothing to make more.

    It translates them as the original does, to the last bit where the original holds single
    precision and both translate on a CPU.

    Args:
        checkpoint: a checkpoint with adapters from any source.
        directions: the directions, see `select_directions`.
        out: the file to write.
    Raises:
        UserError: if the checkpoint has no adapters or was baked already, a direction is unknown,
            or the file cannot be written.
    """
    trained = open_unbaked(checkpoint)
    return bake_names(trained, select_directions(trained, directions), out)


def bake_cells(checkpoint: str, cells: str, out: str) -> Report:
    """As `bake_directions`, for a checkpoint of cells.

    Args:
        checkpoint: a checkpoint of --task hyperx with adapters from any source.
        cells: the cells, see `select_cells`.
        out: the file to write.
    """
    trained = open_unbaked(checkpoint)
    return bake_names(trained, select_cells(trained, cells), out)


def open_unbaked(checkpoint: str) -> Checkpoint:
    """Opens a checkpoint with adapters.

    Raises:
        UserError: if it has none or was baked already.
    """
    return require_unbaked(Checkpoint(checkpoint).require_adapters())


def require_unbaked(checkpoint: Checkpoint) -> Checkpoint:
    """Returns the checkpoint itself.

    Raises:
        UserError: if it was baked already.
    """
    config = checkpoint.config
    if config.adapter_source == "baked":
        baked = getattr(config, "baked_cells", None) or config.directions
        raise UserError(
            f"{checkpoint.path} is baked already, for {baked.replace(',', ', ')}: give the checkpoint "
            "that was trained"
        )
    return checkpoint


def bake_names(trained: Checkpoint, names: list[str], out: str) -> Report:
    """Writes a checkpoint with the adapters of named directions or cells."""
    check_output(out, trained.path)
    conditions = {side: [] for side in ("encoder", "decoder")}
    for condition in map(condition_of, names):
        for side in condition_sides(condition):
            conditions[side].append(trained.ids(condition))
    what = "cells" if trained.has_cells else "directions"
    adapters = bake(trained.adapters, conditions, partial(tqdm, desc=what)).to(trained.precision)
    state = baked_state(trained, baked_config(trained.config, names), trained.metadata, adapters)
    carry_pieces(trained.path, out)
    write(out, state)
    return Report(what, names, Sizes.of(trained.state, trained.path), Sizes.of(state, out))
