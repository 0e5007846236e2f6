"""A stored language adapter with a stored task adapter on top of it."""

from dataclasses import replace
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from torch import Tensor, nn

from ..adapters import Weights
from ..errors import UserError
from .bank import Bank, LanguageAdapters, TaskAdapters
from .condition import Condition
from .inputs import INPUTS
from .origin import Origin
from .source import SOURCES, AdapterSource, ParameterSet, Setting


@SOURCES.register("stack")
class Stack(AdapterSource):
    """One adapter set a language and, on top, one a task (MAD-X, Pfeiffer et al. 2020, section 4).

    Each layer has two sites, of which the first is the language's. Language adapters are those of
    the source `language`, trained before with masked language modelling; so a task adapter that was
    trained on one language serves all.

    Args:
        setting: see `AdapterSource`; its condition inputs are shared out among both.
    Raises:
        UserError: if a side depends on no language or on no task.
    """

    stacked = 2
    builds_on = ("language",)
    default_inputs = {"encoder": ("src", "task"), "decoder": ("tgt", "task")}

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.parts = nn.ModuleDict()
        for number, (name, bank) in enumerate(PARTS.items()):
            self.parts[name] = bank(part_of(setting, name, number))

    def forward(self, conditions: Mapping[str, Condition]) -> Dict[str, List[Weights]]:
        language, task = (
            part(
                {side: narrowed(one, part.setting.inputs[side]) for side, one in conditions.items()}
            )
            for part in self.parts.values()
        )
        return {
            side: [weights for layer in zip(language[side], task[side]) for weights in layer]
            for side in conditions
        }

    def optional_sets(self) -> List[ParameterSet]:
        return [one for part in self.parts.values() for one in part.optional_sets()]

    def continued(self, origin: Origin) -> Dict[str, Tensor]:
        found = {}
        for name, part in self.parts.items():
            prefix = f"parts.{name}."
            if origin.source in self.builds_on:
                own = part.continued(origin) if name == "language" else part.state_dict()
            else:
                own = part.continued(origin.part(prefix))
            found.update({prefix + tensor: value for tensor, value in own.items()})
        return found

    def of_languages(self, ids: Sequence[int]) -> Dict[str, Optional[List[int]]]:
        own = self.parts["language"].of_languages(ids)
        return {f"parts.language.{name}": rows for name, rows in own.items()}


PARTS: Dict[str, type[Bank]] = {"language": LanguageAdapters, "task": TaskAdapters}


def part_of(setting: Setting, name: str, number: int) -> Setting:
    """The setting of the language adapters or of the task adapters.

    Args:
        setting: that of both.
        name: "language" or "task".
        number: which of the two adapters of a layer they are.
    Raises:
        UserError: if a side depends on none of their inputs.
    """
    inputs: Dict[str, Tuple[str, ...]] = {}
    for side, names in setting.inputs.items():
        table = f"{name}s"
        inputs[side] = tuple(one for one in names if INPUTS.get(one).table == table)
        if not inputs[side]:
            raise UserError(
                f"--{side}-adapter-condition {','.join(names)}: a stack depends on a language and on "
                "the task, as in src,task"
            )
    sites = {side: own[number :: Stack.stacked] for side, own in setting.sites.items()}
    return replace(setting, sites=sites, inputs=inputs)


def narrowed(condition: Condition, inputs: Tuple[str, ...]) -> Condition:
    """The same K conditions with some of their inputs, among which some may be equal."""
    columns = [condition.inputs.index(name) for name in inputs]
    return Condition(inputs, condition.unique[:, columns], condition.index)
