"""The merging demo: task adapters of target languages, made of three others."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..data.conlang_family import CODES
from ..training.jobs import Job
from .demo import Command, Row
from .merging_report import VALUES
from .merging_study import MergingStudy
from .tagging import BACKBONE, TEXT, TaggingDemo, TaggingPlan

SOURCE = CODES[0]
GROUPS = {
    "near": ("same branch", [code for code in CODES[1:] if code[:2] == SOURCE[:2]]),
    "far": ("other branches", [code for code in CODES[1:] if code[:2] != SOURCE[:2]]),
}
TASKS = {"pos": "POS accuracy", "ner": "entity F1"}
# chosen on the validation sentences of the source language of the family of seed 7
LEARNING_RATES = {"lora": "0.003", "ia3": "0.05", "prefix": "0.05", "bottleneck": "0.003"}
REFERENCES = {"mlm": "masked language modelling", "pos": "parts of speech"}


@dataclass(frozen=True)
class MergingPlan(TaggingPlan):
    """Sizes of a run, see `TaggingPlan`.

    Args:
        reference: the reference task: "mlm", for tags and entities, or "pos", for entities alone.
    """

    reference: str = "mlm"


class MergingDemo(TaggingDemo):
    """AdaMergeX for every kind, its controls and its rivals on the encoder of one masked language
    model."""

    plan: MergingPlan
    files = {"picture": "distances.png", "all cells": "evaluation"}

    @property
    def tasks(self) -> dict[str, str]:
        """The tasks, with what to call their scores."""
        return {task: title for task, title in TASKS.items() if task != self.plan.reference}

    @property
    def columns(self) -> dict[str, tuple[str, str]]:  # type: ignore[override]
        """See `Demo`."""
        return {
            f"{task}_{group}": (f"{title}, {words}", ".1f")
            for task, title in self.tasks.items()
            for group, (words, _) in GROUPS.items()
        }

    @property
    def study(self) -> MergingStudy:
        """What is compared."""
        return MergingStudy(
            SOURCE, GROUPS, self.tasks, self.plan.reference, TEXT, LEARNING_RATES, self.plan.seed,
            self.path("corpus"), self.path,
        )  # fmt: skip

    def trainings(self) -> list[Job]:
        def train(name: str, cells: str, start: str | None, source: str, *options: str) -> Job:
            return self.on(name, cells, start or BACKBONE, source, *options)

        return [self.training(BACKBONE, self.backbone_command()), *self.study.trainings(train)]

    def evaluations(self) -> dict[str, list[Command]]:
        return self.study.evaluations()

    def results(self) -> list[Row]:
        report = self.study.report(self.read)
        report.draw(self.out / "distances.png")
        return report.rows()

    def notes(self, rows: Sequence[Row]) -> str:
        near, far = (len(codes) for _, codes in GROUPS.values())
        return (
            f"Constructed languages; means over {near} and {far} target languages, in which all systems "
            f"but the upper bounds have seen the reference task alone, {REFERENCES[self.plan.reference]} "
            "(MAD-X: text); "
            f"labels of the tasks are of {SOURCE}. t (tuned): for each target the distance that is best on the "
            "validation sentences of the other targets, of "
            f"{', '.join(f'{t:g}' for t in VALUES)}. One seed.\n\n"
            "What the method assumes, the gap from the source language being the same in the task and in "
            "the reference task (means over layers, points and languages; the task's adapters are those "
            f"trained on the targets):\n\n{self.study.write_cosines()}\n"
        )
