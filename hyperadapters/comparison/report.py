"""The Markdown page of a comparison."""

from collections.abc import Mapping
from typing import Any

from ..reports.tables import format_table
from .evaluations import EvaluationType

Comparison = Mapping[str, Any]


def format_page(
    comparison: Comparison, evaluation_type: EvaluationType, figures: Mapping[str, str]
) -> str:
    """The page.

    Args:
        comparison: see `run.run`.
        evaluation_type: what is compared.
        figures: title -> file name of each figure.
    """
    several = len(comparison["systems"]) > 1
    parts = ["# Comparison", systems_table(comparison, evaluation_type)]
    if any(len(system["runs"]) > 1 for system in comparison["systems"]):
        parts += [runs_text(comparison)]
    parts += ["## By group", groups_table(comparison, evaluation_type)]
    if several:
        parts += [
            "## Significance",
            significance_table(comparison, evaluation_type),
            method(comparison, evaluation_type),
        ]
    parts += [f"![{title}]({file})" for title, file in figures.items()]
    notes = [*comparison["notes"], *evaluation_type.page_notes(comparison)]
    parts += ["## Notes", "\n".join(f"- {note}" for note in notes)]
    return "\n\n".join(parts) + "\n"


def runs_text(comparison: Comparison) -> str:
    """How many runs there are."""
    runs = (f"{system['name']} {len(system['runs'])}" for system in comparison["systems"])
    return (
        "Scores are means over runs with different seeds, with their standard deviations; runs: "
        f"{', '.join(runs)}."
    )


def number(value: Any) -> str:
    """A count, or - if it is unknown."""
    return "-" if value is None else f"{value:,.0f}"


def score_text(scores: Mapping[str, Any], metric: str) -> str:
    """A mean with its standard deviation between runs, if there are several."""
    deviation = scores["deviation"]
    spread = f" ± {deviation[metric]:.1f}" if deviation else ""
    return f"{scores[metric]:.1f}{spread}"


def systems_table(comparison: Comparison, evaluation_type: EvaluationType) -> str:
    """Systems with their sizes, speeds and averages, the trivial one last."""
    systems: list[dict[str, Any]] = comparison["systems"]
    trivial = comparison.get("source_copy")
    counts = {
        "adapter parameters": "adapter_parameters",
        "total parameters": "total_parameters",
        "updates": "updates",
        "decoding words/s": "words_per_second",
        "training words/s": "training_words_per_second",
    }
    keys_by_title = {
        title: key for title, key in counts.items()
        if not key.endswith("per_second") or any(system[key] for system in systems)
    }  # fmt: skip
    kinds = list(systems[0]["averages"])
    headers = ["system", *keys_by_title]
    headers += [
        f"{evaluation_type.kind_title(kind, comparison)}: {title}"
        for kind in kinds
        for title in evaluation_type.metrics.values()
    ]
    rows = [
        [
            system["name"],
            *(number(system.get(key)) for key in keys_by_title.values()),
            *(
                score_text(system["averages"][kind], m)
                for kind in kinds
                for m in evaluation_type.metrics
            ),
        ]
        for system in [*systems, *([trivial] if trivial else [])]
    ]
    return format_table(rows, headers)


def groups_table(comparison: Comparison, evaluation_type: EvaluationType) -> str:
    """Means of every system in every group."""
    names = [system["name"] for system in comparison["systems"]]
    rows = [
        [
            evaluation_type.kind_title(group["kind"], comparison),
            evaluation_type.part_title(group[evaluation_type.part]),
            str(len(group[f"{evaluation_type.unit}s"])),
            *(" / ".join(score_text(group["scores"][name], m) for m in evaluation_type.metrics)
              for name in names),
        ]
        for group in comparison["groups"]
    ]  # fmt: skip
    titles = " / ".join(evaluation_type.metrics.values())
    headers = [
        f"{evaluation_type.unit}s",
        evaluation_type.part_heading,
        "number",
        *(f"{n}: {titles}" for n in names),
    ]
    return format_table(rows, headers, texts=2)


def significance_table(comparison: Comparison, evaluation_type: EvaluationType) -> str:
    """The difference of every pair of systems in every group."""
    rows = []
    for group in comparison["groups"]:
        for pair in group["pairs"]:
            cells = []
            for metric in evaluation_type.metrics:
                verdict = pair[metric]
                cells += [f"{verdict['difference']:+.2f}{interval(verdict)}"]
                cells += [p_text(verdict["p"]), p_text(verdict["p_holm"])]
            main = pair[next(iter(evaluation_type.metrics))]
            rows.append(
                [
                    evaluation_type.group_title(group, comparison), *pair["systems"], *cells,
                    f"{main['won']} / {main['lost']} / {main['tied']}",
                ]
            )  # fmt: skip
    headers = [f"{evaluation_type.unit}s", "A", "B"]
    for title in evaluation_type.metrics.values():
        headers += [f"B - A, {title}", "p", "p (Holm)"]
    last = f"B won / lost / tied ({next(iter(evaluation_type.metrics.values()))})"
    return format_table(rows, [*headers, last], texts=3)


def interval(verdict: Mapping[str, Any]) -> str:
    """The confidence interval of a difference, if there is one."""
    if not verdict["interval"]:
        return ""
    low, high = verdict["interval"]
    return f" [{low:+.2f}, {high:+.2f}]"


def p_text(p: float) -> str:
    """A p-value with three decimals."""
    return f"{p:.3f}" if p >= 0.001 else "<0.001"


def method(comparison: Comparison, evaluation_type: EvaluationType) -> str:
    """How significance was tested."""
    test = comparison["test"]
    bootstrap = test["title"] == "paired bootstrap"
    interval_text = "; in brackets its 95 % interval" if bootstrap else ""
    warning = (
        " sacreBLEU's bootstrap gives too small p-values where systems hardly differ; rely on the "
        "intervals, or on approximate randomisation (--test ar)."
    )
    runs = (
        " The runs of a system are scored on each sample together: p says whether other sentences "
        "might turn the difference of these runs around, the deviations how far other seeds might."
    )
    several = any(len(system["runs"]) > 1 for system in comparison["systems"])
    return (
        f"B - A is the difference of the means over the {evaluation_type.unit}s{interval_text}. p: "
        f"{test['title']} with sacreBLEU's statistics ({test['samples']:,} samples, seed "
        f"{test['seed']}), sentences drawn within each {evaluation_type.unit}; p (Holm): corrected for "
        f"the number of pairs of systems. Won, lost, tied: {evaluation_type.unit}s in which B alone is better, "
        "worse or neither at p < 0.05, not corrected."
        + (warning if bootstrap else "") + (runs if several else "")
    )  # fmt: skip
