"""The tagging demo from an empty folder to its table."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any, Dict, List

from ..demo.train import Job, Trainer
from ..preparation.run import prepare
from ..support.files import write_json, write_text
from ..support.resumable import steps_of
from . import corpus
from .plan import BACKBONE, TAGGED, TRAININGS, Plan, backbone_command, train_command

LOOK_UP = "look-up"
USER_DIR = Path(__file__).resolve().parent.parent


def run(out: Path, plan: Plan, as_json: bool = False) -> List[Dict[str, Any]]:
    """Runs what is not done yet and prints the table.

    Args:
        out: folder for everything.
        plan: sizes and seed.
        as_json: print the results as JSON instead of a table.
    Returns:
        the rows of `results.json`.
    """
    commands = {
        BACKBONE: backbone_command(out, plan, USER_DIR),
        **{one.name: train_command(out, plan, one, USER_DIR) for one in TRAININGS},
    }
    settings = {"plan": plan.settings(), "train": list(commands.values())}
    steps = steps_of(out, settings)
    with steps.step("corpus of constructed languages", settings) as todo:
        if todo:
            corpus.write_corpus(out / "corpus", plan)
            lines = [shlex.join(command) for command in commands.values()]
            write_text(out / "commands.sh", "\n".join(lines) + "\n")
    with steps.step("preparation", settings) as todo:
        if todo:
            prepare(out / "corpus" / "translation.yaml", out / "prepared")
    Trainer(steps, settings).run(jobs(out, plan, commands))
    rows = []
    titles = {LOOK_UP: LOOK_UP, **{one.name: one.title for one in TRAININGS if one.title}}
    for name, title in titles.items():
        with steps.step(f"evaluation: {title}", settings):
            rows.append(row(evaluate_system(out, name, title)))
    write_json(out / "results.json", rows)
    write_text(out / "results.md", markdown(rows))
    print(json.dumps(rows, indent=2) if as_json else "\n" + markdown(rows))
    print(f"all cells: {out / 'evaluation'}; commands: {out / 'commands.sh'}", file=sys.stderr)
    return rows


def jobs(out: Path, plan: Plan, commands: Dict[str, List[str]]) -> List[Job]:
    """The trainings: the backbone, then what starts from it."""
    log = out / "logs"
    return [
        Job(BACKBONE, commands[BACKBONE], log / f"{BACKBONE}.log", plan.backbone_updates),
        *(
            Job(one.name, commands[one.name], log / f"{one.name}.log", plan.updates, one.start)
            for one in TRAININGS
        ),
    ]


def evaluate_system(out: Path, name: str, title: str) -> Dict[str, Any]:
    """Predicts and scores all cells of tagging, as `hyperadapters evaluate-tagging` does.

    Args:
        out: folder for everything.
        name: the folder of a training, or `LOOK_UP`.
        title: what the table calls the system.
    """
    from ..tagging_evaluation.options import Options
    from ..tagging_evaluation.run import evaluate

    cells = ",".join(f"{task}:{code}" for task in ("pos", "ner") for code in corpus.LANGUAGES)
    look_up = TAGGED if name == LOOK_UP else None
    return evaluate(
        None if look_up else str(out / name / "checkpoint_last.pt"),
        str(out / "corpus"),
        out / "evaluation" / name,
        Options(cells=cells, name=title, cpu=True, look_up=look_up),
    )


def row(result: Dict[str, Any]) -> Dict[str, Any]:
    """A row of the results."""
    return {
        "system": result["system"]["name"],
        "adapter_parameters": result["system"]["adapter_parameters"],
        **{
            f"{group}_{task}": result["averages"][group][task]
            for group in ("trained", "zero_shot")
            for task in ("pos", "ner")
        },
    }


def markdown(rows: List[Dict[str, Any]]) -> str:
    """The results as a table."""
    from tabulate import tabulate

    headers = (
        "system", "adapter parameters", "POS accuracy, trained", "entity F1, trained",
        "POS accuracy, zero-shot", "entity F1, zero-shot",
    )  # fmt: skip
    figures = ("trained_pos", "trained_ner", "zero_shot_pos", "zero_shot_ner")
    table = tabulate(
        [
            (one["system"], f"{one['adapter_parameters']:,}", *(f"{one[f]:.1f}" for f in figures))
            for one in rows
        ],
        headers, tablefmt="github", colalign=("left", *["right"] * 5), disable_numparse=True,
    )  # fmt: skip
    return (
        f"{table}\n\nConstructed languages; means over the trained and the zero-shot languages of a task; "
        "the same frozen backbone, one seed. The look-up has no model: every word gets its most frequent "
        "label in the training sentences of all languages (names are the same strings in all of them), an "
        "unknown word the most frequent label of the task. Hyper-X without language is the same "
        "hypernetwork, but it is told task and layer alone.\n"
    )
