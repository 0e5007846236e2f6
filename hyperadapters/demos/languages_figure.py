"""The demo's picture: the true family tree beside the embeddings that the hypernetwork learnt."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..relatedness.measures import cosine_distances, known_distances, rank_correlation
from ..relatedness.plots import colours_of, draw_dendrogram, draw_map
from ..support.figures import figure


def draw_languages(path: Path, family: Any, codes: Sequence[str], embeddings: np.ndarray) -> None:
    """Draws learnt language embeddings beside the true family tree.

    Args:
        path: the PNG file to write.
        family: the constructed family, for its tree, branches and distances.
        codes: language codes in the order of the embeddings.
        embeddings: [languages, width].
    """
    colour = colours_of({code: family.branch_of(code) for code in codes})
    learnt = cosine_distances(embeddings)
    agreement = rank_correlation(learnt, known_distances(codes, family.distance))
    with figure(path, (13, 4.2), columns=3) as (left, middle, right):
        draw_tree(left, family.tree, colour)
        left.set_title("true family tree (constructed)")
        draw_dendrogram(middle, codes, learnt, colour)
        middle.set_xlabel("cosine distance")
        middle.set_title(
            f"learnt embeddings, clustered\nrank correlation with the tree: {agreement:.2f}"
        )
        draw_map(right, codes, embeddings, colour)
        right.set_title("learnt embeddings, two principal components")


def draw_tree(axes: Any, tree: Any, colour: dict[str, Any]) -> None:
    """Draws a tree whose nodes have `name`, `length` and `children`, root at the left."""
    leaves = iter(range(10_000))

    def draw(node: Any, start: float) -> float:
        end = start + node.length
        if node.children:
            heights = [draw(child, end) for child in node.children]
            axes.plot([end, end], [min(heights), max(heights)], color="grey")
            height = sum(heights) / len(heights)
        else:
            height = float(next(leaves))
            axes.text(end + 0.03, height, node.name, va="center", color=colour[node.name])
        axes.plot([start, end], [height, height], color=colour.get(node.name, "grey"))
        return height

    draw(tree, 0.0)
    axes.invert_yaxis()
    axes.set_yticks([])
    axes.set_xlabel("distance from the root")
    axes.spines[["left", "top", "right"]].set_visible(False)
    axes.margins(x=0.12)
