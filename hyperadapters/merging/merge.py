"""Merge the adapters of languages and tasks, point by point."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..adapters import LayerShape
from ..sources import AdapterPart, AdapterSet
from ..sources.baked import kind_of
from ..support.errors import UserError
from .rule import CONTROLS, RULES, MergingRule, Weights

Point = tuple[str, str]  # side and point


@dataclass(frozen=True)
class Choices:
    """How adapters are merged.

    Args:
        rule: name of the rule; None for the usual one of their kind.
        floor: what guards divisions and inverses, see the rules.
        control: what replaces the gap, a name in `CONTROLS`; None keeps it.
        seed: of the control.
    """

    rule: str | None = None
    floor: float = 0.0
    control: str | None = None
    seed: int = 1

    def rule_of(self, part: AdapterPart) -> MergingRule:
        """The rule for adapters of one kind."""
        kind = kind_of(part.kind)
        return RULES.get(self.rule or kind.merging_rules[0])(self.floor, kind.neutral)


@dataclass(frozen=True)
class Figure:
    """A figure of one layer and point.

    Args:
        part: name of the adapters in their set, empty if there are no others.
        side: "encoder" or "decoder".
        layer: number of the layer within its side.
        point: name of the point.
        value: the figure.
    """

    part: str
    side: str
    layer: int
    point: str
    value: float


Merge = Callable[[MergingRule, Sequence[Weights]], Weights]


def merge(
    task_source: AdapterSet,
    reference_target: AdapterSet,
    reference_source: AdapterSet,
    t: float,
    choices: Choices,
) -> tuple[AdapterSet, list[Figure]]:
    """The adapters of a task in a target language, made of three others (AdaMergeX, Zhao et al. 2024,
    section 3).

    Args:
        task_source: those of the task in the source language.
        reference_target, reference_source: those of a reference task in both languages.
        t: how far they are moved by the gap between the references; 1 is the method's assumption.
        choices: see `Choices`.
    Returns:
        the adapters, and by layer and point how large the change is against what is changed.
    Raises:
        UserError: if they are of unlike kinds or shapes, or a gap is not defined.
    """

    def move(rule: MergingRule, weights: Sequence[Weights]) -> Weights:
        moved, target, source = weights
        gap = rule.gap(target, source)
        if choices.control:
            gap = CONTROLS[choices.control](gap, choices.seed)
        return rule.move(moved, gap, t)

    return merge_points([task_source, reference_target, reference_source], choices, move)


def combine(
    sets: Sequence[AdapterSet], coefficients: Sequence[float], choices: Choices
) -> tuple[AdapterSet, list[Figure]]:
    """The weighted sum of several adapters, see `merge`."""
    return merge_points(sets, choices, lambda rule, weights: rule.combine(weights, coefficients))


def merge_points(
    sets: Sequence[AdapterSet], choices: Choices, merge_weights: Merge
) -> tuple[AdapterSet, list[Figure]]:
    """Merges every point of several adapters; what else there is to know is the first's."""
    check_alike(sets)
    parts, figures = {}, []
    for name, part in sets[0].parts.items():
        rule, tensors = choices.rule_of(part), {}
        for (side, point), names in points_of(part):
            weights = [weights_of(each.parts[name], side, names) for each in sets]
            check_rule(rule, choices.rule, part, weights[0])
            merged = merge_weights(rule, weights)
            tensors.update({f"{side}.{names[tensor]}": x for tensor, x in merged.items()})
            for layer, size in enumerate(relative_change(rule, weights[0], merged)):
                figures.append(Figure(name, side, layer, point, size))
        ordered = {n: tensors[n].to(x.dtype).contiguous() for n, x in part.tensors.items()}
        parts[name] = replace(part, tensors=ordered)
    return replace(sets[0], parts=parts), figures


def compare_gaps(
    first: Sequence[AdapterSet], second: Sequence[AdapterSet], choices: Choices
) -> list[Figure]:
    """The cosine between two gaps, by layer and point: what the method assumes is that it is near 1.

    Args:
        first, second: target and source of each gap.
        choices: see `Choices`.
    """
    sets = [*first, *second]
    check_alike(sets)
    figures = []
    for name, part in sets[0].parts.items():
        rule = choices.rule_of(part)
        for (side, point), names in points_of(part):
            weights = [weights_of(each.parts[name], side, names) for each in sets]
            ours, theirs = (flat(rule.gap(*pair)) for pair in (weights[:2], weights[2:]))
            for layer, cosine in enumerate(torch.cosine_similarity(ours, theirs, 1).tolist()):
                figures.append(Figure(name, side, layer, point, cosine))
    return figures


def points_of(part: AdapterPart) -> Iterator[tuple[Point, Mapping[str, str]]]:
    """For each side and point the names of the tensors in the weight set, by those of the kind."""
    kind, width = kind_of(part.kind), part.kind["width"]
    every_point = LayerShape(width, width, 1, width)
    for side in part.inputs:
        for point, names in kind.layout(every_point).items():
            if all(f"{side}.{name}" in part.tensors for name in names.values()):
                yield (side, point), names


def weights_of(part: AdapterPart, side: str, names: Mapping[str, str]) -> Weights:
    """The tensors of a point [layers, *shape] in double precision."""
    return {name: part.tensors[f"{side}.{flat}"].double() for name, flat in names.items()}


def flat(weights: Weights) -> Tensor:
    """All tensors of each layer in a row [layers, values]."""
    return torch.cat([tensor.flatten(1) for tensor in weights.values()], 1)


def relative_change(rule: MergingRule, before: Weights, after: Weights) -> list[float]:
    """The norm of what was changed in each layer against the norm of what was there; infinite if
    nothing was there."""
    old, new = (flat(rule.effect(weights)) for weights in (before, after))
    change, size = (new - old).norm(dim=1), old.norm(dim=1)
    return torch.where(change == 0, change, change / size).tolist()


def check_alike(sets: Sequence[AdapterSet]) -> None:
    """Raises:
    UserError: naming two adapters of unlike kinds or shapes.
    """
    first = sets[0]
    for other in sets[1:]:
        for what, of_set in (("kind", kinds_of), ("shape", shapes_of)):
            ours, theirs = of_set(first), of_set(other)
            for name in {**ours, **theirs}:
                if ours.get(name) != theirs.get(name):
                    raise UserError(
                        f"the adapters of {first.name} and {other.name} differ in {what}: "
                        f"{name + ' ' if name else ''}{ours.get(name)} and {theirs.get(name)}"
                    )


def kinds_of(adapters: AdapterSet) -> dict[str, dict]:
    """The kind of each part, with its options."""
    return {name: dict(part.kind) for name, part in adapters.parts.items()}


def shapes_of(adapters: AdapterSet) -> dict[str, list[int]]:
    """The shape of each tensor."""
    return {name: list(tensor.shape) for name, tensor in adapters.tensors.items()}


def check_rule(rule: MergingRule, name: str | None, part: AdapterPart, weights: Weights) -> None:
    """Raises:
    UserError: if a rule that a user chose has no meaning for a kind.
    """
    if rule.needs is not None and set(rule.needs) != set(weights):
        raise UserError(
            f"--rule {name}: {part.kind['name']} adapters have tensors {', '.join(weights)}, the rule "
            f"needs {', '.join(rule.needs)}"
        )
