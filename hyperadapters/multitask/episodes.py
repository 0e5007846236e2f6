"""Batches as episodes of meta-learning: a support set and a query set for every language."""

from collections.abc import Sequence
from typing import Any

from .dataset import CellDataset, collate
from .task import Encoded

Item = tuple[CellDataset, Encoded]


def collate_episodes(samples: Sequence[Item]) -> dict[str, Any] | None:
    """Makes a batch whose sentences are split, language by language.

    Args:
        samples: items of `CellDataset`.
    Returns:
        the batch of `collate`, and under `episodes` a pair for each language: a batch of half of its
        sentences, its support set (None if it has one sentence), and one of the others, its query set.
    """
    batch = collate(samples)
    if batch is not None:
        batch["episodes"] = [
            (collate(support), collate(query)) for support, query in split_by_language(samples)
        ]
    return batch


def split_by_language(samples: Sequence[Item]) -> list[tuple[list[Item], list[Item]]]:
    """Support and query set of each language; no sentence, nor part of it, is in both."""
    by_language: dict[int, dict[tuple[str, int], list[Item]]] = {}
    for item in samples:
        dataset, encoded = item
        sentences = by_language.setdefault(dataset.ids.src, {})
        sentences.setdefault((dataset.name, encoded.sentence), []).append(item)
    sets = []
    for sentences in by_language.values():
        groups = list(sentences.values())
        # every second one, so that batches that are sorted by length or task are split evenly
        support = [item for group in groups[1::2] for item in group]
        query = [item for group in groups[::2] for item in group]
        sets.append((support, query))
    return sets
