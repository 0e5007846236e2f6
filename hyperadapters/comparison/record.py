"""The comparison as plain data: what comparison.json holds, and tables and figures are made of."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .evaluations import Evaluation, Group, Systems
from .resampling import PairedTest, Verdict
from .significance import Results

COPIED = (
    "adapter_kind", "adapter_source", "adapter_condition", "rescaled", "adapter_parameters",
    "total_parameters",
)  # fmt: skip
AVERAGED = ("updates", "words_per_second")


def round_value(value: float | None) -> float | None:
    """A number with the digits that are worth keeping in a file."""
    return None if value is None else float(f"{value:.6g}")


def mean_or_none(values: Sequence[float | None]) -> float | None:
    """The mean of those that are known; their value if they are all the same."""
    numbers = [value for value in values if value is not None]
    if len(set(numbers)) < 2:
        return numbers[0] if numbers else None
    return round_value(float(np.mean(numbers)))


def scores_record(
    results: Results, units: Sequence[str], metrics: Sequence[str], name: str
) -> dict[str, Any]:
    """A system's means and, as `deviation`, their standard deviations between runs."""
    means = {metric: round_value(results.mean(units, metric, name)) for metric in metrics}
    deviations = {m: round_value(results.deviation(units, m, name)) for m in metrics}
    return {**means, "deviation": deviations if any(deviations.values()) else None}


def system_record(
    name: str, runs: Sequence[Evaluation], groups: Sequence[Group], results: Results
) -> dict[str, Any]:
    """What is known of a system, with its means by kind."""
    first = runs[0]
    averages = {}
    for group in groups:
        if group.is_overall:
            off = [run.units[unit].get("off_target") for unit in group.units for run in runs]
            averages[group.kind] = {
                **scores_record(results, group.units, list(first.type.metrics), name),
                **({"off_target": mean_or_none(off)} if first.type.unit == "direction" else {}),
                f"{first.type.unit}s": len(group.units),
            }
    return {
        "name": name,
        "folder": str(first.folder),
        "runs": [
            {"folder": str(run.folder), "seed": run.seed, "updates": run.updates} for run in runs
        ],
        **{key: first.system.get(key) for key in COPIED},
        **{key: mean_or_none([run.system.get(key) for run in runs]) for key in AVERAGED},
        "averages": averages,
    }


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """A verdict in plain data."""
    interval = verdict.interval and [round_value(end) for end in verdict.interval]
    return {
        "difference": round_value(verdict.difference), "p": round_value(verdict.p), "interval": interval,
    }  # fmt: skip


def group_records(
    groups: Sequence[Group], systems: Systems, results: Results
) -> list[dict[str, Any]]:
    """Means of every system and tests of every pair, by group."""
    evaluation_type = next(iter(systems.values()))[0].type
    records = []
    for number, group in enumerate(groups):
        corrected = {
            metric: results.corrected(number, metric) for metric in evaluation_type.metrics
        }
        records.append(
            {
                "kind": group.kind,
                evaluation_type.part: group.part,
                f"{evaluation_type.unit}s": list(group.units),
                "scores": {
                    name: scores_record(results, group.units, list(evaluation_type.metrics), name)
                    for name in systems
                },
                "pairs": [
                    {
                        "systems": list(pair),
                        **{
                            metric: {
                                **verdict_record(results.grouped[number][metric][pair]),
                                "p_holm": round_value(corrected[metric][pair]),
                                **results.count_wins(group.units, metric, pair),
                            }
                            for metric in evaluation_type.metrics
                        },
                    }
                    for pair in next(iter(corrected.values()))
                ],
            }
        )
    return records


def unit_records(
    systems: Systems, results: Results, facts: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Scores and tests of every direction or cell, in the order of the first evaluation."""
    first = next(iter(systems.values()))[0]
    metrics = list(first.type.metrics)
    return {
        unit: {
            **first.type.unit_entry(systems, unit, facts),
            "scores": {name: scores_record(results, [unit], metrics, name) for name in systems},
            "pairs": [
                {
                    "systems": list(pair),
                    **{m: verdict_record(results.verdicts[unit][m][pair]) for m in metrics},
                }
                for pair in results.verdicts[unit][metrics[0]]
            ],
        }
        for unit in first.units
        if unit in results.verdicts
    }


def label(evaluation: Evaluation, systems: Systems) -> str:
    """The name of a run: that of its system, with its seed if there are several."""
    seeded = len(systems[evaluation.name]) > 1
    return f"{evaluation.name}, seed {evaluation.seed}" if seeded else evaluation.name


def convergence_records(
    evaluations: Sequence[Evaluation], systems: Systems, groups: Sequence[Group]
) -> dict[str, list[dict[str, Any]]]:
    """The means that the evaluations of each run say, in the order of their updates.

    Args:
        evaluations: all evaluations of all systems.
        systems: the runs of each system.
        groups: the groups; those that stand for a kind are taken.
    """
    curves: dict[str, list[dict[str, Any]]] = {}
    metrics = evaluations[0].type.metrics
    for evaluation in sorted(evaluations, key=lambda e: e.updates):
        curves.setdefault(label(evaluation, systems), []).append(
            {
                "updates": evaluation.updates,
                **{
                    group.kind: {
                        metric: round_value(
                            sum(evaluation.reported_score(unit, metric) for unit in group.units)
                            / len(group.units)
                        )
                        for metric in metrics
                    }
                    for group in groups
                    if group.is_overall
                },
            }
        )
    return curves


def test_record(test: PairedTest) -> dict[str, Any]:
    """How significance was tested."""
    return {"title": test.title, "samples": test.samples, "seed": test.seed}
