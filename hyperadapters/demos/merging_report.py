"""What a study of merging compares, its table and its picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..support.figures import figure

VALUES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
LOOK_UP, HYPER_X, STACK = "look-up", "hyper-x", "stack"
# the options of each kind
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


def variants(kinds: Sequence[str]) -> list[Variant]:
    """All ways to merge that are compared.

    Args:
        kinds: the adapter kinds.
    """
    ways = []
    for kind in kinds:
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


@dataclass(frozen=True)
class Report:
    """The table and the picture of a study.

    Args:
        kinds: the adapter kinds.
        tasks: the tasks, with what to call their scores.
        groups: the target languages by group, with what to call the group.
        scores: those of the cells, by split ("test" or "valid") and folder of the evaluation.
    """

    kinds: Sequence[str]
    tasks: Mapping[str, str]
    groups: Mapping[str, tuple[str, Sequence[str]]]
    scores: Mapping[tuple[str, str], Score]

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the table."""
        ways = {way.title: self.scores["test", way.name] for way in variants(self.kinds)}
        rows = [self.row("look-up", self.scores["test", LOOK_UP])]
        for kind in self.kinds:
            rows += [
                self.row(f"{kind}: source language", ways[f"{kind}, t = 0"]),
                self.row(f"{kind}: AdaMergeX, t = 1", ways[f"{kind}, t = 1"]),
                self.row(f"{kind}: AdaMergeX, t (tuned)", self.tune(kind)),
            ]
            titles = ["reference adapters", *RULES[kind], *CONTROLS]
            rows += [self.row(f"{kind}: {title}", ways[f"{kind}, {title}"]) for title in titles]
            upper = self.scores["test", f"{kind}-upper"]
            rows.append(self.row(f"{kind}: trained on the target", upper))
        stack = self.scores["test", STACK]
        return [
            *rows,
            self.row("MAD-X: stacked language and task adapters", stack),
            self.row("Hyper-X: source language", ways["hyper-x, t = 0"]),
            self.row("Hyper-X", ways["hyper-x, t = 1"]),
            self.row("Hyper-X, moved in its conditions, t (tuned)", self.tune(HYPER_X)),
        ]

    def row(self, title: str, scores: Score) -> dict[str, Any]:
        """A row from the scores of all target cells."""
        return {
            "system": title,
            **{
                f"{task}_{group}": self.mean(scores, task, group)
                for task in self.tasks
                for group in self.groups
            },
        }

    def mean(self, scores: Score, task: str, group: str) -> float:
        """The mean over the target languages of a group."""
        codes = self.groups[group][1]
        return sum(scores[f"{task}:{code}"] for code in codes) / len(codes)

    def distances(self, system: str) -> list[Variant]:
        """The ways to merge that differ in the distance alone."""
        return [way for way in variants(self.kinds) if way.system == system and way.t is not None]

    def tune(self, system: str) -> Score:
        """Takes for each cell the distance that is best on the validation sentences of its task in the
        other languages; returns its test score there."""
        names = [way.name for way in self.distances(system)]
        codes = [code for _, members in self.groups.values() for code in members]
        best = {}
        for task in self.tasks:
            for code in codes:
                rest = [f"{task}:{other}" for other in codes if other != code]
                sums = {n: sum(self.scores["valid", n][cell] for cell in rest) for n in names}
                name = max(sums, key=sums.__getitem__)
                best[f"{task}:{code}"] = self.scores["test", name][f"{task}:{code}"]
        return best

    def draw(self, path: Path) -> None:
        """Draws mean scores of every system against the distance."""
        panels = [(task, group) for task in self.tasks for group in self.groups]
        systems = (*self.kinds, HYPER_X)
        with figure(path, (3.3 * len(panels), 3.8), columns=len(panels)) as axes:
            for panel, (task, group) in zip(axes, panels):
                for number, system in enumerate(systems):
                    ways = self.distances(system)
                    means = [self.mean(self.scores["test", w.name], task, group) for w in ways]
                    panel.plot(
                        [w.t for w in ways], means, marker="osvd^"[number], color=f"C{number}",
                        label=system,
                    )  # fmt: skip
                panel.set_title(f"{self.tasks[task]}, {self.groups[group][0]}")
                panel.set_xlabel("distance t")
            handles, labels = axes[0].get_legend_handles_labels()
            axes[0].figure.legend(
                handles, labels, loc="outside lower center", ncols=5, frameon=False
            )
