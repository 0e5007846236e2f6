"""The swap test on the page and as a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...reports.tables import format_table
from ...support.figures import figure

COLOURS = {"own": "C0", "nearest": "C1", "given": "C1", "farthest": "C3"}


def format_page(swap: Mapping[str, Any]) -> str:
    """The section of the page.

    Args:
        swap: the entry "swap" of languages.json.
    """
    choice = (
        f" Nearest and farthest by: {swap['chosen_by']}, among the languages that are no part of the "
        "direction."
        if swap["chosen_by"]
        else ""
    )
    by_mean = [[m["role"], m["kind"], str(m["swaps"]), *figures(m)] for m in swap["means"]]
    by_row = [
        [r["direction"], r["role"], r["language"], r["stand_in"], r["kind"], *figures(r)]
        for r in swap["rows"]
    ]
    columns = ["BLEU, own", "BLEU, swapped", "Loss of BLEU", "Loss of chrF"]
    return "\n\n".join(
        [
            "## Swapped adapters",
            "Words and language tokens stay as they are; the adapters are those of another language "
            f"in the place of the source or the target language.{choice}",
            format_table(by_mean, ["replaced", "by", "swaps", *columns], texts=3),
            format_table(
                by_row, ["direction", "replaced", "language", "stand-in", "kind", *columns], texts=5
            ),
        ]
    )


def figures(scores: Mapping[str, Any]) -> list[str]:
    """The scores of a row as cells."""
    return [
        f"{scores['own']['bleu']:.1f}", f"{scores['swapped']['bleu']:.1f}",
        f"{scores['loss']['bleu']:.1f}", f"{scores['loss']['chrf']:.1f}",
    ]  # fmt: skip


def bars(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean BLEU by language with its own adapters and with those of each kind of stand-in."""
    swapped_scores: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        of_language = swapped_scores.setdefault(row["language"], {})
        of_language.setdefault(row["kind"], []).append(row["swapped"]["bleu"])
    scores: dict[str, dict[str, float]] = {}
    for row in rows:
        scores.setdefault(row["language"], {})[row["direction"]] = row["own"]["bleu"]
    return {
        code: {
            "own": sum(scores[code].values()) / len(scores[code]),
            **{kind: sum(values) / len(values) for kind, values in kinds.items()},
        }
        for code, kinds in swapped_scores.items()
    }


def draw(path: Path, rows: Sequence[Mapping[str, Any]], system: str) -> None:
    """Draws mean BLEU by language: own adapters and stand-ins, a panel a role.

    Args:
        path: the PNG file to write.
        rows: rows of the swap test.
        system: what the title calls the system.
    """
    roles = list(dict.fromkeys(row["role"] for row in rows))
    of_role = {role: bars([row for row in rows if row["role"] == role]) for role in roles}
    languages = max(map(len, of_role.values()))
    many = languages > 15
    size = (max(4.5, 0.3 * languages), 3.2 * len(roles)) if many else (4.8 * len(roles), 3.4)
    layout = {"rows": len(roles)} if many else {"columns": len(roles)}
    with figure(path, size, **layout) as axes:
        for panel, (role, values) in zip(axes, of_role.items()):
            kinds = [kind for kind in COLOURS if any(kind in each for each in values.values())]
            width = 0.8 / len(kinds)
            for number, kind in enumerate(kinds):
                places = [
                    place + (number - (len(kinds) - 1) / 2) * width for place in range(len(values))
                ]
                heights = [each.get(kind, 0) for each in values.values()]
                label = "own adapters" if kind == "own" else f"{kind} language's"
                panel.bar(places, heights, width, color=COLOURS[kind], label=label)
            panel.set_xticks(range(len(values)), values, rotation=90 if many else 0)
            panel.set_title(f"adapters of the {role} language replaced", fontsize="medium")
            panel.set_ylabel("mean BLEU")
            panel.margins(x=0.01)
        axes[0].figure.suptitle(system)
        handles, labels = axes[0].get_legend_handles_labels()
        axes[0].figure.legend(
            handles, labels, loc="outside lower center", ncols=len(labels), frameon=False
        )
