"""Put head masks onto a trained checkpoint, and read those that a checkpoint has."""

import json
import sys
from argparse import Namespace

from torch import Tensor

from ...adapter_configuration import HEAD_MASK, AdapterChoice, build_adapters, source_configs
from ...adapters.head_mask import MASKED
from ...head_mask_configuration import read_head_masks
from ...multitask.pieces import carry_pieces
from ...sources import condition_of
from ...sources.baked import Adapters, sources_by_name
from ...subnetworks.masks import HeadMasks, fill_in
from ...subnetworks.start import places_of
from ...support.errors import UserError
from ...support.files import check_output
from ..checkpoint import Checkpoint
from ..selection import select_cells, select_directions
from .bake import require_unbaked
from .baked_checkpoint import FILES, baked_state, write

# what each side's heads depend on
CONDITIONS = {"encoder": "src", "decoder": "tgt"}


def apply_head_masks(checkpoint: str, masks: str, out: str) -> HeadMasks:
    """Writes a checkpoint that runs with the heads of a file alone, without training.

    Args:
        checkpoint: a checkpoint of ours, with or without adapters, which stay; only masks that it has
            are replaced.
        masks: the file of head masks; languages that it lacks use all heads.
        out: the checkpoint to write.
    Returns:
        the masks.
    Raises:
        UserError: if the checkpoint was baked, or the masks do not fit it.
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
    if config.adapter_source != "none":
        require_unbaked(base)
    masked = Namespace(**{**vars(config), **dict.fromkeys(FILES), "head_masks": masks})
    masked.head_mask_kept = masked.head_mask_update_every = None
    entries = [text for text in (config.extra_adapters or "").split(",") if text]
    if config.adapter_source == "none" or config.adapter_kind == HEAD_MASK:
        masked.adapter_kind, masked.adapter_source = HEAD_MASK, "language"
        for side, name in CONDITIONS.items():
            setattr(masked, f"{side}_adapter_condition", name)
    else:
        entries = [text for text in entries if AdapterChoice.read(text.strip()).kind != HEAD_MASK]
        entries.append(f"{HEAD_MASK}:language@{CONDITIONS['encoder']}/{CONDITIONS['decoder']}")
    masked.extra_adapters = ",".join(entries) or None
    masked.recorded_head_masks = read_head_masks(masked)
    masked.head_masks = None
    return masked


def keep_adapters(adapters: Adapters, base: Checkpoint) -> None:
    """Copies the adapters of a checkpoint, but for masks, to those that take their place."""
    if base.config.adapter_source == "none":
        return
    before = sources_by_name(base.adapters)
    for name, source in sources_by_name(adapters).items():
        kind = name or base.config.adapter_kind
        if kind != HEAD_MASK:
            source.load_state_dict(before.get(kind, before.get("")).state_dict())


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
