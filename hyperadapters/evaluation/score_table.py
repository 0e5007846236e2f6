"""Scores as one long table, a row for each score of each run of each system."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from io import StringIO
from pathlib import Path
from typing import Any

from ..support.files import write_text

FILE = "scores.tsv"
DIRECTION_METRICS = ("bleu", "chrf", "spbleu", "comet", "off_target")


@dataclass(frozen=True)
class Score:
    """One row.

    Args:
        system: the name of the system.
        run: the seed of its training; None if it is unknown or there is none.
        unit: what is scored: a direction such as `de-fr`, or a cell such as `pos:de`.
        metric: the name of the metric.
        score: the score.
        group: what the unit is to the system's training, such as `zero_shot`.
    """

    system: str
    run: int | None
    unit: str
    metric: str
    score: float
    group: str


def scores_of(evaluation: Mapping[str, Any], name: str | None = None) -> list[Score]:
    """The rows of an evaluation.

    Args:
        evaluation: the content of its evaluation.json, of translation or of cells.
        name: another name for the system.
    """
    system = evaluation["system"]
    start = (name or system["name"], system.get("seed"))
    rows = []
    for unit, entry in evaluation.get("directions", {}).items():
        scores = {metric: entry[metric] for metric in DIRECTION_METRICS if metric in entry}
        rows += [Score(*start, unit, *score, entry["group"]) for score in scores.items()]
    for unit, entry in evaluation.get("cells", {}).items():
        others = {metric: other["score"] for metric, other in entry.get("others", {}).items()}
        group = "trained" if entry["trained"] else "zero_shot"
        scores = {entry["metric"]: entry["score"], **others}
        rows += [Score(*start, unit, *score, group) for score in scores.items()]
    return rows


def write_scores(path: Path, scores: Iterable[Score]) -> None:
    """Writes rows as tab-separated values under a line of headings; an unknown run is empty."""
    text = StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(field.name for field in fields(Score))
    writer.writerows(map(astuple, scores))
    write_text(path, text.getvalue())
