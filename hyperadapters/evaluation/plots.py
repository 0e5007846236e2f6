"""Figures."""

import os
from pathlib import Path
from typing import Any, Dict, Sequence

import numpy as np

from .relatedness import cosine_distances, known_distances, rank_correlation


def draw_languages(path: Path, family: Any, codes: Sequence[str], embeddings: np.ndarray) -> None:
    """Draws learnt language embeddings beside the true family tree.

    Args:
        path: the PNG file to write.
        family: the constructed family, for its tree, branches and distances.
        codes: language codes in the order of the embeddings.
        embeddings: [languages, width].
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    branches = sorted({family.branch_of(code) for code in codes})
    colour = {code: f"C{branches.index(family.branch_of(code))}" for code in codes}
    learnt = cosine_distances(embeddings)
    agreement = rank_correlation(learnt, known_distances(codes, family.distance))
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
    draw_tree(left, family.tree, colour)
    left.set_title("true family tree (constructed)")
    draw_dendrogram(middle, codes, learnt, colour)
    middle.set_title(
        f"learnt embeddings, clustered\nrank correlation with the tree: {agreement:.2f}"
    )
    draw_map(right, codes, embeddings, colour)
    right.set_title("learnt embeddings, two principal components")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    figure.savefig(temporary, dpi=110)
    pyplot.close(figure)
    temporary.replace(path)


def draw_tree(axes: Any, tree: Any, colour: Dict[str, str]) -> None:
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


def draw_dendrogram(
    axes: Any, codes: Sequence[str], distances: np.ndarray, colour: Dict[str, str]
) -> None:
    """Draws the average-linkage clustering of a distance matrix [N, N]."""
    from scipy.cluster.hierarchy import dendrogram, linkage
    from scipy.spatial.distance import squareform

    clusters = linkage(squareform(distances, checks=False), method="average")
    dendrogram(
        clusters, labels=list(codes), ax=axes, orientation="left",
        color_threshold=0, above_threshold_color="grey",
    )  # fmt: skip
    for label in axes.get_yticklabels():
        label.set_color(colour[label.get_text()])
    axes.set_xlabel("cosine distance")
    axes.spines[["left", "top", "right"]].set_visible(False)


def draw_map(axes: Any, codes: Sequence[str], vectors: np.ndarray, colour: Dict[str, str]) -> None:
    """Draws vectors [N, width] in the plane of their first two principal components."""
    centred = vectors - vectors.mean(axis=0)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    points = left[:, :2] * scale[:2]
    for code, (x, y) in zip(codes, points):
        axes.scatter(x, y, color=colour[code])
        axes.annotate(code, (x, y), xytext=(4, 4), textcoords="offset points", color=colour[code])
    axes.margins(0.15)
