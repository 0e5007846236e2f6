"""How the distances between learnt languages agree with known distances."""

from typing import Callable, Sequence

import numpy as np


def cosine_distances(vectors: np.ndarray) -> np.ndarray:
    """Cosine distances between centred vectors.

    Args:
        vectors: one a language [N, width].
    Returns:
        [N, N], 0 on the diagonal, at most 2.
    """
    centred = vectors - vectors.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    distances = 1 - unit @ unit.T
    np.fill_diagonal(distances, 0)
    return np.clip(distances, 0, 2)


def known_distances(codes: Sequence[str], distance: Callable[[str, str], float]) -> np.ndarray:
    """The distances [N, N] between languages by a given function of two codes."""
    return np.array([[distance(a, b) if a != b else 0.0 for b in codes] for a in codes])


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation over all pairs of languages of two distance matrices [N, N]."""
    from scipy.stats import spearmanr

    pairs = np.triu_indices(len(a), k=1)
    return float(spearmanr(a[pairs], b[pairs]).statistic)
