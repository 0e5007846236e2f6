"""Tables in Markdown and as plain text."""

from collections.abc import Iterable, Sequence

PLAIN = "simple"  # what commands print


def format_table(
    rows: Iterable[Sequence[object]], headers: Sequence[str], texts: int = 1, form: str = "github"
) -> str:
    """A table whose first columns are texts, set left, and whose others are numbers, set right.

    Args:
        rows: the cells as they are shown.
        headers: the heading of each column.
        texts: the number of columns of texts.
        form: a format of tabulate; Markdown by default.
    """
    from tabulate import tabulate

    align = ["left"] * texts + ["right"] * (len(headers) - texts)
    return tabulate(list(rows), headers, form, colalign=align, disable_numparse=True)
