#!/usr/bin/env python3
"""Adapters of translation directions that were never trained, merged of three others, and their rivals.

On the constructed languages of `hyperadapters demo`: the backbone knows directions from and to the first
language alone. Adapters are trained on it for one direction of a language (qab-qba) and for several of its
sister (qac-qba and qac-X). Those of qab-X are made of qab-qba and the gap from qac-qba to qac-X, and
compared with both as they are, with gaps that say nothing, with language adapters and hyper-adapters of the
same trained directions, and with adapters trained on qab-X. Writes OUT/comparison. Running it again goes on
where it was interrupted.
"""

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

import yaml

from hyperadapters.cli.main import run_command
from hyperadapters.demos.demo import USER_DIR, Command, beside_python, run_silently
from hyperadapters.demos.translation import TranslationDemo, TranslationPlan
from hyperadapters.support.files import write_json, write_text
from hyperadapters.support.resumable import steps_of
from hyperadapters.training.jobs import Job, JobRunner
from hyperadapters.training.log import in_file

LANGUAGES = "qaa,qab,qac,qba,qbb,qca,qcb"
TASK_SOURCE, REFERENCE_SOURCE = "qab-qba", "qac-qba"
TARGETS = ("qbb", "qca", "qcb")
MERGED = [f"qab-{code}" for code in TARGETS]
TRAINED = [TASK_SOURCE, REFERENCE_SOURCE, *(f"qac-{code}" for code in TARGETS)]
KINDS = {
    "lora": (
        "--adapter-kind", "lora", "--lora-rank", "8", "--lora-alpha", "8",
        "--lora-points", "self_attn.q,self_attn.v,cross_attn.q,cross_attn.v,ffn.hidden,ffn.out",
    ),
    "bottleneck": ("--adapter-bottleneck", "32"),
}  # fmt: skip
# name -> adapter source, trained directions
SYSTEMS = {
    "pair": ("pair", TRAINED),
    "target": ("pair", MERGED),
    "language": ("language", TRAINED),
    "hyper": ("hyper", TRAINED),
}
# title -> options of `hyperadapters merge`; of which language the gap is, if not of the target
WAYS: dict[str, tuple[list[str], dict[str, str]]] = {
    "qab-qba as it is": (["--t", "0"], {}),
    "merged, t = 0.5": (["--t", "0.5"], {}),
    "merged, t = 1": (["--t", "1"], {}),
    "random gap": (["--control", "random"], {}),
    "gap of another language": ([], {"qbb": "qca", "qca": "qbb", "qcb": "qbb"}),
}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("demo", type=Path, help="folder of `hyperadapters demo`")
    add("out", type=Path, help="folder for everything")
    add(
        "--rates", default="0.003,0.01", help="learning rates to choose from (default: %(default)s)"
    )
    add("--seeds", default="1,2,3", help="(default: %(default)s)")
    add("--backbone-updates", type=int, default=900, help="(default: %(default)s)")
    add("--updates", type=int, default=600, help="of the adapters (default: %(default)s)")
    add("--at-a-time", type=int, help="trainings at a time (default: one a core)")
    return parser.parse_args()


class DirectionStudy:
    """Trainings, merges and evaluations.

    Args:
        args: the command line.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.demo, self.out = args, args.demo, args.out
        self.seeds = [int(seed) for seed in args.seeds.split(",")]
        self.bin = self.out / "prepared" / "bin"

    def prepare(self) -> None:
        """Binarises all directions of the demo's text."""
        if self.bin.is_dir():
            return
        text, prepared = self.demo.resolve() / "text", self.demo.resolve() / "prepared"
        settings = yaml.safe_load((self.demo / "translation.yaml").read_text(encoding="utf-8"))
        settings["pairs"] = "all"
        for files in settings["multiparallel"]:
            for split in ("train", "valid", "test"):
                files[split] = f"{text}/{split}.{{lang}}"
        settings["sentencepiece"] = {
            "model": f"{prepared}/sentencepiece.model", "dictionary": f"{prepared}/dict.txt",
        }  # fmt: skip
        self.out.mkdir(parents=True, exist_ok=True)
        write_text(self.out / "translation.yaml", yaml.safe_dump(settings))
        configuration = str(self.out / "translation.yaml")
        run_silently(run_command, [["prepare", configuration, "--out", str(self.out / "prepared")]])

    def training(self, name: str, seed: int, updates: int, directions: Sequence[str], *options: str,
                 after: str = "") -> Job:  # fmt: skip
        """A training on the prepared text, as the demo trains."""
        folder = self.out / name / str(seed)
        plan = TranslationPlan(seed=seed, updates=updates)
        command = TranslationDemo(self.out, plan, run_command).train_command("backbone")
        replaced = {
            "fairseq-train": self.bin, "--lang-pairs": ",".join(directions), "--save-dir": folder,
            "--user-dir": USER_DIR,
        }  # fmt: skip
        for option, value in replaced.items():
            command[command.index(option) + 1] = str(value)
        command.remove("--disable-validation")
        command += ["--langs", LANGUAGES, "--validate-interval-updates", str(updates), *options]
        log = self.out / "logs" / name / f"{seed}.log"
        job = Job(f"{name}/{seed}", command, log, [after] if after else [], folder / "finished")
        return beside_python(job)

    def backbone(self, seed: int) -> Job:
        """The training of a backbone on directions of the first language."""
        hub = [(f"qaa-{code}", f"{code}-qaa") for code in ("qab", "qac", "qba", *TARGETS)]
        directions = [direction for both in hub for direction in both]
        return self.training("backbone", seed, self.args.backbone_updates, directions)

    def adapters(self, kind: str, system: str, rate: str, seed: int) -> Job:
        """The training of adapters on a frozen backbone."""
        source, directions = SYSTEMS[system]
        small = ("--hyper-hidden", "16", "--hyper-lang-dim", "8", "--hyper-layer-dim", "8")
        return self.training(
            f"{kind}-{system}/{rate}", seed, self.args.updates, directions,
            "--init-from", str(self.checkpoint("backbone", seed)), "--freeze-backbone",
            "--adapter-source", source, *KINDS[kind], "--adapter-seed", str(seed), "--lr", rate,
            "--warmup-updates", "100", *(small if source == "hyper" else ()),
            after=f"backbone/{seed}",
        )  # fmt: skip

    def checkpoint(self, name: str, seed: int) -> str:
        """The last checkpoint of a training."""
        return str(self.out / name / str(seed) / "checkpoint_last.pt")

    def train(self) -> dict[tuple[str, str], str]:
        """Trains all with each learning rate on the first seed, then with the best on all.

        Returns:
            the name of the training of each kind and system.
        """
        first, rates = self.seeds[0], self.args.rates.split(",")
        systems = [(kind, system) for kind in KINDS for system in SYSTEMS]
        backbones = [self.backbone(seed) for seed in self.seeds]
        jobs = {
            (*each, rate): self.adapters(*each, rate, first) for each in systems for rate in rates
        }
        JobRunner(self.args.at_a_time).run([*backbones, *jobs.values()])
        losses = {key: final_loss(job) for key, job in jobs.items()}
        write_json(self.out / "learning_rates.json", {" ".join(k): v for k, v in losses.items()})
        best = {each: min(rates, key=lambda rate: losses[(*each, rate)]) for each in systems}
        rest = [self.adapters(*each, best[each], seed) for each in systems for seed in self.seeds]
        JobRunner(self.args.at_a_time).run([*backbones, *rest])
        return {(kind, system): f"{kind}-{system}/{best[kind, system]}" for kind, system in systems}

    def evaluations(
        self, trained: dict[tuple[str, str], str], seed: int
    ) -> Iterator[tuple[str, list[Command]]]:
        """The commands of `hyperadapters` of each system of a seed."""
        backbone = self.checkpoint("backbone", seed)
        yield "backbone", [self.evaluate(backbone, "backbone", seed)]
        for (kind, system), name in trained.items():
            checkpoint = self.checkpoint(name, seed)
            if system != "pair":
                title = f"{kind}: {system}"
                yield title, [self.evaluate(checkpoint, title, seed)]
                continue
            ways = {title: self.merges(checkpoint, *choices) for title, choices in WAYS.items()}
            ways["qac-X as it is"] = [
                ["merge", "--sum", f"{checkpoint}@qac-{x}=1"] for x in TARGETS
            ]
            if kind == "lora":
                ways["merged on the product BA"] = self.merges(checkpoint, ["--rule", "product"])
            for way, merges in ways.items():
                title = f"{kind}: {way}"
                yield title, self.attach_and_evaluate(checkpoint, merges, title, seed)

    def merges(
        self,
        checkpoint: str,
        options: Sequence[str],
        gaps: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Command]:
        """The merge into each direction, whose gap may be that of another language."""
        return [
            ["merge", "--task-source", f"{checkpoint}@{TASK_SOURCE}",
             "--reference-source", f"{checkpoint}@{REFERENCE_SOURCE}",
             "--reference-target", f"{checkpoint}@qac-{gaps.get(code, code)}", *options]
            for code in TARGETS
        ]  # fmt: skip

    def attach_and_evaluate(
        self, checkpoint: str, merges: list[Command], title: str, seed: int
    ) -> list[Command]:
        """Merges, puts all on the backbone and translates."""
        folder = self.out / "merged" / file_name(title) / str(seed)
        files = [str(folder / f"{direction}.safetensors") for direction in MERGED]
        model = str(folder / "model.pt")
        return [
            *([*words, "--name", direction, "--out", file]
              for words, direction, file in zip(merges, MERGED, files)),
            ["attach", "--checkpoint", checkpoint, "--adapters", *files, "--out", model],
            self.evaluate(model, title, seed),
        ]  # fmt: skip

    def evaluate(self, checkpoint: str, title: str, seed: int) -> Command:
        """Translates the directions that were not trained."""
        return [
            "evaluate", "--checkpoint", checkpoint, "--data", str(self.bin),
            "--directions", ",".join(MERGED), "--beam", "4", "--cpu", "--name", title,
            "--out", str(self.out / "evaluations" / file_name(title) / str(seed)),
        ]  # fmt: skip


def final_loss(job: Job) -> float:
    """The last validation loss of a training, in bits a piece."""
    return float(in_file(job.log, "valid")[-1]["valid_nll_loss"])


def file_name(title: str) -> str:
    """A title as the name of a folder."""
    return re.sub(r"[^\w.]+", "-", title)


def main() -> None:
    args = arguments()
    study = DirectionStudy(args)
    study.prepare()
    trained = study.train()
    settings = {"-".join(each): name for each, name in trained.items()}
    steps = steps_of(args.out, settings)
    for seed in study.seeds:
        for title, commands in study.evaluations(trained, seed):
            steps.run(
                f"{title}, seed {seed}", settings, partial(run_silently, run_command, commands)
            )
    evaluations, comparison = args.out / "evaluations", args.out / "comparison"
    run_command(["compare", str(evaluations), "--samples", "1000", "--out", str(comparison)])


if __name__ == "__main__":
    main()
