"""The comparison as plain data: what comparison.json holds, and tables and figures are made of."""

from typing import Any, Dict, List, Mapping, Sequence

from .evaluations import KINDS, METRICS, Evaluation
from .groups import Group, language_of, resource_of
from .resampling import PairedTest, Verdict
from .significance import Results

COPIED = (
    "adapter_kind", "adapter_source", "adapter_parameters", "total_parameters", "updates",
    "words_per_second",
)  # fmt: skip


def rounded(value: float) -> float:
    """A number with the digits that are worth keeping in a file."""
    return float(f"{value:.6g}")


def system_record(
    name: str, evaluation: Evaluation, groups: Sequence[Group], results: Results
) -> Dict[str, Any]:
    """What is known of a system, with its means by kind of direction."""
    averages = {}
    for group in groups:
        if group.resource == "all":
            off = [evaluation.directions[d].get("off_target") for d in group.directions]
            known = [fraction for fraction in off if fraction is not None]
            averages[group.kind] = {
                **{m: rounded(results.mean(group.directions, m, name)) for m in METRICS},
                "off_target": rounded(sum(known) / len(known)) if known else None,
                "directions": len(group.directions),
            }
    return {
        "name": name,
        "folder": str(evaluation.folder),
        **{key: evaluation.system.get(key) for key in COPIED},
        "averages": averages,
    }


def verdict_record(verdict: Verdict) -> Dict[str, Any]:
    """A verdict in plain data."""
    interval = verdict.interval and [rounded(end) for end in verdict.interval]
    return {
        "difference": rounded(verdict.difference), "p": rounded(verdict.p), "interval": interval,
    }  # fmt: skip


def group_records(
    groups: Sequence[Group], systems: Sequence[str], results: Results
) -> List[Dict[str, Any]]:
    """Means of every system and tests of every pair, by group."""
    records = []
    for number, group in enumerate(groups):
        corrected = {metric: results.corrected(number, metric) for metric in METRICS}
        records.append(
            {
                "kind": group.kind,
                "resource": group.resource,
                "directions": list(group.directions),
                "scores": {
                    name: {m: rounded(results.mean(group.directions, m, name)) for m in METRICS}
                    for name in systems
                },
                "pairs": [
                    {
                        "systems": list(pair),
                        **{
                            metric: {
                                **verdict_record(results.grouped[number][metric][pair]),
                                "p_holm": rounded(corrected[metric][pair]),
                                **results.won(group.directions, metric, pair),
                            }
                            for metric in METRICS
                        },
                    }
                    for pair in corrected["bleu"]
                ],
            }
        )
    return records


def direction_records(
    evaluation: Evaluation, results: Results, english: str, sizes: Mapping[str, int], thresholds
) -> Dict[str, Any]:
    """Scores and tests of every direction, in the order of the first evaluation."""
    return {
        direction: {
            "kind": entry["group"],
            "resource": resource_of(
                sizes.get(language_of(direction, english, sizes), 0), thresholds
            ),
            "sentences": entry["sentences"],
            "signature": entry["signature"],
            "scores": {
                system: {m: rounded(results.scores[direction][m][system]) for m in METRICS}
                for system in results.scores[direction]["bleu"]
            },
            "pairs": [
                {
                    "systems": list(pair),
                    **{m: verdict_record(results.verdicts[direction][m][pair]) for m in METRICS},
                }
                for pair in results.verdicts[direction]["bleu"]
            ],
        }
        for direction, entry in evaluation.directions.items()
        if direction in results.scores
    }


def convergence_records(
    evaluations: Sequence[Evaluation], directions: Sequence[str]
) -> Dict[str, List[Dict[str, Any]]]:
    """The means that the evaluations of each system say, in the order of their updates.

    Args:
        evaluations: all evaluations of all systems.
        directions: the directions that all have.
    """
    curves: Dict[str, List[Dict[str, Any]]] = {}
    first = evaluations[0].directions
    of_kind = {
        kind: [direction for direction in directions if first[direction]["group"] == kind]
        for kind in KINDS
    }
    for evaluation in sorted(evaluations, key=lambda e: e.updates):
        curves.setdefault(evaluation.name, []).append(
            {
                "updates": evaluation.updates,
                **{
                    kind: {
                        metric: rounded(
                            sum(evaluation.directions[d][metric] for d in found) / len(found)
                        )
                        for metric in METRICS
                    }
                    for kind, found in of_kind.items()
                    if found
                },
            }
        )
    return curves


def test_record(test: PairedTest) -> Dict[str, Any]:
    """How significance was tested."""
    return {"title": test.title, "samples": test.samples, "seed": test.seed}
