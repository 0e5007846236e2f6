"""The demo from an empty folder to its table."""

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, Dict, List

from tqdm import tqdm

from ..data.conlang import Family
from ..evaluation.scores import Scores, averages, score
from ..files import read_lines, write_json, write_lines, write_text
from ..steps import Steps
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
from .train import train, words_per_second

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
    steps = Steps(out / "state.json")
    if not steps.holds_only(settings):
        steps.done.clear()
        print(f"{out} holds a run with other settings: starting anew", file=sys.stderr)
        for part in ("text", "pieces", "bin", "logs", "translations", *map(slug, SYSTEMS)):
            shutil.rmtree(out / part, ignore_errors=True)

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
    for system, command in zip(SYSTEMS, commands):
        with steps.step(f"training: {system}", settings) as todo:
            if todo:
                train(command, out / "logs" / f"{slug(system)}.log", plan.updates)
        with steps.step(f"translating: {system}", settings) as todo:
            if todo:
                translate_all(out, plan, system, all_directions(family.languages))
    with steps.step("results", settings):
        rows = report(out, family, supervised)
    print(json.dumps(rows, indent=2) if as_json else "\n" + (out / "results.md").read_text())
    print(
        f"commands to go on from: {out / 'commands.sh'}; picture: {out / 'languages.png'}",
        file=sys.stderr,
    )
    return rows


def translate_all(out: Path, plan: Plan, system: str, directions: List[str]) -> None:
    """Writes `translations/SYSTEM/SRC-TGT` for every direction that is not there yet."""
    from ..api import Translator

    translator = Translator.load(
        str(out / slug(system) / "checkpoint_last.pt"), str(out / "bin"),
        str(out / "sentencepiece.model"),
    )  # fmt: skip
    for direction in tqdm(directions, desc="directions"):
        file = out / "translations" / slug(system) / direction
        if not file.exists():
            src, tgt = direction.split("-")
            texts = read_lines(out / "text" / f"test.{src}")
            write_lines(file, translator.translate(texts, src, tgt, beam=plan.beam))


def report(out: Path, family: Family, supervised: List[str]) -> List[Dict[str, Any]]:
    """Scores everything and writes `results.json`, `results.md` and `languages.png`."""
    directions = all_directions(family.languages)
    references = {code: read_lines(out / "text" / f"test.{code}") for code in family.languages}

    def scored(hypotheses_of) -> Dict[str, Scores]:
        return {d: score(hypotheses_of(d), references[d.split("-")[1]]) for d in directions}

    copied = scored(lambda direction: references[direction.split("-")[0]])
    rows = [row("copy of the source", 0, copied, supervised, None)]
    for system in SYSTEMS:
        name = slug(system)
        translated = scored(lambda d: read_lines(out / "translations" / name / d))  # noqa: B023
        speed = words_per_second(out / "logs" / f"{name}.log")
        rows.append(row(system, adapter_parameters(out / name), translated, supervised, speed))
    write_json(out / "results.json", rows)
    write_text(out / "results.md", markdown(rows, len(supervised), len(directions)))
    draw(out, family)
    return rows


def row(
    system: str, parameters: int, scores: Dict[str, Scores], supervised: List[str], speed
) -> Dict:
    """A row of the results."""
    first = next(iter(scores.values()))
    return {
        "system": system,
        "adapter_parameters": parameters,
        **{name: round(value, 2) for name, value in averages(scores, supervised).items()},
        "words_per_second": speed,
        "signature_bleu": first.signature_bleu,
        "signature_chrf": first.signature_chrf,
    }


def adapter_parameters(folder: Path) -> int:
    """Adapter parameters in a system's checkpoint."""
    from ..checkpoints import load
    from ..freezing import is_backbone

    state = load(str(folder / "checkpoint_last.pt"))["model"]
    return sum(tensor.numel() for name, tensor in state.items() if not is_backbone(name))


def draw(out: Path, family: Family) -> None:
    """Draws the learnt language embeddings beside the true family tree."""
    from ..checkpoints import load
    from ..evaluation.plots import draw_languages

    state = load(str(out / slug("hyper-adapters") / "checkpoint_last.pt"))
    embeddings = state["model"]["encoder.adapters.embeddings.languages.weight"]
    order = state["task_state"]["languages"]
    draw_languages(out / "languages.png", family, order, embeddings.float().numpy())
