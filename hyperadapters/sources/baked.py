"""Adapters generated once for named directions and kept as they are, for shipping."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import torch

from .bank import Bank, Key, keys_of_direction, keys_of_directions
from .condition import Condition
from .group import SourceGroup
from .inputs import INPUTS
from .source import SOURCES, AdapterSource, SourceConfig

Direction = tuple[int, int]


@SOURCES.register("baked")
class Baked(Bank):
    """One frozen adapter set per distinct condition of the baked directions (`config.directions`).

    The weights are parameters, so that they are saved, moved, cast and counted as those of every
    other source; that they require no gradient keeps them out of training.

    Args:
        config: see `AdapterSource`.
    """

    trains = False
    default_inputs = {"encoder": ("src", "tgt"), "decoder": ("tgt",)}

    def __init__(self, config: SourceConfig) -> None:
        super().__init__(config)
        self.requires_grad_(False)

    def keys(self, side: str) -> list[Key]:
        """The distinct keys that occur among the baked directions."""
        return keys_of_directions(self.config.inputs[side], self.config)

    def keys_of(self, side: str, direction: Direction) -> list[Key]:
        """The keys of one direction: one, unless a side depends on more than languages."""
        return keys_of_direction(self.config.inputs[side], self.config, direction)


def bake(
    source: AdapterSource | SourceGroup,
    directions: Sequence[Direction],
    progress: Callable[[Iterable], Iterable] = iter,
) -> Baked | SourceGroup:
    """Stores the weights that a source gives for named directions.

    Every direction is a call of its own, as when one direction is translated: a product over more
    rows may round otherwise, and baked adapters are to translate as their source to the last bit.

    Args:
        source: where the weights come from; switched to evaluation.
        directions: the directions as (source id, target id).
        progress: wraps the directions to show how far it is.
    Returns:
        what takes the source's place; of a group, a group of the same parts.
    Raises:
        UserError: if the source knows no weights for one of them.
    """
    if isinstance(source, SourceGroup):
        parts = source.parts.items()
        return SourceGroup({name: bake_member(p, directions, progress) for name, p in parts})
    return bake_member(source, directions, progress)


@torch.no_grad()
def bake_member(
    source: AdapterSource,
    directions: Sequence[Direction],
    progress: Callable[[Iterable], Iterable],
) -> Baked:
    """Stores the weights of a single source, see `bake`."""
    source.eval()
    config = replace(source.config, directions=tuple(directions))
    baked = Baked(config)
    used = {name for inputs in config.inputs.values() for name in inputs}
    others = [name for name in INPUTS.names() if name in used - {"src", "tgt"}]
    ranges = [range(config.sizes[INPUTS.get(name).table]) for name in others]
    for direction in progress(config.directions):
        for rest in itertools.product(*ranges):
            ids = dict(zip(("src", "tgt", *others), (*direction, *rest)))
            _store(baked, source, {name: torch.tensor([number]) for name, number in ids.items()})
    return baked


def _store(baked: Baked, source: AdapterSource, ids: dict[str, torch.Tensor]) -> None:
    """Copies the weights for the ids [1] of every condition input."""
    inputs = baked.config.inputs
    conditions = {side: Condition.from_ids(ids, inputs[side], like=ids["src"]) for side in inputs}
    weights = source(conditions)
    for side, condition in conditions.items():
        stored = baked.tensors(side, tuple(condition.unique[0].tolist()))
        for number, of_site in enumerate(weights[side]):
            for name, tensor in of_site.items():
                stored[name][number].copy_(tensor[0])
