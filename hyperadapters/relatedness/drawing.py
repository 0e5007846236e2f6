"""Dendrograms and maps of languages."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..support.point_labels import label_points
from .measures import unit_vectors

PLAIN = "dimgrey"


def colours_of(groups: dict[str, str]) -> dict[str, str]:
    """A colour for each language: one a group, grey for those that are alone in theirs.

    Args:
        groups: the group of each language.
    """
    from matplotlib import colormaps

    members = list(groups.values())
    shared = [group for group in dict.fromkeys(members) if members.count(group) > 1]
    if len(shared) == 1:
        shared = []
    palette = [c for name in ("tab10", "Dark2") for c in colormaps[name].colors if len(set(c)) > 1]
    return {
        code: palette[shared.index(group) % len(palette)] if group in shared else PLAIN
        for code, group in groups.items()
    }


def draw_dendrogram(
    axes: Any, codes: Sequence[str], distances: np.ndarray, colour: dict[str, Any]
) -> None:
    """Draws the average-linkage clustering of a distance matrix [N, N]."""
    from scipy.cluster.hierarchy import dendrogram, linkage
    from scipy.spatial.distance import squareform

    clusters = linkage(squareform(distances, checks=False), method="average")
    dendrogram(
        clusters, labels=list(codes), ax=axes, orientation="left",
        color_threshold=0, above_threshold_color="grey",
        leaf_font_size=10 if len(codes) <= 25 else 8,
    )  # fmt: skip
    for label in axes.get_yticklabels():
        label.set_color(colour[label.get_text()])
    axes.spines[["left", "top", "right"]].set_visible(False)


def draw_map(axes: Any, codes: Sequence[str], vectors: np.ndarray, colour: dict[str, Any]) -> None:
    """Draws vectors [N, width] in the plane of two principal components.

    They are those of the centred vectors at length 1, of which cosine distances are made.
    """
    from sklearn.decomposition import PCA

    plane = PCA(n_components=2, svd_solver="full")
    points = plane.fit_transform(unit_vectors(vectors))
    small = len(codes) > 25
    colours = [colour[code] for code in codes]
    axes.scatter(*points.T, color=colours, s=14 if small else 36)
    first, second = (f"{share:.0%} of the variance" for share in plane.explained_variance_ratio_)
    axes.set_xlabel(first)
    axes.set_ylabel(second)
    axes.margins(0.12)
    label_points(axes, points, codes, colours, size=7 if small else 10)
