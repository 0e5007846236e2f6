"""Labels beside points, placed so that few of them overlap."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Box = tuple[float, float, float, float]

GAP = 3  # between a point and its label, in pixels
DIRECTIONS = ((1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1))
DISTANCES = (1, 3, 6, 10, 15)


def overlap(box: Box, other: Box) -> float:
    """The area that two boxes (left, bottom, right, top) share."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    return max(width, 0) * max(height, 0)


def place(
    points: np.ndarray,
    sizes: Sequence[tuple[float, float]],
    marker: float,
    markers: np.ndarray | None = None,
) -> list[Box]:
    """A box for each label, one after the other where it overlaps least, near its point.

    Args:
        points: [N, 2], in pixels.
        sizes: width and height of each label, in pixels.
        marker: width of a marker, in pixels.
        markers: [M, 2], all that have one; by default the points.
    """
    half = marker / 2
    markers = points if markers is None else markers
    marker_boxes = [(x - half, y - half, x + half, y + half) for x, y in markers]
    placed: list[Box] = []
    for (x, y), (width, height) in zip(points, sizes):
        best, least = None, float("inf")
        for distance in DISTANCES:
            for right, up in DIRECTIONS:
                left = x + right * (half + GAP * distance) - width * (1 - right) / 2
                bottom = y + up * (half + GAP * distance) - height * (1 - up) / 2
                box = (left, bottom, left + width, bottom + height)
                cost = sum(overlap(box, other) for other in marker_boxes + placed) + distance
                if cost < least:
                    best, least = box, cost
        placed.append(best)
    return placed


def label_points(
    axes: Any,
    points: np.ndarray,
    labels: Sequence[str],
    colours: Sequence[Any],
    size: float,
    markers: np.ndarray | None = None,
) -> None:
    """Writes a label beside each point of axes whose limits are set, with a line where it is far.

    Args:
        axes: the axes.
        points: [N, 2], in data coordinates.
        labels, colours: of each point.
        size: size of the letters in points.
        markers: [M, 2], in data coordinates, what labels keep clear of; by default the points.
    """
    figure = axes.figure
    figure.canvas.draw()  # so that the layout is known
    texts = [axes.text(x, y, label, fontsize=size) for (x, y), label in zip(points, labels)]
    extents = [text.get_window_extent() for text in texts]
    pixels = axes.transData.transform(points)
    sizes = [(extent.width, extent.height) for extent in extents]
    clear = None if markers is None else axes.transData.transform(markers)
    boxes = place(pixels, sizes, marker=0.7 * size, markers=clear)
    to_data = axes.transData.inverted()
    for text, colour, box, point, pixel in zip(texts, colours, boxes, points, pixels):
        text.set_position(to_data.transform(box[:2]))
        text.set_color(colour)
        text.set_verticalalignment("bottom")
        nearest = np.clip(pixel, box[:2], box[2:])
        if np.linalg.norm(nearest - pixel) > 2.5 * size:
            line = np.stack([point, to_data.transform(nearest)])
            axes.plot(*line.T, color=colour, linewidth=0.5, scalex=False, scaley=False)
