"""The best dependency tree of a sentence, from scores of single arcs."""

from collections.abc import Sequence

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike

ROOT = 0


def best_tree(scores: ArrayLike) -> list[int]:
    """Finds the tree with the highest sum of scores in which one word depends on the root.

    Args:
        scores: score of every head (0 for the root, then the words) for every word [N, N + 1]; that
            of a word as its own head is not read.
    Returns:
        the head of each word.
    """
    arcs = np.array(scores, dtype=np.float64)
    words = np.arange(len(arcs))
    arcs[words, words + 1] = -np.inf
    heads = arcs.argmax(axis=1).tolist()
    if is_tree(heads):  # no tree can be better than each word's best head
        return heads
    # so much less for arcs from the root that no second one can pay
    finite = arcs[np.isfinite(arcs)]
    arcs[:, ROOT] -= (len(arcs) + 1) * (finite.max() - finite.min() + 1)
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(
        (head, word + 1, arcs[word, head])
        for word in range(len(arcs)) for head in range(len(arcs) + 1) if head != word + 1
    )  # fmt: skip
    for head, word in nx.maximum_spanning_arborescence(graph).edges:
        heads[word - 1] = head
    return heads


def is_tree(heads: Sequence[int]) -> bool:
    """Whether heads make one tree, in which one word depends on the root.

    Args:
        heads: the head of each word, 0 for the root.
    """
    arcs = [(head, word) for word, head in enumerate(heads, start=1)]
    return list(heads).count(ROOT) == 1 and nx.is_arborescence(nx.DiGraph(arcs))
