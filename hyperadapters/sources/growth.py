"""The adapter source of a checkpoint that a larger one grows from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class PreviousSource:
    """What a source with more languages or tasks takes over.

    Ids mean the same in both; the new ones come last.

    Args:
        source: the name of the previous source.
        configs: what it was built from, see `source.SourceConfig`, by the name of its kind; several
            of a group.
        tensors: its tensors by name.
        trained: ids of the languages that it was trained with.
        new: ids of the languages that it was not trained with and that are wanted now.
        like: id of the trained language whose weights they start with; None for the mean of all
            trained ones, of weights that have a mean.
    """

    source: str
    configs: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    trained: Sequence[int] = ()
    new: Sequence[int] = ()
    like: int | None = None

    @property
    def config(self) -> Any:
        """What it was built from, if it is a single source."""
        return next(iter(self.configs.values()))

    def part(self, name: str) -> "PreviousSource":
        """One part of a group."""
        prefix = f"parts.{name}."
        tensors = {
            tensor_name.removeprefix(prefix): tensor
            for tensor_name, tensor in self.tensors.items()
            if tensor_name.startswith(prefix)
        }
        configs = {name: self.configs[name]} if name in self.configs else self.configs
        return replace(self, tensors=tensors, configs=configs)


def with_leading_rows(table: Tensor, rows: Tensor) -> Tensor:
    """A copy of a table [m, ...] whose first rows are replaced by `rows` [n, ...]."""
    copy = table.clone()
    copy[: len(rows)] = rows
    return copy
