"""Part-of-speech tagging with the universal tags."""

from collections.abc import Iterator, Sequence

from ..support.errors import UserError
from .readers import ConlluWord, FileSlice, TaggedSentence, read_conllu, sliced, with_text
from .tagging import WordTagging

UPOS = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
    "PUNCT", "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip


class PartsOfSpeech(WordTagging):
    """Universal parts of speech from CoNLL-U files, scored by accuracy."""

    name = "pos"
    title = "parts of speech"

    def read(self, file: FileSlice) -> Iterator[TaggedSentence]:
        """Reads words with their universal parts of speech.

        Raises:
            UserError: naming the line that is no CoNLL-U, or has another part of speech.
        """
        sentences = (tagged_sentence(file, words) for words in read_conllu(file))
        yield from with_text(file, list(sliced(file, sentences)))

    def label_table(self, sentences: Sequence[TaggedSentence]) -> list[str]:
        return list(UPOS)


def tagged_sentence(file: FileSlice, words: Sequence[ConlluWord]) -> TaggedSentence:
    """Takes words and tags from the lines of a sentence.

    Raises:
        UserError: naming the line with another part of speech.
    """
    for word in words:
        if word.upos not in UPOS:
            raise UserError(
                f"{file} line {word.line}: '{word.upos}' is no universal part of speech"
            )
    return TaggedSentence(tuple(word.form for word in words), tuple(word.upos for word in words))
