#!/usr/bin/env python3
"""Table and curves of scores against labelled sentences, from EVALUATIONS/SYSTEM/LANGUAGE/N/SEED."""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev

from tabulate import tabulate

from hyperadapters.support.figures import figure
from hyperadapters.support.files import write_json, write_text

TITLES = {
    "look-up": "look-up",
    "hyper-x": "Hyper-X",
    "no-language": "Hyper-X without language",
    "embedding": "Hyper-X, only the new embedding",
    "task": "task adapters",
    "stack": "stack",
    "alone": "task adapters, new language alone",
}
BRANCHES = {"qac": "known branch (qac)", "qca": "unknown branch (qca)"}
SCORES = {"pos": "POS accuracy", "ner": "entity F1"}
# system, language, task -> sentences -> score of each seed
Scores = dict[tuple[str, str, str], dict[int, list[float]]]


def read(folder: Path) -> Scores:
    """The scores of all evaluations; the embedding alone starts from what Hyper-X has."""
    scores: Scores = defaultdict(lambda: defaultdict(list))
    for path in sorted(folder.glob("*/*/*/*/evaluation.json")):
        system, language, size, _ = path.relative_to(folder).parts[:4]
        for cell, values in json.loads(path.read_text(encoding="utf-8"))["cells"].items():
            scores[system, language, cell.split(":")[0]][int(size)].append(values["score"])
    for system, language, task in list(scores):
        if system == "embedding":
            scores[system, language, task][0] = scores["hyper-x", language, task][0]
    return scores


def markdown(scores: Scores) -> str:
    """Mean and standard deviation over the seeds."""
    sizes = sorted({size for curve in scores.values() for size in curve})
    rows = [
        [BRANCHES[language], SCORES[task], TITLES[system], *(shown(curve[n]) for n in sizes)]
        for (system, language, task), curve in sorted(scores.items(), key=order)
    ]
    return (
        tabulate(
            rows,
            ["language", "score", "system", *map(str, sizes)],
            "github",
            disable_numparse=True,
        )
        + "\n"
    )


def order(item: tuple[tuple[str, str, str], object]) -> tuple[int, ...]:
    system, language, task = item[0]
    return list(BRANCHES).index(language), list(SCORES).index(task), list(TITLES).index(system)


def shown(values: list[float]) -> str:
    if not values:
        return "-"
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def draw(path: Path, scores: Scores) -> None:
    """A panel for each language and task."""
    panels = [(language, task) for language in BRANCHES for task in SCORES]
    with figure(path, (8.4, 6.6), columns=2, rows=2) as axes:
        for axis, (language, task) in zip(axes, panels):
            for marker, (system, title) in zip("*oPsD^v", TITLES.items()):
                curve = scores.get((system, language, task), {})
                sizes = sorted(size for size in curve if curve[size])
                spread = [stdev(curve[n]) if len(curve[n]) > 1 else 0 for n in sizes]
                axis.errorbar(
                    sizes,
                    [mean(curve[n]) for n in sizes],
                    spread,
                    label=title,
                    marker=marker,
                    capsize=3,
                )
            axis.set(xscale="symlog", xlabel="labelled sentences", ylabel=SCORES[task])
            axis.set_xticks(sorted({n for curve in scores.values() for n in curve}))
            axis.xaxis.set_major_formatter("{x:.0f}")
            axis.minorticks_off()
            axis.set_title(BRANCHES[language])
            axis.grid(alpha=0.3)
        axes[1].legend(fontsize=8, loc="upper left")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("evaluations", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="name of the files, without suffix")
    options = parser.parse_args()
    found = read(options.evaluations)
    table = markdown(found)
    write_text(options.out.with_suffix(".md"), table)
    write_json(
        options.out.with_suffix(".json"),
        [
            {
                "system": system,
                "language": language,
                "task": task,
                "scores": dict(sorted(curve.items())),
            }
            for (system, language, task), curve in sorted(found.items(), key=order)
        ],
    )
    draw(options.out.with_suffix(".png"), found)
    print(table)
