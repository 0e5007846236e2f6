"""A small multi-parallel corpus in three languages and two scripts, with gaps."""

import gzip
import random
from pathlib import Path
from typing import Dict, List

import pytest

from hyperadapters.preparation.run import prepare

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


def sentences(code: str, number: int, seed: str) -> List[str]:
    """Different random sentences; line i of every language has equally many words."""
    draw = random.Random(seed)
    lengths = [draw.randint(3, 8) for _ in range(number)]
    own = random.Random(f"{seed} {code}")
    return [
        " ".join("".join(own.choices(LETTERS[code], k=4)) for _ in range(length))
        for length in lengths
    ]


def write(path: Path, lines: List[str]) -> None:
    """Writes a text file, compressed if it is named so."""
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.fixture
def corpus(tmp_path) -> Path:
    """A folder with the files and `config.yaml`; ten training lines of ru and one of test are gaps."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for split, size in (("train", 120), ("valid", 6), ("test", 8)):
        for code in LANGUAGES:
            lines = sentences(code, size, split)
            if code == "ru" and split != "valid":
                lines[:: 12 if split == "train" else 8] = [""] * (10 if split == "train" else 1)
            write(folder / f"{split}.{code}{'.gz' if split == 'train' else ''}", lines)
    (folder / "config.yaml").write_text(CONFIG)
    return folder


@pytest.fixture
def prepared(corpus):
    """Prepares the corpus in this process; returns the figures. `out` is beside the corpus."""

    def run(config: str = CONFIG, workers: int = 1) -> Dict:
        (corpus / "config.yaml").write_text(config)
        return prepare(corpus / "config.yaml", corpus.parent / "out", workers)

    return run
