"""The jobs of a study of head masks: trainings, searches for masks, and tests on unseen languages."""

import itertools
import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from ..subnetworks.masks import HeadMasks
from ..subnetworks.pruning import count, total
from ..training.jobs import Job
from .demo import USER_DIR
from .parsing_grid import MASKS, NONE, UNCHANGED, UNMASKED, Grid


@dataclass(frozen=True)
class System:
    """Masks and a way of training, with the rates that it runs with."""

    masks: str
    training: str
    rate: float
    adaptation: tuple[float, float] = (0.0, 0.0)

    @property
    def name(self) -> str:
        return f"{self.masks}-{self.training}"


def cells(languages: str) -> str:
    """The cells of languages, as commands take them."""
    return ",".join(f"parse:{code}" for code in languages.split(","))


class Study:
    """The jobs of a grid.

    Args:
        grid: what is compared.
        out: folder for everything.
    """

    def __init__(self, grid: Grid, out: Path) -> None:
        self.grid, self.out = grid, out

    def path(self, seed: int, *parts: str) -> str:
        return str(self.out.joinpath(str(seed), *parts))

    def checkpoint(self, seed: int, name: str) -> str:
        return self.path(seed, name, "checkpoint_last.pt")

    def corpus(self, seed: int) -> str:
        return self.grid.corpus.format(seed=seed)

    def job(self, seed: int, name: str, command: Sequence[str], *after: str) -> Job:
        """A job of a seed, done once; `name` and `after` are folders or files of the seed."""
        log = self.out / "logs" / f"{seed}-{name.replace('/', '-')}.log"
        marker = Path(self.path(seed, "finished", name.replace("/", "-")))
        return Job(f"{seed}/{name}", command, log, [f"{seed}/{other}" for other in after], marker)

    def train(
        self, seed: int, name: str, languages: str, start: str, updates: int, lr: float,
        options: Sequence[str], *after: str,
    ) -> Job:  # fmt: skip
        """A training of the parser."""
        count = len(languages.split(","))
        command = [
            "fairseq-train", self.corpus(seed), "--user-dir", str(USER_DIR), "--task", "hyperx",
            "--task-languages", cells(languages), "--init-from", start,
            "--criterion", "multitask_cross_entropy", "--optimizer", "fused_adam", "--lr", str(lr),
            "--lr-scheduler", "inverse_sqrt", "--warmup-updates", str(max(1, updates // 10)),
            "--one-cell-a-batch", "--update-freq", str(count), "--max-update", str(updates),
            "--num-workers", "0", "--seed", str(seed), "--save-dir", self.path(seed, name),
            "--no-epoch-checkpoints", "--save-interval-updates", "50", "--keep-interval-updates", "1",
            "--disable-validation", "--log-format", "json", "--log-interval", "10",
            *shlex.split(self.grid.options), *options,
        ]  # fmt: skip
        return self.job(seed, name, command, *after)

    def starts(self, seed: int) -> Iterator[Job]:
        """The first parser, the one of all training languages, and its masks."""
        grid, alone = self.grid, MASKS[NONE].split()
        backbone = grid.backbone.format(seed=seed)
        yield self.train(seed, "first", grid.first, backbone, grid.first_updates, grid.lr, alone)
        first = self.checkpoint(seed, "first")
        yield self.train(seed, "joint", grid.train, first, grid.updates, grid.lr, alone, "first")
        find = self.find(seed, "joint", "masks", grid.train, "--threshold", str(grid.threshold))
        yield self.job(seed, "masks", find, "joint")
        masks = self.path(seed, "masks", "masks.json")
        for name in {"random", "shared"} & set(grid.masks):
            words = ["--seed", str(seed)] if name == "random" else []
            command = [
                "hyperadapters", "subnetworks", name, masks, *words,
                "--out", self.path(seed, "masks", f"{name}.json"),
            ]  # fmt: skip
            yield self.job(seed, f"masks/{name}", command, "masks")

    def find(self, seed: int, model: str, folder: str, languages: str, *options: str) -> list[str]:
        """The command that finds masks with a model."""
        return [
            "hyperadapters", "subnetworks", "find", "--checkpoint", self.checkpoint(seed, model),
            "--data", self.corpus(seed), "--cells", cells(languages), *options,
            "--out", self.path(seed, folder),
        ]  # fmt: skip

    def kept(self, seed: int) -> float:
        """The share of the heads that the masks of a seed use on average, as what is learnt keeps."""
        masks = HeadMasks.read(self.path(seed, "masks", "masks.json")).masks.values()
        return round(mean(count(mask) / total(mask) for mask in masks), 2)

    def kept_masks(self, seed: int) -> Job:
        """The masks of that size, which are the start of those that are learnt."""
        options = ["--kept", str(self.kept(seed))]
        return self.job(seed, "kept", self.find(seed, "joint", "kept", self.grid.train, *options))

    def folder(self, system: System) -> str:
        return f"{system.name}/{system.rate}"

    def system(self, seed: int, system: System) -> Job:
        """The training of a system."""
        grid = self.grid
        texts = {
            "masks": self.path(seed, "masks"), "kept_masks": self.path(seed, "kept"),
            "kept": self.kept(seed), "every": max(1, grid.updates // 5),
        }  # fmt: skip
        options = MASKS[system.masks].format(**texts).split()
        if system.training == "episodic":
            for name, value in grid.inner.items():
                options += [f"--meta-inner-{name.replace('_', '-')}", str(value)]
        return self.train(
            seed, self.folder(system), grid.train, self.checkpoint(seed, "first"), grid.updates,
            system.rate, options,
        )  # fmt: skip

    def few_shot(self, seed: int, system: System, languages: str, model: str, name: str) -> Job:
        """A test of a model as it is and with a few sentences."""
        grid, (lr, head_lr) = self.grid, system.adaptation
        command = [
            "hyperadapters", "few-shot", "--checkpoint", self.checkpoint(seed, model),
            "--data", self.corpus(seed), "--cells", cells(languages),
            "--support", str(grid.support), "--draws", str(grid.draws),
            "--updates", str(grid.adaptation_updates), "--lr", str(lr), "--head-lr", str(head_lr),
            "--out", self.path(seed, name),
        ]  # fmt: skip
        return self.job(seed, name, command, model)

    def candidates(self) -> list[System]:
        """All systems with all rates."""
        return [
            System(masks, training, rate, (adaptation[0], adaptation[1]))
            for masks, training, rate, adaptation in itertools.product(
                self.grid.masks, self.grid.trainings, self.grid.rates, self.grid.adaptation_rates
            )
        ]

    def trial(self, system: System) -> str:
        lr, head_lr = system.adaptation
        return f"{self.folder(system)}/trial-{lr}-{head_lr}"

    def trials(self) -> Iterator[Job]:
        """Every system with all rates on the development languages, with the first seed."""
        seed, trained = self.grid.seeds[0], set()
        for system in self.candidates():
            folder = self.folder(system)
            if folder not in trained:
                yield from self.models(seed, system, ["all"])
            trained.add(folder)
            languages, name = self.grid.development, self.trial(system)
            yield self.few_shot(seed, system, languages, self.model(system, "all"), name)

    def scores(self, seed: int, name: str) -> dict[str, dict[str, Any]]:
        """What a test found, by language."""
        text = Path(self.path(seed, name, "few_shot.json")).read_text(encoding="utf-8")
        return {row["cell"].partition(":")[2]: row for row in json.loads(text)["cells"]}

    def chosen(self) -> list[System]:
        """Each system with the rates with which a few sentences of the development languages help most."""
        best: dict[str, tuple[float, System]] = {}
        for system in self.candidates():
            rows = self.scores(self.grid.seeds[0], self.trial(system)).values()
            score = mean(row["mean"] for row in rows)
            best[system.name] = max(
                best.get(system.name, (-1.0, system)), (score, system), key=lambda pair: pair[0]
            )
        return [system for _, system in best.values()]

    def policies(self, system: System) -> Sequence[str]:
        """What unseen languages can run with in a system; generated masks have some for them."""
        return UNMASKED if system.masks in UNCHANGED else self.grid.policies

    def tests(self, systems: Sequence[System]) -> Iterator[Job]:
        """The chosen systems on the test languages."""
        for seed, system in itertools.product(self.grid.seeds, systems):
            policies = self.policies(system)
            yield from self.models(seed, system, policies)
            for policy in policies:
                languages, name = self.grid.test, self.test(system, policy)
                yield self.few_shot(seed, system, languages, self.model(system, policy), name)

    def model(self, system: System, policy: str) -> str:
        """The folder of a system's model whose unseen languages run with certain heads."""
        folder = self.folder(system)
        return folder if system.masks in UNCHANGED else f"{folder}/{policy}"

    def models(self, seed: int, system: System, policies: Sequence[str]) -> Iterator[Job]:
        """The training of a system, and its models for all policies."""
        folder = self.folder(system)
        yield self.system(seed, system)
        if system.masks in UNCHANGED:
            return
        command = [
            "hyperadapters", "subnetworks", "extract", "--checkpoint", self.checkpoint(seed, folder),
            "--cells", cells(self.grid.train), "--out", self.path(seed, folder, "extracted.json"),
        ]  # fmt: skip
        yield self.job(seed, f"{folder}/extracted", command, folder)
        for policy in dict.fromkeys(["all", *policies]):
            yield from self.with_policy(seed, folder, policy)

    def test(self, system: System, policy: str) -> str:
        """The folder of a test."""
        return f"{self.folder(system)}/test-{policy}"

    def with_policy(self, seed: int, folder: str, policy: str) -> Iterator[Job]:
        """Gives a model the masks that the test languages run with."""
        grid, out, before = self.grid, f"{folder}/{policy}", f"{folder}/extracted"
        masks = extracted = self.path(seed, folder, "extracted.json")
        if policy != "all":
            masks, before = self.path(seed, out, "masks.json"), f"{out}/masks"
            command = [
                "hyperadapters", "subnetworks", "nearest", extracted, "--languages", grid.test,
                "--distances", grid.distances.format(seed=seed), "--out", masks,
            ]  # fmt: skip
            if policy == "support":
                options = ["--threshold", str(grid.threshold), "--subset", "train"]
                options += ["--sentences", str(grid.support)]
                command = self.find(seed, f"{folder}/all", out, grid.test, *options)
            after = f"{folder}/all" if policy == "support" else f"{folder}/extracted"
            yield self.job(seed, before, command, after)
        command = [
            "hyperadapters", "subnetworks", "apply", masks, "--checkpoint", self.checkpoint(seed, folder),
            "--out", self.checkpoint(seed, out),
        ]  # fmt: skip
        yield self.job(seed, out, command, before)
