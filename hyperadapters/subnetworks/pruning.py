"""Find a small set of attention heads that a language needs, by removing the least important ones."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..support.errors import UserError
from .masks import HeadMasks, Places

# by place, a value of each head [layers, heads]
ByPlace = Mapping[str, Tensor]


@dataclass(frozen=True)
class Pruning:
    """How heads are pruned.

    Args:
        step: the share of all heads that one step removes.
        threshold: pruning ends before the score falls below this share of the whole model's.
        kept: instead, it ends when this share of the heads of each side is left.
    Raises:
        UserError: if one is no share.
    """

    step: float = 0.1
    threshold: float = 0.95
    kept: float | None = None

    def __post_init__(self) -> None:
        for name in ("step", "threshold", "kept"):
            share = getattr(self, name)
            if share is not None and not 0 < share < 1:
                raise UserError(f"--{name} {share:g}: give a share between 0 and 1")


@dataclass(frozen=True)
class Step:
    """A mask on the way, and what it scores.

    Args:
        used: how many heads it uses.
        score: its score; None where only the size counted.
    """

    used: int
    score: float | None


def prune(
    places: Places,
    importance: Callable[[ByPlace], ByPlace],
    score: Callable[[ByPlace], float],
    pruning: Pruning,
) -> tuple[dict[str, Tensor], list[Step]]:
    """Removes the least important heads step by step (Michel et al. 2019; Prasanna et al. 2020).

    Args:
        places: layers and heads of each place.
        importance: the importance of every head under a mask.
        score: the score of a mask; the higher the better.
        pruning: when it ends.
    Returns:
        the smallest mask that is good enough, and the steps to it and beyond.
    """
    mask = {place: torch.ones(sizes, dtype=torch.bool) for place, sizes in places.items()}
    steps = [Step(count(mask), score(mask))]
    whole = steps[0].score or 0.0
    number = max(1, int(pruning.step * count(mask)))
    while True:
        smaller = without_least(mask, importance(mask), number, pruning.kept)
        if count(smaller) == count(mask):
            return mask, steps
        steps.append(Step(count(smaller), score(smaller)))
        if pruning.kept is None and (steps[-1].score or 0.0) < pruning.threshold * whole:
            return mask, steps
        mask = smaller


def without_least(
    mask: ByPlace, importance: ByPlace, number: int, kept: float | None
) -> dict[str, Tensor]:
    """A mask without the least important of its heads.

    Args:
        mask: the mask.
        importance: of each head; it is compared after each layer's is brought to norm 1.
        number: how many are taken.
        kept: the share of the heads of each side that must stay; None for one head.
    """
    normal = {place: normalise(values) for place, values in importance.items()}
    left = {side: count(of_side(mask, side)) for side in sides(mask)}
    least = {
        side: 1 if kept is None else max(1, round(kept * total(of_side(mask, side))))
        for side in left
    }
    candidates = sorted(
        (float(normal[place][layer, head]), place, layer, head)
        for place, used in mask.items()
        for layer, head in used.nonzero().tolist()
    )
    smaller = {place: used.clone() for place, used in mask.items()}
    for _, place, layer, head in candidates:
        side = place.partition(".")[0]
        if number and left[side] > least[side]:
            smaller[place][layer, head] = False
            number, left[side] = number - 1, left[side] - 1
    return smaller


def normalise(values: Tensor) -> Tensor:
    """Importances [layers, heads] with norm 1 in every layer."""
    return values / values.norm(dim=1, keepdim=True).clamp(min=1e-12)


def combine(masks: Sequence[ByPlace], share: float) -> dict[str, Tensor]:
    """The heads that at least a share of several masks use: 1 for the intersection, 0.5 for a vote."""
    return {
        place: torch.stack([mask[place] for mask in masks]).float().mean(0) >= share
        for place in masks[0]
    }


def shuffled(masks: HeadMasks, seed: int) -> HeadMasks:
    """Random masks, each with as many heads in every layer as that of the same language."""
    draw = random.Random(seed)

    def shuffle(mask: Tensor) -> Tensor:
        rows = mask.tolist()
        for row in rows:
            draw.shuffle(row)
        return torch.tensor(rows)

    return HeadMasks(
        masks.places,
        {
            language: {place: shuffle(mask) for place, mask in by_place.items()}
            for language, by_place in masks.masks.items()
        },
        {"random": seed, "of": masks.origin},
    )


def most_used(masks: Sequence[ByPlace]) -> dict[str, Tensor]:
    """The heads that most of several masks use, on each side as many as they use on average."""
    used = {
        place: torch.stack([mask[place] for mask in masks]).float().mean(0) for place in masks[0]
    }
    common = {}
    for side in sides(used):
        values = torch.cat([tensor.flatten() for tensor in of_side(used, side).values()])
        most = values.argsort(descending=True, stable=True)[: max(1, round(float(values.sum())))]
        flat = torch.zeros_like(values, dtype=torch.bool).index_fill(0, most, True)
        sizes = [tensor.numel() for tensor in of_side(used, side).values()]
        for (place, tensor), part in zip(of_side(used, side).items(), flat.split(sizes)):
            common[place] = part.view_as(tensor)
    return common


def shared(masks: HeadMasks) -> HeadMasks:
    """One mask for all languages, see `most_used`."""
    common = most_used(list(masks.masks.values()))
    return HeadMasks(masks.places, dict.fromkeys(masks.masks, common), {"shared": masks.origin})


def count(mask: ByPlace) -> int:
    """How many heads a mask uses."""
    return sum(int(used.sum()) for used in mask.values())


def total(mask: ByPlace) -> int:
    """How many heads there are."""
    return sum(used.numel() for used in mask.values())


def sides(by_place: ByPlace) -> list[str]:
    """The sides that have heads."""
    return list(dict.fromkeys(place.partition(".")[0] for place in by_place))


def of_side(by_place: ByPlace, side: str) -> dict[str, Tensor]:
    """The values of one side."""
    return {place: values for place, values in by_place.items() if place.startswith(f"{side}.")}
