"""Reading evaluations, and telling the runs of a system from its history."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..support.errors import Problems, UserError
from ..support.named_paths import split_name
from .cells import CellEvaluation
from .directions import DirectionEvaluation
from .evaluations import FILE, SYSTEM, Evaluation

EVALUATIONS = (DirectionEvaluation, CellEvaluation)


def find_evaluations(folders: Sequence[str]) -> list[Evaluation]:
    """Reads the evaluations that a user names.

    Args:
        folders: folders that hold evaluations at any depth, each as `split_name` takes it; a name
            renames the system.
    Raises:
        UserError: naming every folder without an evaluation and every unreadable one, or two
            evaluations of one system with one seed after the same number of updates, or evaluations
            of translation beside those of cells.
    """
    problems, evaluations = Problems(), []
    for text in folders:
        try:
            name, folder = split_name(text)
        except UserError as error:
            problems.add(str(error))
            continue
        files = sorted(Path(folder).rglob(FILE)) if Path(folder).is_dir() else []
        if not files:
            problems.add(
                f"{folder}: no {FILE} there; give folders of `hyperadapters evaluate` or "
                "`evaluate-tagging`"
            )
        for file in files:
            try:
                evaluations.append(read(file, name))
            except UserError as error:
                problems.add(str(error))
    problems.raise_if_any()
    distinct: dict[Any, Evaluation] = {}
    for evaluation in evaluations:
        key = (evaluation.name, evaluation.seed, evaluation.updates)
        same = distinct.setdefault(key, evaluation)
        if same is not evaluation and not same.folder.samefile(evaluation.folder):
            seed = "" if evaluation.seed is None else f" with seed {evaluation.seed}"
            raise UserError(
                f"{same.folder} and {evaluation.folder} are both '{evaluation.name}' after "
                f"{evaluation.updates} updates{seed}: rename one, e.g. other={evaluation.folder}"
            )
    check_one_type(evaluations)
    return list(distinct.values())


def check_one_type(evaluations: Sequence[Evaluation]) -> None:
    """Raises:
    UserError: if some evaluations are of translation and some of cells.
    """
    first = evaluations[0]
    for other in evaluations:
        if type(other) is not type(first):
            raise UserError(
                f"{first.folder} has {first.type.unit}s, {other.folder} has {other.type.unit}s: "
                "compare evaluations of `evaluate` and of `evaluate-tagging` apart"
            )


def read(file: Path, name: str = "") -> Evaluation:
    """Reads one evaluation.json.

    Args:
        file: the file.
        name: another name for the system.
    Raises:
        UserError: if it is no evaluation, naming what is missing.
    """
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{file} is no JSON file ({error}): evaluate again") from error
    record = record if isinstance(record, dict) else {}
    evaluation_class = next((c for c in EVALUATIONS if f"{c.type.unit}s" in record), None)
    problems = Problems()
    if evaluation_class is None:
        names = " or ".join(f"'{c.type.unit}s'" for c in EVALUATIONS)
        problems.add(f"{file}: {names} is missing")
    for key in SYSTEM:
        if (record.get("system") or {}).get(key) is None:
            problems.add(f"{file}: '{key}' is missing")
    problems.raise_if_any()
    evaluation = evaluation_class(file.parent, name or str(record["system"]["name"]), record)
    for problem in evaluation.problems():
        problems.add(f"{file}: {problem}")
    problems.raise_if_any()
    return evaluation


def group_runs(evaluations: Sequence[Evaluation]) -> dict[str, list[Evaluation]]:
    """The runs of each system: of each seed the evaluation after most updates, by seed.

    Args:
        evaluations: the evaluations.
    Raises:
        UserError: if evaluations of one name are of different systems.
    """
    systems: dict[str, dict[Any, Evaluation]] = {}
    for evaluation in evaluations:
        of_seed = systems.setdefault(evaluation.name, {})
        latest = of_seed.setdefault(evaluation.seed, evaluation)
        if evaluation.updates > latest.updates:
            of_seed[evaluation.seed] = evaluation
    for of_seed in systems.values():
        first, *others = of_seed.values()
        for other in others:
            for key in ("adapter_kind", "adapter_source", "adapter_parameters"):
                ours, theirs = first.system.get(key), other.system.get(key)
                if ours != theirs:
                    raise UserError(
                        f"{first.folder} and {other.folder} are both '{first.name}', but their "
                        f"{key} are {ours} and {theirs}: rename one, e.g. other={other.folder}"
                    )
    return {
        name: [of_seed[seed] for seed in sorted(of_seed, key=lambda seed: (seed is not None, seed))]
        for name, of_seed in systems.items()
    }
