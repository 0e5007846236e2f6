"""A matrix such as source x target as a picture."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..support.figures import figure

COLOURS = "cividis"  # even in lightness, and the same to colour-blind readers
FEW = 16  # columns whose cells have room for a decimal


@dataclass(frozen=True)
class Grid:
    """The rows and columns of a matrix.

    Args:
        rows, columns: their names, in this order.
        row_title, column_title: what they are.
        joint: what stands between the names of row and column in that of a value.
        mark: what a dot means.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    row_title: str
    column_title: str
    joint: str
    mark: str

    @classmethod
    def of_directions(cls, languages: Sequence[str]) -> "Grid":
        """Source languages as rows, target languages as columns."""
        return cls(languages, languages, "source language", "target language", "-", "zero-shot")

    def name(self, row: int, column: int) -> str:
        """The name of a value."""
        return f"{self.rows[row]}{self.joint}{self.columns[column]}"

    def matrix(self, values: Mapping[str, float]) -> np.ndarray:
        """Values by name as [rows, columns]; what there is no value of is not a number."""
        matrix = np.full((len(self.rows), len(self.columns)), np.nan)
        for row, column in np.ndindex(matrix.shape):
            matrix[row, column] = values.get(self.name(row, column), np.nan)
        return matrix


def draw_heat_map(
    path: Path,
    title: str,
    grid: Grid,
    values: Mapping[str, float],
    marked: Collection[str] = (),
    least_range: tuple[float, float] = (math.inf, -math.inf),
) -> None:
    """Draws one figure.

    Args:
        path: the PNG file to write.
        title: what is drawn.
        grid: the rows and columns.
        values: the figure by name; what has none stays grey.
        marked: names that get a dot.
        least_range: figures that the colours reach to at least; by default their own range.
    """
    cells = grid.matrix(values)
    low = min(least_range[0], float(np.nanmin(cells)))
    high = max(least_range[1], float(np.nanmax(cells)))
    few = len(grid.columns) <= FEW
    side = 0.55 if few else 0.38
    width, height = side * max(len(grid.columns), 5), side * max(len(grid.rows), 2)
    with figure(path, (width + 2.6, height + 1.6)) as (axes,):
        axes.set_facecolor("0.88")
        image = axes.imshow(cells, cmap=COLOURS, vmin=low, vmax=high if high > low else low + 1)
        axes.figure.colorbar(image, ax=axes, shrink=0.6, pad=0.02)
        _write_numbers(axes, grid, cells, marked, (low + high) / 2)
        for axis, names in ((axes.xaxis, grid.columns), (axes.yaxis, grid.rows)):
            axis.set_ticks(range(len(names)), names, fontsize=10)
        sides = {"labelbottom": not few, "labelright": not few, "labeltop": True, "length": 0}
        axes.tick_params(**sides)
        axes.tick_params(axis="x", rotation=90)
        axes.xaxis.set_label_position("top")
        axes.set_xlabel(grid.column_title)
        axes.set_ylabel(grid.row_title)
        axes.figure.suptitle(title + (f" (dot: {grid.mark})" if marked else ""))


def _write_numbers(
    axes: Any, grid: Grid, cells: np.ndarray, marked: Collection[str], light: float
) -> None:
    """Writes each value into its cell, with a dot if it is marked; black on colours above `light`,
    white on darker ones."""
    few = len(grid.columns) <= FEW
    for (row, column), value in np.ndenumerate(cells):
        if np.isnan(value):
            continue
        ink = "black" if value > light else "white"
        axes.text(
            column, row, f"{value:.1f}" if few else f"{value:.0f}", ha="center", va="center",
            fontsize=9 if few else 8, color=ink,
        )  # fmt: skip
        if grid.name(row, column) in marked:
            axes.plot(column + 0.38, row - 0.38, ".", color=ink, markersize=3.5 if few else 2.5)
