"""Distances between languages, and how two sets of them agree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

PERMUTATIONS = 9999


def unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """Vectors [N, width] less their mean, each at length 1, as the distances see them."""
    centred = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.maximum(lengths, np.finfo(centred.dtype).tiny)


def cosine_distances(vectors: np.ndarray) -> np.ndarray:
    """Cosine distances between centred vectors.

    Args:
        vectors: one a language [N, width].
    Returns:
        [N, N], 0 on the diagonal, at most 2.
    """
    unit = unit_vectors(vectors)
    distances = 1 - (unit @ unit.T).astype(float)
    distances = (distances + distances.T) / 2
    np.fill_diagonal(distances, 0)
    return np.clip(distances, 0, 2)


def known_distances(codes: Sequence[str], distance: Callable[[str, str], float]) -> np.ndarray:
    """The distances [N, N] between languages by a given function of two codes."""
    return np.array([[distance(a, b) if a != b else 0.0 for b in codes] for a in codes])


def pair_ranks(distances: np.ndarray) -> np.ndarray:
    """The ranks of all pairs of languages by their distance, as a matrix [N, N], 0 on the diagonal."""
    from scipy.stats import rankdata

    pairs = np.triu_indices(len(distances), k=1)
    ranks = np.zeros(distances.shape)
    ranks[pairs] = rankdata(np.round(distances[pairs], 9))  # so that rounding breaks no ties
    return ranks + ranks.T


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation over all pairs of languages of two distance matrices [N, N]."""
    pairs = np.triu_indices(len(a), k=1)
    first, second = pair_ranks(a)[pairs], pair_ranks(b)[pairs]
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


@dataclass(frozen=True)
class Mantel:
    """A Mantel test of two distance matrices.

    Args:
        correlation: Spearman's rank correlation over all pairs of languages.
        p: share of permutations of the languages that correlate at least as much (one-sided).
        permutations: how many were drawn.
    """

    correlation: float
    p: float
    permutations: int


def mantel(a: np.ndarray, b: np.ndarray, permutations: int = PERMUTATIONS, seed: int = 1) -> Mantel:
    """Tests whether two distance matrices of the same languages go together (Mantel 1967).

    Pairs that share a language are not independent, so the p-value of a correlation over pairs
    would be wrong; permuting whole languages gives a right one.

    Args:
        a, b: distances [N, N].
        permutations: how many to draw.
        seed: seed of the draws.
    """
    pairs = np.triu_indices(len(a), k=1)
    first, second = pair_ranks(a), pair_ranks(b)[pairs]
    correlation = rank_correlation(a, b)
    if np.isnan(correlation):
        return Mantel(correlation, 1.0, 0)
    second = second - second.mean()
    products = np.empty(permutations)
    random = np.random.default_rng(seed)
    for number in range(permutations):
        order = random.permutation(len(a))
        products[number] = first[np.ix_(order, order)][pairs] @ second
    # the correlations differ by a constant factor only; some room for the rounding of sums
    reached = products >= first[pairs] @ second - 1e-6
    return Mantel(correlation, float((reached.sum() + 1) / (permutations + 1)), permutations)


def nearest(
    codes: Sequence[str], distances: np.ndarray, count: int
) -> dict[str, list[tuple[str, float]]]:
    """The nearest languages of each language with their distances, the nearest first.

    Args:
        codes: languages in the order of the matrix.
        distances: [N, N].
        count: how many to list.
    """
    neighbours = {}
    for row, code in enumerate(codes):
        order = [number for number in np.argsort(distances[row], kind="stable") if number != row]
        neighbours[code] = [(codes[n], float(distances[row, n])) for n in order[:count]]
    return neighbours


def neighbour_agreement(learnt: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """How often a language's nearest neighbour is one of its nearest by the reference.

    Args:
        learnt, reference: distances [N, N].
    Returns:
        the share of languages, and the share that random neighbours would reach.
    """
    others = ~np.eye(len(learnt), dtype=bool)
    hits, chance = [], []
    for row in range(len(learnt)):
        apart = np.where(others[row], reference[row], np.inf)
        close = np.isclose(apart, apart.min())
        hits.append(close[np.where(others[row], learnt[row], np.inf).argmin()])
        chance.append(close.sum() / (len(learnt) - 1))
    return float(np.mean(hits)), float(np.mean(chance))
