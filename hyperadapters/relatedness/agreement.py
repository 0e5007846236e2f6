"""Whether languages that are near each other are alike in something else."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ..data.reference_distances import read_reference
from .measures import mantel


def agreement(
    likeness: Sequence[Sequence[float]], names: Sequence[str], distances: str
) -> dict[str, Any]:
    """Whether near languages are alike: a Mantel test of likeness against known distances.

    Args:
        likeness: of every two languages [N, N], 1 of a language and itself.
        names: the languages.
        distances: a table of distances, or "genealogy", see `data.reference_distances`.
    Returns:
        what the distances are, Spearman's correlation of nearness and likeness, and its p-value.
    Raises:
        UserError: for a language without distances.
    """
    reference = read_reference(distances, names)
    test = mantel(1 - np.asarray(likeness), reference.among(names))
    return {"distances": reference.title, **asdict(test)}


def agreement_line(title: str, test: Mapping[str, Any]) -> str:
    """A test of `agreement` in words."""
    return (
        f"{title} and nearness ({test['distances']}): Spearman's correlation {test['correlation']:.2f}, "
        f"p = {test['p']:.4f} (Mantel test, {test['permutations']:,} permutations)"
    )
