"""Evaluation folders as `hyperadapters evaluate` and `evaluate-tagging` write them."""

import csv
import json
from collections.abc import Collection, Mapping
from pathlib import Path

from hyperadapters.evaluation.cells import predictions
from hyperadapters.evaluation.cells.run import score_cell
from hyperadapters.evaluation.translation.run import direction_record
from hyperadapters.metrics.scores import Scorer
from hyperadapters.multitask.cells import Cell
from hyperadapters.multitask.task import CellResult
from hyperadapters.tasks.hyperx import HyperXTaskConfig


def read_scores(file: Path) -> dict[tuple[str, ...], float]:
    """The scores of a long table by all of its other columns."""
    with open(file, encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    columns = ("system", "run", "unit", "metric", "group")
    scores = {tuple(row[column] for column in columns): float(row["score"]) for row in rows}
    assert len(scores) == len(rows)
    return scores


def write_evaluation(
    folder: Path,
    name: str,
    hypotheses: Mapping[str, list[str]],
    references: Mapping[str, list[str]],
    training: Mapping[str, int],
    english: str = "en",
    supervised: list[str] = (),
    **system,
) -> Path:
    """Writes evaluation.json, hypotheses and references.

    Args:
        folder: the folder.
        name: the system's name.
        hypotheses, references: sentences by direction.
        training: training sentences by pair.
        english: the language that directions are grouped by.
        supervised: trained directions without English.
        system: further entries of the system.
    """
    directions: dict[str, dict] = {}
    for direction, lines in hypotheses.items():
        for part, text in (("hypotheses", lines), ("references", references[direction])):
            file = folder / part / f"{direction}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f"{line}\n" for line in text), encoding="utf-8")
        src, tgt = direction.split("-")
        group = (
            "into_english" if tgt == english
            else "out_of_english" if src == english
            else "other_supervised" if direction in supervised
            else "zero_shot"
        )  # fmt: skip
        scores = Scorer(references[direction]).score(lines)
        scores.values["off_target"] = 0.0
        directions[direction] = direction_record(scores, len(lines), group)
    record = {
        "system": {
            "name": name, "checkpoint": "c.pt", "adapter_kind": "bottleneck",
            "adapter_source": "hyper", "adapter_parameters": 1000, "total_parameters": 9000,
            "trained_parameters": 9000, "updates": 100, "words_per_second": 50.0,
            "hyper_hidden": None, "rescaled": None, **system,
        },
        "languages": sorted({code for d in directions for code in d.split("-")}),
        "english": english,
        "training_sentences": dict(training),
        "beam": 5,
        "seconds": 1.0,
        "averages": {},
        "directions": directions,
    }  # fmt: skip
    (folder / "evaluation.json").write_text(json.dumps(record))
    return folder


def write_cells(
    folder: Path,
    name: str,
    tags: Mapping[str, list[str]],
    references: Mapping[str, list[str]],
    trained: Collection[str] = (),
    **system,
) -> Path:
    """Writes evaluation.json and predictions of cells of pos, ner and mlm.

    Args:
        folder: the folder.
        name: the system's name.
        tags, references: by cell the tags of each sentence, with blanks between them.
        trained: the trained cells.
        system: further entries of the system.
    """
    cells: dict[str, dict] = {}
    for cell, lines in tags.items():
        task, language = cell.split(":")
        pairs = zip(references[cell], lines)
        rows = [[("word", *row) for row in zip(*map(str.split, pair))] for pair in pairs]
        predictions.write(predictions.file_of(folder, cell), rows)
        cells[cell] = {
            "task": task, "language": language, "sentences": len(lines), "trained": cell in trained,
            **score_cell(Cell(task, language), CellResult(rows), HyperXTaskConfig(seed=1)),
        }  # fmt: skip
    record = {
        "system": {
            "name": name, "adapter_kind": "bottleneck", "adapter_source": "hyper",
            "adapter_parameters": 1000, "total_parameters": 9000, "updates": 100, "seed": 1, **system,
        },
        "averages": {"trained": {"ner": None, "pos": None, "mean": None, "cells": 0}},
        "cells": cells,
    }  # fmt: skip
    (folder / "evaluation.json").write_text(json.dumps(record))
    return folder
