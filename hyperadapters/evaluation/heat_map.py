"""A matrix source x target as a picture."""

from pathlib import Path
from typing import Any, Collection, Mapping, Sequence

import numpy as np

from ..files import written

COLOURS = "cividis"  # even in lightness, and the same to colour-blind readers


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
    top: float = 0.0,
) -> None:
    """Draws one figure of all directions.

    Args:
        path: the PNG file to write.
        title: what is drawn.
        languages: rows (source) and columns (target) in this order.
        values: the figure by direction; a direction without one stays grey.
        marked: directions to mark as zero-shot.
        top: least value at the upper end of the colours; by default the largest one.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    cells = matrix(languages, values)
    side = (0.55 if len(languages) <= 16 else 0.36) * len(languages)
    figure, axes = pyplot.subplots(figsize=(side + 2.4, side + 1.6), layout="constrained")
    axes.set_facecolor("0.88")
    highest = max(top, float(np.nanmax(cells)))
    image = axes.imshow(cells, cmap=COLOURS, vmin=0, vmax=highest or 1)
    figure.colorbar(image, ax=axes, shrink=0.7, pad=0.02)
    _write_numbers(axes, cells, (highest or 1) * 0.6)
    _mark(axes, languages, marked, cells, (highest or 1) * 0.6)
    numbers = range(len(languages))
    axes.set_xticks(numbers, languages, rotation=90)
    axes.set_yticks(numbers, languages)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("target language")
    axes.set_ylabel("source language")
    axes.tick_params(length=0)
    axes.set_title(title + ("\n(corner marked: zero-shot)" if marked else ""))
    with written(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
    pyplot.close(figure)


def _ink(value: float, light: float) -> str:
    return "black" if value > light else "white"


def _write_numbers(axes: Any, cells: np.ndarray, light: float) -> None:
    """Writes each value into its cell, dark on light colours and light on dark ones."""
    few = len(cells) <= 16
    for (row, column), value in np.ndenumerate(cells):
        if not np.isnan(value):
            axes.text(
                column, row, f"{value:.1f}" if few else f"{value:.0f}", ha="center", va="center",
                fontsize=8 if few else 7, color=_ink(value, light),
            )  # fmt: skip


def _mark(
    axes: Any, languages: Sequence[str], marked: Collection[str], cells: np.ndarray, light: float
) -> None:
    """Marks the upper left corner of the cells of some directions."""
    from matplotlib.patches import Polygon

    for row, src in enumerate(languages):
        for column, tgt in enumerate(languages):
            if f"{src}-{tgt}" in marked and not np.isnan(cells[row, column]):
                x, y = column - 0.5, row - 0.5
                corner = [(x, y), (x + 0.24, y), (x, y + 0.24)]
                colour = _ink(cells[row, column], light)
                axes.add_patch(Polygon(corner, facecolor=colour, edgecolor="none", alpha=0.8))
