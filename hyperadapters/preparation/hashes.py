"""64-bit hashes of sentences: equal sentences are found in little memory.

Two different sentences share a hash with probability 2^-64. Among n training pairs, some pair is
taken for a duplicate wrongly with probability below n^2 / 2^65: 3 in a million for 10 million
pairs, 3 in a hundred for a billion. Against m held-out sentences it is below 2 n m / 2^64.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from unicodedata import normalize

import numpy as np

from ..support.files import atomic_write

ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio


@dataclass(frozen=True)
class HeldOut:
    """All held-out sentences.

    Args:
        path: file of their hashes.
        digest: fingerprint of them all.
        sentences: how many different ones there are.
    """

    path: Path
    digest: str
    sentences: int


def hashes(lines: Sequence[str]) -> np.ndarray:
    """The hash of each line, uint64 [lines].

    Lines that differ in nothing but the form of their characters (NFC or NFD, full or half width) are
    equal: sentencepiece makes the same pieces of them.
    """
    texts = (line if line.isascii() else normalize("NFKC", line) for line in lines)
    joined = b"".join(blake2b(text.encode("utf-8"), digest_size=8).digest() for text in texts)
    return np.frombuffer(joined, dtype="<u8")


def pair_hashes(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The hash of each pair from those of its sides; the order of the sides counts."""
    return source * ODD + target  # both sides are uniform, and so is this, modulo 2^64


def is_in(values: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Which of `wanted` occur in the sorted array `ordered`."""
    if not len(ordered):
        return np.zeros(len(values), dtype=bool)
    places = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return ordered[places] == values


def write_hashes(path: Path, ordered: np.ndarray) -> None:
    """Writes an array of hashes."""
    with atomic_write(path) as temporary:
        ordered.astype("<u8").tofile(temporary)


def read_hashes(path: Path) -> np.ndarray:
    """Reads an array of hashes."""
    return np.fromfile(path, dtype="<u8")
