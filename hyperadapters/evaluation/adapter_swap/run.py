"""Translating with other languages' adapters, and what it costs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ...checkpoints.checkpoint import Checkpoint
from ...data.reference_distances import Reference
from ...metrics.scores import Scorer
from ...support.errors import UserError
from ...support.languages import split_direction
from ..translation.decoding import Sentences
from ..translation.parallel_decoding import Group
from ..translation.plan import Options, Plan, make_plan
from ..translation.translate import load, translate_missing
from ..translation.translation_log import Journal
from .selection import AUTO, ROLES, Swap, chosen_swaps, given_swaps, parse, swapped

METRICS = ("bleu", "chrf")


@dataclass(frozen=True)
class Distances:
    """The distances by which `auto` chooses.

    Args:
        title: what they are.
        codes: the languages.
        distances: [N, N].
    """

    title: str
    codes: Sequence[str]
    distances: np.ndarray


@dataclass(frozen=True)
class SwapOptions:
    """What to swap and how to translate.

    Args:
        data: the data folder.
        swap: "auto", or the languages as `af_ZA:nl_XX,gl_ES:es_XX`.
        sentences: the first sentences of each direction that are translated; 0 for all.
        evaluation: directions, beam and whatever else an evaluation has.
    """

    data: str
    swap: str
    sentences: int
    evaluation: Options


@dataclass(frozen=True)
class SwapPlan:
    """A checked swap test; `notes` say what a reader must know of the choice."""

    plan: Plan
    swaps: list[Swap]
    sentences: int
    notes: list[str] = field(default_factory=list)

    @property
    def directions(self) -> list[str]:
        """The directions that are translated, with their own adapters too."""
        return list(dict.fromkeys(swap.direction for swap in self.swaps))

    def names(self) -> dict[str, str]:
        """All translations that are needed, name -> direction."""
        return {
            **{direction: direction for direction in self.directions},
            **{swap.name: swap.direction for swap in self.swaps},
        }

    def groups(self) -> list[Group]:
        """What may share batches: names of one target language and with one set of its adapters."""
        adapters = {swap.name: swap.adapters for swap in self.swaps}
        groups: dict[tuple[str, str], list[str]] = {}
        for name, direction in self.names().items():
            targets = (
                split_direction(direction)[1],
                split_direction(adapters.get(name, direction))[1],
            )
            groups.setdefault(targets, []).append(name)
        return [(targets[0], groups[targets]) for targets in sorted(groups)]

    def sentences_of(self, direction: str) -> int:
        """How many sentences of a direction are translated."""
        sentences = self.plan.sentences(direction)
        return min(sentences, self.sentences) if self.sentences else sentences


def plan_swaps(
    checkpoint: Checkpoint, out: Path, options: SwapOptions, distances: Distances | None
) -> SwapPlan:
    """Checks a swap test before anything is translated.

    Args:
        checkpoint: the checkpoint.
        out: folder for the results.
        options: what to swap.
        distances: distances that `auto` chooses by, if there are any.
    Raises:
        UserError: naming what is unusable.
    """
    if options.sentences < 0:
        raise UserError(f"--sentences {options.sentences}: give a positive number")
    plan = make_plan(checkpoint, options.data, out, options.evaluation)
    directions = plan.directions
    notes: list[str] = []
    if options.swap == AUTO:
        if distances is None:
            raise UserError(
                f"--swap {AUTO}: stored adapters do not tell which languages are related: give "
                "--distances, or name the swaps"
            )
        codes = list(distances.codes)
        swaps = chosen_swaps(
            codes,
            distances.distances,
            plan.selected,
            directions.english,
            directions.has_adapters,
        )
        if not swaps:
            raise UserError(
                f"--swap {AUTO}: in none of these --directions can both a nearer and a farther "
                "language stand in (among those that are no part of it and have adapters): name the "
                "swaps"
            )
        notes = notes_on_choice(swaps, plan.selected, directions.english)
    else:
        stand_ins = parse(options.swap, directions.languages)
        swaps = given_swaps(stand_ins, plan.selected, directions.has_adapters)
    return SwapPlan(plan, swaps, options.sentences, notes)


def notes_on_choice(
    swaps: Sequence[Swap], directions: Sequence[str], english: str | None
) -> list[str]:
    """What a reader must know of swaps that were chosen by distance.

    Args:
        swaps: the swaps.
        directions: the directions that could have been swapped.
        english: the language that is never replaced, or None.
    """
    tested = {(swap.direction, swap.role) for swap in swaps}
    untested = [
        f"{direction} ({role})"
        for direction in directions
        for role, language in zip(ROLES, split_direction(direction))
        if language != english and (direction, role) not in tested
    ]
    notes = ["Of languages that are equally near or far the first in the model's order stands in."]
    if untested:
        notes.append(
            "Not tested, since no nearer and farther language can stand in: "
            f"{', '.join(untested)}. Name a swap to test them."
        )
    return notes


def swap_test(planned: SwapPlan) -> list[dict[str, Any]]:
    """Translates with own and other adapters and scores; goes on where it was interrupted.

    Args:
        planned: see `plan_swaps`.
    Returns:
        a row for each swap: its settings, the scores with `own` and with `swapped` adapters, and
        the `loss`.
    """
    plan = planned.plan
    digests = plan.digests()
    names = planned.names()
    journal = Journal(
        plan.out / "swap.jsonl", plan.settings(), {n: digests[d] for n, d in names.items()}
    )
    if journal.changed or journal.outdated:
        print(f"{plan.out} holds translations with other settings or of other data: translating "
              "anew", file=sys.stderr)  # fmt: skip
    translate(planned, journal)
    scores = {
        direction: score(planned, direction, journal.translations)
        for direction in tqdm(planned.directions, desc="scores")
    }
    return [row(swap, scores[swap.direction]) for swap in planned.swaps]


def translate(planned: SwapPlan, journal: Journal) -> None:
    """Translates what the journal lacks."""
    plan, names = planned.plan, planned.names()
    rows = {name: range(planned.sentences_of(direction)) for name, direction in names.items()}
    rows_done = {
        name: set(journal.translations[name]).intersection(rows) for name, rows in rows.items()
    }
    swaps = {swap.name: swap for swap in planned.swaps}
    subset = plan.options.subset

    def find(task: Any, name: str) -> Sentences:
        sentences = load(task, subset, names[name])
        found = swapped(sentences, swaps[name], task.languages) if name in swaps else sentences
        return replace(found, rows=rows[name])

    translate_missing(
        journal, plan, planned.groups(), find, rows_done, sum(map(len, rows.values()))
    )


def score(
    planned: SwapPlan, direction: str, translations: Mapping[str, Mapping[int, str]]
) -> dict[str, dict[str, float]]:
    """The scores of all translations of a direction by their name."""
    plan = planned.plan
    tgt = split_direction(direction)[1]
    rows = range(planned.sentences_of(direction))
    references = plan.texts.side(plan.pair(direction), tgt)
    scorer = Scorer([references[row] for row in rows], plan.tokenizers[tgt])
    names = [direction, *(s.name for s in planned.swaps if s.direction == direction)]
    scores = {}
    for name in names:
        scored = scorer.score([plan.texts.joined(translations[name][row]) for row in rows])
        scores[name] = {metric: round(scored.values[metric], 4) for metric in METRICS}
    return scores


def row(swap: Swap, scores: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """A row of the results."""
    unchanged, other = scores[swap.direction], scores[swap.name]
    return {
        **asdict(swap),
        "language": swap.language,
        "own": unchanged,
        "swapped": other,
        "loss": {metric: round(unchanged[metric] - other[metric], 4) for metric in METRICS},
    }


def mean_scores(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Means over the swaps of each role and kind."""
    records = []
    for role in ROLES:
        for kind in dict.fromkeys(row["kind"] for row in rows):
            members = [row for row in rows if (row["role"], row["kind"]) == (role, kind)]
            if members:
                records.append(
                    {
                        "role": role,
                        "kind": kind,
                        "swaps": len(members),
                        **{
                            part: {
                                metric: round(
                                    sum(row[part][metric] for row in members) / len(members), 4
                                )
                                for metric in METRICS
                            }
                            for part in ("own", "swapped", "loss")
                        },
                    }
                )
    return records


def distances_of(analysis: Mapping[str, Any], reference: Reference | None) -> Distances | None:
    """The distances that `auto` chooses by: the reference, else what a hypernetwork has learnt.

    Args:
        analysis: what languages.json holds.
        reference: known distances, or None.
    Returns:
        None if there are none: those between stored adapters tell nothing.
    """
    if reference is not None:
        return Distances(reference.title, reference.codes, reference.distances)
    if analysis["source"] != "hyper":
        return None
    first = analysis["sets"][0]
    return Distances(first["title"], first["languages"], np.array(first["distances"]))
