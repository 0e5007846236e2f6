"""The merging demo: task adapters of target languages, made of three others."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..data.conlang_family import CODES
from ..training.jobs import Job
from .demo import Command, Row
from .merging_report import (
    HYPER_X,
    KINDS,
    LOOK_UP,
    SOURCE,
    STACK,
    TARGETS,
    TASKS,
    VALUES,
    Score,
    Variant,
    draw_sweep,
    rows_of,
    variants,
)
from .tagging import BACKBONE, TEXT, TaggingDemo, TaggingPlan

LABELLED = ",".join(f"{task}:{SOURCE}" for task in TASKS)
SEEN = f"{LABELLED},{TEXT}"  # what all systems but the upper bounds are trained on
EVERY_LABEL = ",".join(f"{task}:{code}" for task in TASKS for code in CODES)
EVALUATED = ",".join(f"{task}:{code}" for task in TASKS for code in TARGETS)
LEARNING_RATES = {"lora": "0.003", "ia3": "0.02", "prefix": "0.02", "bottleneck": "0.003"}


@dataclass(frozen=True)
class MergingPlan(TaggingPlan):
    """Sizes of a run, see `TaggingPlan`."""


class MergingDemo(TaggingDemo):
    """AdaMergeX for every kind, its controls and its rivals on the encoder of one masked language
    model."""

    columns = {
        f"{task}_{group}": (f"{title}, {words}", ".1f")
        for task, title in (("pos", "POS accuracy"), ("ner", "entity F1"))
        for group, words in (("near", "same branch"), ("far", "other branches"))
    }
    files = {"picture": "distances.png", "all cells": "evaluation"}

    def trainings(self) -> list[Job]:
        by_cell = ("--encoder-adapter-condition", "src,task", "--adapter-seed", str(self.plan.seed))
        jobs = [
            self.training(BACKBONE, self.backbone_command()),
            self.on("language-adapters", TEXT, BACKBONE, "language"),
        ]
        for kind in KINDS:
            options = (*by_cell, *KINDS[kind], "--lr", LEARNING_RATES[kind])
            jobs += [
                self.on(kind, SEEN, BACKBONE, "language", *options),
                self.on(f"{kind}-upper", EVERY_LABEL, BACKBONE, "language", *options),
            ]
        return [
            *jobs,
            self.on(HYPER_X, SEEN, BACKBONE, "hyper"),
            self.on(STACK, LABELLED, "language-adapters", "stack"),
        ]

    def evaluations(self) -> dict[str, list[Command]]:
        steps = {
            f"adapters: {kind}": [self.export(kind, cell) for cell in SEEN.split(",")]
            for kind in KINDS
        }
        look_up = ["--look-up", LABELLED]
        steps[f"evaluation: {LOOK_UP}"] = [self.evaluate(look_up, LOOK_UP, LOOK_UP)]
        for name in (STACK, *(f"{kind}-upper" for kind in KINDS)):
            model = ["--checkpoint", self.checkpoint(name)]
            steps[f"evaluation: {name}"] = [self.evaluate(model, name, name)]
        for variant in variants():
            steps[f"evaluation: {variant.title}"] = self.merge_and_evaluate(variant)
        return steps

    def export(self, kind: str, cell: str) -> Command:
        """Writes the adapters of a cell to a file."""
        return [
            "export", "--checkpoint", self.checkpoint(kind), "--cell", cell,
            "--out", self.adapters(kind, cell),
        ]  # fmt: skip

    def adapters(self, system: str, cell: str) -> str:
        """What names the adapters of a cell: a file, or which of those that are generated."""
        if system == HYPER_X:
            return f"{self.checkpoint(system)}@{cell}"
        return self.path("adapters", system, f"{cell.replace(':', '.')}.safetensors")

    def merge_and_evaluate(self, variant: Variant) -> list[Command]:
        """Merges for every task and target, and scores all of it in one model."""
        folder = self.path("merged", variant.name)
        files = [f"{folder}/{task}.{code}.safetensors" for task in TASKS for code in TARGETS]
        model = f"{folder}/model.pt"
        merges = [words for task in TASKS for words in self.merges(variant, task, folder)]
        attach = [
            "attach", "--checkpoint", self.checkpoint(variant.system), "--adapters", *files,
            "--out", model,
        ]  # fmt: skip
        checkpoint = ["--checkpoint", model]
        commands = [*merges, attach, self.evaluate(checkpoint, variant.name, variant.title)]
        if variant.t is not None:
            valid = self.evaluate(checkpoint, f"valid/{variant.name}", variant.title)
            commands.append([*valid, "--subset", "valid"])
        return commands

    def merges(self, variant: Variant, task: str, folder: str) -> list[Command]:
        """The merges of one task into all target languages."""
        roles = [
            "merge", "--task-source", self.adapters(variant.system, f"{task}:{SOURCE}"),
            "--reference-source", self.adapters(variant.system, f"mlm:{SOURCE}"), *variant.options,
        ]  # fmt: skip
        references = {c: self.adapters(variant.system, f"mlm:{c}") for c in TARGETS}
        if variant.gap == "target":
            return [[*roles, "--reference-target", *references.values(), "--out", folder]]
        commands = []
        for code in TARGETS:
            end = ["--name", f"{task}:{code}", "--out", f"{folder}/{task}.{code}.safetensors"]
            if variant.gap == "other":
                commands.append([*roles, "--reference-target", references[other(code)], *end])
            else:
                commands.append(["merge", "--sum", f"{references[code]}=1", *end])
        return commands

    def evaluate(self, system: list[str], folder: str, title: str) -> Command:
        """Scores a system on all target cells."""
        return [
            "evaluate-tagging", *system, "--cpu", "--data", self.path("corpus"),
            "--cells", EVALUATED, "--name", title, "--out", self.path("evaluation", folder),
        ]  # fmt: skip

    def results(self) -> list[Row]:
        scores = {
            (split, name): self.scores(split, name)
            for split, name in itertools.chain(
                (("valid", v.name) for v in variants() if v.t is not None),
                (("test", v.name) for v in variants()),
                (("test", name) for name in (LOOK_UP, STACK, *(f"{k}-upper" for k in KINDS))),
            )
        }
        draw_sweep(self.out / "distances.png", scores)
        return rows_of(scores)

    def scores(self, split: str, name: str) -> Score:
        """The score of every cell of an evaluation."""
        folder = name if split == "test" else f"{split}/{name}"
        cells: dict[str, Any] = self.read("evaluation", folder, "evaluation.json")["cells"]
        return {cell: entry["score"] for cell, entry in cells.items()}

    def notes(self, rows: Sequence[Row]) -> str:
        near = sum(code[:2] == SOURCE[:2] for code in TARGETS)
        return (
            f"Constructed languages; means over {near} and {len(TARGETS) - near} target languages, of "
            f"which all systems but the upper bounds have seen text alone; labels are of {SOURCE}. The "
            "reference task is masked language modelling. t (tuned): for each target the distance that "
            "is best on the validation sentences of the other targets, of "
            f"{', '.join(f'{t:g}' for t in VALUES)}. One seed.\n"
        )


def other(code: str) -> str:
    """The target language whose gap takes the place of another's: one of another branch."""
    place = TARGETS.index(code)
    rest = TARGETS[place:] + TARGETS[:place]
    return next(each for each in rest if each[:2] != code[:2])
