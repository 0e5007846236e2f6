"""A stored language adapter with a stored task adapter on top of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from torch import Tensor

from ..support.errors import UserError
from .baked import Baked
from .bank import Bank, LanguageAdapters, TaskAdapters
from .group import SourceGroup
from .growth import PreviousSource
from .inputs import INPUTS
from .source import SOURCES, SourceConfig

PARTS: dict[str, type[Bank]] = {"language": LanguageAdapters, "task": TaskAdapters}


@SOURCES.register("stack")  # type: ignore[arg-type]  # a group has the interface of a source
class Stack(SourceGroup):
    """One adapter set a language and, on top, one a task (MAD-X, Pfeiffer et al. 2020, section 4).

    Language adapters are those of the source `language`, trained before with masked language
    modelling; so a task adapter that was trained on one language serves all.

    Args:
        config: see `AdapterSource`; its condition inputs are shared out among both.
    Raises:
        UserError: if a side depends on no language or on no task.
    """

    trains: ClassVar[bool] = True
    builds_on: ClassVar[tuple[str, ...]] = ("language",)
    default_inputs = {"encoder": ("src", "task"), "decoder": ("tgt", "task")}
    task_inputs = None

    def __init__(self, config: SourceConfig) -> None:
        super().__init__({name: bank(part_config(config, name)) for name, bank in PARTS.items()})
        self.config = config

    @staticmethod
    def baked(config: SourceConfig) -> SourceGroup:
        """Baked sources with room for what was generated from a stack: a group of the same parts."""
        return SourceGroup({name: Baked(part_config(config, name)) for name in PARTS})

    def grow_from(self, previous: PreviousSource) -> dict[str, Tensor]:
        if previous.source not in self.builds_on:
            return super().grow_from(previous)
        language, task = self.members
        states = {"language": language.grow_from(previous), "task": task.state_dict()}
        return {
            f"parts.{part}.{name}": tensor
            for part, state in states.items()
            for name, tensor in state.items()
        }

    def language_parameters(self, ids: Sequence[int]) -> dict[str, list[int] | None]:
        parameters = super().language_parameters(ids)
        return {
            name: rows for name, rows in parameters.items() if name.startswith("parts.language.")
        }


def part_config(config: SourceConfig, name: str) -> SourceConfig:
    """The configuration of the language adapters or of the task adapters.

    Args:
        config: that of both.
        name: "language" or "task".
    Raises:
        UserError: if a side depends on none of their inputs.
    """
    inputs: dict[str, tuple[str, ...]] = {}
    for side, names in config.inputs.items():
        inputs[side] = tuple(n for n in names if INPUTS.get(n).table == f"{name}s")
        if not inputs[side]:
            raise UserError(
                f"--{side}-adapter-condition {','.join(names)}: a stack depends on a language and on "
                "the task, as in src,task"
            )
    return replace(config, inputs=inputs)
