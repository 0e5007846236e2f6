"""The adapters of one condition at rest: plain tensors and what is to be known of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from ..support.errors import UserError
from ..support.fingerprint import dtype_name, fingerprint
from .named_condition import condition_of

FORMAT = "hyperadapters adapters"
VERSION = 1
# Entries of a card that are no provenance.
HEADINGS = (
    "format", "version", "direction", "cell", "task", "language", "source_language", "target_language",
    "kind", "condition", "parts", "tensors", "sha256",
)  # fmt: skip


@dataclass(frozen=True)
class AdapterPart:
    """The weights of adapters of one kind.

    Args:
        kind: the `name` of the kind, the `width` of the model, and the kind's options.
        inputs: the condition inputs on which the weights of each side depend.
        tensors: the weights `SIDE.NAME` [sites, *shape], sites in the order of the side's layers.
    """

    kind: Mapping[str, Any]
    inputs: Mapping[str, tuple[str, ...]]
    tensors: Mapping[str, Tensor]

    def to(self, dtype: torch.dtype) -> "AdapterPart":
        """The same weights in another precision."""
        return replace(self, tensors={name: t.to(dtype) for name, t in self.tensors.items()})


@dataclass(frozen=True)
class AdapterSet:
    """All adapters that a model runs with under one condition, as plain weights.

    Args:
        condition: what the adapters were made for, a name by condition input: {"src": "de", "tgt":
            "fr"} for a direction, {"src": "de", "task": "ner"} for a cell.
        parts: the weights of each adapter source of the model by its name in a group of sources, in
            the order in which the adapters act; under an empty name if the model has one source.
        provenance: in plain containers, the name of the `source` that they come from, the fingerprint
            of the `backbone` that they belong to, and whatever else their card is to keep.
    """

    condition: Mapping[str, str]
    parts: Mapping[str, AdapterPart]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The direction, as `de-fr`, or the cell, as `ner:de`; the inverse of `condition_of`."""
        task, languages = self.condition.get("task"), [self.condition["src"]]
        if "tgt" in self.condition:
            languages.append(self.condition["tgt"])
        return (f"{task}:" if task else "") + "-".join(languages)

    @property
    def is_of_cell(self) -> bool:
        """Whether they were made for a cell, not for a direction."""
        return "task" in self.condition

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The weights of all parts, `PART.SIDE.NAME`, or `SIDE.NAME` if there is one part."""
        return {
            f"{prefix}.{name}".lstrip("."): tensor
            for prefix, part in self.parts.items()
            for name, tensor in part.tensors.items()
        }

    def to(self, dtype: torch.dtype) -> "AdapterSet":
        """The same adapters in another precision."""
        return replace(self, parts={name: part.to(dtype) for name, part in self.parts.items()})

    def title(self) -> dict[str, str]:
        """The condition in the words of the card."""
        languages = {"language": self.condition["src"]}
        if "tgt" in self.condition:
            src, tgt = self.condition["src"], self.condition["tgt"]
            languages = {"source_language": src, "target_language": tgt}
        if not self.is_of_cell:
            return {"direction": self.name, **languages}
        return {"cell": self.name, "task": self.condition["task"], **languages}

    def card(self) -> dict[str, Any]:
        """All but the tensors, in plain containers; what a reader wants to know stands first."""
        parts = {n: {"kind": part.kind, "condition": part.inputs} for n, part in self.parts.items()}
        card = {
            "format": FORMAT,
            "version": VERSION,
            **self.title(),
            **(parts[""] if set(parts) == {""} else {"parts": parts}),
            "source": None,
            "tensors": describe(self.tensors),
            "sha256": fingerprint(self.tensors),
            **self.provenance,
        }
        return json.loads(json.dumps(card))  # tuples become lists, as in the file

    @classmethod
    def from_card(cls, card: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> "AdapterSet":
        """The inverse of `card`.

        Args:
            card: the card.
            tensors: the tensors that it belongs to.
        Raises:
            LookupError: if the card lacks something.
            UserError: if it contradicts itself.
        """
        summaries = card["parts"] if "parts" in card else {"": card}
        parts = {}
        for name, summary in summaries.items():
            prefix = f"{name}." if name else ""
            inputs = {side: tuple(names) for side, names in summary["condition"].items()}
            part_tensors = {
                n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)
            }
            parts[name] = AdapterPart(summary["kind"], inputs, part_tensors)
        provenance = {entry: value for entry, value in card.items() if entry not in HEADINGS}
        condition = condition_of(card["cell"] if "cell" in card else card["direction"])
        adapters = cls(condition, parts, provenance)
        for entry, value in adapters.title().items():
            if card.get(entry) != value:
                raise UserError(f"its '{entry}' is not what the rest of it says")
        return adapters


def describe(tensors: Mapping[str, Tensor]) -> dict[str, dict[str, Any]]:
    """Shape and data type of every tensor."""
    return {
        name: {"shape": list(tensor.shape), "dtype": dtype_name(tensor)}
        for name, tensor in tensors.items()
    }
