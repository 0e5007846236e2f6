"""The writing systems of languages, and the share of a sentence's letters that is in them."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from ..support.language_facts import scripts_of

# Of unknown languages, scripts with at least this share of the held-out letters count.
MEASURED_SHARE = 0.05
TOP = 0x40000  # no letter is beyond, nor will soon be
UNKNOWN = "Unknown"


def usual(code: str) -> tuple[str, ...]:
    """Unicode's names of the scripts that the language of a code is written in; none if it is unknown."""
    return tuple(map(script_name, scripts_of(code)))


@cache
def letters() -> np.ndarray:
    """Which code points are letters of one script [0x110000].

    Letters of several, such as the Japanese sign for a long vowel, belong to any.
    """
    shared = _matching(r"\p{Script=Common}") | _matching(r"\p{Script=Inherited}")
    return _matching(r"\p{L}") & ~shared


@cache
def letters_of(scripts: tuple[str, ...]) -> np.ndarray:
    """Which code points are letters of the scripts [0x110000]."""
    allowed = np.zeros(0x110000, dtype=bool)
    for script in scripts:
        allowed |= _matching(rf"\p{{Script={script}}}")
    return allowed & letters()


def _matching(pattern: str) -> np.ndarray:
    import regex

    table = np.zeros(0x110000, dtype=bool)
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, TOP)]))
    characters = "".join(regex.findall(f"{pattern}+", everything))
    table[code_points(characters)] = True
    return table


def script_name(text: str) -> str:
    """Unicode's name of a script.

    Args:
        text: its name or code (`Latin`, `Latn`) in any spelling.
    Returns:
        the name, or an empty string if there is no such script.
    """
    from fontTools import unicodedata

    code = unicodedata.script_code(text, default=text.capitalize())
    return unicodedata.script_name(code, default="").replace(" ", "_")


def code_points(text: str) -> np.ndarray:
    """The code points of a text [characters]."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def counts(lines: Sequence[str], scripts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Letters of each line, and those of them that are in `scripts`; both [lines]."""
    if not lines:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    points = code_points("\n".join(lines) + "\n")
    ends = np.flatnonzero(points == 10)

    def per_line(flags: np.ndarray) -> np.ndarray:
        return np.diff(np.cumsum(flags)[ends], prepend=0)

    return per_line(letters()[points]), per_line(letters_of(scripts)[points])


def measure(lines: Sequence[str]) -> dict[str, int]:
    """Letters of each script in a text."""
    from fontTools.unicodedata import script

    points, occurrences = np.unique(code_points("".join(lines)), return_counts=True)
    are_letters = letters()[points]
    counts: dict[str, int] = {}
    for point, count in zip(points[are_letters].tolist(), occurrences[are_letters].tolist()):
        name = script_name(script(chr(point)))
        counts[name] = counts.get(name, 0) + count
    return counts


def main_scripts(counts: dict[str, int]) -> list[str]:
    """The scripts that hold a language's text; none if there are no letters."""
    total = sum(counts.values())
    return sorted(
        script
        for script, count in counts.items()
        if script != UNKNOWN and count >= MEASURED_SHARE * total
    )
