"""The reports of an evaluation of cells: the Markdown page, the heat map, the table that is printed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...multitask.all_tasks import all_tasks, join_titles
from ...reports.heat_map import Grid, draw_heat_map
from ...reports.tables import PLAIN, format_table
from ...support.files import write_text

Result = Mapping[str, Any]
Cells = Mapping[str, Mapping[str, Any]]
GROUPS = {"trained": "trained", "zero_shot": "zero-shot"}


def format_score(value: Any) -> str:
    """A score as tables show it."""
    return "" if value is None else f"{value:.1f}"


def cells_of_languages(result: Result) -> dict[str, dict[str, Any]]:
    """The cells that are in one language."""
    return {name: cell for name, cell in result["cells"].items() if "-" not in cell["language"]}


def values_of(cells: Cells, key: str) -> list[str]:
    """The tasks or languages of cells, in their order."""
    return list(dict.fromkeys(cell[key] for cell in cells.values()))


def averages_table(result: Result, form: str = "github") -> str:
    """The averages of trained and of zero-shot cells.

    Args:
        result: the evaluation, as in its JSON file.
        form: a format of tabulate.
    """
    averages = {group: result["averages"][group] for group in GROUPS}
    names = [
        name for name in averages["trained"]
        if name != "cells" and any(means[name] is not None for means in averages.values())
    ]  # fmt: skip
    rows = [
        [GROUPS[group], str(means["cells"]), *(format_score(means[name]) for name in names)]
        for group, means in averages.items()
        if means["cells"]
    ]
    return format_table(rows, ["mean over cells", "cells", *names], form=form)


def matrix_table(cells: Cells, form: str = "github") -> str:
    """A matrix task x language; trained cells are bold in Markdown, else have an asterisk.

    Args:
        cells: the cells that are in one language.
        form: a format of tabulate.
    """
    columns = values_of(cells, "language")

    def score_text(task: str, language: str) -> str:
        cell = cells.get(f"{task}:{language}")
        if not cell:
            return ""
        mark = "**{}**" if form == "github" else "{}*"
        score = format_score(cell["score"])
        return mark.format(score) if cell["trained"] else score

    rows = []
    for task in values_of(cells, "task"):
        metric = next(cell["metric"] for cell in cells.values() if cell["task"] == task)
        rows.append([f"{task} ({metric})", *(score_text(task, code) for code in columns)])
    return format_table(rows, ["task \\ language", *columns], form=form)


def others_table(cells: Cells, form: str = "github") -> str:
    """The cells that have more than one figure.

    Args:
        cells: all cells.
        form: a format of tabulate.
    """
    titles = list(dict.fromkeys(title for cell in cells.values() for title in cell["others"]))
    rows = [
        [
            name, "trained" if cell["trained"] else "zero-shot",
            f"{format_score(cell['score'])} ({cell['metric']})",
            *(format_score(cell["others"].get(title, {}).get("score")) for title in titles),
        ]
        for name, cell in cells.items() if cell["others"]
    ]  # fmt: skip
    return format_table(rows, ["cell", "", "score", *titles], form=form)


def sizes_table(cells: Cells) -> str:
    """How much was evaluated, and what did not fit."""
    titles = {
        "training_sentences": "training sentences", "sentences": "sentences", "words": "words",
        "long_sentences": "in parts", "cut_words": "cut words", "left_out": "left out",
    }  # fmt: skip
    rows = []
    for name, cell in cells.items():
        training = cell["training_sentences"] if cell["trained"] else 0
        counts = {**cell, "training_sentences": training}
        figures = ("all" if counts[key] is None else f"{counts[key]:,}" for key in titles)
        rows.append([name, *figures])
    return format_table(rows, ["cell", *titles.values()])


def remarks_on(cells: Cells) -> list[str]:
    """Remarks on labels that the model does not know and on sentences that it cannot take."""
    remarks = []
    for name, cell in cells.items():
        if cell["unknown_labels"]:
            labels = ", ".join(
                f"{label} ({count})" for label, count in cell["unknown_labels"].items()
            )
            remarks.append(
                f"{name}: training showed no label {labels}: these words count as errors"
            )
        if cell["left_out"]:
            remarks.append(
                f"{name}: {cell['left_out']} sentences are too long for the model, or the tokenizer makes "
                "nothing of them; predictions of them count as empty"
            )
        elif cell["long_sentences"]:
            remarks.append(
                f"{name}: {cell['long_sentences']} sentences are too long for the model and were "
                "predicted in parts"
            )
        if cell["cut_words"]:
            remarks.append(f"{name}: {cell['cut_words']} words alone are too long and were cut")
    return remarks


def facts(result: Result) -> str:
    """The system and how it was evaluated, as a Markdown list."""
    system = result["system"]
    cells = result["cells"].values()
    trained = system["trained_parameters"]
    trained_text = (
        "unknown" if trained is None else f"{trained:,}"
    )  # a baked checkpoint does not tell
    lines = [
        *origin(system),
        f"parameters: {system['total_parameters']:,}, of these trained: {trained_text}, in adapters or "
        f"what generates them: {system['adapter_parameters']:,}",
        f"{len(cells)} cells, {sum(cell['sentences'] for cell in cells):,} sentences of the "
        f"{result['subset']} set, {result['seconds']:,.0f} s",
    ]  # fmt: skip
    return "".join(f"- {line}\n" for line in lines)


def origin(system: Mapping[str, Any]) -> list[str]:
    """Says what predicted: a checkpoint and its adapters, or a look-up."""
    if system["checkpoint"] is None:
        lexicons = "; ".join(
            f"{task}: {lexicon['words']:,} words, others {lexicon['unknown']}"
            for task, lexicon in system["look_up"].items()
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
    names_by_signature: dict[tuple, list[str]] = {}
    for name, cell in cells.items():
        names_by_signature.setdefault((cell["metric"], cell["signature"]), []).append(name)
        for title, other in cell["others"].items():
            if "signature" in other:
                names_by_signature.setdefault((title, other["signature"]), []).append(name)
    return "".join(
        f"- {metric} of {', '.join(names)}: `{signature}`\n"
        for (metric, signature), names in names_by_signature.items()
    )


def page(result: Result) -> str:
    """The evaluation as a Markdown page."""
    tagged = cells_of_languages(result)
    parts = [f"# Evaluation of {result['system']['name']}\n", facts(result)]
    if any(means["cells"] for means in result["averages"].values()):
        parts += [averages_table(result) + "\n"]
    if tagged:
        parts += [
            "## Cells\n", "Trained cells are bold; the others are zero-shot.\n",
            matrix_table(tagged) + "\n", "![Scores of all cells](scores.png)\n",
        ]  # fmt: skip
    if any(cell["others"] for cell in result["cells"].values()):
        titles = join_titles(task for task in all_tasks() if task.has_further_figures)
        parts += [f"## {titles[0].upper()}{titles[1:]}\n", others_table(result["cells"]) + "\n"]
    if result["remarks"]:
        parts += ["## Remarks\n", "".join(f"- {remark}\n" for remark in result["remarks"])]
    parts += ["## Sizes\n", sizes_table(result["cells"]) + "\n"]
    parts += ["## Signatures\n", signatures(result["cells"])]
    return "\n".join(parts)


def printed_text(result: Result) -> str:
    """What the command prints: the cells and their averages."""
    cells, parts = cells_of_languages(result), []
    if cells:
        parts += [matrix_table(cells, form=PLAIN), "(*: trained cells; the others are zero-shot)"]
    if any(cell["others"] for cell in result["cells"].values()):
        parts += [others_table(result["cells"], form=PLAIN)]
    if any(means["cells"] for means in result["averages"].values()):
        parts += [averages_table(result, form=PLAIN)]
    return "\n" + "\n\n".join(parts)


def write_reports(out: Path, result: Result) -> None:
    """Writes `evaluation.md` and `scores.png`.

    Args:
        out: the folder.
        result: the evaluation, as in its JSON file.
    """
    write_text(out / "evaluation.md", page(result))
    cells = cells_of_languages(result)
    if not cells:
        (out / "scores.png").unlink(missing_ok=True)
        return
    grid = Grid(
        values_of(cells, "task"), values_of(cells, "language"), "task", "language", ":", "trained"
    )
    trained = [name for name, cell in cells.items() if cell["trained"]]
    scores = {name: cell["score"] for name, cell in cells.items()}
    draw_heat_map(out / "scores.png", f"Scores, {result['system']['name']}", grid, scores, trained)
