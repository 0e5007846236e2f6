"""Which symbol of fairseq's dictionary a piece of a sentencepiece model is."""

from typing import Any

UNKNOWN = "<unk>"
MASK = "<mask>"
SPECIALS = ("<s>", "<pad>", "</s>", UNKNOWN)  # fairseq's dictionary has them before its first line


def symbols_of(model: Any) -> list[str]:
    """The symbol of each piece, by its number; `<unk>` where the piece stands for no text.

    So text such as `</s>` or `__de__` is never taken for the symbol of that name.

    Args:
        model: a sentencepiece model.
    """
    return [
        UNKNOWN
        if model.is_unknown(number) or model.is_control(number) or piece in SPECIALS
        else piece
        for number, piece in enumerate(pieces_of(model))
    ]


def pieces_of(model: Any) -> list[str]:
    """The pieces of a sentencepiece model, by their numbers."""
    return [model.id_to_piece(number) for number in range(model.get_piece_size())]
