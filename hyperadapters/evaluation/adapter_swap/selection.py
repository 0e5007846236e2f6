"""Which language's adapters stand in for those of another.

The probe of the hyper-adapters' authors: the ids that adapters are made or looked up from are another
language's, while words and language tokens stay as they are. What a translation loses tells how much
a language's adapters have in common with those that stand in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...data.tagged_pairs import TaggedPairs
from ...support.errors import UserError
from ...support.languages import Languages, split_direction
from ..translation.decoding import Sentences

AUTO = "auto"
ROLES = ("source", "target")


@dataclass(frozen=True)
class Swap:
    """One direction with the adapters of another language.

    Args:
        direction: the direction.
        role: whose adapters are replaced, the "source" or the "target" language's.
        stand_in: the language whose adapters are used.
        kind: "nearest" or "farthest" if it was chosen, "given" if a user named it.
        distance: how far the two languages are apart, if that is known.
    """

    direction: str
    role: str
    stand_in: str
    kind: str
    distance: float | None = None

    @property
    def language(self) -> str:
        """The language whose adapters are replaced."""
        return split_direction(self.direction)[ROLES.index(self.role)]

    @property
    def name(self) -> str:
        """Names the translations."""
        return f"{self.direction} with {self.stand_in} as {self.role}"

    @property
    def adapters(self) -> str:
        """The direction whose adapters are used."""
        return adapters_of(self.direction, self.role, self.stand_in)


def adapters_of(direction: str, role: str, stand_in: str) -> str:
    """The direction whose adapters are used if one language of a direction is replaced."""
    languages = list(split_direction(direction))
    languages[ROLES.index(role)] = stand_in
    return "-".join(languages)


def swapped(sentences: Sentences, swap: Swap, languages: Languages) -> Sentences:
    """The same sentences with the language ids of another direction: the adapters follow the ids,
    the tokens do not.

    Args:
        sentences: the sentences of the swap's direction.
        swap: the swap.
        languages: the language table.
    """
    tagged = TaggedPairs(sentences.dataset.dataset, *languages.direction(swap.adapters))
    return replace(sentences, name=swap.name, dataset=tagged)


Known = Callable[[str], bool]


def parse(text: str, languages: Languages) -> dict[str, list[str]]:
    """Reads `af_ZA:nl_XX,gl_ES:es_XX` as language -> those that stand in.

    Raises:
        UserError: if it is malformed or names an unknown language, or a language for itself.
    """
    stand_ins: dict[str, list[str]] = {}
    for part in text.split(","):
        language, _, stand_in = (word.strip() for word in part.partition(":"))
        if not language or not stand_in or language == stand_in:
            raise UserError(
                f"--swap {part}: write LANGUAGE:OTHER, e.g. af_ZA:nl_XX, or '{AUTO}' for the nearest "
                "and the farthest of each"
            )
        for code in (language, stand_in):
            languages.id(code)
        stand_ins.setdefault(language, []).append(stand_in)
    return stand_ins


def given_swaps(
    stand_ins: dict[str, list[str]], directions: Sequence[str], has_adapters: Known
) -> list[Swap]:
    """The swaps that a user names, in every direction from and to the languages.

    Args:
        stand_ins: language -> those that stand in.
        directions: the directions to translate.
        has_adapters: whether there are adapters for a direction.
    Raises:
        UserError: if a language has no direction, or none that another can stand in for it.
    """
    swaps = [
        Swap(direction, role, stand_in, "given")
        for direction in directions
        for role, language in zip(ROLES, split_direction(direction))
        for stand_in in stand_ins.get(language, ())
        if possible(direction, role, stand_in, has_adapters)
    ]
    for language, others in stand_ins.items():
        for other in others:
            if not any(swap.language == language and swap.stand_in == other for swap in swaps):
                raise UserError(
                    f"--swap {language}:{other}: among --directions there is none of {language} for "
                    f"which there are adapters with {other} in its place"
                )
    return swaps


def chosen_swaps(
    codes: Sequence[str], distances: np.ndarray, directions: Sequence[str], english: str | None,
    has_adapters: Known,
) -> list[Swap]:  # fmt: skip
    """The nearest and the farthest language for both languages of every direction, but not for English.

    A language never stands in for another in a direction that it is part of. Of several that are
    equally far the first counts.

    Args:
        codes: the languages that may stand in or be replaced.
        distances: between them [N, N].
        directions: the directions to translate.
        english: the language that directions are centred on, or None.
        has_adapters: whether there are adapters for a direction.
    """
    swaps = []
    for direction in directions:
        for role, language in zip(ROLES, split_direction(direction)):
            if language == english or language not in codes:
                continue
            row = distances[codes.index(language)]
            others = [
                number
                for number, code in enumerate(codes)
                if code != language and possible(direction, role, code, has_adapters)
            ]
            if len({row[number] for number in others}) > 1:
                for kind, choose in (("nearest", min), ("farthest", max)):
                    number = choose(others, key=row.__getitem__)
                    swaps.append(Swap(direction, role, codes[number], kind, float(row[number])))
    return swaps


def possible(direction: str, role: str, stand_in: str, has_adapters: Known) -> bool:
    """Whether a language can stand in for another of a direction that it is no part of."""
    return stand_in not in split_direction(direction) and has_adapters(
        adapters_of(direction, role, stand_in)
    )
