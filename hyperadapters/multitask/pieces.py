"""Words and sentences as the ids of their pieces."""

import filecmp
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairseq.data import Dictionary
from fairseq.data.multilingual.multilingual_utils import get_lang_tok

from ..data.byte_pieces import SentencepieceBytes, load_pieces
from ..data.symbols import MASK
from ..data.tokenizer_pieces import TokenizerPieces
from ..support.errors import UserError
from ..support.files import atomic_write

# the file beside a checkpoint that encodes text for it, by the suffix of what it is a copy of
BESIDE = {".model": "sentencepiece.model", ".json": "tokenizer.json"}


def load_tokenizer(path: Path) -> SentencepieceBytes | TokenizerPieces:
    """The encoder and decoder of a sentencepiece model or of a Hugging Face tokenizer (`.json`).

    Raises:
        UserError: if the file is none.
    """
    return TokenizerPieces(str(path)) if path.suffix == ".json" else load_pieces(str(path))


def read_dictionary(path: Path) -> Dictionary:
    """The dictionary of a corpus.

    Args:
        path: a dictionary of fairseq, or a tokenizer (`.model` or `.json`), whose pieces then are the
            dictionary, in their order.
    Raises:
        UserError: if it is no such file.
    """
    if path.suffix not in BESIDE:
        try:
            return Dictionary.load(str(path))
        except (ValueError, RuntimeError, UnicodeError) as error:
            raise UserError(f"{path} is no dictionary of fairseq ({error})") from error
    dictionary = Dictionary()
    for symbol in load_tokenizer(path).symbols:
        dictionary.add_symbol(symbol)
    return dictionary


def load_dictionary(path: Path, languages: Iterable[str] = (), style: str = "") -> Dictionary:
    """The dictionary of a corpus, with `<mask>`, see `read_dictionary`.

    Args:
        path: the file.
        languages: languages whose tokens are added if they are not there.
        style: style of language tokens.
    """
    dictionary = read_dictionary(path)
    for code in languages:
        dictionary.add_symbol(get_lang_tok(code, style))
    dictionary.add_symbol(MASK)
    return dictionary


def keep_beside(save_dir: str, tokenizer: Path) -> None:
    """Copies a tokenizer to where checkpoints are saved, so that they need no other."""
    with atomic_write(Path(save_dir) / BESIDE[tokenizer.suffix]) as temporary:
        shutil.copyfile(tokenizer, temporary)


def tokenizer_beside(checkpoint: str) -> Path | None:
    """The tokenizer that lies beside a checkpoint, if one does, see `keep_beside`."""
    paths = (Path(checkpoint).parent / name for name in BESIDE.values())
    return next((path for path in paths if path.is_file()), None)


def carry_pieces(checkpoint: str, out: str) -> None:
    """Copies the tokenizer that lies beside a checkpoint, if one does, beside another that is
    made of it.

    Raises:
        UserError: if another one lies there.
    """
    tokenizer = tokenizer_beside(checkpoint)
    if tokenizer is None:
        return
    there = tokenizer_beside(out)
    if there is None:
        keep_beside(str(Path(out).parent), tokenizer)
    elif not filecmp.cmp(tokenizer, there, shallow=False):
        raise UserError(
            f"{there} is not the tokenizer of {checkpoint}: give --out in another folder"
        )


@dataclass(frozen=True)
class Format:
    """How the encoder's input looks.

    Args:
        bos: whether a sentence begins with `<s>`, as RoBERTa's do.
        limit: most pieces of a sentence, with `<s>` and `</s>`.
    """

    bos: bool
    limit: int

    @property
    def room(self) -> int:
        """Most pieces of a sentence without `<s>` and `</s>`."""
        return self.limit - 1 - self.bos


class Pieces:
    """Encodes with a tokenizer and a dictionary.

    Args:
        tokenizer: a sentencepiece model, or the file of a Hugging Face tokenizer.
        dictionary: the dictionary, with `<mask>`.
        format: how the encoder's input looks.
    """

    def __init__(self, tokenizer: Path, dictionary: Dictionary, format: Format) -> None:
        self.dictionary, self.format = dictionary, format
        self.bpe = load_tokenizer(tokenizer)
        self.words: dict[str, list[int]] = {}

    def sentence(self, text: str) -> list[int]:
        """The ids of a text; none if the tokenizer makes nothing of it."""
        return [self.dictionary.index(piece) for piece in self.bpe.encode(text).split(" ") if piece]

    def word(self, word: str) -> list[int]:
        """The ids of a word, at least one, cut to what a sentence can hold."""
        if word not in self.words:
            ids = self.sentence(word) or [self.dictionary.unk()]
            self.words[word] = ids[: self.format.room]
        return self.words[word]

    def add_sentence_symbols(self, ids: Sequence[int]) -> list[int]:
        """Ids with the marks of a sentence around them."""
        start = [self.dictionary.bos()] if self.format.bos else []
        return [*start, *ids, self.dictionary.eos()]

    def parts_of_words(self, words: Sequence[str]) -> Iterator[tuple[list[int], list[int]]]:
        """A sentence of words in as many parts as the encoder's limit asks for, usually one.

        Yields:
            the ids of a part, and where the first piece of each of its words is.
        """
        ids: list[int] = []
        firsts: list[int] = []
        for word in words:
            word_ids = self.word(word)
            if len(ids) + len(word_ids) > self.format.room:
                yield self.add_sentence_symbols(ids), firsts
                ids, firsts = [], []
            firsts.append(len(ids) + self.format.bos)
            ids += word_ids
        yield self.add_sentence_symbols(ids), firsts

    def parts_of_text(self, text: str) -> Iterator[list[int]]:
        """A text in as many parts as the encoder's limit asks for, usually one; none if it is empty."""
        ids, room = self.sentence(text), self.format.room
        for start in range(0, len(ids), room):
            yield self.add_sentence_symbols(ids[start : start + room])
