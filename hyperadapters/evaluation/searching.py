"""Beam search in several processes, each with one core and all with one copy of the model."""

import sys
from functools import lru_cache
from typing import Callable, Collection, Iterable, Iterator, List, Mapping, Optional, Tuple

import torch

from ..errors import UserError
from ..workers import Workers, available_cores
from .decoding import Decoded, Decoder, Sentences

Find = Callable[[str], Sentences]
Group = Tuple[str, List[str]]
OPEN = 128  # directions with open files in a process

decode_here: Callable[[List[Tuple[str, int]]], Decoded]


def processes(wanted: Optional[int], cuda: bool) -> int:
    """How many processes search.

    Args:
        wanted: what the user asks for; by default one, or one for each core if that pays: on a CPU,
            under Linux, where processes can share a loaded model.
        cuda: whether the model is on a GPU.
    Raises:
        UserError: if several cannot be had.
    """
    if wanted is not None and wanted < 1:
        raise UserError(f"--workers {wanted}: give at least 1")
    possible = sys.platform == "linux" and not cuda
    if wanted is None:
        return available_cores() if possible else 1
    if wanted > 1 and not possible:
        raise UserError(f"--workers {wanted}: only Linux without a GPU takes more than 1; or --cpu")
    return wanted


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
        # not all: thousands of directions are too many open files
        self.find = lru_cache(OPEN)(find)
        self.workers = Workers(number, self.begin)

    def __enter__(self) -> "Searching":
        self.workers.__enter__()
        return self

    def __exit__(self, *error) -> None:
        self.workers.__exit__(*error)

    def begin(self) -> None:
        """Makes a process ready: it keeps the model that it was forked with."""
        global decode_here
        decode_here = self.decode
        if self.number > 1:
            torch.set_num_threads(1)

    def decode(self, rows: List[Tuple[str, int]]) -> Decoded:
        """Translates a batch, given as names and rows."""
        return self.decoder.decode_batch([(self.find(name), row) for name, row in rows])

    def run(
        self, groups: Iterable[Group], done: Mapping[str, Collection[int]]
    ) -> Iterator[Tuple[str, Decoded]]:
        """Translates groups, which are planned and loaded when their turn comes.

        Args:
            groups: a label and the names of the sentences that may share batches.
            done: rows that need no translation any more, by name.
        Returns:
            the label and the translations of each batch, in order.
        """
        tasks = (
            (label, [(one.name, row) for one, row in batch])
            for label, names in groups
            for batch in self.decoder.batches([self.find(name) for name in names], done)
        )
        return self.workers.map(translate_batch, tasks)


def translate_batch(rows: List[Tuple[str, int]]) -> Decoded:
    """Translates a batch in the process that this is called in."""
    return decode_here(rows)
