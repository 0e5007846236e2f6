"""The reports of an evaluation of cells: the Markdown page, the heat map, the table that is printed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..evaluation.heat_map import Grid, draw_heat_map
from ..multitask.all_tasks import all_tasks, join_titles
from ..support.files import write_text

Result = Mapping[str, Any]
Cells = Mapping[str, Mapping[str, Any]]
GROUPS = {"trained": "trained", "zero_shot": "zero-shot"}


def table(rows: list[list[str]], headers: list[str], form: str = "github") -> str:
    """A table whose first column holds words and the others figures."""
    from tabulate import tabulate

    align = ("left", *["right"] * (len(headers) - 1))
    return tabulate(rows, headers, form, colalign=align, disable_numparse=True)


def shown(value: Any) -> str:
    """A score as tables show it."""
    return "" if value is None else f"{value:.1f}"


def of_languages(result: Result) -> dict[str, dict[str, Any]]:
    """The cells that are in one language."""
    return {name: one for name, one in result["cells"].items() if "-" not in one["language"]}


def occurring(cells: Cells, what: str) -> list[str]:
    """The tasks or languages of cells, in their order."""
    return list(dict.fromkeys(one[what] for one in cells.values()))


def averages_table(result: Result, form: str = "github") -> str:
    """The averages of trained and of zero-shot cells.

    Args:
        result: the evaluation, as in its JSON file.
        form: a format of tabulate.
    """
    averages = {group: result["averages"][group] for group in GROUPS}
    names = [
        name for name in averages["trained"]
        if name != "cells" and any(one[name] is not None for one in averages.values())
    ]  # fmt: skip
    rows = [
        [GROUPS[group], str(means["cells"]), *(shown(means[name]) for name in names)]
        for group, means in averages.items()
        if means["cells"]
    ]
    return table(rows, ["mean over cells", "cells", *names], form)


def matrix_table(cells: Cells, form: str = "github") -> str:
    """A matrix task x language; trained cells are bold in Markdown, else have an asterisk.

    Args:
        cells: the cells that are in one language.
        form: a format of tabulate.
    """
    columns = occurring(cells, "language")

    def cell(task: str, language: str) -> str:
        found = cells.get(f"{task}:{language}")
        if not found:
            return ""
        mark = "**{}**" if form == "github" else "{}*"
        return mark.format(shown(found["score"])) if found["trained"] else shown(found["score"])

    rows = []
    for task in occurring(cells, "task"):
        metric = next(one["metric"] for one in cells.values() if one["task"] == task)
        rows.append([f"{task} ({metric})", *(cell(task, code) for code in columns)])
    return table(rows, ["task \\ language", *columns], form)


def others_table(cells: Cells, form: str = "github") -> str:
    """The cells that have more than one figure.

    Args:
        cells: all cells.
        form: a format of tabulate.
    """
    titles = list(dict.fromkeys(title for one in cells.values() for title in one["others"]))
    rows = [
        [
            name, "trained" if one["trained"] else "zero-shot",
            f"{shown(one['score'])} ({one['metric']})",
            *(shown(one["others"].get(title, {}).get("score")) for title in titles),
        ]
        for name, one in cells.items() if one["others"]
    ]  # fmt: skip
    return table(rows, ["cell", "", "score", *titles], form)


def sizes_table(cells: Cells) -> str:
    """How much was evaluated, and what did not fit."""
    titles = {
        "training_sentences": "training sentences", "sentences": "sentences", "words": "words",
        "long_sentences": "in parts", "cut_words": "cut words", "left_out": "left out",
    }  # fmt: skip
    rows = []
    for name, one in cells.items():
        training = one["training_sentences"] if one["trained"] else 0
        counts = {**one, "training_sentences": training}
        figures = ("all" if counts[key] is None else f"{counts[key]:,}" for key in titles)
        rows.append([name, *figures])
    return table(rows, ["cell", *titles.values()])


def remarks_on(cells: Cells) -> list[str]:
    """Remarks on labels that the model does not know and on sentences that it cannot take."""
    remarks = []
    for name, one in cells.items():
        if one["unknown_labels"]:
            found = ", ".join(
                f"{label} ({count})" for label, count in one["unknown_labels"].items()
            )
            remarks.append(f"{name}: training showed no label {found}: these words count as errors")
        if one["left_out"]:
            remarks.append(
                f"{name}: {one['left_out']} sentences are too long for the model, or sentencepiece makes "
                "nothing of them; predictions of them count as empty"
            )
        elif one["long_sentences"]:
            remarks.append(
                f"{name}: {one['long_sentences']} sentences are too long for the model and were "
                "predicted in parts"
            )
        if one["cut_words"]:
            remarks.append(f"{name}: {one['cut_words']} words alone are too long and were cut")
    return remarks


def facts(result: Result) -> str:
    """The system and how it was evaluated, as a Markdown list."""
    system = result["system"]
    cells = result["cells"].values()
    trained = system["trained_parameters"]
    lines = [
        *origin(system),
        f"parameters: {system['total_parameters']:,}, of these trained: {trained:,}, in adapters or "
        f"what generates them: {system['adapter_parameters']:,}",
        f"{len(cells)} cells, {sum(one['sentences'] for one in cells):,} sentences of the "
        f"{result['subset']} set, {result['seconds']:,.0f} s",
    ]  # fmt: skip
    return "".join(f"- {line}\n" for line in lines)


def origin(system: Mapping[str, Any]) -> list[str]:
    """Says what predicted: a checkpoint and its adapters, or a look-up."""
    if system["checkpoint"] is None:
        lexicons = "; ".join(
            f"{task}: {one['words']:,} words, others {one['unknown']}"
            for task, one in system["look_up"].items()
        )
        return [
            "no model, but a look-up: every word gets its most frequent label in the training sentences "
            "of the trained cells, all languages of a task together, and an unknown word the most "
            f"frequent label of the task ({lexicons})"
        ]
    return [
        f"checkpoint: `{system['checkpoint']}`, {system['updates'] or 0:,} updates, seed "
        f"{system['seed']}",
        f"{system['adapter_kind']} adapters from the source '{system['adapter_source']}'"
        if system["adapter_kind"] else "no adapters",
    ]  # fmt: skip


def signatures(cells: Cells) -> str:
    """Every signature with the cells that it holds for, as a Markdown list."""
    found: dict[tuple, list[str]] = {}
    for name, one in cells.items():
        found.setdefault((one["metric"], one["signature"]), []).append(name)
        for title, other in one["others"].items():
            if "signature" in other:
                found.setdefault((title, other["signature"]), []).append(name)
    return "".join(
        f"- {metric} of {', '.join(names)}: `{signature}`\n"
        for (metric, signature), names in found.items()
    )


def page(result: Result) -> str:
    """The evaluation as a Markdown page."""
    tagged = of_languages(result)
    parts = [f"# Evaluation of {result['system']['name']}\n", facts(result)]
    if any(means["cells"] for means in result["averages"].values()):
        parts += [averages_table(result) + "\n"]
    if tagged:
        parts += [
            "## Cells\n", "Trained cells are bold; the others are zero-shot.\n",
            matrix_table(tagged) + "\n", "![Scores of all cells](scores.png)\n",
        ]  # fmt: skip
    if any(one["others"] for one in result["cells"].values()):
        titles = join_titles(task for task in all_tasks() if task.has_further_figures)
        parts += [f"## {titles[0].upper()}{titles[1:]}\n", others_table(result["cells"]) + "\n"]
    if result["remarks"]:
        parts += ["## Remarks\n", "".join(f"- {remark}\n" for remark in result["remarks"])]
    parts += ["## Sizes\n", sizes_table(result["cells"]) + "\n"]
    parts += ["## Signatures\n", signatures(result["cells"])]
    return "\n".join(parts)


def printed(result: Result) -> str:
    """What the command prints: the cells and their averages."""
    cells, parts = of_languages(result), []
    if cells:
        parts += [matrix_table(cells, "simple"), "(*: trained cells; the others are zero-shot)"]
    if any(one["others"] for one in result["cells"].values()):
        parts += [others_table(result["cells"], "simple")]
    if any(means["cells"] for means in result["averages"].values()):
        parts += [averages_table(result, "simple")]
    return "\n" + "\n\n".join(parts)


def write_reports(out: Path, result: Result) -> None:
    """Writes `evaluation.md` and `scores.png`.

    Args:
        out: the folder.
        result: the evaluation, as in its JSON file.
    """
    write_text(out / "evaluation.md", page(result))
    cells = of_languages(result)
    if not cells:
        (out / "scores.png").unlink(missing_ok=True)
        return
    grid = Grid(
        occurring(cells, "task"), occurring(cells, "language"), "task", "language", ":", "trained"
    )
    trained = [name for name, one in cells.items() if one["trained"]]
    scores = {name: one["score"] for name, one in cells.items()}
    draw_heat_map(out / "scores.png", f"Scores, {result['system']['name']}", grid, scores, trained)
