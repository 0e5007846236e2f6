"""The ordered table language code <-> id that is saved with every checkpoint."""

import os
from typing import Iterable, Iterator, List, Tuple

from .errors import UserError, nearest


class Languages:
    """An ordered set of language codes; the position of a code is its id.

    There is no default language: an unknown code is an error that names the nearest known one.

    Args:
        codes: language codes as the data spells them (`de_DE`, `fr`), opaque to the library.
    Raises:
        UserError: if there is none, or one is empty, repeated or contains "-" or ",".
    """

    def __init__(self, codes: Iterable[str]) -> None:
        self.codes: Tuple[str, ...] = tuple(codes)
        if not self.codes:
            raise UserError("no languages given: name them with --langs or --lang-pairs")
        for code in self.codes:
            if not code or "-" in code or "," in code or code != code.strip():
                raise UserError(
                    f"'{code}' is no usable language code: leave out '-', ',' and blanks"
                )
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
            raise UserError(f"unknown language '{code}': {nearest(code, self.codes)}")
        return self._ids[code]

    def direction(self, pair: str) -> Tuple[int, int]:
        """The ids of a direction written `src-tgt`.

        Raises:
            UserError: if it is malformed or names an unknown language.
        """
        src, tgt = split_direction(pair)
        return self.id(src), self.id(tgt)


def split_direction(pair: str) -> Tuple[str, str]:
    """Splits `src-tgt` into its two codes.

    Raises:
        UserError: if the pair is malformed.
    """
    parts = pair.split("-")
    if len(parts) != 2 or not all(parts):
        raise UserError(f"malformed language pair '{pair}': write it as source-target, e.g. de-fr")
    return parts[0], parts[1]


def codes_of(pairs: Iterable[str]) -> List[str]:
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
        UserError: if it is a path and there is no such file, or nothing in it.
    """
    if os.path.isfile(text):
        with open(text, encoding="utf-8") as lines:
            directions = lines.read().replace(",", " ").split()
        if not directions:
            raise UserError(f"the file of directions {text} is empty")
        return ",".join(directions)
    if os.sep in text:
        raise UserError(f"there is no file of directions '{text}'")
    return text
