"""Text as the pieces of a Hugging Face tokenizer and back: WordPiece, byte-level BPE, Unigram.

Read from `tokenizer.json` with the package `tokenizers`, without `transformers`.
"""

from typing import TYPE_CHECKING

from ..support.errors import UserError
from ..support.file_defects import check_transfer
from ..support.text import clean
from .symbols import MASK, SPECIALS, UNKNOWN

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FILE = "tokenizer.json"
# BERT's names of the special symbols, and fairseq's
BERT_NAMES = dict(zip(("[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"), (*SPECIALS, MASK)))


class TokenizerPieces:
    """Encodes and decodes one sentence a line.

    Special symbols have fairseq's names, and none is ever taken from a text: `[SEP]` or `</s>` in it
    are characters like others.

    Args:
        path: of tokenizer.json.
    Raises:
        UserError: if it is none, or its vocabulary has not the symbols that an encoder needs.
    """

    def __init__(self, path: str) -> None:
        self.tokenizer = read_tokenizer(path)
        numbers = self.tokenizer.get_vocab()
        vocabulary = sorted(numbers, key=numbers.__getitem__)
        self.symbols = [BERT_NAMES.get(piece, piece) for piece in vocabulary]
        missing = [symbol for symbol in (*SPECIALS, MASK) if symbol not in self.symbols]
        names = f"{', '.join(missing)} (BERT: {', '.join(BERT_NAMES)})"
        if missing:
            raise UserError(f"{path} has no symbol {names}: give an encoder's tokenizer")
        if sorted(numbers.values()) != list(range(len(numbers))) or any(
            piece.split() != [piece] for piece in vocabulary
        ):
            raise UserError(
                f"{path}: its pieces are not numbered from 0 on, or have blanks in them: give the "
                "tokenizer as it was published"
            )
        self.special = {*SPECIALS, MASK}

    def encode(self, text: str) -> str:
        """The pieces of a text, separated by blanks."""
        numbers = self.tokenizer.encode(clean(text), add_special_tokens=False).ids
        symbols = (self.symbols[number] for number in numbers)
        return " ".join(UNKNOWN if symbol in self.special else symbol for symbol in symbols)

    def decode(self, pieces: str) -> str:
        """The line of text that pieces, separated by blanks, stand for."""
        symbols = pieces.split(" ")
        decoder = self.tokenizer.decoder
        return clean(decoder.decode(symbols) if decoder else " ".join(symbols))


def read_tokenizer(path: str) -> "Tokenizer":
    """A tokenizer that encodes every word as it does in the midst of a sentence.

    Args:
        path: of tokenizer.json.
    Raises:
        UserError: if the file is none, or the package is not there.
    """
    try:
        from tokenizers import Tokenizer, pre_tokenizers
    except ImportError as error:
        raise UserError(
            f"{path} needs the package tokenizers: install it (pip install 'hyperadapters[tokenizers]')"
        ) from error
    check_transfer(path)
    try:
        tokenizer = Tokenizer.from_file(path)
    except Exception as error:  # the package raises nothing more special
        raise UserError(f"{path} is no tokenizer ({error}): copy or download it again") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    if isinstance(tokenizer.pre_tokenizer, pre_tokenizers.ByteLevel):
        tokenizer.pre_tokenizer.add_prefix_space = True
    return tokenizer
