"""Stored adapters, one set per key: the regular adapters."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from ..adapters import Weights
from ..support.errors import UserError, format_list
from .condition import Condition
from .growth import PreviousSource
from .inputs import INPUTS
from .language_ranks import surplus
from .module_map import ModuleMap
from .source import SOURCES, AdapterSource, Ids, ParameterSet, SourceConfig, stored_set

Key = tuple[int, ...]


def keys_of_condition(inputs: Sequence[str], config: SourceConfig, ids: Ids) -> list[Key]:
    """The keys of a condition, for every id of the inputs that it leaves open.

    Args:
        inputs: the condition inputs that a key consists of.
        config: knows the sizes of the tables.
        ids: ids by condition input.
    """
    choices = [
        [ids[name]] if name in ids else config.stored_ids(INPUTS.get(name).table) for name in inputs
    ]
    return list(itertools.product(*choices))


def keys_of_conditions(inputs: Sequence[str], config: SourceConfig, side: str) -> list[Key]:
    """The distinct keys that occur among the conditions of a side."""
    keys = (keys_of_condition(inputs, config, ids) for ids in config.conditions.get(side, ()))
    return list(dict.fromkeys(itertools.chain.from_iterable(keys)))


class Bank(AdapterSource):
    """One stored adapter set per key and site.

    Every key has parameters of its own, so that languages that are not in a batch get no gradient
    and no update. The key of a side is the tuple of its condition inputs.

    Args:
        config: see `AdapterSource`.
    """

    def __init__(self, config: SourceConfig) -> None:
        super().__init__(config)
        self.sides: ModuleMap[ModuleMap[nn.ParameterDict]] = ModuleMap()
        for side in config.inputs:
            sets: ModuleMap[nn.ParameterDict] = ModuleMap()
            for key in self.keys(side):
                sets[self.name_of(key)] = stored_set(config, side, config.tensors(side))
            self.sides[side] = sets
        for part in self.surplus():
            nn.init.zeros_(part)

    def keys(self, side: str) -> list[Key]:
        """All keys of a side: the trained directions if it depends on both languages, else all ids that weights
        are stored for."""
        inputs = self.config.inputs[side]
        if "src" in inputs and "tgt" in inputs:
            return keys_of_conditions(inputs, self.config, side)
        return keys_of_condition(inputs, self.config, {})

    def surplus(self) -> Iterator[Tensor]:
        """The parts of the stored tensors that are beyond the ranks of their languages."""
        config = self.config
        for side, sets in self.sides.items():
            languages = self.keys_of_languages(side, list(config.language_ranks))
            for key, places in languages.items():
                ids = [key[place] for place in places]
                tensors = dict(sets[self.name_of(key)].items())
                yield from surplus(
                    config.language_ranks, ids, config.kind, config.layers[side], tensors
                )

    @staticmethod
    def name_of(key: Key) -> str:
        """The name under which a key's parameters are saved."""
        return "-".join(map(str, key)) or "shared"

    def tensors(self, side: str, key: Key) -> nn.ParameterDict:
        """The stored tensors [sites, *shape] of a key.

        Raises:
            UserError: if none are stored for it, naming the keys that are.
        """
        name = self.name_of(key)
        if name not in self.sides[side]:
            raise UserError(
                f"no {side} adapter is stored for {','.join(self.config.inputs[side])} = {name}, "
                f"stored are {format_list(self.sides[side])}"
            )
        return self.sides[side][name]

    def weights(self, conditions: Mapping[str, Condition]) -> dict[str, list[Weights]]:
        weights: dict[str, list[Weights]] = {}
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
                for number in range(len(self.config.sites[side]))
            ]
        return weights

    def keys_of_languages(self, side: str, ids: Sequence[int]) -> dict[Key, list[int]]:
        """The keys of a side in which one of the languages occurs, and where in the key."""
        tables = [INPUTS.get(name).table for name in self.config.inputs[side]]
        places_by_key = {}
        for key in self.keys(side):
            places = [
                place
                for place, (table, number) in enumerate(zip(tables, key))
                if table == "languages" and number in ids
            ]
            if places:
                places_by_key[key] = places
        return places_by_key

    def grow_from(self, previous: PreviousSource) -> dict[str, Tensor]:
        """As described there; weights of stored adapters have no mean that means anything."""
        state = super().grow_from(previous)
        if previous.like is None:
            return state
        for side, sets in self.sides.items():
            for key, places in self.keys_of_languages(side, previous.new).items():
                like = [previous.like if place in places else number
                        for place, number in enumerate(key)]  # fmt: skip
                for name in sets[self.name_of(key)]:
                    stored = f"sides.{side}.{self.name_of(tuple(like))}.{name}"
                    if stored in previous.tensors:
                        state[f"sides.{side}.{self.name_of(key)}.{name}"] = previous.tensors[stored]
        return state

    def language_parameters(self, ids: Sequence[int]) -> dict[str, list[int] | None]:
        return {
            f"sides.{side}.{self.name_of(key)}.{name}": None
            for side, sets in self.sides.items()
            for key in self.keys_of_languages(side, ids)
            for name in sets[self.name_of(key)]
        }

    def conditional_parameters(self) -> list[ParameterSet]:
        return [
            list(tensors.parameters())
            for sets in self.sides.values()
            if len(sets) > 1
            for tensors in sets.values()
        ]


def surplus_values(module: nn.Module) -> int:
    """How many stored values of a module are zero for ever, see `language_ranks`."""
    banks = (bank for bank in module.modules() if isinstance(bank, Bank))
    return sum(part.numel() for bank in banks for part in bank.surplus())


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
