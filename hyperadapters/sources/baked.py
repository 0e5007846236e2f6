"""Adapters generated once for named directions and kept as they are, for shipping."""

import itertools
from dataclasses import replace
from typing import Callable, Dict, Iterable, List, Sequence, Tuple

import torch

from .bank import Bank, Key, keys_of_direction, keys_of_directions
from .condition import Condition
from .inputs import INPUTS
from .source import SOURCES, AdapterSource, Setting

Direction = Tuple[int, int]


@SOURCES.register("baked")
class Baked(Bank):
    """One frozen adapter set per distinct condition of the baked directions (`setting.directions`).

    The weights are parameters, so that they are saved, moved, cast and counted as those of every
    other source; that they require no gradient keeps them out of training.

    Args:
        setting: see `AdapterSource`.
    """

    trains = False
    default_inputs = {"encoder": ("src", "tgt"), "decoder": ("tgt",)}

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.requires_grad_(False)

    def keys(self, side: str) -> List[Key]:
        """The distinct keys that occur among the baked directions."""
        return keys_of_directions(self.setting.inputs[side], self.setting)

    def keys_of(self, side: str, direction: Direction) -> List[Key]:
        """The keys of one direction: one, unless a side depends on more than languages."""
        return keys_of_direction(self.setting.inputs[side], self.setting, direction)


@torch.no_grad()
def bake(
    source: AdapterSource,
    directions: Sequence[Direction],
    progress: Callable[[Iterable], Iterable] = iter,
) -> Baked:
    """Stores the weights that a source gives for named directions.

    Every direction is a call of its own, as when one direction is translated: a product over more
    rows may round otherwise, and baked adapters are to translate as their source to the last bit.

    Args:
        source: where the weights come from; switched to evaluation.
        directions: the directions as (source id, target id).
        progress: wraps the directions to show how far it is.
    Raises:
        UserError: if the source knows no weights for one of them.
    """
    source.eval()
    setting = replace(source.setting, directions=tuple(directions))
    baked = Baked(setting)
    used = {name for inputs in setting.inputs.values() for name in inputs}
    others = [name for name in INPUTS.names() if name in used - {"src", "tgt"}]
    ranges = [range(setting.sizes[INPUTS.get(name).table]) for name in others]
    for direction in progress(setting.directions):
        for rest in itertools.product(*ranges):
            ids = dict(zip(("src", "tgt", *others), (*direction, *rest)))
            _store(baked, source, {name: torch.tensor([number]) for name, number in ids.items()})
    return baked


def _store(baked: Baked, source: AdapterSource, ids: Dict[str, torch.Tensor]) -> None:
    """Copies the weights for the ids [1] of every condition input."""
    inputs = baked.setting.inputs
    conditions = {side: Condition.from_ids(ids, inputs[side], like=ids["src"]) for side in inputs}
    weights = source(conditions)
    for side, condition in conditions.items():
        stored = baked.tensors(side, tuple(condition.unique[0].tolist()))
        for number, of_site in enumerate(weights[side]):
            for name, tensor in of_site.items():
                stored[name][number].copy_(tensor[0])
