"""The adapter source of a checkpoint that another one goes on from."""

from dataclasses import dataclass, replace
from typing import Any, Mapping, Optional, Sequence

from torch import Tensor


@dataclass(frozen=True)
class Origin:
    """What a source with more languages or tasks takes over.

    Ids mean the same in both; the new ones come last.

    Args:
        source: the name of the old source.
        setting: what it was built from, see `source.Setting`.
        tensors: its tensors by name.
        known: ids of the languages that it was trained with.
        new: ids of the languages that it was not trained with and that are wanted now.
        like: id of the known language whose weights they start with; None for the mean of all
            known ones, of weights that have a mean.
    """

    source: str
    setting: Any
    tensors: Mapping[str, Tensor]
    known: Sequence[int] = ()
    new: Sequence[int] = ()
    like: Optional[int] = None

    def part(self, prefix: str) -> "Origin":
        """The part of it whose tensors have names with a prefix."""
        found = {
            name[len(prefix) :]: tensor
            for name, tensor in self.tensors.items()
            if name.startswith(prefix)
        }
        return replace(self, tensors=found)


def longer(rows: Tensor, own: Tensor) -> Tensor:
    """Rows [n, ...] in front of the further ones of `own` [m, ...]."""
    found = own.clone()
    found[: len(rows)] = rows
    return found
