"""Reading of sentences from files: slices of them, CoNLL-U, and columns."""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from ..support.errors import UserError
from ..support.text import read_lines

logger = logging.getLogger(__name__)

COLUMNS = 4  # of CoNLL-U that every reader needs: ID, FORM, LEMMA, UPOS
NO_WORD = re.compile(r"\d+[-.]\d+")  # ID of a multiword token or of an empty node
NO_TEXT = "_"  # every word of a treebank that is distributed without its text
Block = list[tuple[int, str]]
T = TypeVar("T")


@dataclass(frozen=True)
class FileSlice:
    """Sentences of a file.

    Args:
        paths: the file; of translation, that of the source and that of the target.
        start, stop: the sentences taken, counted from 0; None for no limit.
    """

    paths: tuple[Path, ...]
    start: int = 0
    stop: int | None = None

    def __str__(self) -> str:
        return " and ".join(map(str, self.paths))


@dataclass(frozen=True)
class TaggedSentence:
    """A sentence of words with a label each.

    Args:
        words: the words.
        labels: as many labels.
    """

    words: tuple[str, ...]
    labels: tuple[str, ...]


class ConlluWord(NamedTuple):
    """A word of a CoNLL-U file.

    Args:
        line: the number of its line.
        columns: its columns, at least `COLUMNS`.
    """

    line: int
    columns: list[str]

    @property
    def form(self) -> str:
        """The word itself."""
        return self.columns[1]

    @property
    def upos(self) -> str:
        """Its universal part of speech."""
        return self.columns[3]


def sliced(file: FileSlice, sentences: Iterable[T]) -> Iterator[T]:
    """Takes the sentences that a slice of a file names.

    Raises:
        UserError: if there are none.
    """
    empty = True
    for sentence in islice(sentences, file.start, file.stop):
        empty = False
        yield sentence
    if empty:
        raise UserError(f"{file} has no sentences" + (" there" if file.start else ""))


def blocks(file: FileSlice) -> Iterator[Block]:
    """Splits a file into the numbered lines of each sentence, which an empty line ends.

    Raises:
        UserError: naming the line that holds another line's end.
    """
    block: Block = []
    for number, line in enumerate(read_lines(file.paths[0]), start=1):
        if "\r" in line:
            raise UserError(
                f"{file} line {number}: a carriage return within the line: mend its end"
            )
        if line.strip(" \t"):
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def split_columns(line: str) -> list[str]:
    """Splits a line at its tabs or, if it has none, at its blanks.

    Other white space, such as a no-break space, is part of a word.
    """
    columns = line.split("\t") if "\t" in line else re.split(" +", line.strip(" "))
    return [column.strip(" ") for column in columns]


def read_conllu(file: FileSlice) -> Iterator[list[ConlluWord]]:
    """Reads all sentences of a CoNLL-U file, without multiword tokens and empty nodes.

    Raises:
        UserError: naming the line that is no CoNLL-U.
    """
    return filter(None, (conllu_words(file, block) for block in blocks(file)))


def conllu_words(file: FileSlice, block: Block) -> list[ConlluWord]:
    """Reads the words of a block of CoNLL-U; none if it holds nothing but comments.

    Raises:
        UserError: naming the line that is wrong.
    """
    words: list[ConlluWord] = []
    for number, line in block:
        if line.startswith("#"):
            continue
        columns = split_columns(line)
        if NO_WORD.fullmatch(columns[0]):
            continue
        if len(columns) < COLUMNS or columns[0] != str(len(words) + 1):
            raise UserError(
                f"{file} line {number} is no CoNLL-U: word {len(words) + 1} of a sentence must be here, "
                f"ten columns with tabs between them, but it is '{line[:40]}'"
            )
        if not columns[1]:
            raise UserError(f"{file} line {number}: the word (FORM) is empty")
        words.append(ConlluWord(number, columns))
    return words


def with_text(file: FileSlice, sentences: list[T]) -> list[T]:
    """Leaves out sentences whose words are not there, which the file writes as "_", and says so.

    Args:
        file: the file.
        sentences: its sentences, anything that has `words`.
    Raises:
        UserError: if no sentence has its words.
    """
    lack = [len(sentence.words) > 1 and set(sentence.words) == {NO_TEXT} for sentence in sentences]
    if any(lack) and all(set(sentence.words) == {NO_TEXT} for sentence in sentences):
        raise UserError(
            f"{file} has '{NO_TEXT}' for every word: merge the text into the treebank first (see its "
            "own README), or leave it out"
        )
    if any(lack):
        logger.warning(
            f"{file}: {sum(lack):,} of {len(sentences):,} sentences have '{NO_TEXT}' for every word and "
            "are left out: merge their text into the treebank to have them"
        )
    return [sentence for sentence, lacks in zip(sentences, lack) if not lacks]
