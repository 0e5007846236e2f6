"""An evaluation from the checkpoint to its reports."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...checkpoints.checkpoint import Checkpoint
from ...checkpoints.facts import facts
from ...metrics.off_target import OffTarget
from ...metrics.scores import Scores
from ...support.errors import format_list
from ...support.files import exclusive_lock, write_json, write_lines
from ...support.languages import split_direction
from ..score_table import FILE, scores_of, write_scores
from .directions import GROUPS, averages
from .plan import Options, Plan, make_plan
from .report import write_reports
from .score_directions import Scoring
from .texts import sentences_to_learn
from .translate import open_journal, translate
from .translation_log import Journal

USELESS = 0.5  # part of a language's references that are taken for another language
TEXTS = ("sources", "hypotheses", "references")


def evaluate(checkpoint: str, data: str, out: Path, options: Options) -> dict[str, Any]:
    """Translates and scores all selected directions; goes on where it was interrupted.

    Args:
        checkpoint: path of the checkpoint, trained or baked.
        data: the data folder.
        out: folder for the results.
        options: what the user chose.
    Returns:
        what is written to `evaluation.json`.
    Raises:
        UserError: naming what is unusable, before any long work.
    """
    plan = make_plan(Checkpoint(checkpoint), data, out, options)
    for remark in plan.remarks:
        print(f"note: {remark}", file=sys.stderr)
    with exclusive_lock(out):
        return evaluate_plan(plan)


def evaluate_plan(plan: Plan) -> dict[str, Any]:
    """As `evaluate`, after everything is checked."""
    options, out = plan.options, plan.out
    journal = open_journal(plan)
    translate(plan, journal)
    hypotheses = {
        direction: [plan.texts.joined(rows[row]) for row in range(len(rows))]
        for direction, rows in journal.translations.items()
    }
    write_texts(plan, hypotheses)
    languages = off_target(plan)
    scores = Scoring(plan, hypotheses, languages).run()
    identified = languages.report(options.language_identifier)
    for remark in identification_remarks(identified):
        print(f"note: {remark}", file=sys.stderr)
        plan.remarks.append(remark)
    result = summary(plan, journal, scores, identified)
    write_reports(out, result)
    write_scores(out / FILE, scores_of(result))
    write_json(out / "evaluation.json", result)
    return result


def write_texts(plan: Plan, hypotheses: Mapping[str, list[str]]) -> None:
    """Writes sources, hypotheses and references of every direction, one sentence a line, and removes
    those of directions that were evaluated here before but are not now."""
    for file in plan.out.glob("[shr]*/*-*.txt"):
        if file.parent.name in TEXTS and file.stem not in hypotheses:
            file.unlink()
    for direction, translations in hypotheses.items():
        src, tgt = split_direction(direction)
        pair = plan.pair(direction)
        sides = (plan.texts.side(pair, src), translations, plan.texts.side(pair, tgt))
        for folder, lines in zip(TEXTS, sides):
            write_lines(plan.out / folder / f"{direction}.txt", lines)


def references_of(plan: Plan) -> dict[str, list[str]]:
    """The distinct references of each target language."""
    references: dict[str, dict[str, None]] = {}
    for direction in plan.selected:
        tgt = split_direction(direction)[1]
        side = plan.texts.side(plan.pair(direction), tgt)
        references.setdefault(tgt, {}).update(dict.fromkeys(side))
    return {tgt: list(sentences) for tgt, sentences in references.items()}


def off_target(plan: Plan) -> OffTarget:
    """The judge of the languages of translations."""
    references = references_of(plan)
    learnt = (
        sentences_to_learn(plan.texts, plan.directions.languages, references)
        if plan.identifier.fits
        else {}
    )
    return OffTarget(plan.identifier, learnt, references)


def identification_remarks(identified: Mapping[str, Any]) -> list[str]:
    """A remark on languages that the identifier does not know by sight.

    Args:
        identified: see `OffTarget.report`.
    """
    errors = identified["reference_errors"]
    misidentified = [code for code, error in errors.items() if error > USELESS]
    if not misidentified:
        return []
    return [
        f"off-target rates into {format_list(misidentified)} mean nothing: the language identifier "
        "takes most of the references for another language; its labels must be the model's codes or what "
        "stands before '_'"
    ]


def round_scores(figures: Mapping[str, float]) -> dict[str, float]:
    """Figures as they are reported: four digits after the point."""
    return {name: round(value, 4) for name, value in figures.items()}


def summary(
    plan: Plan, journal: Journal, scores: Mapping[str, Scores], identified: dict[str, Any]
) -> dict[str, Any]:
    """What is written to `evaluation.json`."""
    options, directions = plan.options, plan.directions
    groups = {direction: directions.group(direction) for direction in plan.selected}
    figures = {direction: round_scores(scores[direction].values) for direction in plan.selected}
    means = averages(figures, groups, GROUPS)
    speed = round(journal.pieces / journal.seconds, 1) if journal.seconds else None
    return {
        "system": {
            **facts(plan.checkpoint, options.name),
            "words_per_second": speed,
        },
        "languages": plan.languages(),
        "english": directions.english,
        "training_sentences": plan.data.training_sentences(),
        "subset": options.subset,
        **asdict(options.search),
        "fp16": options.fp16,
        "seconds": round(journal.seconds, 2),
        "remarks": plan.remarks,
        "language_identifier": identified,
        "averages": {name: means[name] and round_scores(means[name]) for name in GROUPS},
        "directions": {
            direction: direction_record(
                scores[direction], len(journal.translations[direction]), groups[direction]
            )
            for direction in plan.selected
        },
    }


def direction_record(scores: Scores, sentences: int, group: str) -> dict[str, Any]:
    """What `evaluation.json` says of a direction.

    Args:
        scores: its scores.
        sentences: how many were translated.
        group: one of `directions.GROUPS`.
    """
    return {
        **round_scores(scores.values),
        "signature": scores.signatures,
        "sentences": sentences,
        "group": group,
    }
