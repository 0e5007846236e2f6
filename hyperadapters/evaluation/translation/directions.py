"""Which directions are evaluated, and the groups whose averages are reported."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...configuration import check_direction_is_known
from ...support.errors import Problems, UserError, format_list
from ...support.language_facts import language_of
from ...support.languages import Languages, split_direction

GROUPS = {
    "into_english": "into {english}",
    "out_of_english": "out of {english}",
    "other_supervised": "other supervised",
    "zero_shot": "zero-shot",
}


def english_of(languages: Sequence[str], code: str | None) -> str | None:
    """The language whose directions are averaged apart.

    Args:
        languages: all language codes.
        code: the code that the user names; by default `en`, or what begins with `en_`.
    Raises:
        UserError: if it is unknown, or several could be meant.
    """
    if code is not None:
        Languages(languages).id(code)
        return code
    found = [code for code in languages if language_of(code) == "en"]
    if len(found) > 1:
        raise UserError(f"English may be {' or '.join(found)}: name one with --english")
    return found[0] if found else None


def group_title(group: str, english: str | None) -> str:
    """What reports call a group of `GROUPS`.

    Args:
        group: its name.
        english: the code of English, if it is known.
    """
    return GROUPS[group].format(english=english or "English")


@dataclass(frozen=True)
class Directions:
    """What a checkpoint can translate and a data folder has sentences of.

    Args:
        config: the model configuration.
        languages: the language table.
        trained: the trained directions.
        pairs: the binarised pairs; each serves both directions.
        english: English among the languages, or None.
        source: where the pairs are from, for messages.
    """

    config: Any
    languages: Languages
    trained: Collection[str]
    pairs: Collection[str]
    english: str | None
    source: str

    def has_sentences(self, direction: str) -> bool:
        """Whether a binarised pair serves a direction."""
        src, tgt = split_direction(direction)
        return f"{src}-{tgt}" in self.pairs or f"{tgt}-{src}" in self.pairs

    def has_adapters(self, direction: str) -> bool:
        """Whether the model has adapters for a direction."""
        try:
            check_direction_is_known(self.config, direction)
        except UserError:
            return False
        return True

    def possible(self) -> list[str]:
        """Every direction that can be evaluated."""
        directions = ("-".join(pair) for pair in itertools.permutations(self.languages, 2))
        return [
            direction
            for direction in directions
            if self.has_sentences(direction) and self.has_adapters(direction)
        ]

    def select(self, names: str) -> list[str]:
        """The directions that a user names.

        Args:
            names: a comma-separated list, `all` or `zero-shot` for those that can be evaluated, or
                `trained`.
        Raises:
            UserError: naming every direction that is unknown or has no sentences or adapters.
        """
        if names in ("all", "zero-shot"):
            selected = self.possible()
            if names == "zero-shot":
                selected = [direction for direction in selected if direction not in self.trained]
        else:
            given = self.trained if names == "trained" else names.split(",")
            selected = list(
                dict.fromkeys(direction.strip() for direction in given if direction.strip())
            )
            self.check(selected)
        if not selected:
            raise UserError(
                f"--directions {names}: there is none with binarised sentences in {self.source}"
            )
        return selected

    def check(self, selected: Sequence[str]) -> None:
        """Raises:
        UserError: naming every direction that cannot be evaluated.
        """
        problems = Problems()
        for direction in selected:
            try:
                self.languages.direction(direction)
                check_direction_is_known(self.config, direction)
            except UserError as error:
                problems.add(str(error))
        problems.raise_if_any()
        missing = [direction for direction in selected if not self.has_sentences(direction)]
        if missing:
            raise UserError(
                f"no binarised sentences of {format_list(missing)} in {self.source}: binarise them with "
                "fairseq-preprocess, or leave them out of --directions"
            )

    def group(self, direction: str) -> str:
        """The name of a direction's group in `GROUPS`."""
        src, tgt = split_direction(direction)
        if direction not in self.trained:
            return "zero_shot"
        if self.english is None:
            return "other_supervised"
        english = {tgt: "into_english", src: "out_of_english"}
        return english.get(self.english, "other_supervised")


def averages(
    scores: Mapping[str, Mapping[str, float]], groups: Mapping[str, str], names: Iterable[str]
) -> dict[str, dict[str, float] | None]:
    """The mean of every figure over the directions of each group.

    Args:
        scores: figures by name, by direction.
        groups: the group of each direction.
        names: the groups.
    Returns:
        means and the number of `directions` by group; None for a group without directions.
    """
    means_by_group: dict[str, dict[str, float] | None] = {}
    for name in names:
        members = [scores[direction] for direction in scores if groups[direction] == name]
        if not members:
            means_by_group[name] = None
            continue
        means = {
            metric: sum(scores_of_direction[metric] for scores_of_direction in members)
            / len(members)
            for metric in members[0]
        }
        means_by_group[name] = {**means, "directions": len(members)}
    return means_by_group
