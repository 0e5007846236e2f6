"""What the merging demo compares, its table and its picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.conlang_family import CODES
from ..support.figures import figure

SOURCE = CODES[0]
TARGETS = CODES[1:]
TASKS = ("pos", "ner")
VALUES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
LOOK_UP, HYPER_X, STACK = "look-up", "hyper-x", "stack"
KINDS: dict[str, tuple[str, ...]] = {
    "lora": (
        "--adapter-kind", "lora", "--lora-rank", "8", "--lora-alpha", "16",
        "--lora-points", "self_attn.q,self_attn.v,ffn.hidden,ffn.out",
    ),
    "ia3": ("--adapter-kind", "ia3"),
    "prefix": ("--adapter-kind", "prefix", "--prefix-points", "self_attn.keys_values"),
    "bottleneck": (),
}  # fmt: skip
# further rules of each kind: title -> options of `hyperadapters merge`; ones that do not suit the
# structure are crossed
RULES: dict[str, dict[str, tuple[str, ...]]] = {
    "lora": {
        "on the product BA": ("--rule", "product"),
        "crossed: multiply": ("--rule", "multiply", "--floor", "0.01"),
    },
    "ia3": {"plain arithmetic": ("--rule", "add")},
    "prefix": {
        "other order": ("--rule", "transfer_right"),
        "plain arithmetic": ("--rule", "add"),
    },
    "bottleneck": {"crossed: multiply": ("--rule", "multiply", "--floor", "0.01")},
}  # fmt: skip
CONTROLS = {
    "random gap": ("target", ("--control", "random")),
    "gap of other layers": ("target", ("--control", "permuted")),
    "gap of another language": ("other", ()),
}

Score = Mapping[str, float]  # by cell


@dataclass(frozen=True)
class Variant:
    """A way to merge.

    Args:
        system: the training whose adapters are merged.
        title: what the table calls it.
        options: further options of `hyperadapters merge`.
        gap: "target" is that to the target language, "other" that to another; "none" takes the target
            language's reference adapters as they are.
        t: the distance, if it is one of a sweep.
    """

    system: str
    title: str
    options: tuple[str, ...] = ()
    gap: str = "target"
    t: float | None = None

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.title.replace(": ", "-").replace(", ", "-").replace(" ", "-").replace("=", "")


def variants() -> list[Variant]:
    """All ways to merge that are compared."""
    ways = []
    for kind in KINDS:
        ways += [Variant(kind, f"{kind}, t = {t:g}", ("--t", f"{t:g}"), t=t) for t in VALUES]
        ways.append(Variant(kind, f"{kind}, reference adapters", gap="none"))
        ways += [Variant(kind, f"{kind}, {title}", words) for title, words in RULES[kind].items()]
        ways += [
            Variant(kind, f"{kind}, {title}", words, gap)
            for title, (gap, words) in CONTROLS.items()
        ]
    in_conditions = ("--space", "conditions", "--t")
    ways += [
        Variant(HYPER_X, f"hyper-x, t = {t:g}", (*in_conditions, f"{t:g}"), t=t) for t in VALUES
    ]
    return ways


def rows_of(scores: Mapping[tuple[str, str], Score]) -> list[dict[str, Any]]:
    """The rows of the table.

    Args:
        scores: those of the cells, by split ("test" or "valid") and folder of the evaluation.
    """
    by_title = {variant.title: scores["test", variant.name] for variant in variants()}
    rows = [row("look-up", scores["test", LOOK_UP])]
    for kind in KINDS:
        rows += [
            row(f"{kind}: source language", by_title[f"{kind}, t = 0"]),
            row(f"{kind}: AdaMergeX, t = 1", by_title[f"{kind}, t = 1"]),
            row(f"{kind}: AdaMergeX, t (tuned)", tuned(kind, scores)),
        ]
        titles = ["reference adapters", *RULES[kind], *CONTROLS]
        rows += [row(f"{kind}: {title}", by_title[f"{kind}, {title}"]) for title in titles]
        rows.append(row(f"{kind}: trained on the target", scores["test", f"{kind}-upper"]))
    return [
        *rows,
        row("MAD-X: stacked language and task adapters", scores["test", STACK]),
        row("Hyper-X: source language", by_title["hyper-x, t = 0"]),
        row("Hyper-X", by_title["hyper-x, t = 1"]),
        row("Hyper-X, moved in its conditions, t (tuned)", tuned(HYPER_X, scores)),
    ]


def row(title: str, scores: Score) -> dict[str, Any]:
    """A row from the scores of all target cells."""
    return {
        "system": title,
        **{f"{task}_{group}": mean(scores, task, group) for task in TASKS for group in GROUPS},
    }


GROUPS = ("near", "far")


def mean(scores: Score, task: str, group: str) -> float:
    """The mean over the targets of the source's branch ("near") or of the others ("far")."""
    codes = [code for code in TARGETS if (code[:2] == SOURCE[:2]) == (group == "near")]
    return sum(scores[f"{task}:{code}"] for code in codes) / len(codes)


def tuned(system: str, scores: Mapping[tuple[str, str], Score]) -> Score:
    """The test score of each cell at the distance that is best on other languages' validation
    sentences of its task."""
    names = [v.name for v in variants() if v.system == system and v.t is not None]
    best = {}
    for task in TASKS:
        for code in TARGETS:
            rest = [f"{task}:{other}" for other in TARGETS if other != code]
            name = max(names, key=lambda name: sum(scores["valid", name][cell] for cell in rest))
            best[f"{task}:{code}"] = scores["test", name][f"{task}:{code}"]
    return best


def draw_sweep(path: Path, scores: Mapping[tuple[str, str], Score]) -> None:
    """Mean scores of every kind against the distance."""
    titles = [(task, group) for task in TASKS for group in GROUPS]
    words = {
        "pos": "POS accuracy",
        "ner": "entity F1",
        "near": "same branch",
        "far": "other branches",
    }
    with figure(path, (13, 3.8), columns=4) as axes:
        for panel, (task, group) in zip(axes, titles):
            for number, system in enumerate((*KINDS, HYPER_X)):
                points = sweep(system, task, group, scores)
                panel.plot(*zip(*points), marker="osvd^"[number], color=f"C{number}", label=system)
            panel.set_title(f"{words[task]}, {words[group]}")
            panel.set_xlabel("distance t")
        handles, labels = axes[0].get_legend_handles_labels()
        axes[0].figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False)


def sweep(
    system: str, task: str, group: str, scores: Mapping[tuple[str, str], Score]
) -> Sequence[tuple[float, float]]:
    """The mean test score at every distance."""
    ways = [v for v in variants() if v.system == system and v.t is not None]
    return [(v.t, mean(scores["test", v.name], task, group)) for v in ways if v.t is not None]
