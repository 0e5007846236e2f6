"""Head masks and their overlap as tables and pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..reports.tables import PLAIN, format_table
from ..support.figures import figure
from .masks import HeadMasks
from .pruning import count, of_side

COLUMNS = 6  # masks beside each other


def search_table(masks: HeadMasks, rows: Sequence[Mapping[str, Any]]) -> str:
    """What pruning left of each model, and how many heads each language has in the end.

    Args:
        masks: the masks.
        rows: what was pruned, see `find_masks`.
    """
    cells = []
    for row in rows:
        scores = {step["used"]: step["score"] for step in row["steps"]}
        whole, masked = row["steps"][0], scores[row["used"]]
        mask = of_side(masks.masks[row["language"]], row["side"])
        cells.append([
            row["language"], row["side"], Path(row["checkpoint"]).parent.name, whole["used"], row["used"],
            f"{whole['score']:.1f}", f"{masked:.1f}", count(mask),
        ])  # fmt: skip
    heads = [
        "language", "side", "model", "heads", "kept", "score of all", "of those kept", "in the mask",
    ]  # fmt: skip
    return format_table(cells, heads, form=PLAIN)


def overlap_table(masks: HeadMasks) -> str:
    """The Jaccard index of the masks of every two languages, and how many heads each has."""
    languages = list(masks.masks)
    rows = [
        [language, count(masks.masks[language]), *(f"{masks.overlap(language, o):.2f}" for o in languages)]
        for language in languages
    ]  # fmt: skip
    return format_table(rows, ["language", "heads", *languages], form=PLAIN)


def draw_masks(masks: HeadMasks, path: Path) -> None:
    """Draws which heads each language uses, layer by layer; places stand below each other."""
    languages = list(masks.masks)
    columns = min(COLUMNS, len(languages))
    rows = -(-len(languages) // columns)
    layers = [
        f"{place.removesuffix('.heads')} {layer}" if len(masks.places) > 1 else str(layer)
        for place, (number, _) in masks.places.items()
        for layer in range(number)
    ]
    heads = max(heads for _, heads in masks.places.values())
    size = (columns * (0.9 + 0.12 * heads) + len(layers[0]) / 14, rows * (0.8 + 0.14 * len(layers)))
    with figure(path, size, columns, rows) as axes:
        for panel in axes[len(languages) :]:
            panel.set_visible(False)
        for number, (panel, language) in enumerate(zip(axes, languages)):
            grid = torch.cat(list(masks.masks[language].values()))
            panel.imshow(grid, cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
            panel.set_title(f"{language} ({count(masks.masks[language])})", fontsize=9)
            panel.xaxis.get_major_locator().set_params(integer=True)
            names = layers if number % columns == 0 else [""] * len(layers)
            panel.set_yticks(range(len(layers)), names, fontsize=7)
        axes[0].set(xlabel="head", ylabel="layer")


def draw_overlap(masks: HeadMasks, path: Path) -> None:
    """Draws the Jaccard index of the masks of every two languages."""
    languages = list(masks.masks)
    values = [[masks.overlap(a, b) for b in languages] for a in languages]
    draw_matrices(path, languages, {"heads in common (Jaccard)": values}, (0, 1))


def draw_matrices(
    path: Path,
    names: Sequence[str],
    matrices: Mapping[str, Sequence[Sequence[float]]],
    limits: tuple[float, float],
) -> None:
    """Draws matrices over all pairs of names beside each other.

    Args:
        path: the PNG file.
        names: of rows and columns.
        matrices: the values [names, names] by what they are.
        limits: the least and the greatest value of the colours.
    """
    side = 2.2 + 0.22 * len(names)
    with figure(path, ((side + 1) * len(matrices), side), len(matrices)) as axes:
        for panel, (title, values) in zip(axes, matrices.items()):
            image = panel.imshow(
                np.array(values, dtype=float), cmap="viridis", vmin=limits[0], vmax=limits[1]
            )
            panel.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
            panel.set_yticks(range(len(names)), names, fontsize=8)
            panel.figure.colorbar(image, ax=panel, label=title)


def conflict_table(conflict: Mapping[str, Any]) -> str:
    """The mean cosine of every two languages and the share of them below 0, see `gradient_conflict`."""
    cells = []
    for title, matrix in conflict["cosines"].items():
        values = torch.from_numpy(np.array(matrix, dtype=float))  # None is nan
        pairs = values[tuple(torch.triu_indices(*values.shape, offset=1))]
        pairs = pairs[~pairs.isnan()]
        if not len(pairs):
            cells.append([title, "-", "-", "-"])
            continue
        negative = f"{float((pairs < 0).float().mean()):.0%}"
        cells.append([title, f"{float(pairs.mean()):.3f}", f"{float(pairs.min()):.3f}", negative])
    return format_table(cells, ["coordinates", "mean cosine", "least", "below 0"], form=PLAIN)
