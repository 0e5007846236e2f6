"""Text from sentencepiece's pieces when some of them are bytes.

A model with byte fallback writes a character that it does not know as the bytes of its UTF-8 form
(`<0xE4> <0xBD> <0xA0>`). fairseq's own `--bpe sentencepiece` leaves them as they are.
"""

import re
from itertools import groupby
from typing import Iterable, Iterator, Optional

from fairseq.data.data_utils import post_process
from fairseq.data.encoders import register_bpe
from fairseq.data.encoders.sentencepiece_bpe import SentencepieceBPE, SentencepieceConfig

BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def text_of_pieces(pieces: str) -> str:
    """The text that pieces, separated by blanks, stand for.

    Bytes that are no UTF-8, which a model can generate, become U+FFFD.
    """
    found = merged(pieces.split(" ")) if "<0x" in pieces else pieces.split(" ")
    return "".join(found).replace("\u2581", " ").strip()


def text_of(pieces: str, symbol: Optional[str]) -> str:
    """The text that pieces stand for.

    Args:
        pieces: separated by blanks.
        symbol: how they are joined, as fairseq's `--post-process`; None leaves them apart.
    """
    return text_of_pieces(pieces) if symbol == "sentencepiece" else post_process(pieces, symbol)


def merged(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces, with every run of bytes as the characters that they encode."""
    for is_bytes, run in groupby(pieces, key=lambda piece: bool(BYTE.fullmatch(piece))):
        if is_bytes:
            yield bytes.fromhex("".join(piece[3:5] for piece in run)).decode("utf-8", "replace")
        else:
            yield from run


@register_bpe("sentencepiece_bytes", dataclass=SentencepieceConfig)
class SentencepieceBytes(SentencepieceBPE):
    """fairseq's `--bpe sentencepiece` for models with byte fallback: also decodes bytes."""

    def decode(self, x: str) -> str:
        return text_of_pieces(x)
