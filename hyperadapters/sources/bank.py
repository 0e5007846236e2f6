"""Stored adapters, one set per key: the regular adapters."""

import itertools
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn

from ..adapters import TensorSpec, Weights
from ..errors import UserError, listed
from .condition import Condition
from .inputs import INPUTS
from .origin import Origin
from .source import SOURCES, AdapterSource, ParameterSet, Setting

Key = Tuple[int, ...]


def keys_of_direction(
    inputs: Sequence[str], setting: Setting, direction: Tuple[int, ...] = ()
) -> List[Key]:
    """The keys of one direction (source id, target id), for every id of the inputs that it leaves
    open; without a direction it leaves all open."""
    given = dict(zip(("src", "tgt"), direction))
    choices = [
        [given[name]] if name in given else range(setting.sizes[INPUTS.get(name).table])
        for name in inputs
    ]
    return list(itertools.product(*choices))


def keys_of_directions(inputs: Sequence[str], setting: Setting) -> List[Key]:
    """The distinct keys that occur among the setting's directions."""
    found = (keys_of_direction(inputs, setting, pair) for pair in setting.directions)
    return list(dict.fromkeys(itertools.chain.from_iterable(found)))


def stored(spec: TensorSpec, sites: int, start: str) -> nn.Parameter:
    """A parameter [sites, *shape] with its start values."""
    values = torch.empty(sites, *spec.shape)
    for site in values:
        if start == "identity" and spec.zero_is_identity:
            nn.init.zeros_(site)
        else:
            spec.start(site)
    return nn.Parameter(values)


class Bank(AdapterSource):
    """One stored adapter set per key and site.

    Every key has parameters of its own, so that languages that are not in a batch get no gradient
    and no update. The key of a side is the tuple of its condition inputs.

    Args:
        setting: see `AdapterSource`.
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.sides = nn.ModuleDict()
        for side in setting.inputs:
            sites = setting.sites[side]
            sets = nn.ModuleDict()
            for key in self.keys(side):
                sets[self.name_of(key)] = nn.ParameterDict(
                    {
                        name: stored(spec, len(sites), setting.start)
                        for name, spec in setting.kind.tensors().items()
                    }
                )
            self.sides[side] = sets

    def keys(self, side: str) -> List[Key]:
        """All keys of a side: the trained directions if it depends on both languages, else all ids."""
        inputs = self.setting.inputs[side]
        if "src" in inputs and "tgt" in inputs:
            return keys_of_directions(inputs, self.setting)
        return keys_of_direction(inputs, self.setting)

    @staticmethod
    def name_of(key: Key) -> str:
        """The name under which a key's parameters are saved."""
        return "-".join(map(str, key)) or "shared"

    def tensors(self, side: str, key: Key) -> Mapping[str, Tensor]:
        """The stored tensors [sites, *shape] of a key.

        Raises:
            UserError: if none are stored for it, naming the keys that are.
        """
        name = self.name_of(key)
        if name not in self.sides[side]:
            raise UserError(
                f"no {side} adapter is stored for {','.join(self.setting.inputs[side])} = {name}, "
                f"stored are {listed(self.sides[side])}"
            )
        return self.sides[side][name]

    def forward(self, conditions: Mapping[str, Condition]) -> Dict[str, List[Weights]]:
        weights: Dict[str, List[Weights]] = {}
        for side, condition in conditions.items():
            sets = [
                {name: tensor.unbind(0) for name, tensor in self.tensors(side, tuple(key)).items()}
                for key in condition.unique.tolist()
            ]
            weights[side] = [
                {
                    name: torch.stack([tensors[name][number] for tensors in sets])
                    if len(sets) > 1
                    else sets[0][name][number].unsqueeze(0)
                    for name in sets[0]
                }
                for number in range(len(self.setting.sites[side]))
            ]
        return weights

    def keys_of_languages(self, side: str, ids: Sequence[int]) -> Dict[Key, List[int]]:
        """The keys of a side in which one of the languages occurs, and where in the key."""
        tables = [INPUTS.get(name).table for name in self.setting.inputs[side]]
        found = {}
        for key in self.keys(side):
            places = [
                place
                for place, (table, number) in enumerate(zip(tables, key))
                if table == "languages" and number in ids
            ]
            if places:
                found[key] = places
        return found

    def continued(self, origin: Origin) -> Dict[str, Tensor]:
        """As described there; weights of stored adapters have no mean that means anything."""
        found = super().continued(origin)
        if origin.like is None:
            return found
        for side, sets in self.sides.items():
            for key, places in self.keys_of_languages(side, origin.new).items():
                like = [origin.like if place in places else number
                        for place, number in enumerate(key)]  # fmt: skip
                for name in sets[self.name_of(key)]:
                    stored = f"sides.{side}.{self.name_of(tuple(like))}.{name}"
                    if stored in origin.tensors:
                        found[f"sides.{side}.{self.name_of(key)}.{name}"] = origin.tensors[stored]
        return found

    def of_languages(self, ids: Sequence[int]) -> Dict[str, Optional[List[int]]]:
        return {
            f"sides.{side}.{self.name_of(key)}.{name}": None
            for side, sets in self.sides.items()
            for key in self.keys_of_languages(side, ids)
            for name in sets[self.name_of(key)]
        }

    def optional_sets(self) -> List[ParameterSet]:
        return [
            list(tensors.parameters())
            for sets in self.sides.values()
            if len(sets) > 1
            for tensors in sets.values()
        ]


@SOURCES.register("language")
class LanguageAdapters(Bank):
    """One adapter set a language: the encoder's by source, the decoder's by target language."""

    default_inputs = {"encoder": ("src",), "decoder": ("tgt",)}


@SOURCES.register("pair")
class PairAdapters(Bank):
    """One adapter set a direction, in encoder and decoder."""

    default_inputs = {"encoder": ("src", "tgt"), "decoder": ("src", "tgt")}


@SOURCES.register("shared")
class SharedAdapters(Bank):
    """One adapter set for everything."""

    default_inputs = {"encoder": (), "decoder": ()}


@SOURCES.register("task")
class TaskAdapters(Bank):
    """One adapter set a task."""

    default_inputs = {"encoder": ("task",), "decoder": ("task",)}
