"""The writing systems of languages, and the share of a sentence's letters that is in them."""

from functools import cache
from typing import Dict, List, Sequence, Tuple

import numpy as np

# Scripts of mBART-50's languages, by the part of the code before "_"; Unicode's names.
KNOWN: Dict[str, Tuple[str, ...]] = {
    **dict.fromkeys(
        "af az cs de en es et fi fr gl hr id it lt lv nl pl pt ro sl sv sw tl tr vi xh".split(),
        ("Latin",),
    ),
    **dict.fromkeys(("ar", "fa", "ps", "ur"), ("Arabic",)),
    **dict.fromkeys(("hi", "mr", "ne"), ("Devanagari",)),
    **dict.fromkeys(("kk", "mk", "ru", "uk"), ("Cyrillic",)),
    "bn": ("Bengali",),
    "gu": ("Gujarati",),
    "he": ("Hebrew",),
    "ja": ("Han", "Hiragana", "Katakana"),
    "ka": ("Georgian",),
    "km": ("Khmer",),
    "ko": ("Hangul", "Han"),
    "ml": ("Malayalam",),
    "mn": ("Cyrillic", "Mongolian"),
    "my": ("Myanmar",),
    "si": ("Sinhala",),
    "ta": ("Tamil",),
    "te": ("Telugu",),
    "th": ("Thai",),
    "zh": ("Han", "Bopomofo"),
}
# Of languages without an entry, scripts with at least this share of the held-out letters count.
MEASURED_SHARE = 0.05
TOP = 0x40000  # no letter is beyond, nor will soon be
UNKNOWN = "Unknown"


def base(code: str) -> str:
    """The part of a language code before "_": `de` of `de_DE`."""
    return code.split("_")[0]


@cache
def letters() -> np.ndarray:
    """Which code points are letters [0x110000]."""
    return _matching(r"\p{L}")


@cache
def letters_of(scripts: Tuple[str, ...]) -> np.ndarray:
    """Which code points are letters of the scripts [0x110000]."""
    allowed = np.zeros(0x110000, dtype=bool)
    for script in scripts:
        allowed |= _matching(rf"\p{{Script={script}}}")
    return allowed & letters()


def _matching(pattern: str) -> np.ndarray:
    import regex

    table = np.zeros(0x110000, dtype=bool)
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, TOP)]))
    found = "".join(regex.findall(f"{pattern}+", everything))
    table[code_points(found)] = True
    return table


def is_script(name: str) -> bool:
    """Whether Unicode knows a script of this name."""
    import regex

    try:
        regex.compile(rf"\p{{Script={name}}}")
    except regex.error:
        return False
    return True


def code_points(text: str) -> np.ndarray:
    """The code points of a text [characters]."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def counts(lines: Sequence[str], scripts: Tuple[str, ...]) -> Tuple[np.ndarray, np.ndarray]:
    """Letters of each line, and those of them that are in `scripts`; both [lines]."""
    if not lines:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    points = code_points("\n".join(lines) + "\n")
    ends = np.flatnonzero(points == 10)

    def per_line(flags: np.ndarray) -> np.ndarray:
        return np.diff(np.cumsum(flags)[ends], prepend=0)

    return per_line(letters()[points]), per_line(letters_of(scripts)[points])


def measure(lines: Sequence[str]) -> Dict[str, int]:
    """Letters of each script in a text."""
    import unicodedata

    import regex

    points, occurrences = np.unique(code_points("".join(lines)), return_counts=True)
    found: Dict[str, int] = {}
    for point, count in zip(points.tolist(), occurrences.tolist()):
        if unicodedata.category(chr(point)).startswith("L"):
            script = _script_of(chr(point), regex)
            found[script] = found.get(script, 0) + count
    return found


def _script_of(character: str, regex) -> str:
    import unicodedata

    # the first word of a letter's name is nearly always its script's name
    guess = unicodedata.name(character, UNKNOWN).split()[0].title().replace("Cjk", "Han")
    if is_script(guess) and regex.match(rf"\p{{Script={guess}}}", character):
        return guess
    return UNKNOWN


def main_scripts(found: Dict[str, int]) -> List[str]:
    """The scripts that hold a language's text; none if there are no letters."""
    total = sum(found.values())
    return sorted(
        script
        for script, count in found.items()
        if script != UNKNOWN and count >= MEASURED_SHARE * total
    )
