"""Drawing figures to files, without a display."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .files import atomic_write


@contextmanager
def figure(
    path: Path, size: tuple[float, float], columns: int = 1, rows: int = 1
) -> Iterator[list[Any]]:
    """Yields the axes of a figure, which is written when the block ends without an error.

    Args:
        path: the PNG file to write.
        size: width and height in inches.
        columns, rows: how many axes stand beside and below each other.
    """
    # fairseq sets the root logger to DEBUG, at which matplotlib names every font it looks at, and
    # begins with that when it is imported
    logging.getLogger("matplotlib").setLevel(logging.WARNING)
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    try:
        yield list(axes.ravel())
        with atomic_write(path) as temporary:
            figure.savefig(temporary, dpi=100, format="png")
    finally:
        pyplot.close(figure)
