"""Adapters generated once for named conditions and kept as they are, for shipping."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import torch

from ..adapters import KINDS, AdapterKind, LayerShape, Weights
from .adapter_set import AdapterPart
from .bank import Bank, Key, keys_of_conditions
from .condition import Condition
from .group import SourceGroup
from .source import SOURCES, AdapterSource, Ids, SourceConfig

Adapters = AdapterSource | SourceGroup


@SOURCES.register("baked")
class Baked(Bank):
    """One frozen adapter set per distinct condition among the baked ones (`config.conditions`).

    The weights are parameters, so that they are saved, moved, cast and counted as those of every
    other source; that they require no gradient keeps them out of training.

    Args:
        config: see `AdapterSource`.
    """

    trains = False
    default_inputs = {"encoder": ("src", "tgt"), "decoder": ("tgt",)}

    def __init__(self, config: SourceConfig) -> None:
        super().__init__(dataclasses.replace(config, kind=config.kind.trained_kind()))
        self.requires_grad_(False)

    def keys(self, side: str) -> list[Key]:
        """The distinct keys that occur among the baked conditions."""
        return keys_of_conditions(self.config.inputs[side], self.config, side)

    def key(self, side: str, ids: Ids) -> Key:
        """The key of one condition.

        Args:
            side: "encoder" or "decoder".
            ids: the id of every condition input.
        """
        return tuple(ids[name] for name in self.config.inputs[side])


def sources_by_name(adapters: Adapters) -> dict[str, AdapterSource]:
    """The sources of a model by the names of their parts in an `AdapterSet`."""
    if isinstance(adapters, SourceGroup):
        return dict(adapters.parts.items())
    return {"": adapters}


def describe_kind(config: SourceConfig) -> dict[str, Any]:
    """Name, width and options of the adapter kind of a source."""
    kind = config.kind.trained_kind()
    options = dataclasses.asdict(kind.options)
    return {
        "name": next(name for name in KINDS.names() if type(kind) is KINDS.get(name)),
        "width": config.layers["encoder"].width,
        **{name: value for name, value in options.items() if value is not None},
    }


def trained_weights(kind: AdapterKind, layer: LayerShape, weights: Weights) -> Weights:
    """What is kept of a weight set after training, see `AdapterKind.trained_kind`."""
    layout = kind.trained_kind().layout(layer)
    return {
        layout[point][name]: tensor
        for point, names in kind.layout(layer).items()
        for name, tensor in kind.trained_tensors(
            {name: weights[flat] for name, flat in names.items()}
        ).items()
    }


def kind_of(description: Mapping[str, Any]) -> AdapterKind:
    """The inverse of `describe_kind`."""
    kind = KINDS.get(description["name"])
    names = {field.name for field in dataclasses.fields(kind.Options)}
    return kind(kind.Options(**{n: value for n, value in description.items() if n in names}))


@torch.no_grad()
def generate(adapters: Adapters, ids: Ids, sides: Iterable[str]) -> dict[str, AdapterPart]:
    """The weights that adapter sources of any sort give for one condition, see `AdapterSet.parts`.

    They come from a call of their own, as for a batch of this condition: a product over more rows may
    round otherwise, and the weights are to act as their source to the last bit.

    Args:
        adapters: the sources; switched to evaluation.
        ids: the id of every condition input.
        sides: the sides that run with adapters under this condition.
    Raises:
        UserError: if a source has no weights for it.
    """
    columns = {name: torch.tensor([number]) for name, number in ids.items()}
    parts = {}
    for name, source in sources_by_name(adapters.eval()).items():
        inputs = {side: source.config.inputs[side] for side in sides}
        conditions = {
            side: Condition.from_ids(columns, names, like=torch.zeros(1))
            for side, names in inputs.items()
        }
        kind, tensors = source.config.kind, {}
        for side, sites in source(conditions).items():
            kept = [trained_weights(kind, source.config.layers[side], weights) for weights in sites]
            for tensor_name in kept[0]:
                tensors[f"{side}.{tensor_name}"] = torch.cat([site[tensor_name] for site in kept])
        parts[name] = AdapterPart(describe_kind(source.config), inputs, tensors)
    return parts


@torch.no_grad()
def store(baked: Adapters, parts: Mapping[str, AdapterPart], ids: Ids) -> None:
    """Copies the weights of one condition into baked sources, which have room for it.

    Args:
        baked: `Baked` sources.
        parts: the weights, see `generate`.
        ids: the id of every condition input.
    """
    sources = sources_by_name(baked)
    for part_name, part in parts.items():
        source = cast(Baked, sources[part_name])
        for side in part.inputs:
            for name, stored in source.tensors(side, source.key(side, ids)).items():
                stored.copy_(part.tensors[f"{side}.{name}"])


def bake(
    adapters: Adapters,
    conditions: Mapping[str, Sequence[Ids]],
    progress: Callable[[Iterable], Iterable] = iter,
) -> Adapters:
    """Stores the weights that sources give for named conditions.

    Args:
        adapters: where the weights come from; switched to evaluation.
        conditions: the conditions of each side, as the ids of all condition inputs.
        progress: wraps the conditions to show how far it is.
    Returns:
        what takes the sources' place; of a group, a group of the same parts.
    Raises:
        UserError: if a source knows no weights for one of them.
    """
    parts = {
        name: Baked(dataclasses.replace(source.config, conditions=conditions))
        for name, source in sources_by_name(adapters).items()
    }
    baked = SourceGroup(parts) if isinstance(adapters, SourceGroup) else parts[""]
    sides: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for side in conditions:
        for ids in conditions[side]:
            sides.setdefault(tuple(ids.items()), []).append(side)
    for items, condition_sides in progress(sides.items()):
        ids = dict(items)
        store(baked, generate(adapters, ids, condition_sides), ids)
    return baked
