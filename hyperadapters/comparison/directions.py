"""Evaluations of translation, whose directions are compared by kind and by resource."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..evaluation.translation.directions import GROUPS, group_title
from ..support.errors import UserError, format_list
from ..support.files import read_lines
from ..support.languages import split_direction
from .evaluations import Evaluation, EvaluationType, Group, Systems, count_signatures
from .options import Options
from .resources import groups_of, language_of, resource_of, thresholds_note, training_sizes
from .signatures import metric_of
from .source_copy import score_copies

METRICS = {"bleu": "BLEU", "chrf": "chrF"}
RESOURCE_TITLES = {
    "all": "all",
    "high": "high-resource",
    "mid": "mid-resource",
    "low": "low-resource",
}


class Directions(EvaluationType):
    """How evaluations of translation are compared."""

    unit = "direction"
    metrics = METRICS
    part = "resource"
    part_heading = "languages"
    outputs = "translations"

    def groups(self, systems: Systems, units: Sequence[str], options: Options) -> list[Group]:
        first = first_of(systems)
        kinds = {unit: first.units[unit]["group"] for unit in units}
        sizes = training_sizes(first.record["training_sentences"])
        return groups_of(
            kinds, GROUPS, first.record.get("english") or "", sizes, options.thresholds
        )

    def facts(self, systems: Systems, units: Sequence[str], options: Options) -> dict[str, Any]:
        first = first_of(systems)
        english = first.record.get("english") or ""
        sizes = training_sizes(first.record["training_sentences"])
        return {
            "english": english or None,
            "resource_thresholds": list(options.thresholds),
            "training_sentences": {code: sizes.get(code, 0) for code in others(units, english)},
            "source_copy": score_copies(first, self.groups(systems, units, options)),
        }

    def notes(self, systems: Systems, units: Sequence[str], options: Options) -> list[str]:
        first = first_of(systems)
        sizes = training_sizes(first.record["training_sentences"])
        codes = others(units, first.record.get("english") or "")
        every = [evaluation for runs in systems.values() for evaluation in runs]
        return [*differences(every, units), thresholds_note(sizes, codes, options.thresholds)]

    def unit_entry(self, systems: Systems, unit: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        first = first_of(systems)
        entry = first.units[unit]
        sizes = training_sizes(first.record["training_sentences"])
        size = sizes.get(language_of(unit, facts["english"] or "", sizes), 0)
        return {
            "kind": entry["group"],
            "resource": resource_of(size, facts["resource_thresholds"]),
            "sentences": entry["sentences"],
            "signature": entry["signature"],
        }

    def kind_title(self, kind: str, comparison: Mapping[str, Any]) -> str:
        return group_title(kind, comparison["english"])

    def part_title(self, part: str) -> str:
        return RESOURCE_TITLES[part]

    def page_notes(self, comparison: Mapping[str, Any]) -> list[str]:
        high, mid = comparison["resource_thresholds"]
        grouping = (
            f"Languages are high-resource from {high:,} training sentences (all pairs that they are "
            f"part of), mid-resource from {mid:,}. A direction counts by its language other than "
            "English, or by the one of two others that has less."
        )
        # the direction-wise tokenisers of BLEU make several signatures
        signatures = count_signatures(
            [
                f"{title}: {entry['signature'][metric]}"
                for entry in comparison["directions"].values()
                for metric, title in METRICS.items()
            ],
            self.unit,
        )
        copies = (
            "Copy of the source: every sentence left as it is, scored as the systems are; it is no part "
            "of the tests."
            if comparison["source_copy"]
            else f"There is no row of copied sources: {comparison['systems'][0]['folder']} lacks sources; "
            "evaluate again."
        )
        speed = "Decoding words/s are target words a second of one process of the evaluation, on its machine."
        return [grouping, *signatures, copies, speed]


class DirectionEvaluation(Evaluation):
    """What `hyperadapters evaluate` wrote: `SRC-TGT.txt` in the folders sources, hypotheses and
    references."""

    type = Directions()

    def problems(self) -> list[str]:
        problems = []
        if self.record.get("training_sentences") is None:
            problems.append("'training_sentences' is missing")
        for direction, scores in self.units.items():
            split_direction(direction)
            for key in (*METRICS, "signature", "sentences", "group"):
                if key not in scores:
                    problems.append(f"'{key}' of {direction} is missing")
            if scores.get("group") not in GROUPS:
                problems.append(
                    f"group '{scores.get('group')}' of {direction} is none of {', '.join(GROUPS)}"
                )
        return problems

    def signature(self, unit: str, metric: str) -> str:
        return self.units[unit]["signature"][metric]

    def metric(self, unit: str, metric: str) -> Any:
        return metric_of(metric, self.signature(unit, metric))

    def read_lines(self, part: str, unit: str) -> list[str]:
        file = self.folder / part / f"{unit}.txt"
        if not file.is_file():
            raise UserError(f"evaluation {self.folder}: {part} of {unit} are missing ({file})")
        return read_lines(file)


def first_of(systems: Systems) -> Evaluation:
    """The first run of the first system, whose test sets and groups all others must have."""
    return next(iter(systems.values()))[0]


def others(directions: Sequence[str], english: str) -> list[str]:
    """The languages other than English."""
    return sorted(
        {code for direction in directions for code in split_direction(direction)} - {english}
    )


def differences(evaluations: Sequence[Evaluation], directions: Sequence[str]) -> list[str]:
    """Notes on settings that differ but leave the scores comparable."""
    notes, first = [], evaluations[0]
    for other in evaluations[1:]:
        if other.record.get("beam") != first.record.get("beam"):
            notes.append(
                f"{other.folder} was decoded with beam {other.record.get('beam')}, {first.folder} "
                f"with beam {first.record.get('beam')}."
            )
        if other.record["training_sentences"] != first.record["training_sentences"]:
            notes.append(
                f"{other.folder} and {first.folder} were trained on different numbers of sentences; "
                f"groups are by those of {first.folder}."
            )
        kinds: dict[tuple[str, str], list[str]] = {}
        for direction in directions:
            pair = (first.units[direction]["group"], other.units[direction]["group"])
            if pair[0] != pair[1]:
                kinds.setdefault(pair, []).append(direction)
        for (ours, theirs), members in kinds.items():
            notes.append(
                f"{format_list(members)}: {ours} in {first.folder}, {theirs} in {other.folder}; counted as "
                f"{ours}."
            )
    return notes
