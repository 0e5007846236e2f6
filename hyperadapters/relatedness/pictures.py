"""The figures of `hyperadapters languages`."""

from collections.abc import Sequence
from pathlib import Path

from ..support.figures import figure
from .drawing import colours_of, draw_dendrogram, draw_map
from .measures import cosine_distances
from .reference import Reference
from .vectors import Vectors


def colours(found: Sequence[Vectors], reference: Reference | None) -> dict[str, object]:
    """The colour of each language: that of its group in the reference, if there is one."""
    codes = dict.fromkeys(code for vectors in found for code in vectors.codes)
    return colours_of({code: reference.groups[code] if reference else "" for code in codes})


def draw_dendrograms(
    path: Path, found: Sequence[Vectors], reference: Reference | None, titles: Sequence[str]
) -> None:
    """Draws the reference and each set of vectors as a dendrogram, side by side.

    Args:
        path: the PNG file to write.
        found: the sets of vectors.
        reference: known distances, or None.
        titles: a title for each set of vectors.
    """
    colour = colours(found, reference)
    languages = max(len(vectors.codes) for vectors in found)
    columns = len(found) + (reference is not None)
    size = (3.7 * columns, max(3.4, 0.145 * languages + 1.2))
    with figure(path, size, columns=columns) as axes:
        if reference:
            draw_dendrogram(axes[0], reference.codes, reference.distances, colour)
            axes[0].set_title(reference.title, fontsize="medium")
            axes[0].set_xlabel("distance")
        for panel, vectors, title in zip(axes[-len(found) :], found, titles):
            draw_dendrogram(panel, vectors.codes, cosine_distances(vectors.values), colour)
            panel.set_title(title, fontsize="medium")
            panel.set_xlabel("cosine distance")


def draw_maps(path: Path, found: Sequence[Vectors], reference: Reference | None) -> None:
    """Draws each set of vectors as a map, side by side; arguments as of `draw_dendrograms`."""
    colour = colours(found, reference)
    side = 4.2 if max(len(vectors.codes) for vectors in found) <= 25 else 6.4
    with figure(path, (side * len(found), side), columns=len(found)) as axes:
        for panel, vectors in zip(axes, found):
            draw_map(panel, vectors.codes, vectors.values, colour)
            panel.set_title(vectors.title, fontsize="medium")
