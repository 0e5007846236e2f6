"""Several adapter sources in one model."""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from .growth import PreviousSource
from .module_map import ModuleMap
from .source import AdapterSource, ParameterSet


class SourceGroup(nn.Module):
    """Adapter sources whose adapters act one after the other, each of a kind of its own.

    Args:
        parts: the sources by name, in the order in which their adapters act.
    """

    def __init__(self, parts: Mapping[str, AdapterSource]) -> None:
        super().__init__()
        self.parts: ModuleMap[AdapterSource] = ModuleMap(parts)

    @property
    def members(self) -> list[AdapterSource]:
        """The sources, in the order in which their adapters act."""
        return list(self.parts.values())

    def conditional_parameters(self) -> list[ParameterSet]:
        """Sets of parameters that some batches leave without gradient, each used as a whole."""
        return [parameters for part in self.members for parameters in part.conditional_parameters()]

    def grow_from(self, previous: PreviousSource) -> dict[str, Tensor]:
        """Its state when it grows from a group of the same parts, see `AdapterSource.grow_from`."""
        return {
            f"parts.{name}.{tensor}": value
            for name, part in self.parts.items()
            for tensor, value in part.grow_from(previous.part(name)).items()
        }

    def language_parameters(self, ids: Sequence[int]) -> dict[str, list[int] | None]:
        """The parameters that serve some languages alone, see `AdapterSource.language_parameters`."""
        return {
            f"parts.{name}.{parameter}": rows
            for name, part in self.parts.items()
            for parameter, rows in part.language_parameters(ids).items()
        }
