#!/usr/bin/env python3
"""AdaMergeX, its controls and its rivals on your own corpus and backbone, as `demo-merging` compares them.

Trains adapters by task and language, language adapters with task adapters on top, Hyper-X, and upper bounds
on the target languages, all on one frozen backbone; merges, evaluates, and writes OUT/results.md,
OUT/results.json and OUT/distances.png. Running it again goes on where it was interrupted. Seeds are runs of
their own: `hyperadapters compare OUT-1/evaluation OUT-2/evaluation ...` takes the seeds of a system together.
"""

import argparse
import json
from functools import partial
from pathlib import Path

from hyperadapters.cli.main import run_command
from hyperadapters.demos.demo import USER_DIR, beside_python, run_silently, table
from hyperadapters.demos.merging_report import KINDS
from hyperadapters.demos.merging_study import MergingStudy
from hyperadapters.multitask.all_tasks import TASKS
from hyperadapters.support.files import write_json, write_text
from hyperadapters.support.resumable import steps_of
from hyperadapters.training.jobs import Job, JobRunner


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("corpus", help="folder of corpus.yaml")
    add(
        "backbone",
        help="what --init-from takes: a checkpoint, or the folder of a Hugging Face encoder",
    )
    add("out", type=Path, help="folder for everything")
    add("--source", required=True, metavar="LANG", help="the language that has labels")
    add("--targets", required=True, metavar="LANG,LANG", help="the target languages")
    add("--tasks", required=True, metavar="TASK,TASK", help="the tasks, e.g. ner")
    add("--reference", default="mlm", metavar="TASK", help="the reference task (default: mlm)")
    add(
        "--kinds",
        default="lora=0.001,ia3=0.01",
        metavar="KIND=LR,..",
        help=f"adapter kinds and their learning rates (default: %(default)s); known: {', '.join(KINDS)}",
    )
    add(
        "--lr",
        default="0.001",
        help="learning rate of MAD-X, whose adapters are stored bottlenecks (default: %(default)s)",
    )
    add("--hyper-lr", default="0.001", help="that of Hyper-X (default: %(default)s)")
    add("--arch", default="hyperx_encoder", help="(default: %(default)s)")
    add("--updates", type=int, default=300, help="of each training (default: %(default)s)")
    add("--max-tokens", type=int, default=1000, help="pieces a batch (default: %(default)s)")
    add("--seed", type=int, default=1, help="(default: %(default)s)")
    add("--at-a-time", type=int, help="trainings at a time (default: one a GPU or core)")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    out, tasks = args.out, args.tasks.split(",")

    def path(*parts: str) -> str:
        return str(out.joinpath(*parts))

    targets = args.targets.split(",")
    study = MergingStudy(
        args.source, {"targets": ("targets", targets)}, {task: TASKS.get(task).title for task in tasks},
        args.reference, ",".join(f"mlm:{code}" for code in [args.source, *targets]),
        dict(pair.split("=") for pair in args.kinds.split(",")), args.seed, args.corpus, path,
    )  # fmt: skip

    def train(name: str, cells: str, start: str | None, source: str, *options: str) -> Job:
        rate = args.hyper_lr if source == "hyper" else args.lr
        begin = study.checkpoint(start) if start else args.backbone
        command = [
            "fairseq-train", args.corpus, "--user-dir", str(USER_DIR), "--task", "hyperx",
            "--task-languages", cells, "--arch", args.arch, "--init-from", begin, "--freeze-backbone",
            "--criterion", "multitask_cross_entropy", "--optimizer", "fused_adam",
            "--adam-betas", "(0.9, 0.98)", "--clip-norm", "1.0", "--num-workers", "0",
            "--seed", str(args.seed), "--save-dir", path(name), "--no-epoch-checkpoints",
            "--save-interval-updates", "50", "--keep-interval-updates", "1", "--disable-validation",
            "--log-format", "json", "--log-interval", "10", "--adapter-source", source,
            "--adapter-bottleneck", "48", "--hyper-hidden", "32", "--lr", rate, *options,
            "--lr-scheduler", "inverse_sqrt", "--warmup-updates", str(max(1, args.updates // 10)),
            "--max-update", str(args.updates), "--max-tokens", str(args.max_tokens),
        ]  # fmt: skip
        return Job(
            name,
            command,
            out / "logs" / f"{name}.log",
            (start,) if start else (),
            out / name / "finished",
        )

    trainings = study.trainings(train)
    settings = {"trainings": [list(job.command) for job in trainings]}
    steps = steps_of(out, settings)
    JobRunner(args.at_a_time).run([beside_python(job) for job in trainings])
    for name, commands in study.evaluations().items():
        steps.run(name, settings, partial(run_silently, run_command, commands))
    report = study.report(
        lambda *parts: json.loads(out.joinpath(*parts).read_text(encoding="utf-8"))
    )
    rows = report.rows()
    report.draw(out / "distances.png")
    page = table(
        rows, {f"{task}_targets": (f"{title}, mean", ".1f") for task, title in study.tasks.items()}
    )
    page += f"\n\n{study.write_cosines()}"
    write_json(out / "results.json", rows)
    write_text(out / "results.md", page + "\n")
    print(page)


if __name__ == "__main__":
    main()
