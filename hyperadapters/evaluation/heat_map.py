"""A matrix source x target as a picture."""

import math
from pathlib import Path
from typing import Any, Collection, Mapping, Sequence, Tuple

import numpy as np

from ..files import written

COLOURS = "cividis"  # even in lightness, and the same to colour-blind readers
FEW = 16  # languages whose cells have room for a decimal


def matrix(languages: Sequence[str], values: Mapping[str, float]) -> np.ndarray:
    """Values by direction as [source, target]; what there is no value of is not a number."""
    found = [[values.get(f"{src}-{tgt}", np.nan) for tgt in languages] for src in languages]
    return np.array(found, dtype=float)


def draw_heat_map(
    path: Path,
    title: str,
    languages: Sequence[str],
    values: Mapping[str, float],
    marked: Collection[str] = (),
    least_range: Tuple[float, float] = (math.inf, -math.inf),
) -> None:
    """Draws one figure of all directions.

    Args:
        path: the PNG file to write.
        title: what is drawn.
        languages: rows (source) and columns (target) in this order.
        values: the figure by direction; a direction without one stays grey.
        marked: directions that get a dot, as zero-shot.
        least_range: figures that the colours reach to at least; by default their own range.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    cells = matrix(languages, values)
    low = min(least_range[0], float(np.nanmin(cells)))
    high = max(least_range[1], float(np.nanmax(cells)))
    few = len(languages) <= FEW
    side = (0.55 if few else 0.38) * max(len(languages), 5)
    figure, axes = pyplot.subplots(figsize=(side + 2.6, side + 1.6), layout="constrained")
    axes.set_facecolor("0.88")
    image = axes.imshow(cells, cmap=COLOURS, vmin=low, vmax=high if high > low else low + 1)
    figure.colorbar(image, ax=axes, shrink=0.6, pad=0.02)
    _write_numbers(axes, languages, cells, marked, (low + high) / 2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(range(len(languages)), languages, fontsize=10)
    sides = {"labelbottom": not few, "labelright": not few, "labeltop": True, "length": 0}
    axes.tick_params(**sides)
    axes.tick_params(axis="x", rotation=90)
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("target language")
    axes.set_ylabel("source language")
    figure.suptitle(title + (" (dot: zero-shot)" if marked else ""))
    with written(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
    pyplot.close(figure)


def _write_numbers(
    axes: Any, languages: Sequence[str], cells: np.ndarray, marked: Collection[str], light: float
) -> None:
    """Writes each value into its cell, with a dot if it is marked; black on colours above `light`,
    white on darker ones."""
    few = len(languages) <= FEW
    for (row, column), value in np.ndenumerate(cells):
        if np.isnan(value):
            continue
        ink = "black" if value > light else "white"
        axes.text(
            column, row, f"{value:.1f}" if few else f"{value:.0f}", ha="center", va="center",
            fontsize=9 if few else 8, color=ink,
        )  # fmt: skip
        if f"{languages[row]}-{languages[column]}" in marked:
            axes.plot(column + 0.38, row - 0.38, ".", color=ink, markersize=3.5 if few else 2.5)
