"""Filtering of whole pairs: every chunk on some core, then de-duplication."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from hashlib import blake2b
from itertools import compress, groupby
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ...support.files import atomic_write
from ...support.workers import Workers
from ..corpora import Part
from ..duplicates import first_occurrences
from .rules import FilteredChunk, Rules, filter_chunk

Counts = dict[str, Any]


def filter_parts(
    parts: list[Part],
    rules_of: Callable[[Part], Rules],
    folder: Path,
    duplicates: bool,
    total: int,
    workers: Workers,
) -> Iterator[tuple[Part, Counts]]:
    """Writes `SPLIT.SRC-TGT.LANG` with the lines of each part that pass its rules.

    Args:
        parts: what to filter.
        rules_of: the rules of a part.
        folder: where the files go.
        duplicates: whether to drop repeated pairs.
        total: lines in all, for the progress bar.
        workers: do the work, a chunk of any part at a time.
    Yields:
        each part and its counts: read, kept, and dropped by reason.
    """

    def tasks():
        for part in parts:
            rules = rules_of(part)
            for source in part.sources:
                source_rules = replace(rules, gaps=source.gaps)
                for chunk in source.chunks():
                    yield part, (*chunk, source_rules)

    with tqdm(total=total, desc="filtering", unit=" lines", unit_scale=True) as bar:
        results = workers.map(filter_chunk, tasks())
        for part, chunks in groupby(results, key=lambda result: result[0]):
            filtered = (chunk for _, chunk in chunks)
            yield part, write_part(part, folder, count_results(filtered, bar), duplicates)


def count_results(chunks: Iterable[FilteredChunk], bar: tqdm) -> Iterator[FilteredChunk]:
    """Moves the bar by the lines of each chunk."""
    for chunk in chunks:
        bar.update(chunk.read)
        yield chunk


def write_part(
    part: Part, folder: Path, chunks: Iterable[FilteredChunk], duplicates: bool
) -> Counts:
    """Writes the kept lines of a part; returns its counts."""
    counts: Counts = {"read": 0, "kept": 0, "dropped": {}, "characters": [0, 0]}
    paths = [folder / f"{part.name}.{code}" for code in (part.src, part.tgt)]
    with ExitStack() as stack:
        source, target = (stack.enter_context(atomic_write(path)) for path in paths)
        hash_path = source.with_name(source.name + ".hashes")
        stack.callback(hash_path.unlink, missing_ok=True)
        with open(source, "wb") as src, open(target, "wb") as tgt, open(hash_path, "wb") as hashed:
            for chunk in chunks:
                src.write(chunk.source)
                tgt.write(chunk.target)
                chunk.hashes.tofile(hashed)
                add(counts, chunk)
        if duplicates:
            first = first_occurrences(hash_path)
            number = int(len(first) - first.sum())
            if number:
                share = 1 - number / counts["kept"]  # repeated lines are as long as others, about
                counts["characters"] = [round(share * size) for size in counts["characters"]]
                counts["kept"] -= number
                counts["dropped"]["duplicate"] = number
                for side in (source, target):
                    keep_lines(side, first)
        counts["digest"] = content_digest(hash_path)
    return counts


def content_digest(path: Path) -> str:
    """A fingerprint of the pairs before de-duplication, which decide on those after it."""
    state = blake2b(digest_size=16)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            state.update(block)
    return state.hexdigest()


def add(counts: Counts, chunk: FilteredChunk) -> None:
    """Adds a chunk to the counts of its part."""
    counts["read"] += chunk.read
    counts["kept"] += len(chunk.hashes)
    counts["characters"] = [a + b for a, b in zip(counts["characters"], chunk.characters)]
    for reason, number in chunk.dropped.items():
        counts["dropped"][reason] = counts["dropped"].get(reason, 0) + number


def keep_lines(path: Path, flags) -> None:
    """Removes from a file the lines that are not flagged."""
    filtered = path.with_name(path.name + ".kept")
    with open(path, "rb") as lines, open(filtered, "wb") as out:
        out.writelines(compress(lines, flags))
    filtered.replace(path)
