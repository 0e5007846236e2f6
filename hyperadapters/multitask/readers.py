"""Reading of annotated sentences: CoNLL-U, columns with IOB tags, plain text."""

import logging
import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import Iterable, Iterator, List, Tuple

from ..errors import UserError
from ..text import clean, read_lines
from .corpus import Part

logger = logging.getLogger(__name__)

UPOS = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
    "PUNCT", "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip
COLUMNS = 4  # of CoNLL-U that are read: ID, FORM, LEMMA, UPOS
NO_WORD = re.compile(r"\d+[-.]\d+")  # ID of a multiword token or of an empty node
TAG = re.compile(r"^(?:O|([BIESLU])-(\S+))$")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*:")  # before every word of WikiANN as published
NO_TEXT = "_"  # every word of a treebank that is distributed without its text
Block = List[Tuple[int, str]]


@dataclass(frozen=True)
class Tagged:
    """A sentence of words with a label each.

    Args:
        words: the words.
        labels: as many labels.
    """

    words: Tuple[str, ...]
    labels: Tuple[str, ...]


def sliced(part: Part, sentences: Iterable) -> Iterator:
    """Those sentences of a file that the part takes.

    Raises:
        UserError: if there are none.
    """
    empty = True
    for sentence in islice(sentences, part.start, part.stop):
        empty = False
        yield sentence
    if empty:
        raise UserError(f"{part} has no sentences" + (" there" if part.start else ""))


def blocks(part: Part) -> Iterator[Block]:
    """Numbered lines of each sentence, which an empty line ends.

    Raises:
        UserError: naming the line that holds another line's end.
    """
    block: Block = []
    for number, line in enumerate(read_lines(part.paths[0]), start=1):
        if "\r" in line:
            raise UserError(
                f"{part} line {number}: a carriage return within the line: mend its end"
            )
        if line.strip(" \t"):
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def split_columns(line: str) -> List[str]:
    """The columns of a line, which tabs separate or, in a line without tabs, blanks.

    Other white space, such as a no-break space, is part of a word.
    """
    columns = line.split("\t") if "\t" in line else re.split(" +", line.strip(" "))
    return [column.strip(" ") for column in columns]


def read_conllu(part: Part) -> Iterator[Tagged]:
    """Words with their universal parts of speech; multiword tokens and empty nodes are left out.

    Raises:
        UserError: naming the line that is no CoNLL-U, or has another part of speech.
    """
    sentences = (conllu_sentence(part, block) for block in blocks(part))
    yield from with_text(part, list(sliced(part, (one for one in sentences if one.words))))


def conllu_sentence(part: Part, block: Block) -> Tagged:
    """The words of a block of CoNLL-U; none if it holds nothing but comments.

    Raises:
        UserError: naming the line that is wrong.
    """
    words: List[str] = []
    labels: List[str] = []
    for number, line in block:
        if line.startswith("#"):
            continue
        columns = split_columns(line)
        if NO_WORD.fullmatch(columns[0]):
            continue
        if len(columns) < COLUMNS or columns[0] != str(len(words) + 1):
            raise UserError(
                f"{part} line {number} is no CoNLL-U: word {len(words) + 1} of a sentence must be here, "
                f"ten columns with tabs between them, but it is '{line[:40]}'"
            )
        if not columns[1]:
            raise UserError(f"{part} line {number}: the word (FORM) is empty")
        if columns[3] not in UPOS:
            raise UserError(f"{part} line {number}: '{columns[3]}' is no universal part of speech")
        words.append(columns[1])
        labels.append(columns[3])
    return Tagged(tuple(words), tuple(labels))


def with_text(part: Part, sentences: List[Tagged]) -> List[Tagged]:
    """The sentences whose words are there.

    Raises:
        UserError: if the file has "_" for every word.
    """
    lack = [len(one.words) > 1 and set(one.words) == {NO_TEXT} for one in sentences]
    if any(lack) and all(set(one.words) == {NO_TEXT} for one in sentences):
        raise UserError(
            f"{part} has '{NO_TEXT}' for every word: merge the text into the treebank first (see its "
            "own README), or leave it out"
        )
    if any(lack):
        logger.warning(
            f"{part}: {sum(lack):,} of {len(sentences):,} sentences have '{NO_TEXT}' for every word and "
            "are left out: merge their text into the treebank to have them"
        )
    return [one for one, lacks in zip(sentences, lack) if not lacks]


def read_columns(part: Part) -> Iterator[Tagged]:
    """Words and entity tags: the first and the last of columns that tabs or blanks separate; tags
    in IOB1, IOB2 or BIOES become IOB2. Lines that begin with `-DOCSTART-` are left out, and so is a
    language before every word (`en:`, as WikiANN is published).

    Raises:
        UserError: naming the line that has no two columns, or another tag.
    """
    sentences = [columns_sentence(part, block) for block in blocks(part)]
    sentences = without_language(part, [one for one in sentences if one.words])
    if all(one.words == numbers(one) for one in sentences) and any(
        len(one.words) > 1 for one in sentences
    ):
        raise UserError(
            f"{part}: the first column numbers the words: write the word first and the tag last"
        )
    yield from with_text(part, list(sliced(part, sentences)))


def columns_sentence(part: Part, block: Block) -> Tagged:
    """The words of a block of columns; none if it only begins a document.

    Raises:
        UserError: naming the line that is wrong.
    """
    words: List[str] = []
    tags: List[str] = []
    for number, line in block:
        columns = split_columns(line)
        if columns[0] == "-DOCSTART-":
            continue
        if len(columns) < 2 or not columns[0]:
            raise UserError(f"{part} line {number}: no word and tag, but '{line.strip()}'")
        if not TAG.match(columns[-1]):
            raise UserError(
                f"{part} line {number}: '{columns[-1]}' is no IOB tag (O, B-PER, I-PER, ...): "
                "write the word first and the tag last"
            )
        words.append(columns[0])
        tags.append(columns[-1])
    return Tagged(tuple(words), tuple(to_iob2(tags)))


def numbers(sentence: Tagged) -> Tuple[str, ...]:
    """The numbers of a sentence's words, from 1."""
    return tuple(str(number) for number in range(1, len(sentence.words) + 1))


def without_language(part: Part, sentences: List[Tagged]) -> List[Tagged]:
    """Takes off a language that stands before every word of a file, and says so.

    Raises:
        UserError: if nothing is left of a word.
    """
    words = [word for one in sentences for word in one.words]
    language = LANGUAGE.match(words[0]) if len(words) > 1 else None
    if not language or not all(word.startswith(language[0]) for word in words):
        return sentences
    prefix = language[0]
    if prefix in words:
        raise UserError(f"{part}: a word is nothing but '{prefix}': take it out of the file")
    logger.info(f"{part}: '{prefix}' is taken off every word")
    return [
        replace(one, words=tuple(word.removeprefix(prefix) for word in one.words))
        for one in sentences
    ]


def to_iob2(tags: Iterable[str]) -> List[str]:
    """Tags of IOB1, IOB2, BIOES or BILOU as IOB2: every entity begins with B.

    Args:
        tags: tags of one sentence; an `I-` after another type or `O` begins an entity.
    """
    result: List[str] = []
    inside = ""  # the type of the entity that may go on
    for tag in tags:
        prefix, kind = TAG.match(tag).groups()
        if not kind:
            result.append("O")
            inside = ""
            continue
        begins = prefix in "BSU" or kind != inside
        result.append(f"{'B' if begins else 'I'}-{kind}")
        inside = "" if prefix in "ESLU" else kind
    return result


def read_lines_of(part: Part) -> Iterator[str]:
    """The lines of a text file that hold something."""
    return sliced(part, filter(None, map(clean, read_lines(part.paths[0]))))


def read_pairs(part: Part) -> Iterator[Tuple[str, str]]:
    """The line pairs of two text files in which both sides hold something; others are counted.

    Raises:
        UserError: if the files have different numbers of lines.
    """
    sides = [[clean(line) for line in read_lines(path)] for path in part.paths]
    if len(sides[0]) != len(sides[1]):
        raise UserError(
            f"{part.paths[0]} has {len(sides[0])} lines, but {part.paths[1]} has {len(sides[1])}: "
            "align them"
        )
    pairs = [pair for pair in zip(*sides) if all(pair)]
    if len(pairs) < len(sides[0]):
        logger.info(f"{part}: {len(sides[0]) - len(pairs):,} pairs with an empty side are left out")
    return sliced(part, pairs)
