"""The demo from an empty folder to its table."""

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

from ..data.conlang import Family
from ..evaluation.training_log import words_per_second
from ..support.errors import UserError
from ..support.files import read_lines, write_json, write_text
from ..support.resumable import steps_of
from . import corpus
from .plan import (
    SYSTEMS,
    Plan,
    all_directions,
    generate_command,
    slug,
    train_command,
    trained_directions,
)
from .report import markdown
from .train import Job, Trainer

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
    family = Family(plan.seed)
    languages = list(family.languages)
    supervised = trained_directions(family.languages)
    commands = [train_command(out, plan, system, supervised, USER_DIR) for system in SYSTEMS]
    settings = {"plan": plan.settings(), "train": commands}
    steps = steps_of(out, settings)
    with steps.step("corpus of constructed languages", settings) as todo:
        if todo:
            corpus.write_text_files(out, plan, family)
    with steps.step("sentencepiece", settings) as todo:
        if todo:
            corpus.train_pieces(out, plan, languages)
    with steps.step("binarised data", settings) as todo:
        if todo:
            shutil.rmtree(out / "bin", ignore_errors=True)
            binarised = corpus.binarise(out, languages)
            example = generate_command(out, plan, "hyper-adapters", "qbb-qcc", USER_DIR)
            write_text(
                out / "commands.sh",
                "\n".join(shlex.join(command) for command in [*binarised, *commands, example])
                + "\n",
            )
    Trainer(steps, settings).run(
        [
            Job(system, command, out / "logs" / f"{slug(system)}.log", plan.updates)
            for system, command in zip(SYSTEMS, commands)
        ]
    )
    for system in SYSTEMS:
        with steps.step(f"evaluation: {system}", settings) as todo:
            if todo:
                evaluate_system(out, plan, system)
    with steps.step("results", settings):
        rows = report(out, family, supervised)
    print(json.dumps(rows, indent=2) if as_json else "\n" + (out / "results.md").read_text())
    print(
        f"commands to go on from: {out / 'commands.sh'}; picture: {out / 'languages.png'}",
        file=sys.stderr,
    )
    return rows


def evaluate_system(out: Path, plan: Plan, system: str) -> None:
    """Translates and scores all directions, as `hyperadapters evaluate` does."""
    from ..evaluation.decoding import Search
    from ..evaluation.plan import Options
    from ..evaluation.run import evaluate

    options = Options(search=Search(beam=plan.beam), references=out / "text", name=system)
    checkpoint = out / slug(system) / "checkpoint_last.pt"
    evaluate(str(checkpoint), str(out / "bin"), out / "evaluation" / slug(system), options)


def report(out: Path, family: Family, supervised: List[str]) -> List[Dict[str, Any]]:
    """Collects everything and writes `results.json`, `results.md` and `languages.png`."""
    rows = [copy_of_the_source(out, family, supervised)]
    for system in SYSTEMS:
        result = json.loads((out / "evaluation" / slug(system) / "evaluation.json").read_text())
        first = next(iter(result["directions"].values()))
        means = {
            "supervised": result["averages"]["other_supervised"],
            "zero_shot": result["averages"]["zero_shot"],
        }
        speed = training_speed(out / "logs" / f"{slug(system)}.log")
        parameters = result["system"]["adapter_parameters"]
        rows.append(row(system, parameters, means, speed, first["signature"]))
    write_json(out / "results.json", rows)
    directions = all_directions(family.languages)
    write_text(out / "results.md", markdown(rows, len(supervised), len(directions)))
    draw(out, family)
    return rows


def training_speed(log: Path) -> Optional[float]:
    """Pieces a second, or None if the log has no figures, as after training by hand."""
    try:
        return words_per_second(log)
    except UserError:
        return None


def copy_of_the_source(out: Path, family: Family, supervised: List[str]) -> Dict[str, Any]:
    """The row of the least that a system must beat."""
    from ..evaluation.directions import averages
    from ..evaluation.scores import Scorer

    texts = {code: read_lines(out / "text" / f"test.{code}") for code in family.languages}
    scorers = {code: Scorer(lines) for code, lines in texts.items()}
    scores = {
        direction: scorers[direction.split("-")[1]].score(texts[direction.split("-")[0]])
        for direction in all_directions(family.languages)
    }
    groups = {one: "supervised" if one in supervised else "zero_shot" for one in scores}
    values = {one: found.values for one, found in scores.items()}
    means = averages(values, groups, ("supervised", "zero_shot"))
    first = next(iter(scores.values()))
    return row("copy of the source", 0, means, None, first.signatures)


def row(
    system: str, parameters: int, means: Dict[str, Any], speed, signatures: Dict[str, str]
) -> Dict[str, Any]:
    """A row of the results."""
    return {
        "system": system,
        "adapter_parameters": parameters,
        **{
            f"{group}_{metric}": round(of_group[metric], 2)
            for group, of_group in means.items()
            for metric in ("bleu", "chrf")
        },
        "words_per_second": speed,
        "signature_bleu": signatures["bleu"],
        "signature_chrf": signatures["chrf"],
    }


def draw(out: Path, family: Family) -> None:
    """Draws the learnt language embeddings beside the true family tree."""
    from ..checkpoints.checkpoint import Checkpoint
    from .picture import draw_languages

    checkpoint = Checkpoint(out / slug("hyper-adapters") / "checkpoint_last.pt")
    embeddings = checkpoint.adapter_tensors()["embeddings.languages.weight"]
    draw_languages(
        out / "languages.png", family, checkpoint.languages.codes, embeddings.float().numpy()
    )
