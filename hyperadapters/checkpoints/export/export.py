"""Export the adapters of one direction to a file of their own, and read such files."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Mapping

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from ...file_defects import check_transfer
from ...fingerprint import fingerprint
from ...sources.baked import Baked
from ...support.errors import UserError
from ...support.files import atomic_write, check_output, write_json
from ..checkpoint import Checkpoint
from ..weights import backbone_weights
from .baked_checkpoint import baked_settings
from .card import Card, card_path, described, read_card, shapes

SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Exported:
    """Exported adapters.

    Args:
        path: their file.
        card: what they are.
        tensors: the adapters of one direction, `SIDE.NAME` [sites, *shape].
    """

    path: str
    card: Card
    tensors: Dict[str, Tensor]

    @classmethod
    def read(cls, path: str) -> "Exported":
        """Reads adapters and their card.

        Raises:
            UserError: if one is missing or damaged, or they do not belong together.
        """
        if not Path(path).is_file():
            raise UserError(f"there is no file '{path}': give what `hyperadapters export` wrote")
        card = read_card(path)
        check_transfer(path)
        try:
            tensors = load_file(path)
        except SafetensorError as error:
            raise UserError(
                f"{path} is cut off or no safetensors file ({error}): copy or export it again"
            ) from error
        found = described(tensors)
        for name in sorted({*found, *card.tensors}):
            if found.get(name) != card.tensors.get(name):
                raise UserError(
                    f"{path}: '{name}' is {found.get(name, 'missing')}, its card says "
                    f"{card.tensors.get(name, 'nothing of it')}: export it again"
                )
        if {name: tuple(tensor.shape) for name, tensor in tensors.items()} != shapes(card.config):
            raise UserError(
                f"{path}: its tensors do not fit the model on its card: export it again"
            )
        if fingerprint(tensors) != card.sha256:
            raise UserError(f"{path} was changed or belongs to another card: export it again")
        return cls(path, card, tensors)


def export(checkpoint: str, direction: str, out: str) -> Dict[str, Any]:
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
    if Path(out).suffix != SUFFIX:
        raise UserError(f"--out {out}: the name must end in {SUFFIX}")
    trained = Checkpoint(checkpoint).require_adapters()
    pairs = [one_direction(trained, direction)]
    for path in (out, card_path(out)):
        check_output(path, checkpoint)
    tensors = tensors_of(trained.baked(pairs))
    card = Card(
        model=baked_settings(trained.config, pairs),
        task_state=trained.metadata,
        tensors=described(tensors),
        sha256=fingerprint(tensors),
        backbone=fingerprint(backbone_weights(trained.state["model"])),
    ).as_dict()
    with atomic_write(out) as temporary:
        temporary.write_bytes(save(tensors))
    write_json(card_path(out), card)
    return card


def one_direction(trained: Checkpoint, wanted: str) -> str:
    """The one direction that a user names.

    Raises:
        UserError: if it is unknown or there are no adapters for it, or more than one is named.
    """
    pairs = trained.select_directions(wanted)
    if len(pairs) != 1:
        raise UserError(f"--direction {wanted}: export one direction at a time")
    return pairs[0]


def tensors_of(baked: Baked) -> Dict[str, Tensor]:
    """The adapters that were baked for one direction, `SIDE.NAME` [sites, *shape]."""
    (direction,) = baked.config.directions
    tensors = {}
    for side in baked.config.inputs:
        (key,) = baked.keys_of(side, direction)
        for name, tensor in baked.tensors(side, key).items():
            tensors[f"{side}.{name}"] = tensor.detach()
    return tensors


def summary(card: Mapping[str, Any], out: str) -> str:
    """One line that says what was exported."""
    values = sum(math.prod(tensor["shape"]) for tensor in card["tensors"].values())
    return (
        f"{card['direction']}: {values:,} {card['kind']['name']} parameters from the source "
        f"'{card['source']}', {Path(out).stat().st_size:,} bytes in {out}, card in {card_path(out)}"
    )
