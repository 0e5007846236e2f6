"""The Markdown page of a comparison."""

from typing import Any, Dict, List, Mapping, Sequence

from .evaluations import KINDS, METRICS

RESOURCE_TITLES = {
    "all": "all",
    "high": "high-resource",
    "mid": "mid-resource",
    "low": "low-resource",
}


def kind_title(comparison: Mapping[str, Any], kind: str) -> str:
    """What a kind of directions is called, e.g. "into en"."""
    return KINDS[kind].format(english=comparison["english"])


def markdown(comparison: Mapping[str, Any], figures: Mapping[str, str]) -> str:
    """The page.

    Args:
        comparison: see `run.run`.
        figures: title -> file name of each figure.
    """
    several = len(comparison["systems"]) > 1
    parts = ["# Comparison", systems_table(comparison), "## By group", groups_table(comparison)]
    if several:
        parts += ["## Significance", significance_table(comparison), method(comparison)]
    parts += [f"![{title}]({file})" for title, file in figures.items()]
    parts += ["## Notes", "\n".join(f"- {note}" for note in notes(comparison))]
    return "\n\n".join(parts) + "\n"


def table(rows: Sequence[Sequence[str]], headers: Sequence[str], left: int) -> str:
    """A Markdown table.

    Args:
        rows: cells.
        headers: their headers.
        left: how many columns hold words.
    """
    from tabulate import tabulate

    aligned = ["left"] * left + ["right"] * (len(headers) - left)
    return tabulate(rows, headers, tablefmt="github", colalign=aligned, disable_numparse=True)


def number(value: Any) -> str:
    """A count, or - if it is unknown."""
    return "-" if value is None else f"{value:,.0f}"


def systems_table(comparison: Mapping[str, Any]) -> str:
    """Systems with their sizes, speeds and averages."""
    systems: List[Dict[str, Any]] = comparison["systems"]
    counts = {
        "adapter parameters": "adapter_parameters",
        "total parameters": "total_parameters",
        "updates": "updates",
        "decoding words/s": "words_per_second",
    }
    if any(system["training_words_per_second"] for system in systems):
        counts["training words/s"] = "training_words_per_second"
    kinds = list(systems[0]["averages"])
    headers = ["system", *counts]
    headers += [f"{kind_title(comparison, k)}: {METRICS[m]}" for k in kinds for m in METRICS]
    rows = [
        [
            system["name"],
            *(number(system[key]) for key in counts.values()),
            *(f"{system['averages'][kind][metric]:.1f}" for kind in kinds for metric in METRICS),
        ]
        for system in systems
    ]
    return table(rows, headers, left=1)


def group_cells(comparison: Mapping[str, Any], group: Mapping[str, Any]) -> List[str]:
    """The cells that name a group."""
    return [
        kind_title(comparison, group["kind"]), RESOURCE_TITLES[group["resource"]],
        str(len(group["directions"])),
    ]  # fmt: skip


def group_title(comparison: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    """A group's name in one cell."""
    kind, resource, _ = group_cells(comparison, group)
    return kind if group["resource"] == "all" else f"{kind}, {resource}"


def groups_table(comparison: Mapping[str, Any]) -> str:
    """Means of every system in every group."""
    names = [system["name"] for system in comparison["systems"]]
    rows = [
        [
            *group_cells(comparison, group),
            *(
                f"{group['scores'][n]['bleu']:.1f} / {group['scores'][n]['chrf']:.1f}"
                for n in names
            ),
        ]
        for group in comparison["groups"]
    ]
    headers = ["directions", "languages", "number", *(f"{name}: BLEU / chrF" for name in names)]
    return table(rows, headers, left=2)


def significance_table(comparison: Mapping[str, Any]) -> str:
    """The difference of every pair of systems in every group."""
    rows = []
    for group in comparison["groups"]:
        for pair in group["pairs"]:
            cells = []
            for metric in METRICS:
                verdict = pair[metric]
                cells += [f"{verdict['difference']:+.2f}{interval(verdict)}"]
                cells += [p_text(verdict["p"]), p_text(verdict["p_holm"])]
            bleu = pair["bleu"]
            rows.append(
                [
                    group_title(comparison, group), *pair["systems"], *cells,
                    f"{bleu['won']} / {bleu['lost']} / {bleu['tied']}",
                ]
            )  # fmt: skip
    headers = ["directions", "A", "B"]
    for title in METRICS.values():
        headers += [f"B - A, {title}", "p", "p (Holm)"]
    return table(rows, [*headers, "B won / lost / tied (BLEU)"], left=3)


def interval(verdict: Mapping[str, Any]) -> str:
    """The confidence interval of a difference, if there is one."""
    if not verdict["interval"]:
        return ""
    low, high = verdict["interval"]
    return f" [{low:+.2f}, {high:+.2f}]"


def p_text(p: float) -> str:
    """A p-value with three decimals."""
    return f"{p:.3f}" if p >= 0.001 else "<0.001"


def method(comparison: Mapping[str, Any]) -> str:
    """How significance was tested."""
    test = comparison["test"]
    bootstrap = test["title"] == "paired bootstrap"
    interval_text = "; in brackets its 95 % interval" if bootstrap else ""
    warning = (
        " sacreBLEU's bootstrap gives too small p-values where systems hardly differ; rely on the "
        "intervals, or on approximate randomisation (--test ar)."
    )
    return (
        f"B - A is the difference of the means over the directions{interval_text}. p: "
        f"{test['title']} with sacreBLEU's statistics ({test['samples']:,} samples, seed "
        f"{test['seed']}), sentences drawn within each direction; p (Holm): corrected for the number "
        "of pairs of systems. Won, lost, tied: directions in which B alone is better, worse or "
        "neither at p < 0.05, not corrected." + (warning if bootstrap else "")
    )


def notes(comparison: Mapping[str, Any]) -> List[str]:
    """Everything that a reader must know to quote the figures."""
    high, mid = comparison["resource_thresholds"]
    signatures: Dict[str, int] = {}
    for entry in comparison["directions"].values():
        for metric, title in METRICS.items():
            text = f"{title}: {entry['signature'][metric]}"
            signatures[text] = signatures.get(text, 0) + 1
    grouping = (
        f"Languages are high-resource from {high:,} training sentences (all pairs that they are part "
        f"of), mid-resource from {mid:,}. A direction counts by its language other than English, or by "
        "the one of two others that has less."
    )
    # the direction-wise tokenisers of BLEU make several signatures
    counted = [f"{text} ({number} directions)." for text, number in signatures.items()]
    speed = "Decoding words/s are target words a second of the evaluation, on its machine."
    return [*comparison["notes"], grouping, *counted, speed]
