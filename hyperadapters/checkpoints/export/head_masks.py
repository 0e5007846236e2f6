"""Put head masks onto a trained checkpoint, and read those that a checkpoint has."""

import json
import sys
from argparse import Namespace

from torch import Tensor

from ...adapter_configuration import HEAD_MASK, adapter_choices, build_adapters, source_configs
from ...adapters.head_mask import MASKED
from ...head_mask_configuration import read_head_masks
from ...multitask.pieces import carry_pieces
from ...sources import SourceGroup, condition_of
from ...sources.baked import Adapters, sources_by_name
from ...subnetworks.masks import HeadMasks, fill_in
from ...subnetworks.start import places_of
from ...support.errors import UserError
from ...support.files import check_output
from ..checkpoint import Checkpoint
from ..selection import select_cells, select_directions
from .bake import open_unbaked
from .baked_checkpoint import FILES, baked_state, write

# what each side's heads depend on
CONDITIONS = {"encoder": "src", "decoder": "tgt"}


def apply_head_masks(checkpoint: str, masks: str, out: str) -> HeadMasks:
    """Writes a checkpoint that runs with the heads of a file alone, without training.

    Args:
        checkpoint: a checkpoint of ours, with or without adapters, which stay.
        masks: the file of head masks; languages that it lacks use all heads.
        out: the checkpoint to write.
    Returns:
        the masks.
    Raises:
        UserError: if the checkpoint has head masks already or was baked, or the masks do not fit it.
    """
    check_output(out, checkpoint, masks)
    base = Checkpoint(checkpoint)
    if not base.has_cells:
        base.require_translation()
    config = masked_config(base, masks)
    adapters = build_adapters(config)
    keep_adapters(adapters, base)
    carry_pieces(checkpoint, out)
    write(out, baked_state(base, vars(config), base.metadata, adapters))
    return HeadMasks.from_plain(json.loads(config.recorded_head_masks))


def masked_config(base: Checkpoint, masks: str) -> Namespace:
    """The model configuration of a checkpoint with masks beside the adapters that it has.

    Raises:
        UserError: see `apply_head_masks`.
    """
    config = base.config
    has_adapters = config.adapter_source != "none"
    if has_adapters:
        open_unbaked(base.path)
    if has_adapters and HEAD_MASK in [choice.kind for choice in adapter_choices(config)]:
        raise UserError(
            f"{base.path} has head masks already: give the checkpoint that it started from"
        )
    masked = Namespace(**{**vars(config), **dict.fromkeys(FILES), "head_masks": masks})
    masked.head_mask_kept = masked.head_mask_update_every = None
    if has_adapters:
        extra = f"{HEAD_MASK}:language@{CONDITIONS['encoder']}/{CONDITIONS['decoder']}"
        masked.extra_adapters = ",".join(filter(None, [config.extra_adapters, extra]))
    else:
        masked.adapter_kind, masked.adapter_source = HEAD_MASK, "language"
        for side, name in CONDITIONS.items():
            setattr(masked, f"{side}_adapter_condition", name)
    masked.recorded_head_masks = read_head_masks(masked)
    masked.head_masks = None
    return masked


def keep_adapters(adapters: Adapters, base: Checkpoint) -> None:
    """Copies the adapters of a checkpoint to a group that has masks beside them."""
    if not isinstance(adapters, SourceGroup):
        return
    was_group = len(adapters.members) > 2
    target = adapters if was_group else adapters.parts[base.config.adapter_kind]
    target.load_state_dict(base.adapter_tensors(), strict=not was_group)


def extract_head_masks(checkpoint: str, names: str) -> HeadMasks:
    """The masks that a checkpoint has learnt, generates, or was given.

    Args:
        checkpoint: a checkpoint with adapters of kind head_mask.
        names: the cells or directions for whose languages, or "trained".
    Raises:
        UserError: if it has none, or they depend on more than one language.
    """
    opened = Checkpoint(checkpoint).require_adapters()
    config = source_configs(opened.config).get(HEAD_MASK)
    if config is None:
        raise UserError(f"{checkpoint} has no head masks: give one of --adapter-kind head_mask")
    select = select_cells if opened.has_cells else select_directions
    part_name = HEAD_MASK if HEAD_MASK in sources_by_name(opened.adapters) else ""
    masks: dict[str, dict[str, Tensor]] = {}
    places: dict[str, tuple[int, int]] = {}
    for name in select(opened, names):
        condition, part = condition_of(name), opened.adapter_set(name).parts[part_name]
        for place, sizes in places_of(config).items():
            side, _, point = place.partition(".")
            tensor = config.kind.layout(config.layers[side])[point]["change"]
            if f"{side}.{tensor}" not in part.tensors:
                continue
            language = condition.get(CONDITIONS[side], condition["src"])
            used = part.tensors[f"{side}.{tensor}"].ge(MASKED)
            places[place] = sizes
            if not used.equal(masks.setdefault(language, {}).setdefault(place, used)):
                raise UserError(
                    f"{name}: {language} has several masks, which depend on more than the language: "
                    "name cells or directions that have one"
                )
    for remark in fill_in(masks, places):
        print(remark, file=sys.stderr)
    return HeadMasks(places, masks, {"checkpoint": checkpoint})
