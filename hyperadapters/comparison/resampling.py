"""Paired bootstrap and approximate randomisation over several directions, after sacreBLEU.

sacreBLEU's `PairedTest` tests the score of one corpus. Here the score is the mean over directions,
whose metrics may differ (BLEU needs a tokeniser a target language), so only the resampling is ours:
statistics, scores, p-values and the numbers that a seed draws are sacreBLEU's, and for a single
direction so is the result, to the last digit (a test compares them).

Sentences are drawn within every direction, so that its size and its weight in the mean stay fixed.
Directions with equally many sentences draw the same lines: multi-parallel test sets, and the two
directions of a pair, translate the same sentences, and drawing them apart would make the mean look
more certain than it is. Where equally long test sets have nothing to do with each other, drawing
the same lines does no harm: unrelated lines vary as independently as lines drawn apart.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..support.errors import UserError
from ..support.registry import Registry

Pair = tuple[str, str]
Scores = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Sentences:
    """What a metric counts in every sentence of one direction.

    Args:
        metric: a sacreBLEU metric.
        counts: its statistics by system [sentences, width].
        scores: its corpus score by system.
    """

    metric: Any
    counts: dict[str, np.ndarray]
    scores: dict[str, float]

    @classmethod
    def of(
        cls, metric: Any, hypotheses: Mapping[str, Sequence[str]], references: Sequence[str]
    ) -> "Sentences":
        """Counts once, for all resamples.

        Args:
            metric: a sacreBLEU metric.
            hypotheses: the translations of each system.
            references: their references.
        """
        counts, scores = {}, {}
        for system, lines in hypotheses.items():
            statistics = metric._extract_corpus_statistics(lines, [references])
            scores[system] = metric._aggregate_and_compute(statistics).score
            counts[system] = np.array(statistics)
        return cls(metric, counts, scores)

    def score_each(self, sums: np.ndarray) -> np.ndarray:
        """The corpus score of each resample [S] from its summed statistics [S, width]."""
        return np.array([self.metric._compute_score_from_stats(row).score for row in sums])


@dataclass(frozen=True)
class Verdict:
    """How two systems differ.

    Args:
        difference: the second system's score less the first's.
        p: two-sided p-value of the difference; 1 if nothing differs.
        interval: its 95 % confidence interval, if the test gives one.
    """

    difference: float
    p: float
    interval: tuple[float, float] | None = None


class PairedTest(ABC):
    """Draws resamples and judges differences.

    Args:
        samples: number of resamples or trials.
        seed: seed of the draws.
    Raises:
        UserError: if one is out of range.
    """

    title: ClassVar[str]
    default_samples: ClassVar[int]

    def __init__(self, samples: int, seed: int) -> None:
        if samples < 1 or seed < 0:
            raise UserError(f"--samples {samples}, --seed {seed}: give positive numbers")
        self.samples, self.seed = samples, seed
        self._drawn = np.empty((samples, 0))

    def draws(self, sentences: int) -> np.ndarray:
        """How often each sentence is drawn in each resample [samples, sentences].

        The last draws are kept: take directions in the order of their number of sentences.
        """
        if self._drawn.shape[1] != sentences:
            self._drawn = self._draw(np.random.default_rng(self.seed), sentences)
        return self._drawn

    @abstractmethod
    def _draw(self, random: np.random.Generator, sentences: int) -> np.ndarray:
        """Draws anew, in the order in which sacreBLEU does."""

    @abstractmethod
    def resampled(self, sentences: Sentences, pairs: Sequence[Pair]) -> dict[Pair, Scores]:
        """The scores [samples] of both systems of each pair on the resamples of a direction."""

    @abstractmethod
    def spread(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """What the absolute difference is compared with, from resampled scores [samples]."""

    def interval(self, differences: np.ndarray) -> tuple[float, float] | None:
        """The 95 % confidence interval from resampled differences, if they give one."""
        return None

    def judge(self, scores: tuple[float, float], resampled: Scores) -> Verdict:
        """Tests the difference of two scores.

        Args:
            scores: the real scores of both systems.
            resampled: their scores on the resamples.
        """
        from sacrebleu.significance import _compute_p_value

        first, second = resampled
        difference = scores[1] - scores[0]
        if difference == 0 and np.array_equal(first, second):
            return Verdict(0.0, 1.0)  # sacreBLEU's formula calls equal translations significant
        p = _compute_p_value(self.spread(first, second), abs(difference))
        return Verdict(difference, float(p), self.interval(second - first))


TESTS: Registry = Registry("significance test")


@TESTS.register("bs")
class Bootstrap(PairedTest):
    """Paired bootstrap resampling."""

    title = "paired bootstrap"
    default_samples = 1000

    def _draw(self, random: np.random.Generator, sentences: int) -> np.ndarray:
        rows = random.choice(sentences, size=(self.samples, sentences), replace=True)
        return np.stack([np.bincount(row, minlength=sentences) for row in rows]).astype(float)

    def resampled(self, sentences: Sentences, pairs: Sequence[Pair]) -> dict[Pair, Scores]:
        scores = {}
        for system in dict.fromkeys(system for pair in pairs for system in pair):
            counts = sentences.counts[system]
            sums = self.draws(len(counts)) @ counts
            # sacreBLEU sums in single precision; in double, ties could fall otherwise
            scores[system] = sentences.score_each(sums.astype("float32"))
        return {(first, second): (scores[first], scores[second]) for first, second in pairs}

    def spread(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        differences = np.abs(second - first)
        return differences - differences.mean()

    def interval(self, differences: np.ndarray) -> tuple[float, float] | None:
        low, high = np.percentile(differences, (2.5, 97.5))
        return float(low), float(high)


@TESTS.register("ar")
class Randomisation(PairedTest):
    """Approximate randomisation: the systems swap sentences at random."""

    title = "approximate randomisation"
    default_samples = 10000

    def _draw(self, random: np.random.Generator, sentences: int) -> np.ndarray:
        return random.integers(2, size=(self.samples, sentences), dtype=bool).astype(float)

    def resampled(self, sentences: Sentences, pairs: Sequence[Pair]) -> dict[Pair, Scores]:
        results = {}
        for first, second in pairs:
            ours, theirs = sentences.counts[first], sentences.counts[second]
            swapped = np.rint(self.draws(len(ours)) @ (ours - theirs)).astype(int)
            sums = (swapped + theirs.sum(0), ours.sum(0) - swapped)
            results[first, second] = tuple(sentences.score_each(each) for each in sums)
        return results

    def spread(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.abs(first - second)


def holm(p_values: Sequence[float]) -> np.ndarray:
    """p-values corrected for testing several hypotheses (Holm 1979) [N]."""
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p_values[order] * factors))
    return corrected
