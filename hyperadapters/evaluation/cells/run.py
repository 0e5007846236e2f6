"""An evaluation of cells from the checkpoint to its reports."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ...multitask.all_tasks import TASKS, all_tasks
from ...multitask.cells import Cell
from ...multitask.loading import read_cell
from ...multitask.task import CellResult
from ...support.files import write_json, write_text
from ...support.resumable import StepLog
from ..score_table import FILE, scores_of, write_scores
from . import predictions
from .options import Options
from .plan import Plan, make_plan
from .report import remarks_on, write_reports

Records = dict[str, dict[str, Any]]


def evaluate(checkpoint: str | None, data: str, out: Path, options: Options) -> dict[str, Any]:
    """Predicts and scores all selected cells; what is done already stays.

    Args:
        checkpoint: path of a checkpoint of `--task hyperx`; None if a look-up is evaluated.
        data: the folder of corpus.yaml.
        out: folder for the results.
        options: what the user chose.
    Returns:
        what is written to `evaluation.json`.
    Raises:
        UserError: naming what is unusable, before the model is loaded.
    """
    plan = make_plan(checkpoint, data, out, options)
    for remark in plan.remarks:
        print(f"note: {remark}", file=sys.stderr)
    steps = StepLog(out / "steps.json")
    drop_others(plan, steps)
    inputs = {cell.name: plan.inputs(cell) for cell in plan.cells}
    todo = [
        cell for cell in plan.cells
        if not steps.is_done(cell.name, inputs[cell.name], [plan.file(cell)])
    ]  # fmt: skip
    if todo:
        (out / "evaluation.json").unlink(missing_ok=True)
        predict(plan, todo, inputs, steps)
    result = summary(plan, {cell.name: steps.result(cell.name) for cell in plan.cells})
    write_reports(out, result)
    write_scores(out / FILE, scores_of(result))
    write_json(out / "evaluation.json", result)
    return result


def drop_others(plan: Plan, steps: StepLog) -> None:
    """Removes the predictions of another system."""
    others = [
        name for name, step in steps.done.items()
        if step["result"]["checkpoint"] != plan.system.digest
    ]  # fmt: skip
    if others:
        print(f"{plan.out} holds predictions of another system: predicting anew",
              file=sys.stderr)  # fmt: skip
    for name in others:
        steps.forget(name)
        predictions.remove(plan.out, name)


def predict(plan: Plan, todo: list[Cell], inputs: Mapping[str, Any], steps: StepLog) -> None:
    """Predicts and scores cells, one after the other.

    Args:
        plan: the evaluation.
        todo: the cells.
        inputs: what the predictions of each depend on.
        steps: keeps what is done.
    Raises:
        UserError: naming the line of a file that is unusable, before the model is loaded.
    """
    sentences = {cell.name: read_cell(cell, plan.corpus, plan.options.subset) for cell in todo}
    plan.system.load(plan.options)
    for cell in tqdm(todo, desc="cells"):
        steps.forget(cell.name)
        result = evaluate_cell(plan, cell, sentences.pop(cell.name))
        steps.finish(cell.name, inputs[cell.name], result)
        steps.save()


def evaluate_cell(plan: Plan, cell: Cell, sentences: list[Any]) -> dict[str, Any]:
    """Predicts and scores a cell, writes its predictions and returns its record."""
    start = time.perf_counter()
    result, report = plan.system.predict(cell, sentences)
    scores = score_cell(cell, result, plan.system.task_options)
    predictions.write(plan.file(cell), result.rows)
    for suffix, text in result.files.items():
        write_text(plan.file(cell).with_suffix(suffix), text)
    return {
        "checkpoint": plan.system.digest,
        "seconds": time.perf_counter() - start,
        "task": cell.task,
        "language": cell.language,
        **scores,
        "sentences": len(result.rows),
        "words": sum(len(line.split()) for line in predictions.lines(result.rows, "references")),
        "long_sentences": report.long,
        "cut_words": report.long_words,
        "left_out": report.dropped + report.empty,
        "unknown_labels": result.unknown_labels,
    }


def score_cell(cell: Cell, result: CellResult, task_options: Any) -> dict[str, Any]:
    """Scores predictions by the metrics of their task.

    Args:
        cell: the cell.
        result: what was predicted.
        task_options: the settings of the fairseq task.
    Returns:
        `score`, `metric` (its title) and `signature` of the task's main metric, and the other
        figures under `others`.
    """
    hypotheses, references = (
        predictions.lines(result.rows, part) for part in ("hypotheses", "references")
    )
    scores = []
    for title, metric in TASKS.get(cell.task).metrics(cell.direction, task_options).items():
        score = round_score(metric.corpus_score(hypotheses, [references]).score)
        scores.append({"score": score, "metric": title, "signature": str(metric.get_signature())})
    main, *others = scores
    return {
        **main,
        "others": {
            **{other.pop("metric"): other for other in others},
            **{title: {"score": round_score(value)} for title, value in result.figures.items()},
        },
    }


def round_score(value: float) -> float:
    """A figure as it is reported: four digits after the point."""
    return round(value, 4)


def summary(plan: Plan, records: Records) -> dict[str, Any]:
    """What is written to `evaluation.json`."""
    options, training = plan.options, plan.system.training_sentences
    cells = {
        name: {
            **{key: value for key, value in record.items() if key not in ("checkpoint", "seconds")},
            "trained": name in training,
            "training_sentences": training.get(name),
        }
        for name, record in records.items()
    }
    return {
        "system": plan.system.facts(options.name),
        "subset": options.subset,
        "beam": options.beam,
        "seconds": round(sum(record["seconds"] for record in records.values()), 2),
        "remarks": plan.remarks + remarks_on(cells),
        "averages": {
            group: averages([cell for cell in cells.values() if cell["trained"] == trained])
            for group, trained in (("trained", True), ("zero_shot", False))
        },
        "cells": cells,
    }


def averages(cells: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The mean score of each task that is averaged, and of all their cells; None without cells.

    Args:
        cells: the records of a group of cells.
    Returns:
        means by task and as `mean`, and as `cells` how many there are.
    """
    averaged = [task.name for task in all_tasks() if task.is_averaged]
    scores = {name: [cell["score"] for cell in cells if cell["task"] == name] for name in averaged}
    scores["mean"] = [score for name in averaged for score in scores[name]]
    means = {
        name: round_score(sum(values) / len(values)) if values else None
        for name, values in scores.items()
    }
    return {**means, "cells": len(scores["mean"])}
