"""Beam search in several processes, each with one core and all with one copy of the model."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import (
    Any,
)

import torch

from ...support.errors import UserError
from ...support.malloc import disable_malloc_trim
from ...support.workers import Workers, available_cores
from .decoding import Decoded, Decoder, Sentences

Find = Callable[[str], Sentences]
Group = tuple[str, list[str]]
OPEN = 64  # names whose files a process keeps open, four each
LEAST = 50  # sentences that are worth a process


def processes(workers: int | None, cuda: bool, sentences: int | None = None) -> int:
    """How many processes search.

    Args:
        workers: what the user asks for; by default one for each core on a CPU under Linux, where
            processes can share a loaded model, but none for fewer than `LEAST` sentences; else one.
        cuda: whether the model is on a GPU.
        sentences: how many are to be translated, if that is known.
    Raises:
        UserError: if several cannot be had.
    """
    if workers is not None and workers < 1:
        raise UserError(f"--workers {workers}: give at least 1")
    if workers is None:
        possible = available_cores() if sys.platform == "linux" and not cuda else 1
        return possible if sentences is None else max(1, min(possible, sentences // LEAST))
    if workers > 1 and sys.platform != "linux":
        raise UserError(
            f"--workers {workers}: several processes translate under Linux only, give 1"
        )
    if workers > 1 and cuda:
        raise UserError(f"--workers {workers}: one process uses the GPU, give 1, or --cpu")
    return workers


class Lengths:
    """The lengths of sentences, for filling batches while no file is open.

    Args:
        sentences: the sentences.
    """

    def __init__(self, sentences: Sentences) -> None:
        self.of_row: dict[int, Any] = {row: sentences.dataset.size(row) for row in sentences.rows}

    def size(self, row: int) -> Any:
        """As that of the dataset."""
        return self.of_row[row]


class Searching:
    """Translates batch by batch, in this process or in workers.

    Batches, and so the translations, do not depend on the number of processes.

    Args:
        decoder: translates a batch.
        find: the sentences of a name.
        number: of processes, see `processes`.
    """

    def __init__(self, decoder: Decoder, find: Find, number: int) -> None:
        self.decoder, self.number = decoder, number
        # not all: the names of hundreds of directions are too many open files
        self.find = lru_cache(OPEN)(find)
        self.workers = Workers(number, self.decode)

    def __enter__(self) -> "Searching":
        self.workers.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.workers.__exit__(*error)
        self.find.cache_clear()

    def decode(self, rows: list[tuple[str, int]]) -> Decoded:
        """Translates a batch, given as names and rows."""
        if self.number > 1:
            settle()
        return self.decoder.decode_batch([(self.find(name), row) for name, row in rows])

    def run(
        self, groups: Iterable[Group], rows_done: Mapping[str, Collection[int]]
    ) -> Iterator[tuple[str, Decoded]]:
        """Translates groups, which are planned and loaded when their turn comes.

        Args:
            groups: a label and the names of the sentences that may share batches.
            rows_done: rows that need no translation any more, by name.
        Returns:
            the label and the translations of each batch, in order.
        """
        tasks = (
            (label, [(sentences.name, row) for sentences, row in batch])
            for label, names in groups
            for batch in self.decoder.batches([self.planned(name) for name in names], rows_done)
        )
        return self.workers.apply(tasks)

    def planned(self, name: str) -> Sentences:
        """The sentences of a name, with nothing but their lengths."""
        sentences = self.find(name)
        return replace(sentences, dataset=Lengths(sentences))


@lru_cache(1)
def settle() -> None:
    """Prepares a worker, once: it has one core, and decodes until it ends."""
    torch.set_num_threads(1)
    disable_malloc_trim()
