"""What a model configuration says about head masks."""

import json
import logging
from typing import Any

from .adapter_configuration import HEAD_MASK, adapter_choices, source_configs
from .adapters import HeadMask
from .sources import SOURCES, Bank
from .subnetworks.masks import HeadMasks
from .subnetworks.start import check_sizes, places_of
from .support.errors import UserError, format_list

logger = logging.getLogger(__name__)


def read_head_masks(cfg: Any) -> str | None:
    """Reads and checks the head masks of a complete model configuration.

    Returns:
        them as JSON; None without any.
    Raises:
        UserError: if they do not fit the model, or masks have nothing to come from.
    """
    config = source_configs(cfg).get(HEAD_MASK)
    if config is None or not isinstance(config.kind, HeadMask):
        if cfg.head_masks:
            raise UserError(
                "--head-masks: no adapters are masks: give --adapter-kind head_mask, or "
                "--extra-adapters head_mask:language"
            )
        return None
    is_stored = all(
        issubclass(SOURCES.get(choice.source), Bank)
        for choice in adapter_choices(cfg)
        if choice.kind == HEAD_MASK
    )
    if not cfg.head_masks:
        if not config.kind.is_learnt:
            raise UserError(
                "head masks: give --head-masks FILE (of hyperadapters subnetworks), or --head-mask-kept "
                "for masks that are learnt"
            )
        return None
    if not is_stored:
        raise UserError("--head-masks: masks that are generated are learnt: leave it out")
    masks, languages = HeadMasks.read(cfg.head_masks), cfg.languages.split(",")
    masks.check(places_of(config), languages)
    check_sizes(masks, config.kind)
    others = [code for code in languages if code not in masks.masks]
    if others:
        logger.info(f"--head-masks has no mask for {format_list(others)}: they use all heads")
    return json.dumps(masks.as_plain())
