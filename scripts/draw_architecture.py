"""Draws docs/architecture.png: kinds, sources and conditions, and the way of one batch.

python scripts/draw_architecture.py docs/architecture.png
"""

import sys
from pathlib import Path
from typing import Any

from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from hyperadapters.support.figures import figure

CONDITION, SOURCE, KIND, BACKBONE = "#dfe8f7", "#e4f2e0", "#fdebd0", "#f0f0f0"


def box(axes: Any, x: float, y: float, width: float, height: float, text: str, colour: str) -> None:
    """A box with a title, and further lines below it."""
    title, _, rest = text.partition("\n")
    style = "round,pad=0.02,rounding_size=0.08"
    patch = FancyBboxPatch((x, y), width, height, style, facecolor=colour, edgecolor="#555555")
    axes.add_patch(patch)
    top = y + height - 0.12
    axes.text(x + width / 2, top, title, ha="center", va="top", fontsize=10, weight="bold")
    axes.text(x + width / 2, top - 0.32, rest, ha="center", va="top", fontsize=8.5, linespacing=1.4)


def arrow(axes: Any, start: tuple[float, float], end: tuple[float, float], text: str = "") -> None:
    """An arrow with what it carries written above it."""
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, color="#333333")
    )
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    axes.text(
        middle[0], middle[1] + 0.08, text, ha="center", va="bottom", fontsize=8, style="italic"
    )


def draw(path: Path) -> None:
    """Draws the picture into a PNG file."""
    with figure(path, (11, 4.6)) as (axes,):
        axes.set_xlim(0, 11)
        axes.set_ylim(0, 4.6)
        axes.axis("off")
        box(
            axes,
            0.1,
            3.0,
            2.2,
            1.5,
            "batch\nnet_input: src_tokens,\nsrc_lang_id, tgt_lang_id,\ntask_id, one a sentence",
            BACKBONE,
        )
        box(
            axes,
            3.0,
            3.0,
            2.2,
            1.5,
            "condition\nwhat weights depend on:\nsource and target language,\n"
            "task, and always the layer\n(sources/inputs.py)",
            CONDITION,
        )
        box(
            axes,
            5.9,
            3.0,
            2.2,
            1.5,
            "source\nwhere weights come from:\nhyper, language, pair, task,\n"
            "shared, stack, baked, none\n(sources/)",
            SOURCE,
        )
        box(
            axes,
            8.8,
            3.0,
            2.1,
            1.5,
            "kind\nwhat an adapter computes:\nbottleneck, parallel,\nlora, ia3, prefix\n(adapters/)",
            KIND,
        )
        arrow(axes, (2.35, 3.7), (2.95, 3.7), "ids")
        arrow(axes, (5.25, 3.7), (5.85, 3.7), "K unique")
        arrow(axes, (8.15, 3.7), (8.75, 3.7), "weights")
        box(axes, 0.1, 0.2, 10.8, 2.1, "backbone\n", BACKBONE)
        points = (
            "layer",
            "self_attn.q  .k  .v  .out\n.heads  .keys_values",
            "cross_attn.q  .k  .v  .out\n.heads  .keys_values",
            "ffn  ffn.hidden  ffn.out",
        )
        for number, (side, names) in enumerate(
            (
                ("encoder layer", (points[1], points[3], points[0])),
                ("decoder layer", (points[1], points[2], points[3], points[0])),
            )
        ):
            y = 1.15 - 0.8 * number
            axes.text(0.25, y + 0.25, side, fontsize=9, va="center")
            for place, name in enumerate(names):
                x = 1.55 + 2.35 * place
                patch = FancyBboxPatch(
                    (x, y), 2.15, 0.5, "round,pad=0.02", facecolor="white", edgecolor="#888888"
                )
                axes.add_patch(patch)
                axes.text(x + 1.07, y + 0.25, name, ha="center", va="center", fontsize=7.6)
        arrow(axes, (9.85, 2.95), (9.85, 2.35))
        axes.text(9.75, 2.65, "the kind acts at its points; each row of a mixed batch with its own "
                  "weights", ha="right", va="center", fontsize=8, style="italic")  # fmt: skip


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
