"""Merge adapters of checkpoints and files into a file of adapters."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from ...data.reference_distances import read_reference
from ...merging.conditions import move_embeddings
from ...merging.merge import (
    Choices,
    Figure,
    check_alike,
    combine,
    compare_gaps,
    merge,
    merge_points,
)
from ...sources import AdapterSet, condition_ids, condition_of
from ...sources.adapter_files import SUFFIX, card_path, write_adapters
from ...sources.baked import kind_of
from ...support.errors import UserError
from ...support.files import check_output
from ..checkpoint import Checkpoint
from ..selection import select_cells, select_directions, select_one
from .attach import what_must_agree
from .baked_checkpoint import baked_config
from .provenance import provenance_of, read_exported

# What adapters that are merged must have in common, of `what_must_agree`.
SHARED = ("backbone", "architecture", "dictionary", "input format")


@dataclass(frozen=True)
class Result:
    """Merged adapters.

    Args:
        adapters: the adapters.
        changes: by layer and point how large the change is against what was changed.
        cosines: by layer and point the cosine between the gap of the references and that of the task;
            empty if the task's adapters of the target language are unknown.
    """

    adapters: AdapterSet
    changes: list[Figure]
    cosines: list[Figure] = field(default_factory=list)


def open_adapters(texts: Sequence[str]) -> list[AdapterSet]:
    """The adapters that a user names, each as a file that `hyperadapters export` or `merge` wrote or as
    CHECKPOINT@CELL or CHECKPOINT@DIRECTION; each checkpoint is read once.

    Raises:
        UserError: if one cannot be read.
    """
    checkpoints: dict[str, Checkpoint] = {}
    sets = []
    for text in texts:
        path, _, name = text.rpartition("@")
        if Path(text).suffix == SUFFIX:
            sets.append(read_exported(text))
        elif not path:
            raise UserError(
                f"'{text}': give a file of adapters ({SUFFIX}), or which adapters of a checkpoint: "
                f"{text}@ner:de or {text}@de-fr"
            )
        else:
            if path not in checkpoints:
                checkpoints[path] = Checkpoint(path).require_adapters()
            checkpoint = checkpoints[path]
            select = select_cells if checkpoint.has_cells else select_directions
            name = select_one(select(checkpoint, name), text)
            adapters = checkpoint.adapter_set(name)
            sets.append(replace(adapters, provenance=provenance_of(checkpoint, name)))
    return sets


def merge_adapters(
    texts: Sequence[str],
    t: float,
    choices: Choices,
    name: str | None = None,
    trained_target: str | None = None,
    any_start: bool = False,
) -> Result:
    """Moves the adapters of a task by the gap between two of a reference task, see `merging.merge`.

    Args:
        texts: the task's in the source language, the reference task's in the target language and in
            the source language, see `open_adapters`.
        t: how far.
        choices: the rule.
        name: the direction or cell that the result is for; None concludes it.
        trained_target: the task's adapters that were trained on the target language, to compare with.
        any_start: whether the adapters may have begun with different values.
    Raises:
        UserError: naming what does not go together, or if nothing changes.
    """
    sets = open_adapters([*texts, *filter(None, [trained_target])])
    check_together(sets, texts, any_start)
    adapters, changes = merge(*sets[:3], t, choices)
    if t and not any(figure.value for figure in changes):
        raise UserError(
            f"nothing changes: the adapters of {sets[1].name} and {sets[2].name} are the same; give those "
            "of two languages"
        )
    cosines = compare_gaps([sets[3], sets[0]], sets[1:3], choices) if trained_target else []
    record = {"rule": choices.rule or usual_rules(sets[0]), "t": t, "control": choices.control}
    return Result(rename(adapters, name or moved_name(*sets[:3]), sets, record), changes, cosines)


def merge_conditions(texts: Sequence[str], t: float, name: str | None = None) -> Result:
    """The same in the space of the embeddings from which one hypernetwork generates the adapters.

    Raises:
        UserError: if they are not of one hypernetwork.
    """
    paths = {text.rpartition("@")[0] for text in texts}
    if len(paths) > 1 or "" in paths:
        raise UserError("--space conditions: name three cells of one checkpoint, as FILE.pt@ner:de")
    sets, checkpoint = open_adapters(texts), Checkpoint(paths.pop())
    ids = [checkpoint.ids(each.condition) for each in sets]
    move_embeddings(checkpoint.adapters, ids[0], ids[1], ids[2], t)
    moved = checkpoint.adapter_set(sets[0].name)
    _, changes = merge_points([sets[0], moved], Choices("add"), lambda _, weights: weights[1])
    moved = replace(moved, provenance=sets[0].provenance)
    record = {"space": "conditions", "t": t}
    return Result(rename(moved, name or moved_name(*sets), sets, record), changes)


def combine_adapters(
    coefficients: Mapping[str, float],
    choices: Choices,
    name: str | None = None,
    any_start: bool = False,
) -> Result:
    """The weighted sum of adapters; by default of their tensors, whatever their kind.

    Args:
        coefficients: the weight of each, by what names it (see `open_adapters`).
        choices: the rule.
        name: the direction or cell that the result is for; by default that of the first.
        any_start: whether the adapters may have begun with different values.
    """
    sets = open_adapters(list(coefficients))
    check_together(sets, list(coefficients), any_start)
    choices = replace(choices, rule=choices.rule or "add")
    adapters, changes = combine(sets, list(coefficients.values()), choices)
    record = {"rule": choices.rule, "coefficients": list(coefficients.values())}
    return Result(rename(adapters, name or sets[0].name, sets, record), changes)


def average_adapters(
    texts: Sequence[str], language: str, distances: str, choices: Choices, any_start: bool = False
) -> tuple[Result, dict[str, float]]:
    """The adapters of a language that has none: the mean of those of others, each weighted by the
    inverse of its distance (after Accou & Poelman 2026, "Typologically Informed Parameter
    Aggregation").

    Args:
        texts: adapters of one task in several languages, see `open_adapters`.
        language: the language that they are averaged for.
        distances: a table of distances, or "genealogy", see `data.reference_distances`.
        choices: the rule.
        any_start: whether the adapters may have begun with different values.
    Returns:
        the adapters, and the weight of each of the languages.
    Raises:
        UserError: if distances are missing, or one is 0.
    """
    conditions = [each.condition for each in open_adapters(texts)]
    codes = [condition["src"] for condition in conditions]
    if len(set(codes)) < len(codes) or language in codes:
        raise UserError(f"--average: give one each of languages other than {language}")
    known = read_reference(distances, [language, *codes]).among([language, *codes])[0, 1:]
    if not known.all():
        raise UserError(
            f"--distances {distances}: a language is 0 from {language}: take its adapters"
        )
    weights = dict(zip(texts, (1 / known / (1 / known).sum()).tolist()))
    name = AdapterSet({**conditions[0], "src": language}, {}).name
    result = combine_adapters(weights, choices, name, any_start)
    return result, dict(zip(codes, weights.values()))


def write_merged(result: Result, out: str, inputs: Sequence[str]) -> None:
    """Writes merged adapters and their card.

    Args:
        result: the adapters.
        out: the file, which ends in .safetensors.
        inputs: files that must not be overwritten.
    Raises:
        UserError: if they cannot be written.
    """
    check_merge_output(out, inputs)
    write_adapters(result.adapters, out)


def check_merge_output(out: str, inputs: Sequence[str]) -> None:
    """Raises:
    UserError: if a file of adapters cannot be written, or is one of those that are read.
    """
    if Path(out).suffix != SUFFIX:
        raise UserError(f"--out {out}: the name must end in {SUFFIX}")
    for path in (out, card_path(out)):
        check_output(path, *(text.rpartition("@")[0] or text for text in inputs))


def check_together(sets: Sequence[AdapterSet], texts: Sequence[str], any_start: bool) -> None:
    """Raises:
    UserError: naming adapters of different backbones, inputs or start values.
    """
    check_alike(sets)
    first = what_must_agree(sets[0])
    for text, other in zip(texts[1:], sets[1:]):
        theirs = what_must_agree(other)
        for entry in SHARED:
            if theirs[entry] != first[entry]:
                raise UserError(
                    f"{text} and {texts[0]} differ in '{entry}': merge adapters that were trained on one "
                    "frozen backbone (--init-from, --freeze-backbone)"
                )
    starts = [start_of(adapters) for adapters in sets]
    for text, start in zip(texts, starts):
        if not any_start and (start is None or start != starts[0]):
            raise UserError(
                f"{text} and {texts[0]} did not begin with the same start values, or it is unknown: train "
                "them with one --adapter-seed, or give --any-start"
            )


def start_of(adapters: AdapterSet) -> Any:
    """What decided the start values of adapters; None if it is unknown."""
    kinds = [kind_of(part.kind) for part in adapters.parts.values()]
    specs = [spec for kind in kinds for spec in kind.all_tensors()]
    if all(torch.equal(*(spec.start(torch.empty(spec.shape)) for _ in range(2))) for spec in specs):
        return "constant"
    if adapters.provenance.get("generator"):
        return adapters.provenance["generator"]
    model = adapters.provenance["model"]
    seed = model.get("adapter_seed")
    return None if seed is None else (seed, model.get("adapter_start"))


def usual_rules(adapters: AdapterSet) -> str:
    """The rules by which adapters are merged unless the user chooses one."""
    kinds = (kind_of(part.kind) for part in adapters.parts.values())
    return ",".join(dict.fromkeys(kind.merging_rules[0] for kind in kinds))


def moved_name(task_source: AdapterSet, target: AdapterSet, source: AdapterSet) -> str:
    """The direction or cell whose adapters merging makes: that of the task, with what the references
    differ in replaced.

    Raises:
        UserError: if that cannot be concluded.
    """
    condition = {}
    for name, value in task_source.condition.items():
        ours, theirs = target.condition.get(name), source.condition.get(name)
        if ours != theirs and (value != theirs or ours is None):
            raise UserError(
                f"{target.name} and {source.name} do not tell what becomes of {task_source.name}: say it "
                "with --name"
            )
        condition[name] = value if ours == theirs else ours
    if condition == task_source.condition:
        raise UserError(f"{target.name} and {source.name} are no gap: give two languages or tasks")
    return AdapterSet(condition, {}).name


def rename(
    adapters: AdapterSet, name: str, sets: Sequence[AdapterSet], record: Mapping[str, Any]
) -> AdapterSet:
    """The adapters of another direction or cell, with what their card says of their making.

    Raises:
        UserError: if the tables of the model have no place for it.
    """
    provenance = dict(adapters.provenance)
    metadata, condition = provenance["task_state"], condition_of(name)
    if set(condition) != set(adapters.condition):
        raise UserError(f"--name {name}: name it as {adapters.name}")
    try:
        condition_ids(condition, {name: metadata.get(name, ()) for name in ("languages", "tasks")})
    except UserError as error:
        raise UserError(f"{name} has no place in the model of {adapters.name}: {error}") from error
    provenance["model"] = baked_config(Namespace(**provenance["model"]), [name])
    provenance.pop("generator", None)
    inputs = [{"name": each.name, "sha256": each.card()["sha256"]} for each in sets]
    return replace(
        adapters,
        condition=condition,
        provenance={**provenance, "merged": {**record, "of": inputs}},
    )
