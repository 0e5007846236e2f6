"""The filters that look at one sentence pair at a time."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..hashes import HeldOut, hashes, is_in, pair_hashes, read_hashes
from ..normalization import is_empty
from ..scripts import counts
from ..text import clean_lines, joined

# In the order in which they are applied: a pair is counted under the first that drops it.
GAP = "gap"
EMPTY = "empty"
REASONS = {
    GAP: "no translation in a multi-parallel file",
    EMPTY: "an empty line",
    "too short": "fewer characters than min_chars",
    "too long": "more characters than max_chars",
    "length ratio": "one side much longer than the other",
    "script": "letters of another writing system",
    "copy": "target equals source",
    "held out": "a side occurs in a valid or test set",
    "duplicate": "occurred before",
    "too many pieces": "more pieces than max_pieces",
}


@dataclass(frozen=True)
class Rules:
    """What the filters need to know about a pair.

    Args:
        normalization: sentencepiece's, after which an empty line is judged; see `normalization`.
        gaps: whether an empty side is a gap of a multi-parallel file.
        min_chars, max_chars: allowed characters of a side.
        length_ratio: allowed ratio of the sides' lengths, after division by `usual_ratio`.
        length_slack: characters by which it may be exceeded.
        usual_ratio: characters of the source for each character of the target.
        script_share: share of the letters that must be in the expected scripts.
        scripts: expected scripts of source and target; empty if any will do.
        copies: whether to drop a pair whose sides are equal.
        held_out: the held-out sentences.
    """

    normalization: str = "nmt_nfkc"
    gaps: bool = False
    min_chars: int = 1
    max_chars: int | None = None
    length_ratio: float | None = None
    length_slack: int = 0
    usual_ratio: float = 1.0
    script_share: float | None = None
    scripts: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    copies: bool = False
    held_out: HeldOut | None = None


@dataclass
class FilteredChunk:
    """What is left of a chunk.

    Args:
        source, target: the kept lines as the bytes of text files.
        hashes: of the kept pairs, uint64 [pairs].
        read: pairs looked at.
        dropped: how many were dropped, by reason.
        characters: of the kept lines of source and target.
    """

    source: bytes
    target: bytes
    hashes: np.ndarray
    read: int
    dropped: dict[str, int]
    characters: tuple[int, int]


def filter_chunk(task: tuple[bytes, bytes, Rules]) -> FilteredChunk:
    """Applies the rules to a chunk of aligned lines."""
    source_block, target_block, rules = task
    sides = [
        ["" if is_empty(line, rules.normalization) else line for line in clean_lines(block)]
        for block in (source_block, target_block)
    ]
    selection = Selection(sides)
    selection.drop(GAP if rules.gaps else EMPTY, empty(selection))
    drop_by_length(selection, rules)
    if rules.script_share:
        selection.drop("script", in_other_scripts(selection, rules))
    if rules.copies:
        selection.drop("copy", np.array([s == t for s, t in zip(*selection.sides)], dtype=bool))
    source, target = (hashes(side) for side in selection.sides)
    if rules.held_out:
        held_out = held_out_hashes(rules.held_out)
        is_held_out = is_in(source, held_out) | is_in(target, held_out)
        selection.drop("held out", is_held_out)
        source, target = source[~is_held_out], target[~is_held_out]
    return FilteredChunk(
        source=joined(selection.sides[0]),
        target=joined(selection.sides[1]),
        hashes=pair_hashes(source, target),
        read=len(sides[0]),
        dropped=selection.dropped,
        characters=(int(selection.lengths[0].sum()), int(selection.lengths[1].sum())),
    )


class Selection:
    """The pairs that no filter has dropped yet, and counts of those dropped."""

    def __init__(self, sides: list[list[str]]) -> None:
        self.sides = sides
        self.dropped: dict[str, int] = {}
        self.measure()

    def measure(self) -> None:
        self.lengths = [
            np.fromiter(map(len, side), dtype=np.int64, count=len(side)) for side in self.sides
        ]

    def drop(self, reason: str, flags: np.ndarray) -> None:
        """Drops the pairs that are flagged [pairs]."""
        number = int(flags.sum())
        if number:
            self.dropped[reason] = number
            keep = np.flatnonzero(~flags).tolist()
            self.sides = [[side[row] for row in keep] for side in self.sides]
            self.measure()


def empty(selection: Selection) -> np.ndarray:
    """Which pairs lack a side."""
    source, target = selection.lengths
    return (source == 0) | (target == 0)


def drop_by_length(selection: Selection, rules: Rules) -> None:
    """Drops pairs by the characters of their sides."""
    selection.drop("too short", np.minimum(*selection.lengths) < rules.min_chars)
    if rules.max_chars:
        selection.drop("too long", np.maximum(*selection.lengths) > rules.max_chars)
    if rules.length_ratio:
        source, target = selection.lengths
        target = target * rules.usual_ratio
        longer, shorter = np.maximum(source, target), np.minimum(source, target)
        flags = longer > rules.length_ratio * shorter + rules.length_slack
        selection.drop("length ratio", flags)


def in_other_scripts(selection: Selection, rules: Rules) -> np.ndarray:
    """Which pairs have a side whose letters are mostly of other scripts than expected."""
    flags = np.zeros(len(selection.sides[0]), dtype=bool)
    for side, scripts in zip(selection.sides, rules.scripts):
        if scripts:
            letters, expected = counts(side, scripts)
            flags |= expected < rules.script_share * letters
    return flags


@lru_cache(maxsize=1)
def held_out_hashes(held_out: HeldOut) -> np.ndarray:
    """The hashes of the held-out sentences, read once by each process."""
    return read_hashes(held_out.path)
