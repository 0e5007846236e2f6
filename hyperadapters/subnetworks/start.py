"""Head masks of a file as the start values of stored masks."""

from collections.abc import Sequence

import torch

from ..adapters import AdapterKind, HeadMask
from ..sources import AdapterSource, Bank, SourceConfig
from ..sources.inputs import INPUTS
from ..support.errors import UserError
from .masks import HeadMasks, Places


def places_of(config: SourceConfig) -> Places:
    """Layers and heads of each place at which masks act."""
    return {
        f"{side}.{point}": (len(config.sites[side]), config.layers[side].heads)
        for side in config.inputs
        for point in config.kind.layout(config.layers[side])
    }


def check_sizes(masks: HeadMasks, kind: AdapterKind) -> None:
    """Checks that masks that will be learnt have as many heads as will be kept.

    Raises:
        UserError: naming a language whose mask has others.
    """
    kept = kind.options.kept if isinstance(kind, HeadMask) else None
    if kept is None:
        return
    for language, of_language in masks.masks.items():
        for side in {place.partition(".")[0] for place in of_language}:
            heads = torch.cat([m.flatten() for p, m in of_language.items() if p.startswith(side)])
            if int(heads.sum()) != max(1, round(kept * len(heads))):
                raise UserError(
                    f"--head-mask-kept {kept}: the mask of {language} keeps {int(heads.sum())} of "
                    f"{len(heads)} heads: find masks of that size, with hyperadapters subnetworks --kept"
                )


@torch.no_grad()
def set_head_masks(source: AdapterSource, masks: HeadMasks, languages: Sequence[str]) -> None:
    """Gives stored masks the values of a file.

    Args:
        source: the source of the masks; what is baked stays as it is.
        masks: the masks.
        languages: codes by id.
    Raises:
        UserError: if a side's masks are not of one language.
    """
    if not isinstance(source, Bank) or not source.trains:
        return
    config = source.config
    for side, sets in source.sides.items():
        tables = [INPUTS.get(name).table for name in config.inputs[side]]
        if tables.count("languages") != 1:
            raise UserError(
                f"--head-masks: the {side}'s masks depend on {','.join(config.inputs[side]) or 'nothing'}: "
                "they must depend on one language"
            )
        for language, of_language in masks.masks.items():
            for key in source.keys_of_languages(side, [languages.index(language)]):
                tensors = sets[source.name_of(key)]
                for point, names in config.kind.layout(config.layers[side]).items():
                    used = of_language.get(f"{side}.{point}")
                    if used is not None:
                        change = tensors[names["change"]]
                        change.sub_((~used).to(change))
