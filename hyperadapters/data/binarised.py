"""The binarised sentence pairs of a data folder: which there are, how many, and their text."""

import hashlib
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
from fairseq.data import data_utils
from fairseq.data.indexed_dataset import dataset_exists
from fairseq.utils import split_paths

from ..support.languages import split_direction
from .byte_pieces import text_of
from .spelling import Speller

MMAP_MAGIC = b"MMIDIDX\x00\x00"


class Binarised:
    """The pairs that fairseq-preprocess wrote; one binarised copy serves both directions.

    Args:
        data: the data folder as given to fairseq-train: several parts of the training data are
            separated by ":", and the first holds the other sets.
    """

    def __init__(self, data: str) -> None:
        self.folders = [Path(folder) for folder in split_paths(str(data))]

    def pairs(self, split: str, folder: Path | None = None) -> list[str]:
        """The pairs of which both sides are binarised, as `src-tgt` in the files' names.

        Args:
            split: "train", "valid", "test", ...
            folder: where to look; by default the first.
        """
        folder = folder or self.folders[0]
        named = re.compile(rf"{re.escape(split)}\.([^-]+-[^-]+)\.([^-]+)\.idx")
        matches = [match for match in map(named.fullmatch, _names(folder)) if match]
        names = dict.fromkeys(match[1] for match in sorted(matches, key=lambda match: match[1]))
        return [pair for pair in names if self.prefixes(split, pair, folder)]

    def prefixes(self, split: str, pair: str, folder: Path | None = None) -> tuple[str, ...]:
        """The paths, without endings, of both sides of a pair; none unless both are there."""
        folder = folder or self.folders[0]
        sides = tuple(str(folder / f"{split}.{pair}.{lang}") for lang in split_direction(pair))
        return sides if all(dataset_exists(side, impl=None) for side in sides) else ()

    def pair_of(self, split: str, direction: str) -> str | None:
        """The binarised pair that serves a direction, preferably of its own order, or None."""
        src, tgt = split_direction(direction)
        for pair in (f"{src}-{tgt}", f"{tgt}-{src}"):
            if self.prefixes(split, pair):
                return pair
        return None

    @staticmethod
    def sentences(prefix: str) -> int:
        """The number of sentences of a binarised file, from the head of its index.

        Args:
            prefix: the file's path without ending.
        """
        with open(f"{prefix}.idx", "rb") as index:
            head = index.read(26)
        if head.startswith(MMAP_MAGIC):  # then version (8 bytes), data type (1), sentences (8)
            return struct.unpack("<Q", head[18:26])[0]
        return len(data_utils.load_indexed_dataset(prefix, None))

    def lengths(self, split: str, pair: str, lang: str) -> np.ndarray:
        """The pieces of each sentence of one side, its end included [sentences]."""
        prefix = str(self.folders[0] / f"{split}.{pair}.{lang}")
        dataset = data_utils.load_indexed_dataset(prefix)
        return np.array(dataset.sizes)  # a copy: they are memory that is unmapped with the dataset

    def training_sentences(self) -> dict[str, int]:
        """Training sentences of each pair, over all parts (train, train1, ...; all folders)."""
        counts: dict[str, int] = {}
        for folder in self.folders:
            splits = {name.split(".")[0] for name in _names(folder)}
            for split in sorted(s for s in splits if re.fullmatch(r"train\d*", s)):
                for pair in self.pairs(split, folder):
                    side = self.prefixes(split, pair, folder)[0]
                    counts[pair] = counts.get(pair, 0) + self.sentences(side)
        return counts

    def digest(self, split: str, pair: str) -> str:
        """SHA-256 of both sides' tokens."""
        digest = hashlib.sha256()
        for side in self.prefixes(split, pair):
            for ending in (".idx", ".bin"):
                digest.update(Path(side + ending).read_bytes())
        return digest.hexdigest()

    def text(
        self, split: str, pair: str, lang: str, dictionary: Any, symbol: str | None,
        first: int | None = None,
    ) -> list[str]:  # fmt: skip
        """One side of a pair as text.

        Args:
            split, pair, lang: which.
            dictionary: the dictionary that it was binarised with.
            symbol: how pieces are joined, see fairseq's `--post-process`.
            first: read so many sentences at most.
        Returns:
            the sentences, with `<<unk>>` for what the dictionary does not know.
        """
        prefix = str(self.folders[0] / f"{split}.{pair}.{lang}")
        tokens = data_utils.load_indexed_dataset(prefix, dictionary)
        rows = range(len(tokens) if first is None else min(first, len(tokens)))
        spell = Speller(dictionary, escape_unknown=True)
        return [text_of(spell(tokens[row].tolist()), symbol) for row in rows]


def _names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()] if folder.is_dir() else []
