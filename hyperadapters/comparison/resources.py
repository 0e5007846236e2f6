"""Groups of directions by kind and by how much training data their language has."""

from collections.abc import Mapping, Sequence

from ..support.errors import UserError
from ..support.languages import split_direction
from .evaluations import Group

RESOURCES = ("high", "mid", "low")


def parse_thresholds(text: str) -> tuple[int, int]:
    """Reads `1000000,100000`.

    Raises:
        UserError: if it is not two falling numbers.
    """
    try:
        high, mid = (int(number) for number in text.split(","))
    except ValueError:
        high = mid = 0
    if not high > mid > 0:
        raise UserError(
            f"--resource-thresholds {text}: give two falling numbers of training sentences, the least "
            "of a high-resource and the least of a mid-resource language, e.g. 1000000,100000"
        )
    return high, mid


def training_sizes(training_sentences: Mapping[str, int]) -> dict[str, int]:
    """Training sentences of each language: the sum over the pairs it is part of.

    Args:
        training_sentences: sentences by pair `SRC-TGT`.
    """
    sizes: dict[str, int] = {}
    for pair, sentences in training_sentences.items():
        for code in split_direction(pair):
            sizes[code] = sizes.get(code, 0) + sentences
    return sizes


def language_of(direction: str, english: str, sizes: Mapping[str, int]) -> str:
    """The language that a direction's resource group goes by: the one that is not English, or of two
    others the one with less training data."""
    others = [code for code in split_direction(direction) if code != english]
    return min(others, key=lambda code: sizes.get(code, 0))


def resource_of(sentences: int, thresholds: tuple[int, int]) -> str:
    """high, mid or low."""
    high, mid = thresholds
    return "high" if sentences >= high else "mid" if sentences >= mid else "low"


def groups_of(
    kind_of: Mapping[str, str],
    kinds: Sequence[str],
    english: str,
    sizes: Mapping[str, int],
    thresholds: tuple[int, int],
) -> list[Group]:
    """All groups with at least one direction; those by resource where there is more than one.

    Args:
        kind_of: the kind of each direction.
        kinds: all kinds, in the order of the groups.
        english: the language that the data are centred on, empty if none.
        sizes: training sentences of each language.
        thresholds: the least of a high-resource and of a mid-resource language.
    """
    groups = []
    for kind in kinds:
        of_kind = tuple(
            direction
            for direction, kind_of_direction in kind_of.items()
            if kind_of_direction == kind
        )
        parts = {
            resource: tuple(
                d
                for d in of_kind
                if resource_of(sizes.get(language_of(d, english, sizes), 0), thresholds) == resource
            )
            for resource in RESOURCES
        }
        filled = {resource: part for resource, part in parts.items() if part}
        if of_kind:
            groups.append(Group(kind, "all", of_kind, True))
        if len(filled) > 1:
            groups += [Group(kind, resource, part, False) for resource, part in filled.items()]
    return groups


def thresholds_note(
    sizes: Mapping[str, int], languages: Sequence[str], thresholds: tuple[int, int]
) -> str:
    """What to do if all languages fall into one resource group; empty if they do not.

    Args:
        sizes: training sentences of each language.
        languages: the languages other than English.
        thresholds: those used.
    """
    ordered = sorted((sizes.get(code, 0) for code in languages), reverse=True)
    resources = {resource_of(size, thresholds) for size in ordered}
    if len(resources) != 1 or ordered[0] == ordered[-1]:
        return ""
    third = len(ordered) / 3
    high, mid = (ordered[max(0, round(third * part) - 1)] for part in (1, 2))
    hint = (
        f", e.g. --resource-thresholds {high},{mid}, which cuts into thirds" if high > mid else ""
    )
    return (
        f"All languages are {resources.pop()}-resource with --resource-thresholds "
        f"{thresholds[0]},{thresholds[1]} (ML50's by default), so there are no groups by resource: "
        f"give thresholds that fit your data{hint}."
    )
