"""Tests of every pair of systems in every group of directions."""

import itertools
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Sequence

import numpy as np
from tqdm import tqdm

from ..errors import UserError
from .evaluations import METRICS, Evaluation
from .groups import Group
from .resampling import Pair, PairedTest, Sentences, Verdict, holm
from .signatures import metric_of

LEVEL = 0.05
# evaluation.json may hold rounded scores
ROUNDING = 0.02


@dataclass
class Results:
    """Scores and verdicts.

    Args:
        scores: direction -> metric -> system -> score.
        verdicts: direction -> metric -> pair -> verdict.
        grouped: for each group: metric -> pair -> verdict on the means over its directions.
    """

    scores: Dict[str, Dict[str, Dict[str, float]]] = field(default_factory=dict)
    verdicts: Dict[str, Dict[str, Dict[Pair, Verdict]]] = field(default_factory=dict)
    grouped: List[Dict[str, Dict[Pair, Verdict]]] = field(default_factory=list)

    def mean(self, directions: Sequence[str], metric: str, system: str) -> float:
        """A system's mean score over directions."""
        return float(np.mean([self.scores[d][metric][system] for d in directions]))

    def corrected(self, group: int, metric: str) -> Dict[Pair, float]:
        """The p-values of a group after Holm's correction for its pairs of systems."""
        verdicts = self.grouped[group][metric]
        return dict(zip(verdicts, holm([verdict.p for verdict in verdicts.values()]).tolist()))

    def won(self, directions: Sequence[str], metric: str, pair: Pair) -> Dict[str, int]:
        """In how many directions the second system of a pair is significantly better or worse."""
        found = [self.verdicts[direction][metric][pair] for direction in directions]
        sure = [verdict.difference for verdict in found if verdict.p < LEVEL]
        won, lost = sum(d > 0 for d in sure), sum(d < 0 for d in sure)
        return {"won": won, "lost": lost, "tied": len(found) - won - lost}


def compare(
    systems: Mapping[str, Evaluation], groups: Sequence[Group], test: PairedTest
) -> Results:
    """Scores all systems and tests all pairs of them, direction by direction and group by group.

    Args:
        systems: an evaluation of each system; all have the same references and signatures.
        groups: the groups; their directions are compared.
        test: the significance test.
    Raises:
        UserError: if translations do not give the scores that their evaluation says.
    """
    results = Results()
    pairs = list(itertools.combinations(systems, 2))
    first = next(iter(systems.values()))
    directions = list(dict.fromkeys(d for group in groups for d in group.directions))
    totals: List[Dict[str, Dict[Pair, Any]]] = [{m: {} for m in METRICS} for _ in groups]
    # directions of one size follow each other, so that their draws are made once
    ordered = sorted(directions, key=lambda d: first.directions[d]["sentences"])
    for direction in tqdm(ordered, desc="directions", disable=None):
        hypotheses = {name: e.lines("hypotheses", direction) for name, e in systems.items()}
        references = first.lines("references", direction)
        results.scores[direction], results.verdicts[direction] = {}, {}
        for metric in METRICS:
            signature = first.directions[direction]["signature"][metric]
            sentences = Sentences.of(metric_of(metric, signature), hypotheses, references)
            check_scores(systems, direction, metric, sentences.scores)
            resampled = test.resampled(sentences, pairs)
            results.scores[direction][metric] = sentences.scores
            results.verdicts[direction][metric] = {
                pair: test.judge(tuple(sentences.scores[system] for system in pair), of_pair)
                for pair, of_pair in resampled.items()
            }
            for group, total in zip(groups, totals):
                if direction in group.directions:
                    for pair, of_pair in resampled.items():
                        total[metric][pair] = total[metric].get(pair, 0) + np.stack(of_pair)
    for group, total in zip(groups, totals):
        results.grouped.append(
            {
                metric: {
                    pair: test.judge(
                        tuple(results.mean(group.directions, metric, system) for system in pair),
                        tuple(of_pair / len(group.directions)),
                    )
                    for pair, of_pair in total[metric].items()
                }
                for metric in METRICS
            }
        )
    return results


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
    systems: Mapping[str, Evaluation], direction: str, metric: str, scores: Mapping[str, float]
) -> None:
    """Raises:
    UserError: if a score is not the one that the evaluation says.
    """
    for system, score in scores.items():
        said = systems[system].directions[direction][metric]
        if abs(score - said) > ROUNDING:
            raise UserError(
                f"evaluation {systems[system].folder}: the translations of {direction} have "
                f"{METRICS[metric]} {score:.2f}, not {said:.2f} as its evaluation.json says: "
                "evaluate again"
            )
