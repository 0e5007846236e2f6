"""The ordered table language code <-> id that is saved with every checkpoint."""

import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .errors import UserError, did_you_mean
from .text import read_text

SEPARATORS = "-,./:"  # of directions, lists, file names and cells


def check_code(code: Any) -> str:
    """Checks a language code, which may come from a YAML file.

    Returns:
        the code.
    Raises:
        UserError: if it is no text, or has a character that separates codes from each other or from
            the rest of a name, with the code to write instead.
    """
    if isinstance(code, bool) or code in ("True", "False"):
        raise UserError("YAML reads no, yes, on and off as truth values: write codes as 'no'")
    if not isinstance(code, str):
        raise UserError(f"language code {code} is no text to YAML: write it in quotes, '{code}'")
    if not code:
        raise UserError("a language code is empty: name the language")
    for character in code:
        if character in SEPARATORS or character.isspace() or not character.isprintable():
            character_name = "a blank" if character.isspace() else repr(character)
            instead = "_".join(re.findall(r"\w+", code))
            hint = f" (write {instead})" if instead else ""
            raise UserError(
                f"language code '{code}': {character_name} is not allowed in a code{hint}"
            )
    return code


def primary_subtag(code: str) -> str:
    """The language of a code that may go on with a country or a script: `zh` of `zh_CN`."""
    return re.split("[-_]", code, maxsplit=1)[0]


class Languages:
    """An ordered set of language codes; the position of a code is its id.

    There is no default language: an unknown code is an error that names the nearest known one.

    Args:
        codes: language codes as the data spells them (`de_DE`, `fr`), opaque to the library.
    Raises:
        UserError: if there is none, or one is unusable (see `check_code`) or repeated.
    """

    def __init__(self, codes: Iterable[str]) -> None:
        self.codes: tuple[str, ...] = tuple(codes)
        if not self.codes:
            raise UserError("no languages given: name them with --langs or --lang-pairs")
        for code in self.codes:
            check_code(code)
            if self.codes.count(code) > 1:
                raise UserError(f"language '{code}' is listed twice")
        self._ids = {code: index for index, code in enumerate(self.codes)}

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[str]:
        return iter(self.codes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Languages) and self.codes == other.codes

    def __hash__(self) -> int:
        return hash(self.codes)

    def id(self, code: str) -> int:
        """Raises:
        UserError: if the code is unknown.
        """
        if code not in self._ids:
            check_code(code)
            raise UserError(f"unknown language '{code}': {did_you_mean(code, self.codes)}")
        return self._ids[code]

    def direction(self, pair: str) -> tuple[int, int]:
        """The ids of a direction written `src-tgt`.

        Raises:
            UserError: if it is malformed or names an unknown language.
        """
        src, tgt = split_direction(pair)
        return self.id(src), self.id(tgt)


def split_direction(pair: str) -> tuple[str, str]:
    """Splits `src-tgt` into its two codes.

    Raises:
        UserError: if the pair is malformed.
    """
    parts = str(pair).split("-")
    if len(parts) != 2 or not all(parts):
        raise UserError(
            f"malformed language pair '{pair}': write it as source-target with codes without '-', "
            "e.g. de-fr or en-pt_BR"
        )
    return parts[0], parts[1]


def codes_of(pairs: Iterable[str]) -> list[str]:
    """The sorted language codes that occur in `pairs`."""
    return sorted({code for pair in pairs for code in split_direction(pair)})


def listed_directions(text: str) -> str:
    """Directions as text; where a file is named, those in it.

    Args:
        text: directions as `src-tgt`, separated by commas, or the path of a file that has them so or
            one a line.
    Returns:
        the directions, separated by commas.
    Raises:
        UserError: if it is a path and there is no such file, or it is empty or no UTF-8.
    """
    if os.path.isfile(text):
        directions = read_text(text).replace(",", " ").split()
        if not directions:
            raise UserError(f"the file of directions {text} is empty")
        return ",".join(directions)
    if os.sep in text:
        raise UserError(f"there is no file of directions '{text}'")
    return text
