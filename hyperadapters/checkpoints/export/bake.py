"""Bake a checkpoint: what a hypernetwork generates becomes plain stored weights."""

from ...support.errors import UserError
from ...support.files import check_output
from ..checkpoint import Checkpoint
from .baked_checkpoint import baked_settings, baked_state, write
from .sizes import Report, Sizes


def bake_checkpoint(checkpoint: str, directions: str, out: str) -> Report:
    """Writes a checkpoint that holds plain adapters for some directions and nothing to make more.

    It translates them as the original does, to the last bit where the original holds single
    precision and both translate on a CPU.

    Args:
        checkpoint: a checkpoint with adapters from any source.
        directions: the directions, see `Checkpoint.select_directions`.
        out: the file to write.
    Raises:
        UserError: if the checkpoint has no adapters or was baked already, a direction is unknown,
            or the file cannot be written.
    """
    trained = Checkpoint(checkpoint).require_adapters()
    if trained.config.adapter_source == "baked":
        raise UserError(
            f"{checkpoint} is baked already, for {trained.config.directions.replace(',', ', ')}: "
            "bake the checkpoint that was trained"
        )
    pairs = trained.select_directions(directions)
    check_output(out, checkpoint)
    state = baked_state(
        trained.state,
        baked_settings(trained.config, pairs),
        trained.metadata,
        trained.baked(pairs),
    )
    write(out, state)
    return Report(pairs, Sizes.of(trained.state, checkpoint), Sizes.of(state, out))
