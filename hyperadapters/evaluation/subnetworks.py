"""Find the head masks of languages with trained models."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from torch import Tensor, nn
from tqdm import tqdm

from ..checkpoints.checkpoint import Checkpoint
from ..checkpoints.facts import digest
from ..data.reference_distances import read_reference
from ..subnetworks.masks import HeadMasks, Places, fill_in, lines, parse
from ..subnetworks.pruning import ByPlace, Pruning, combine, count, most_used, prune
from ..support.errors import UserError
from ..support.resumable import steps_of
from .examples import Choice, Examples, open_examples
from .head_masking import head_importance, masked_heads, places_of_model


@dataclass(frozen=True)
class Search:
    """What head masks are found with.

    Args:
        choice: the sentences on which importance and scores are measured.
        pruning: when pruning ends.
        share: the share of several models whose masks must have a head.
    Raises:
        UserError: if the share is none.
    """

    choice: Choice
    pruning: Pruning = Pruning()
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise UserError(f"--share {self.share:g}: give a share above 0, at most 1")

    def combine(self, masks: Sequence[ByPlace]) -> ByPlace:
        """The mask of a language from those of several models, of equal size if a size is wanted."""
        return most_used(masks) if self.pruning.kept else combine(masks, self.share)


def find_masks(
    checkpoints: Sequence[str], out: Path, search: Search
) -> tuple[HeadMasks, list[dict[str, Any]]]:
    """Finds a mask for every language; what is done already stays.

    The heads of the encoder are pruned for the language of its sentences, those of the decoder for the
    language of the translations, each with all heads on the other side.

    Args:
        checkpoints: one model, or several that were trained with different seeds.
        out: folder for the results.
        search: what is searched and how.
    Returns:
        the masks, and for each model, language and side the steps to its mask.
    Raises:
        UserError: if the models have other heads, or a cell has no sentences.
    """
    settings = {"checkpoints": list(checkpoints), **asdict(search)}
    models = [Checkpoint(path) for path in checkpoints]
    inputs = {
        **settings,
        "weights": list(map(digest, models)),
        "files": search.choice.digests(models[0]),
    }
    steps = steps_of(out, inputs)
    rows: list[dict[str, Any]] = []
    places: Places = {}
    for number, checkpoint in enumerate(models):
        model, examples = open_examples(checkpoint, search.choice)
        sets = by_language(examples)
        # the decoder of other cells has no part in those of one language
        sides = {side for _, side in sets}
        of_model = {p: n for p, n in places_of_model(model).items() if p.partition(".")[0] in sides}
        if number and of_model != places:
            raise UserError(
                f"{checkpoint.path} has other heads than {checkpoints[0]}: give models of one shape"
            )
        places = of_model
        for (language, side), of_language in tqdm(sets.items(), desc="languages"):
            find = partial(find_mask, model, side, of_language, search.pruning)
            step = steps.run(f"{language} {side} in {checkpoint.path}", inputs, find)
            rows.append({"checkpoint": checkpoint.path, "language": language, "side": side, **step})
    return HeadMasks(places, joined_masks(rows, places, search), settings), rows


def by_language(examples: Sequence[Examples]) -> dict[tuple[str, str], list[Examples]]:
    """The examples that each side of the model runs with the heads of each language."""
    sets: dict[tuple[str, str], list[Examples]] = {}
    for each in examples:
        for side, language in each.languages.items():
            sets.setdefault((language, side), []).append(each)
    return sets


def find_mask(
    model: nn.Module, side: str, examples: Sequence[Examples], pruning: Pruning
) -> dict[str, Any]:
    """Prunes one side for one language.

    Args:
        model: the model.
        side: "encoder" or "decoder".
        examples: the sentences of the language.
        pruning: when pruning ends.
    Returns:
        mask and steps in plain containers.
    """

    def score(mask: ByPlace) -> float:
        with masked_heads(model, mask):
            return mean(each.score() for each in examples)

    places = {p: n for p, n in places_of_model(model).items() if p.startswith(f"{side}.")}
    mask, steps = prune(places, partial(head_importance, model, examples), score, pruning)
    return {
        "mask": {place: lines(used) for place, used in mask.items()},
        "used": count(mask),
        "steps": [asdict(step) for step in steps],
    }


def joined_masks(
    rows: Sequence[dict[str, Any]], places: Places, search: Search
) -> dict[str, dict[str, Tensor]]:
    """The masks of all languages from those of their sides.

    Raises:
        UserError: if the models have no head of a language in common.
    """
    by_side: dict[tuple[str, str], list[ByPlace]] = {}
    for row in rows:
        mask = {place: parse(used, *places[place]) for place, used in row["mask"].items()}
        by_side.setdefault((row["language"], row["side"]), []).append(mask)
    masks: dict[str, dict[str, Tensor]] = {}
    for (language, _), of_models in by_side.items():
        mask = search.combine(of_models)
        if not count(mask):
            raise UserError(f"no head of {language} is in enough of the masks: lower --share")
        masks.setdefault(language, {}).update(mask)
    for remark in fill_in(masks, places):
        print(remark, file=sys.stderr)
    return masks


def with_nearest(masks: HeadMasks, languages: Sequence[str], distances: str) -> HeadMasks:
    """The masks, and for further languages those of their nearest languages, which are said.

    Args:
        masks: the masks.
        languages: languages without one.
        distances: a table of distances, or "genealogy", see `data.reference_distances`.
    Raises:
        UserError: for a language that has a mask, or one without distances.
    """
    known, added = list(masks.masks), {}
    for language in languages:
        if language in known:
            raise UserError(f"--languages {language}: it has a mask")
        table = read_reference(distances, [language, *known]).among([language, *known])
        added[language] = known[int(table[0, 1:].argmin())]
        print(f"{language}: the mask of {added[language]}", file=sys.stderr)
    all_masks = {**masks.masks, **{code: masks.masks[near] for code, near in added.items()}}
    return HeadMasks(masks.places, all_masks, {**masks.origin, "nearest": added})
