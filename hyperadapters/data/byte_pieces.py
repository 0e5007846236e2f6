"""Text as sentencepiece's pieces and back, one sentence a line.

A model with byte fallback writes a character that it does not know as the bytes of its UTF-8 form
(`<0xE4> <0xBD> <0xA0>`). fairseq's own `--bpe sentencepiece` leaves them as they are.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from fairseq.data import Dictionary
from fairseq.data.data_utils import post_process
from fairseq.data.encoders import register_bpe
from fairseq.data.encoders.sentencepiece_bpe import SentencepieceBPE, SentencepieceConfig

from ..support.errors import UserError
from ..support.file_defects import check_transfer
from ..support.text import clean
from .symbols import symbols_of

# How pieces become text, by the name of fairseq's `--post-process`, and the sign of such pieces.
JOINED = {"sentencepiece": "\u2581", "subword_nmt": "@@"}
BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def text_of_pieces(pieces: str) -> str:
    """The line of text that pieces, separated by blanks, stand for.

    Bytes that are no UTF-8, which a model can generate, become U+FFFD, and all white space, line ends
    too, becomes single blanks.
    """
    symbols = pieces.split(" ")
    text = "".join(merged(symbols) if "<0x" in pieces else symbols)
    return clean(text.replace("\u2581", " "))


def text_of(pieces: str, symbol: str | None) -> str:
    """The line of text that pieces stand for.

    Args:
        pieces: separated by blanks.
        symbol: how they are joined, as fairseq's `--post-process`; None leaves them apart.
    """
    if symbol == "sentencepiece":
        return text_of_pieces(pieces)
    return clean(post_process(pieces, symbol))


def joining(name: str, dictionary: Dictionary) -> str | None:
    """How the pieces of a dictionary become text.

    Args:
        name: a name in `JOINED`, `none`, or `auto` to tell from the dictionary.
        dictionary: the dictionary.
    """
    if name != "auto":
        return None if name == "none" else name
    for name, sign in JOINED.items():
        if any(symbol.startswith(sign) or symbol.endswith(sign) for symbol in dictionary.symbols):
            return name
    return None


def merged(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces, with every run of bytes as the characters that they encode."""
    for is_bytes, run in groupby(pieces, key=lambda piece: bool(BYTE.fullmatch(piece))):
        if is_bytes:
            yield bytes.fromhex("".join(piece[3:5] for piece in run)).decode("utf-8", "replace")
        else:
            yield from run


@register_bpe("sentencepiece_bytes", dataclass=SentencepieceConfig)
class SentencepieceBytes(SentencepieceBPE):
    """fairseq's `--bpe sentencepiece` for text as `hyperadapters prepare` reads it.

    Lines are cleaned as there; what the model does not know is `<unk>`, so that text such as `</s>` or
    `__de__` is never looked up as that symbol; and bytes are decoded.
    """

    def __init__(self, cfg: SentencepieceConfig) -> None:
        super().__init__(cfg)
        self.symbols = symbols_of(self.sp)

    def encode(self, x: str) -> str:
        numbers = self.sp.encode(
            clean(x), out_type=int, enable_sampling=self.enable_sampling, alpha=self.alpha
        )
        return " ".join(self.symbols[number] for number in numbers)

    def decode(self, x: str) -> str:
        return text_of_pieces(x)


def load_pieces(model: str) -> SentencepieceBytes:
    """The encoder and decoder of a sentencepiece model.

    Args:
        model: path of the model.
    Raises:
        UserError: if the file is no sentencepiece model.
    """
    try:
        check_transfer(model)
        return SentencepieceBytes(SentencepieceConfig(sentencepiece_model=model))
    except (OSError, RuntimeError) as error:
        raise UserError(f"'{model}' is no sentencepiece model: give the .model file") from error
