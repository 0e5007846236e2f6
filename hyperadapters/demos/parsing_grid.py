"""What a study of head masks compares, as its configuration says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import yaml

from ..support.errors import UserError

NONE, GENERATED, LEARNT = "none", "generated", "learnt"
# the options of fairseq-train for each kind of masks; {masks}: folder of the masks, {kept}: share of the heads
STORED = "--adapter-kind head_mask --adapter-source language --encoder-adapter-condition src"
MASKS = {
    NONE: "--adapter-source none",
    "static": f"{STORED} --head-masks {{masks}}/masks.json",
    "random": f"{STORED} --head-masks {{masks}}/random.json",
    "shared": f"{STORED} --head-masks {{masks}}/shared.json",
    "re-estimated": f"{STORED} --head-masks {{masks}}/masks.json --head-mask-update-every {{every}}",
    LEARNT: f"{STORED} --head-masks {{kept_masks}}/masks.json --head-mask-kept {{kept}}",
    GENERATED: "--adapter-kind head_mask --adapter-source hyper --encoder-adapter-condition src "
    "--hyper-hidden 16 --hyper-lang-dim 8 --hyper-layer-dim 8 --head-mask-kept {kept}",
}
TRAININGS = ("non-episodic", "episodic")
# the heads of a language that was not trained on: all, those of the nearest one, or those that a few
# of its training sentences need
POLICIES = ("all", "nearest", "support")
UNCHANGED = (NONE, GENERATED)  # the others are stored by language
UNMASKED = ("all",)  # the policy of those


@dataclass(frozen=True)
class Grid:
    """What is compared, as the configuration says it. In texts {seed} stands for the seed.

    Args:
        corpus: folder of corpus.yaml.
        backbone: what --init-from takes.
        options: further options of all trainings.
        first: the language of the first parser.
        train, development, test: languages, comma-separated.
        seeds: the seeds.
        masks, trainings, policies: what is combined, see `MASKS`, `TRAININGS`, `POLICIES`.
        distances: a table of distances, or genealogy: which language is nearest.
        first_updates, updates: of the first parser, and of each further training.
        lr: learning rate of the first two parsers.
        rates: those that each system is tried with.
        threshold: share of the whole model's score down to which heads are pruned.
        inner: updates, lr and head_lr of the inner loop of episodic training.
        support, draws, adaptation_updates: sentences of a support set, how many are drawn, steps on each.
        adaptation_rates: pairs of lr and head_lr that are tried.
    """

    corpus: str
    backbone: str
    options: str
    first: str
    train: str
    development: str
    test: str
    seeds: Sequence[int]
    masks: Sequence[str]
    trainings: Sequence[str]
    policies: Sequence[str]
    distances: str
    first_updates: int
    updates: int
    lr: float
    rates: Sequence[float]
    threshold: float
    inner: Mapping[str, float]
    support: int
    draws: int
    adaptation_updates: int
    adaptation_rates: Sequence[Sequence[float]]

    @classmethod
    def read(cls, path: str) -> "Grid":
        """Reads a configuration.

        Raises:
            UserError: naming an entry that is missing, unknown, or has an unknown value.
        """
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file)
        names = {field.name for field in fields(cls)}
        for entries, what in (
            (names - set(content), "lacks"),
            (set(content) - names, "has unknown"),
        ):
            if entries:
                raise UserError(f"{path} {what} {', '.join(sorted(entries))}")
        grid = cls(**content)
        for name, known in (("masks", MASKS), ("trainings", TRAININGS), ("policies", POLICIES)):
            unknown = set(getattr(grid, name)) - set(known)
            if unknown:
                raise UserError(
                    f"{path}: {name} {', '.join(unknown)}: choose from {', '.join(known)}"
                )
        return grid
