"""Text of a small multi-parallel corpus in three languages and two scripts."""

import gzip
import random
from pathlib import Path

LANGUAGES = ("en", "de", "ru")
LETTERS = {"en": "abcdefg", "de": "hijklmn", "ru": "абвгдежз"}
CONFIG = """
languages: [en, de, ru]
english: en
pairs: {train: english-centric, test: all}
multiparallel:
  - {train: "train.{lang}.gz", valid: "valid.{lang}", test: "test.{lang}"}
sentencepiece: {vocabulary: 400}
"""


def sentences(code: str, number: int, seed: str) -> list[str]:
    """Different random sentences; line i of every language has equally many words."""
    draw = random.Random(seed)
    lengths = [draw.randint(3, 8) for _ in range(number)]
    own = random.Random(f"{seed} {code}")
    return [
        " ".join("".join(own.choices(LETTERS[code], k=4)) for _ in range(length))
        for length in lengths
    ]


def write(path: Path, lines: list[str]) -> None:
    """Writes a text file, compressed if it is named so."""
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
