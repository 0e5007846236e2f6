"""Tests of every pair of systems in every group of directions or cells."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tqdm import tqdm

from ..evaluation.score_table import Score
from ..support.errors import UserError
from .evaluations import Evaluation, Group, Systems
from .resampling import Pair, PairedTest, Sentences, Verdict, holm

LEVEL = 0.05
# evaluation.json may hold rounded scores
ROUNDING = 0.02


@dataclass
class Results:
    """Scores and verdicts.

    Args:
        scores: a row for each run of a system, in the order of runs: by direction or cell, metric and
            system.
        verdicts: direction or cell -> metric -> pair -> verdict on the means over runs.
        grouped: for each group: metric -> pair -> verdict on the means over its members and runs.
    """

    scores: dict[tuple[str, str, str], dict[int | None, Score]] = field(default_factory=dict)
    verdicts: dict[str, dict[str, dict[Pair, Verdict]]] = field(default_factory=dict)
    grouped: list[dict[str, dict[Pair, Verdict]]] = field(default_factory=list)

    @property
    def rows(self) -> list[Score]:
        """All scores as one long table."""
        return [row for by_run in self.scores.values() for row in by_run.values()]

    def add(self, evaluation: Evaluation, unit: str, metric: str, score: float, group: str) -> None:
        """Adds the score of a run; one that stands beside several runs of the others has one row."""
        name = evaluation.metric_name(unit, metric)
        row = Score(evaluation.name, evaluation.seed, unit, name, score, group)
        self.scores.setdefault((unit, metric, evaluation.name), {})[evaluation.seed] = row

    def score_by_run(self, units: Sequence[str], metric: str, system: str) -> np.ndarray:
        """A system's mean score over directions or cells in each of its runs [runs]."""
        runs = [self.scores[unit, metric, system].values() for unit in units]
        return np.mean([[row.score for row in rows] for rows in runs], axis=0)

    def mean(self, units: Sequence[str], metric: str, system: str) -> float:
        """A system's mean score over directions or cells and runs."""
        return float(self.score_by_run(units, metric, system).mean())

    def deviation(self, units: Sequence[str], metric: str, system: str) -> float | None:
        """The standard deviation of a system's mean score between runs; None of a single run."""
        means = self.score_by_run(units, metric, system)
        return float(means.std(ddof=1)) if len(means) > 1 else None

    def paired(self, units: Sequence[str], metric: str, runs: Systems) -> tuple[float, float]:
        """The mean scores of two systems over as many runs as both have.

        Args:
            units: the directions or cells.
            metric: the metric.
            runs: the runs of both systems; one without a seed stands beside each of the other's.
        """
        number = min((len(r) for r in runs.values() if not r[0].untrained), default=1)
        first, second = (self.score_by_run(units, metric, name)[:number].mean() for name in runs)
        return float(first), float(second)

    def corrected(self, group: int, metric: str) -> dict[Pair, float]:
        """The p-values of a group after Holm's correction for its pairs of systems."""
        verdicts = self.grouped[group][metric]
        return dict(zip(verdicts, holm([verdict.p for verdict in verdicts.values()]).tolist()))

    def count_wins(self, units: Sequence[str], metric: str, pair: Pair) -> dict[str, int]:
        """In how many directions or cells the second system of a pair is significantly better or
        worse."""
        verdicts = [self.verdicts[unit][metric][pair] for unit in units]
        differences = [verdict.difference for verdict in verdicts if verdict.p < LEVEL]
        won, lost = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
        return {"won": won, "lost": lost, "tied": len(verdicts) - won - lost}


def compare(systems: Systems, groups: Sequence[Group], test: PairedTest) -> Results:
    """Scores all systems and tests all pairs of them, one by one and group by group.

    Args:
        systems: the runs of each system; all have the same references and signatures.
        groups: the groups; their directions or cells are compared.
        test: the significance test.
    Raises:
        UserError: if predictions do not give the scores that their evaluation says.
    """
    results = Results()
    pairs = list(itertools.combinations(systems, 2))
    runs = {pair: {name: systems[name] for name in pair} for pair in pairs}
    first = next(iter(systems.values()))[0]
    metrics = first.type.metrics
    kinds = {unit: group.kind for group in groups for unit in group.units}
    totals: list[dict[str, dict[Pair, Any]]] = [{m: {} for m in metrics} for _ in groups]
    # those of one size follow each other, so that their draws are made once
    ordered = sorted(kinds, key=lambda unit: first.units[unit]["sentences"])
    for unit in tqdm(ordered, desc=f"{first.type.unit}s", disable=None):
        results.verdicts[unit] = {}
        for metric in metrics:
            resampled = resample_runs(results, systems, unit, metric, kinds[unit], pairs, test)
            results.verdicts[unit][metric] = {
                pair: test.judge(results.paired([unit], metric, runs[pair]), tuple(of_pair))
                for pair, of_pair in resampled.items()
            }
            for group, total in zip(groups, totals):
                if unit in group.units:
                    for pair, of_pair in resampled.items():
                        total[metric][pair] = total[metric].get(pair, 0) + of_pair
    for group, total in zip(groups, totals):
        results.grouped.append(
            {
                metric: {
                    pair: test.judge(
                        results.paired(group.units, metric, runs[pair]),
                        tuple(of_pair / len(group.units)),
                    )
                    for pair, of_pair in total[metric].items()
                }
                for metric in metrics
            }
        )
    return results


def resample_runs(
    results: Results,
    systems: Systems,
    unit: str,
    metric: str,
    kind: str,
    pairs: Sequence[Pair],
    test: PairedTest,
) -> dict[Pair, np.ndarray]:
    """Scores a direction or cell, and resamples it.

    The sentences are drawn or swapped alike in all runs: they are what varies, and the runs of a
    system are scored on each resample together.

    Args:
        results: the scores of each run are added to these.
        systems: the runs of each system.
        unit: the direction or cell.
        metric: name of the metric.
        kind: what the direction or cell is to the systems.
        pairs: the pairs of systems.
        test: the significance test.
    Returns:
        the mean scores over runs of both systems of each pair on the resamples [2, samples].
    """  # fmt: skip
    first = next(iter(systems.values()))[0]
    references, scorer = first.lines("references", unit), first.metric(unit, metric)
    resampled: dict[Pair, list[np.ndarray]] = {pair: [] for pair in pairs}
    for number in range(max(map(len, systems.values()))):
        runs = parallel_runs(systems, number)
        hypotheses = {name: run.lines("hypotheses", unit) for name, run in runs.items()}
        sentences = Sentences.of(scorer, hypotheses, references)
        check_scores(runs, unit, metric, sentences.scores)
        for system, score in sentences.scores.items():
            results.add(runs[system], unit, metric, score, kind)
        both = [pair for pair in pairs if set(pair) <= set(runs)]
        for pair, of_pair in test.resampled(sentences, both).items():
            resampled[pair].append(np.stack(of_pair))
    return {pair: np.mean(of_runs, axis=0) for pair, of_runs in resampled.items()}


def parallel_runs(systems: Systems, number: int) -> dict[str, Evaluation]:
    """Returns the runs that are tested on each other: of each system the one of a number; one that
    is the same with every seed stands beside all runs of the others."""
    return {
        name: runs[min(number, len(runs) - 1)]
        for name, runs in systems.items()
        if number < len(runs) or runs[0].untrained
    }


def samples_note(test: PairedTest, systems: int) -> str:
    """A warning if so few samples cannot make any difference significant; else empty.

    Args:
        test: the significance test.
        systems: how many systems are compared.
    """
    pairs = systems * (systems - 1) // 2
    if pairs / (test.samples + 1) < LEVEL:
        return ""
    return (
        f"With {test.samples} samples and {pairs} pairs of systems no difference can be significant at "
        f"{LEVEL} after Holm's correction: use --samples {round(10 * pairs / LEVEL)} or more."
    )


def check_scores(
    evaluations: Mapping[str, Evaluation], unit: str, metric: str, scores: Mapping[str, float]
) -> None:
    """Raises:
    UserError: if a score is not the one that the evaluation says.
    """
    for system, score in scores.items():
        evaluation = evaluations[system]
        reported = evaluation.reported_score(unit, metric)
        if abs(score - reported) > ROUNDING:
            raise UserError(
                f"evaluation {evaluation.folder}: the {evaluation.type.outputs} of {unit} have "
                f"{evaluation.type.metrics[metric]} {score:.2f}, not {reported:.2f} as its "
                "evaluation.json says: evaluate again"
            )
