"""Reading of annotated sentences: CoNLL-U, columns with IOB tags, plain text."""

import io
import re
from dataclasses import dataclass
from itertools import islice
from typing import Iterable, Iterator, List, TextIO, Tuple

from ..errors import UserError
from ..text import open_binary
from .corpus import Part

UPOS = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
    "PUNCT", "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip
FIELDS = ("id", "form", "lemma", "upos")  # of CoNLL-U, as far as they are needed
TAG = re.compile(r"^(?:O|([BIESLU])-(\S+))$")


@dataclass(frozen=True)
class Tagged:
    """A sentence of words with a label each.

    Args:
        words: the words.
        labels: as many labels.
    """

    words: Tuple[str, ...]
    labels: Tuple[str, ...]


def text_of(part: Part, number: int = 0) -> TextIO:
    """A file of a part as text with universal line ends; its errors name the file and the line.

    Raises:
        UserError: if it is not UTF-8 or cannot be read, with the line number.
    """
    path = part.paths[number]
    try:
        with open_binary(path) as file:
            data = file.read()
        return io.StringIO(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError(f"{path} line {line} is not UTF-8: convert the file") from error
    except (OSError, EOFError) as error:
        raise UserError(f"{path} cannot be read ({error}): get it again") from error


def taken(part: Part, sentences: Iterable) -> Iterator:
    """Those sentences that the part takes.

    Raises:
        UserError: if there are none.
    """
    empty = True
    for sentence in islice(sentences, part.start, part.stop):
        empty = False
        yield sentence
    if empty:
        raise UserError(f"{part} has no sentences" + (" there" if part.start else ""))


def blocks(lines: Iterable[str]) -> Iterator[List[Tuple[int, str]]]:
    """Numbered lines of each sentence, which an empty line ends."""
    block: List[Tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        line = line.rstrip("\r\n")
        if line.strip():
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def read_conllu(part: Part) -> Iterator[Tagged]:
    """Words with their universal parts of speech; multiword tokens and empty nodes are left out.

    Raises:
        UserError: naming the line that is no CoNLL-U, or has another part of speech.
    """
    from conllu import parse
    from conllu.exceptions import ParseException

    def sentences() -> Iterator[Tagged]:
        for block in blocks(text_of(part)):
            text = "".join(f"{line}\n" for _, line in block)
            numbers = [number for number, line in block if not line.startswith("#")]
            try:
                tokens = [token for tree in parse(text, fields=FIELDS) for token in tree]
                if len(tokens) != len(numbers):
                    raise ParseException(f"{len(numbers)} lines give {len(tokens)} words")
            except ParseException as error:
                first = numbers[0] if numbers else block[0][0]
                raise UserError(
                    f"{part}: the sentence from line {first} is no CoNLL-U ({error})"
                ) from error
            words, labels = [], []
            for number, token in zip(numbers, tokens):
                if isinstance(token["id"], int):
                    label = token["upos"]
                    if label not in UPOS:
                        raise UserError(
                            f"{part} line {number}: '{label}' is no universal part of speech"
                        )
                    words.append(token["form"])
                    labels.append(label)
            if words:  # else nothing but comments
                yield Tagged(tuple(words), tuple(labels))

    return taken(part, sentences())


def read_columns(part: Part) -> Iterator[Tagged]:
    """Words and entity tags: the first and the last of columns that tabs or blanks separate; tags
    in IOB1, IOB2 or BIOES become IOB2. Lines that begin with `-DOCSTART-` are left out.

    Raises:
        UserError: naming the line that has no two columns, or another tag.
    """

    def sentences() -> Iterator[Tagged]:
        for block in blocks(text_of(part)):
            words, tags = [], []
            for number, line in block:
                columns = line.split("\t") if "\t" in line else line.split()
                if columns[0] == "-DOCSTART-":
                    continue
                if len(columns) < 2 or not columns[0].strip():
                    raise UserError(f"{part} line {number}: no word and tag, but '{line.strip()}'")
                if not TAG.match(columns[-1]):
                    raise UserError(
                        f"{part} line {number}: '{columns[-1]}' is no IOB tag (O, B-PER, I-PER, ...): "
                        "write the word first and the tag last"
                    )
                words.append(columns[0])
                tags.append(columns[-1])
            if words:
                yield Tagged(tuple(words), tuple(to_iob2(tags)))

    return taken(part, sentences())


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
    lines = (" ".join(line.split()) for line in text_of(part))
    return taken(part, filter(None, lines))


def read_pairs(part: Part) -> Iterator[Tuple[str, str]]:
    """The line pairs of two text files in which both sides hold something.

    Raises:
        UserError: if the files have different numbers of lines.
    """
    sides = [[" ".join(line.split()) for line in text_of(part, side)] for side in (0, 1)]
    if len(sides[0]) != len(sides[1]):
        raise UserError(
            f"{part.paths[0]} has {len(sides[0])} lines, but {part.paths[1]} has {len(sides[1])}: "
            "align them"
        )
    return taken(part, ((src, tgt) for src, tgt in zip(*sides) if src and tgt))
