"""The results of a study of head masks."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import mean, stdev
from typing import Any

from ..evaluation.few_shot import interval
from ..reports.tables import format_table
from .parsing_grid import NONE
from .parsing_study import Study, System


def results(study: Study, systems: Sequence[System]) -> list[dict[str, Any]]:
    """The scores of each system, as it is and with a few sentences, and what masks change."""
    rows = []
    for (key, sentences), system in itertools.product(
        (("zero_shot", 0), ("mean", study.grid.support)), systems
    ):
        for policy in study.policies(system):
            name = study.test(system, policy)
            scores = [
                {code: row[key] for code, row in study.scores(seed, name).items()}
                for seed in study.grid.seeds
            ]
            languages = {code: mean(each[code] for each in scores) for code in scores[0]}
            rows.append({
                **asdict(system), "policy": policy, "sentences": sentences, "languages": languages,
                "seeds": [mean(each.values()) for each in scores],
            })  # fmt: skip
    return [{**row, "difference": difference(row, rows)} for row in rows]


def difference(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The mean over languages of what a system has more than the one without masks, and the half width of
    its confidence interval; None of that one itself, or if it was left out."""
    for other in rows:
        same = all(other[key] == row[key] for key in ("training", "sentences"))
        if same and other["masks"] == NONE != row["masks"]:
            pairs = zip(row["languages"].values(), other["languages"].values())
            return interval([score - without for score, without in pairs])
    return None


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The results as a table."""
    lines = []
    for row in rows:
        score, gain = f"{mean(row['seeds']):.1f}", row["difference"]
        if len(row["seeds"]) > 1:
            score += f" ± {stdev(row['seeds']):.1f}"
        more = f"{gain['mean']:+.1f}" if gain else ""
        if gain and gain["half_width"] is not None:
            more += f" ± {gain['half_width']:.1f}"
        lines.append([
            row["training"], row["sentences"], row["masks"], row["policy"], score, more, row["rate"],
        ])  # fmt: skip
    heads = [
        "training",
        "sentences",
        "masks",
        "unseen languages use",
        "LAS",
        "against none",
        "rate",
    ]
    return format_table(lines, heads, form="pipe")
