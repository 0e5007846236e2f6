"""The Markdown page of `hyperadapters languages`."""

from collections.abc import Mapping
from typing import Any

from ..evaluation.adapter_swap import report as swap_report
from ..reports.tables import format_table


def format_page(analysis: Mapping[str, Any], figures: Mapping[str, str]) -> str:
    """The page.

    Args:
        analysis: what languages.json holds.
        figures: title -> file name of each figure.
    """
    parts = [
        "# Languages",
        f"Checkpoint: `{analysis['checkpoint']}`, adapters: {analysis['source']}.",
    ]
    if analysis["reference"]:
        parts += [
            f"## Agreement with {analysis['reference']}",
            agreement_table(analysis),
            AGREEMENT,
        ]
    parts += ["## Nearest languages", neighbours_table(analysis)]
    if "swap" in analysis:
        parts.append(swap_report.format_page(analysis["swap"]))
    parts += [f"![{title}]({file})" for title, file in figures.items()]
    if analysis["notes"]:
        parts += ["## Notes", "\n".join(f"- {note}" for note in analysis["notes"])]
    return "\n\n".join(parts) + "\n"


AGREEMENT = (
    "Rank correlation (Spearman) over all pairs of languages, p from a Mantel test (one-sided, whole "
    "languages permuted). Nearest: share of languages whose nearest neighbour is one of the nearest "
    "by the reference, and the share that random neighbours would reach."
)


def agreement_table(analysis: Mapping[str, Any]) -> str:
    """How each set of vectors agrees with the reference."""
    rows = []
    for part in analysis["sets"]:
        mantel, nearest = part["mantel"], part["nearest_is_nearest_in_reference"]
        rows.append(
            [
                part["title"], str(len(part["languages"])), correlation_text(part),
                f"{mantel['p']:.4f}" if mantel["permutations"] else "-",
                f"{nearest['share']:.0%}", f"{nearest['by_chance']:.0%}",
            ]
        )  # fmt: skip
    headers = ["", "languages", "rank correlation", "p", "nearest", "by chance"]
    return format_table(rows, headers, texts=len(headers))


def correlation_text(part: Mapping[str, Any]) -> str:
    """The correlation of a set with the reference, - if all distances are equal."""
    correlation = part["mantel"]["correlation"]
    return "-" if correlation is None else f"{correlation:.2f}"


def neighbours_table(analysis: Mapping[str, Any]) -> str:
    """The nearest languages of each language, in every set."""
    codes = dict.fromkeys(code for part in analysis["sets"] for code in part["languages"])
    rows = []
    for code in codes:
        row = [code]
        if analysis["reference"]:
            row.append(few(analysis["nearest_in_reference"][code], len(codes)))
        for part in analysis["sets"]:
            neighbours = part["neighbours"].get(code, [])
            row.append(", ".join(f"{other} {distance:.2f}" for other, distance in neighbours))
        rows.append(row)
    headers = ["language", *(["reference"] if analysis["reference"] else [])]
    headers += [part["title"] for part in analysis["sets"]]
    return format_table(rows, headers, texts=len(headers))


def few(nearest: list[str], languages: int) -> str:
    """The languages that are nearest by the reference; those that all are say nothing."""
    if len(nearest) >= languages - 1:
        return "-"
    return " ".join(nearest[:6]) + (f" and {len(nearest) - 6} more" if len(nearest) > 6 else "")
