"""Dendrograms and maps of languages: single panels, and the figures of `hyperadapters languages`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data.reference_distances import Reference
from ..support.figures import figure
from ..support.point_labels import label_points
from .measures import cosine_distances, unit_vectors
from .vectors import Vectors

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


def language_colours(
    vector_sets: Sequence[Vectors], reference: Reference | None
) -> dict[str, object]:
    """The colour of each language: that of its group in the reference, if there is one."""
    codes = dict.fromkeys(code for vectors in vector_sets for code in vectors.codes)
    return colours_of({code: reference.groups[code] if reference else "" for code in codes})


def draw_dendrograms(
    path: Path, vector_sets: Sequence[Vectors], reference: Reference | None, titles: Sequence[str]
) -> None:
    """Draws the reference and each set of vectors as a dendrogram, side by side.

    Args:
        path: the PNG file to write.
        vector_sets: the sets of vectors.
        reference: known distances, or None.
        titles: a title for each set of vectors.
    """
    colours = language_colours(vector_sets, reference)
    languages = max(len(vectors.codes) for vectors in vector_sets)
    columns = len(vector_sets) + (reference is not None)
    size = (3.7 * columns, max(3.4, 0.145 * languages + 1.2))
    with figure(path, size, columns=columns) as axes:
        if reference:
            draw_dendrogram(axes[0], reference.codes, reference.distances, colours)
            axes[0].set_title(reference.title, fontsize="medium")
            axes[0].set_xlabel("distance")
        for panel, vectors, title in zip(axes[-len(vector_sets) :], vector_sets, titles):
            draw_dendrogram(panel, vectors.codes, cosine_distances(vectors.values), colours)
            panel.set_title(title, fontsize="medium")
            panel.set_xlabel("cosine distance")


def draw_maps(path: Path, vector_sets: Sequence[Vectors], reference: Reference | None) -> None:
    """Draws each set of vectors as a map, side by side; arguments as of `draw_dendrograms`."""
    colours = language_colours(vector_sets, reference)
    side = 4.2 if max(len(vectors.codes) for vectors in vector_sets) <= 25 else 6.4
    with figure(path, (side * len(vector_sets), side), columns=len(vector_sets)) as axes:
        for panel, vectors in zip(axes, vector_sets):
            draw_map(panel, vectors.codes, vectors.values, colours)
            panel.set_title(vectors.title, fontsize="medium")
