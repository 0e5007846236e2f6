"""Named-entity recognition."""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..metrics.tags import SpanF1
from ..support.errors import UserError
from .readers import Block, FileSlice, TaggedSentence, blocks, sliced, split_columns, with_text
from .tagging import WordTagging
from .task import Counts

logger = logging.getLogger(__name__)

TAG = re.compile(r"^(?:O|([BIESLU])-(\S+))$")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*:")  # before every word of WikiANN as published


class NamedEntities(WordTagging):
    """Entities from columns with IOB tags, scored by the F1 of whole spans."""

    name = "ner"
    title = "named entities"
    metric = SpanF1

    def read(self, file: FileSlice) -> Iterator[TaggedSentence]:
        """Reads words and entity tags: the first and the last of columns that tabs or blanks separate.

        Tags in IOB1, IOB2 or BIOES become IOB2. Lines that begin with `-DOCSTART-` are left out, and
        so is a language before every word (`en:`, as WikiANN is published).

        Raises:
            UserError: naming the line that has no two columns, or another tag.
        """
        sentences = [tagged_sentence(file, block) for block in blocks(file)]
        sentences = without_language(file, [sentence for sentence in sentences if sentence.words])
        if all(sentence.words == word_numbers(sentence) for sentence in sentences) and any(
            len(sentence.words) > 1 for sentence in sentences
        ):
            raise UserError(
                f"{file}: the first column numbers the words: write the word first and the tag last"
            )
        yield from with_text(file, list(sliced(file, sentences)))

    def count(self, predicted: Sequence[int], gold: Sequence[int], labels: Sequence[str]) -> Counts:
        table = dict(enumerate(labels))
        tags = ([table.get(number, "I-unknown") for number in ids] for ids in (predicted, gold))
        return super().count(*tags, labels)


def tagged_sentence(file: FileSlice, block: Block) -> TaggedSentence:
    """Takes words and tags from the lines of a sentence; none if it only begins a document.

    Raises:
        UserError: naming the line that is wrong.
    """
    words: list[str] = []
    tags: list[str] = []
    for number, line in block:
        columns = split_columns(line)
        if columns[0] == "-DOCSTART-":
            continue
        if len(columns) < 2 or not columns[0]:
            raise UserError(f"{file} line {number}: no word and tag, but '{line.strip()}'")
        if not TAG.match(columns[-1]):
            raise UserError(
                f"{file} line {number}: '{columns[-1]}' is no IOB tag (O, B-PER, I-PER, ...): "
                "write the word first and the tag last"
            )
        words.append(columns[0])
        tags.append(columns[-1])
    return TaggedSentence(tuple(words), tuple(to_iob2(tags)))


def word_numbers(sentence: TaggedSentence) -> tuple[str, ...]:
    """The numbers of a sentence's words, from 1."""
    return tuple(str(number) for number in range(1, len(sentence.words) + 1))


def without_language(file: FileSlice, sentences: list[TaggedSentence]) -> list[TaggedSentence]:
    """Takes off a language that stands before every word of a file, and says so.

    Raises:
        UserError: if nothing is left of a word.
    """
    words = [word for sentence in sentences for word in sentence.words]
    language = LANGUAGE.match(words[0]) if len(words) > 1 else None
    if not language or not all(word.startswith(language[0]) for word in words):
        return sentences
    prefix = language[0]
    if prefix in words:
        raise UserError(f"{file}: a word is nothing but '{prefix}': take it out of the file")
    logger.info(f"{file}: '{prefix}' is taken off every word")
    return [
        replace(sentence, words=tuple(word.removeprefix(prefix) for word in sentence.words))
        for sentence in sentences
    ]


def to_iob2(tags: Iterable[str]) -> list[str]:
    """Rewrites tags of IOB1, IOB2, BIOES or BILOU as IOB2, where every entity begins with B.

    Args:
        tags: tags of one sentence; an `I-` after another type or `O` begins an entity.
    """
    result: list[str] = []
    open_type = ""  # of the entity that may go on
    for tag in tags:
        prefix, entity_type = TAG.match(tag).groups()
        if not entity_type:
            result.append("O")
            open_type = ""
            continue
        begins = prefix in "BSU" or entity_type != open_type
        result.append(f"{'B' if begins else 'I'}-{entity_type}")
        open_type = "" if prefix in "ESLU" else entity_type
    return result
