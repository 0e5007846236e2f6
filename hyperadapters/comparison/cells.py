"""Evaluations of cells, which are compared by task, trained and zero-shot cells apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..evaluation.cells import predictions
from ..multitask.all_tasks import all_tasks, join_titles
from ..support.errors import UserError
from .evaluations import Evaluation, EvaluationType, Group, Systems, count_signatures
from .options import Options
from .signatures import metric_of

KINDS = {
    "trained": "trained cells",
    "partly": "cells that some systems were trained on",
    "zero_shot": "zero-shot cells",
}
NEEDED = ("task", "language", "score", "metric", "signature", "sentences", "trained")


class Cells(EvaluationType):
    """How evaluations of cells are compared."""

    unit = "cell"
    metrics = {"score": "score"}
    part = "task"
    part_heading = "task"
    outputs = "predictions"

    def kind(self, systems: Systems, unit: str) -> str:
        """Whether all systems, some or none were trained on a cell."""
        trained = [run.units[unit]["trained"] for runs in systems.values() for run in runs]
        return "trained" if all(trained) else "partly" if any(trained) else "zero_shot"

    def groups(self, systems: Systems, units: Sequence[str], options: Options) -> list[Group]:
        first = next(iter(systems.values()))[0]
        averaged = first.averaged
        groups = []
        for kind in KINDS:
            of_kind = [unit for unit in units if self.kind(systems, unit) == kind]
            tasks: dict[str, list[str]] = {}
            for unit in of_kind:
                tasks.setdefault(first.units[unit]["task"], []).append(unit)
            tagged = [unit for task in averaged for unit in tasks.get(task, ())]
            several = len([task for task in averaged if task in tasks]) > 1
            if several:
                groups.append(Group(kind, "all", tuple(tagged), True))
            groups += [
                Group(kind, task, tuple(members), task in averaged and not several)
                for task, members in tasks.items()
            ]
        return groups

    def facts(self, systems: Systems, units: Sequence[str], options: Options) -> dict[str, Any]:
        return {}

    def notes(self, systems: Systems, units: Sequence[str], options: Options) -> list[str]:
        return []

    def unit_entry(self, systems: Systems, unit: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        entry = next(iter(systems.values()))[0].units[unit]
        keys = ("task", "language", "metric", "signature", "sentences")
        return {"kind": self.kind(systems, unit), **{key: entry[key] for key in keys}}

    def kind_title(self, kind: str, comparison: Mapping[str, Any]) -> str:
        return KINDS[kind]

    def part_title(self, part: str) -> str:
        return part

    def page_notes(self, comparison: Mapping[str, Any]) -> list[str]:
        cells = comparison["cells"].values()
        metrics = count_signatures([f"{cell['task']}: {cell['metric']}, {cell['signature']}" for cell in cells],
                          self.unit)  # fmt: skip
        others = join_titles(task for task in all_tasks() if not task.is_averaged)
        means = f"Means over several tasks are of the tagging tasks: {others} are no part of them."
        return [means, *metrics]


class CellEvaluation(Evaluation):
    """What `hyperadapters evaluate-tagging` wrote: `predictions/TASK.LANG.txt`."""

    type = Cells()

    @property
    def averaged(self) -> list[str]:
        """The tasks whose cells are averaged together."""
        return [key for key in self.record["averages"]["trained"] if key not in ("mean", "cells")]

    def problems(self) -> list[str]:
        problems = [] if "averages" in self.record else ["'averages' is missing"]
        return problems + [
            f"'{key}' of {name} is missing"
            for name, entry in self.units.items()
            for key in NEEDED
            if key not in entry
        ]

    def metric_name(self, unit: str, metric: str) -> str:
        return self.units[unit]["metric"]

    def signature(self, unit: str, metric: str) -> str:
        return self.units[unit]["signature"]

    def metric(self, unit: str, metric: str) -> Any:
        return metric_of(
            self.metric_name(unit, metric).replace("BLEU", "bleu"), self.signature(unit, "")
        )

    def read_lines(self, part: str, unit: str) -> list[str]:
        try:
            sentences = predictions.read(predictions.file_of(self.folder, unit))
        except UserError as error:
            raise UserError(f"evaluation {self.folder}: {error}") from error
        return predictions.lines(sentences, part)
