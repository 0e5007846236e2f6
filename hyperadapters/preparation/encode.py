"""Encoding of text to token ids, in fairseq's binary format."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from . import pieces
from .text import clean_lines


@dataclass(frozen=True)
class Coding:
    """How text becomes token ids.

    Args:
        model: the sentencepiece model.
        ids: file of numpy, the token id of each piece.
        version: fingerprint of these files.
        eos: token id that ends a sentence.
        dtype: numpy's name of the stored integers.
        max_pieces: longest side of a pair that is kept.
        shards: number of shards; line i of a part goes to shard i modulo this.
    """

    model: Path
    ids: Path
    version: str
    eos: int
    dtype: str
    max_pieces: int | None
    shards: int


@dataclass
class Encoded:
    """A chunk as token ids.

    Args:
        tokens: of each shard, of source and target: token ids as stored.
        sizes: of each shard, of source and target: int32 lengths of the sentences.
        read: pairs in the chunk.
        dropped: pairs with more pieces than allowed.
        unknown: tokens that the dictionary does not know.
    """

    tokens: list[tuple[bytes, bytes]]
    sizes: list[tuple[np.ndarray, np.ndarray]]
    read: int
    dropped: int


def encode_chunk(task: tuple[bytes, bytes, int, Coding]) -> Encoded:
    """Encodes a chunk of aligned lines; the number of its first line decides on the shards."""
    source, target, first, coding = task
    sides = [encode(clean_lines(block), coding) for block in (source, target)]
    lengths = np.array([[len(sentence) for sentence in side] for side in sides])
    rows = np.arange(lengths.shape[1])
    keep = np.ones(len(rows), dtype=bool)
    if coding.max_pieces is not None:
        keep = lengths.max(axis=0) <= coding.max_pieces
    result = Encoded([], [], len(rows), int((~keep).sum()))
    for shard in range(coding.shards):
        shard_rows = rows[keep & ((first + rows) % coding.shards == shard)].tolist()
        packed = [pack([side[row] for row in shard_rows], coding) for side in sides]
        result.tokens.append((packed[0][0], packed[1][0]))
        result.sizes.append((packed[0][1], packed[1][1]))
    return result


def encode(lines: list[str], coding: Coding) -> list[list[int]]:
    """The pieces of each line, by their numbers in the model."""
    return (
        model(coding.model, coding.version).encode(lines, out_type=int, num_threads=1)
        if lines
        else []
    )


def pack(sentences: list[list[int]], coding: Coding) -> tuple[bytes, np.ndarray]:
    """Token ids of sentences one after another, each with its end, and their lengths."""
    sizes = np.fromiter((len(sentence) + 1 for sentence in sentences), np.int32, len(sentences))
    flat = np.full(int(sizes.sum()), -1, dtype=np.int64)
    ends = np.cumsum(sizes) - 1
    inside = np.ones(len(flat), dtype=bool)
    inside[ends] = False
    numbers = np.fromiter((number for s in sentences for number in s), np.int64)
    flat[inside] = id_table(coding.ids, coding.version)[numbers]
    flat[ends] = coding.eos
    return flat.astype(coding.dtype).tobytes(), sizes


@lru_cache(maxsize=1)
def model(path: Path, version: str) -> Any:
    """The sentencepiece model, loaded once by each process."""
    return pieces.load(path)


@lru_cache(maxsize=1)
def id_table(path: Path, version: str) -> np.ndarray:
    """The token id of each piece, read once by each process."""
    return np.load(path)
