"""A study of merging: trainings, merges and evaluations on one frozen backbone."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..reports.tables import format_table
from ..support.files import write_json
from ..training.jobs import Job
from .demo import Command
from .merging_cosines import cosine_rows
from .merging_report import HYPER_X, KINDS, LOOK_UP, STACK, Report, Score, Variant, variants

LANGUAGE = "language-adapters"
# apart, so that `hyperadapters compare` takes the folder of the test
EVALUATIONS = {"test": "evaluation", "valid": "validation"}


@dataclass(frozen=True)
class MergingStudy:
    """What is merged for which languages, and with what it is compared.

    Args:
        source: the language that has labels.
        groups: the target languages by group, with what to call the group.
        tasks: the tasks, with what to call their scores.
        reference: the reference task.
        text: the cells of masked language modelling that language adapters are trained on.
        learning_rates: by adapter kind; those that are compared.
        seed: of the adapters' start values.
        corpus: the folder of corpus.yaml.
        path: makes a path in the folder of the study of its parts.
    """

    source: str
    groups: Mapping[str, tuple[str, Sequence[str]]]
    tasks: Mapping[str, str]
    reference: str
    text: str
    learning_rates: Mapping[str, str]
    seed: int
    corpus: str
    path: Callable[..., str]

    @property
    def kinds(self) -> list[str]:
        """The adapter kinds."""
        return list(self.learning_rates)

    @property
    def targets(self) -> list[str]:
        """The target languages."""
        return [code for _, codes in self.groups.values() for code in codes]

    def cells(self, tasks: Sequence[str], codes: Sequence[str]) -> str:
        """Cells as --task-languages takes them."""
        return ",".join(f"{task}:{code}" for task in tasks for code in codes)

    @property
    def labelled(self) -> str:
        """The cells of the tasks in the source language."""
        return self.cells(list(self.tasks), [self.source])

    @property
    def references(self) -> str:
        """The cells of the reference task."""
        return self.cells([self.reference], [self.source, *self.targets])

    @property
    def seen(self) -> str:
        """What all systems but the upper bounds are trained on."""
        return f"{self.labelled},{self.references}"

    def trainings(self, train: Callable[..., Job]) -> list[Job]:
        """All trainings on the backbone.

        Args:
            train: makes a training of its name, its cells, the name of the training whose checkpoint
                it starts from (None for the backbone), its adapter source and further options.
        """
        condition = ("--encoder-adapter-condition", "src,task", "--adapter-seed", str(self.seed))
        labels = self.cells(list(self.tasks), [self.source, *self.targets])
        jobs = [train(LANGUAGE, self.text, None, "language")]
        for kind, rate in self.learning_rates.items():
            options = (*condition, *KINDS[kind], "--lr", rate)
            jobs.append(train(kind, self.seen, None, "language", *options))
            jobs.append(train(f"{kind}-upper", labels, None, "language", *options))
        jobs.append(train(HYPER_X, self.seen, None, "hyper"))
        jobs.append(train(STACK, self.labelled, LANGUAGE, "stack"))
        return jobs

    def evaluations(self) -> dict[str, list[Command]]:
        """The commands of `hyperadapters` that follow, by the names of their steps."""
        steps = {
            f"adapters: {kind}": [self.export(kind, cell) for cell in self.seen.split(",")]
            for kind in self.kinds
        }
        look_up = ["--look-up", self.labelled]
        steps[f"evaluation: {LOOK_UP}"] = [self.evaluate(look_up, LOOK_UP, LOOK_UP)]
        for name in self.trained_systems:
            model = ["--checkpoint", self.checkpoint(name)]
            steps[f"evaluation: {name}"] = [self.evaluate(model, name, name)]
        for variant in variants(self.kinds):
            steps[f"evaluation: {variant.title}"] = self.merge_and_evaluate(variant)
        return steps

    @property
    def trained_systems(self) -> list[str]:
        """The trainings that are evaluated as they are."""
        return [STACK, *(f"{kind}-upper" for kind in self.kinds)]

    def checkpoint(self, name: str) -> str:
        """The last checkpoint of a training."""
        return self.path(name, "checkpoint_last.pt")

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
        files = [
            f"{folder}/{task}.{code}.safetensors" for task in self.tasks for code in self.targets
        ]
        model = ["--checkpoint", f"{folder}/model.pt"]
        attach = [
            "attach", "--checkpoint", self.checkpoint(variant.system), "--adapters", *files,
            "--out", model[1],
        ]  # fmt: skip
        commands = [words for task in self.tasks for words in self.merges(variant, task, folder)]
        commands += [attach, self.evaluate(model, variant.name, variant.title)]
        if variant.t is not None:
            commands.append(self.evaluate(model, variant.name, variant.title, "valid"))
        return commands

    def merges(self, variant: Variant, task: str, folder: str) -> list[Command]:
        """The merges of one task into all target languages."""
        source_cell, reference_cell = f"{task}:{self.source}", f"{self.reference}:{self.source}"
        roles = [
            "merge", "--task-source", self.adapters(variant.system, source_cell),
            "--reference-source", self.adapters(variant.system, reference_cell), *variant.options,
        ]  # fmt: skip
        references = {
            code: self.adapters(variant.system, f"{self.reference}:{code}") for code in self.targets
        }
        if variant.gap == "target":
            return [[*roles, "--reference-target", *references.values(), "--out", folder]]
        commands = []
        for code in self.targets:
            end = ["--name", f"{task}:{code}", "--out", f"{folder}/{task}.{code}.safetensors"]
            if variant.gap == "other":
                other = references[self.other(code)]
                commands.append([*roles, "--reference-target", other, *end])
            else:
                commands.append(["merge", "--sum", f"{references[code]}=1", *end])
        return commands

    def other(self, code: str) -> str:
        """The target language whose gap takes the place of another's: the next one, of another group
        if there is one."""
        place = self.targets.index(code)
        rest = self.targets[place + 1 :] + self.targets[:place]
        mates = next(codes for _, codes in self.groups.values() if code in codes)
        return next((each for each in rest if each not in mates), rest[0])

    def evaluate(self, system: list[str], folder: str, title: str, subset: str = "test") -> Command:
        """Scores a system on all target cells."""
        return [
            "evaluate-tagging", *system, "--cpu", "--data", self.corpus,
            "--cells", self.cells(list(self.tasks), self.targets), "--name", title,
            "--subset", subset, "--out", self.path(EVALUATIONS[subset], folder),
        ]  # fmt: skip

    def cosines(self) -> list[dict[str, Any]]:
        """How like the gaps of the tasks and of the reference task are, see `cosine_rows`."""
        names = [*self.kinds, *(f"{kind}-upper" for kind in self.kinds)]
        return cosine_rows(
            self.kinds, list(self.tasks), self.reference, [self.source, *self.targets],
            {name: self.checkpoint(name) for name in names},
        )  # fmt: skip

    def write_cosines(self) -> str:
        """Writes them as JSON; returns them as a table."""
        rows = self.cosines()
        write_json(Path(self.path("cosines.json")), rows)
        cells = [
            [row["kind"], row["task"], f"{row['same']:.3f}", f"{row['other']:.3f}"] for row in rows
        ]
        heads = ["kind", "task", "cosine with the gap of the same language", "of the others"]
        return format_table(cells, heads, texts=2)

    def report(self, read: Callable[..., Any]) -> Report:
        """The table and the picture.

        Args:
            read: reads a JSON file in the folder of the study.
        """
        ways = variants(self.kinds)
        names = itertools.chain(
            (("valid", way.name) for way in ways if way.t is not None),
            (("test", way.name) for way in ways),
            (("test", name) for name in (LOOK_UP, *self.trained_systems)),
        )
        scores: dict[tuple[str, str], Score] = {}
        for split, name in names:
            cells = read(EVALUATIONS[split], name, "evaluation.json")["cells"]
            scores[split, name] = {cell: entry["score"] for cell, entry in cells.items()}
        return Report(self.kinds, self.tasks, self.groups, scores)
