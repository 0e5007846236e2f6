"""The reports of an evaluation: the Markdown page, the heat maps, the table that is printed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...reports.heat_map import Grid, draw_heat_map
from ...reports.tables import format_table
from ...support.files import write_text
from ...support.languages import split_direction
from .directions import GROUPS, group_title

TITLES = {
    "bleu": "BLEU", "chrf": "chrF", "spbleu": "spBLEU", "comet": "COMET",
    "off_target": "off-target %",
}  # fmt: skip
Result = Mapping[str, Any]


def format_score(metric: str, value: float) -> str:
    """A figure as tables show it."""
    if metric == "off_target":
        return f"{100 * value:.1f}"
    return f"{value:.3f}" if metric == "comet" else f"{value:.1f}"


def metrics(result: Result) -> list[str]:
    """The figures that an evaluation has, in the order of the tables."""
    first = next(iter(result["directions"].values()))
    return [name for name in TITLES if name in first]


def averages_table(result: Result, form: str = "github") -> str:
    """The averages of all groups that have directions.

    Args:
        result: the evaluation, as in its JSON file.
        form: a format of tabulate.
    """
    names = metrics(result)
    rows = [
        (
            group_title(group, result["english"]), result["averages"][group]["directions"],
            *(format_score(name, result["averages"][group][name]) for name in names),
        )
        for group in GROUPS if result["averages"][group]
    ]  # fmt: skip
    headers = ("mean over", "directions", *(TITLES[name] for name in names))
    return format_table(rows, headers, form=form)


def matrix_table(result: Result, metric: str) -> str:
    """A matrix source x target as a Markdown table; zero-shot directions have an asterisk."""

    def cell(src: str, tgt: str) -> str:
        entry = result["directions"].get(f"{src}-{tgt}")
        if not entry:
            return ""
        return format_score(metric, entry[metric]) + ("*" if entry["group"] == "zero_shot" else "")

    codes = order_languages(result)
    rows = [(f"**{src}**", *(cell(src, tgt) for tgt in codes)) for src in codes]
    return format_table(rows, ("source \\ target", *codes))


def order_languages(result: Result) -> list[str]:
    """The languages as tables show them: English first."""
    return sorted(result["languages"], key=lambda code: code != result["english"])


def facts(result: Result) -> str:
    """The system and how it was evaluated, as a Markdown list."""
    system = result["system"]
    kind = f"{system['adapter_kind']} adapters from the source '{system['adapter_source']}'"
    if system["baked_from"]:
        kind += f" (baked from '{system['baked_from']}')"
    sentences = sum(entry["sentences"] for entry in result["directions"].values())
    lines = [
        f"checkpoint: `{system['checkpoint']}`, {system['updates'] or 0:,} updates",
        kind if system["adapter_kind"] else "no adapters",
        f"parameters: {system['total_parameters']:,}, of these in adapters or what generates them: "
        f"{system['adapter_parameters']:,}",
        f"{len(result['directions'])} directions, {sentences:,} sentences of the {result['subset']} set, "
        f"beam {result['beam']}; {result['seconds']:,.0f} s of decoding, "
        f"{system['words_per_second'] or 0:,.0f} target pieces a second and process",
    ]
    return "".join(f"- {line}\n" for line in lines)


def identification(result: Result) -> str:
    """How the off-target rates were found and how far they can be trusted."""
    facts = result["language_identifier"]
    text = (
        f"A translation is off-target if the language identifier (`{facts['name']}`) takes it for "
        "another language than the target language, or if it has no letter where its reference has "
        "some.\n"
    )
    if facts["reference_error"] is not None:
        errors = sorted(facts["reference_errors"].items(), key=lambda item: -item[1])
        worst = ", ".join(f"{code} {100 * error:.1f} %" for code, error in errors[:5] if error)
        text += (
            f"Of the references it takes {100 * facts['reference_error']:.1f} % for another language"
            f"{f' (most: {worst})' if worst else ''}; a rate means nothing unless it is higher.\n"
        )
    if facts["learnt_from_references"]:
        codes = ", ".join(facts["learnt_from_references"])
        text += f"It learnt {codes} from the references themselves, for want of other text.\n"
    return text


def signatures(result: Result) -> str:
    """Every signature with the target languages that it holds for, as a Markdown list."""
    codes_by_signature: dict[tuple, list[str]] = {}
    for direction, entry in result["directions"].items():
        for metric, signature in entry["signature"].items():
            codes = codes_by_signature.setdefault((metric, signature), [])
            tgt = split_direction(direction)[1]
            if tgt not in codes:
                codes.append(tgt)
    return "".join(
        f"- {TITLES[metric]} into {', '.join(codes)}: `{signature}`\n"
        for (metric, signature), codes in codes_by_signature.items()
    )


def page(result: Result) -> str:
    """The evaluation as a Markdown page."""
    parts = [
        f"# Evaluation of {result['system']['name']}\n",
        facts(result),
        averages_table(result) + "\n",
        "Rows are source languages, columns target languages; * marks zero-shot directions.\n",
    ]
    for name in metrics(result):
        parts += [f"## {TITLES[name]}\n", matrix_table(result, name) + "\n"]
        parts += [f"![{TITLES[name]} of all directions]({name}.png)\n"]
        if name == "off_target":
            parts.append(identification(result))
    if result["remarks"]:
        parts += ["## Remarks\n", "".join(f"- {remark}\n" for remark in result["remarks"])]
    parts += ["## Signatures\n", signatures(result)]
    return "\n".join(parts)


def write_reports(out: Path, result: Result) -> None:
    """Writes `evaluation.md` and a heat map for each figure.

    Args:
        out: the folder.
        result: the evaluation, as in its JSON file.
    """
    write_text(out / "evaluation.md", page(result))
    zero_shot = [
        name for name, entry in result["directions"].items() if entry["group"] == "zero_shot"
    ]
    for metric in set(TITLES) - set(metrics(result)):
        (out / f"{metric}.png").unlink(missing_ok=True)  # of an evaluation with more scores
    for metric in metrics(result):
        percent = metric == "off_target"
        values = {
            name: (100 if percent else 1) * entry[metric]
            for name, entry in result["directions"].items()
        }
        draw_heat_map(
            out / f"{metric}.png", f"{TITLES[metric]}, {result['system']['name']}",
            Grid.of_directions(order_languages(result)), values, zero_shot,
            **({"least_range": (0, 10)} if percent else {}),
        )  # fmt: skip
