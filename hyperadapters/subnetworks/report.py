"""Head masks and their overlap as tables and pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ..reports.tables import PLAIN, format_table
from ..support.figures import figure
from .masks import HeadMasks
from .pruning import count

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
        cells.append([
            row["language"], Path(row["checkpoint"]).parent.name, whole["used"], row["used"],
            f"{whole['score']:.1f}", f"{masked:.1f}", count(masks.masks[row["language"]]),
        ])  # fmt: skip
    heads = ["language", "model", "heads", "kept", "score of all", "of those kept", "in the mask"]
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
    layers = sum(layers for layers, _ in masks.places.values())
    heads = max(heads for _, heads in masks.places.values())
    size = (columns * (0.9 + 0.12 * heads), rows * (0.8 + 0.14 * layers))
    with figure(path, size, columns, rows) as axes:
        for panel in axes[len(languages) :]:
            panel.set_visible(False)
        for panel, language in zip(axes, languages):
            grid = torch.cat(list(masks.masks[language].values()))
            panel.imshow(grid, cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
            panel.set_title(f"{language} ({count(masks.masks[language])})", fontsize=9)
            for axis in (panel.xaxis, panel.yaxis):
                axis.get_major_locator().set_params(integer=True)
        axes[0].set(xlabel="head", ylabel="layer")


def draw_overlap(masks: HeadMasks, path: Path) -> None:
    """Draws the Jaccard index of the masks of every two languages."""
    languages = list(masks.masks)
    side = 2.2 + 0.22 * len(languages)
    with figure(path, (side + 1, side)) as (panel,):
        values = [[masks.overlap(a, b) for b in languages] for a in languages]
        image = panel.imshow(values, cmap="viridis", vmin=0, vmax=1)
        panel.set_xticks(range(len(languages)), languages, rotation=90, fontsize=8)
        panel.set_yticks(range(len(languages)), languages, fontsize=8)
        panel.figure.colorbar(image, ax=panel, label="heads in common (Jaccard)")
