"""The sentencepiece model and the dictionary that fairseq reads."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..data.symbols import SPECIALS, UNKNOWN, pieces_of, symbols_of
from ..support.errors import UserError, format_list
from ..support.file_defects import check_transfer
from ..support.files import atomic_write, write_lines
from .config import SentencePiece

MISSING_SHARE = 0.1  # of a model's pieces that its dictionary may lack
THREADS = 16  # fixed, as the model depends on it


class SmallVocabulary(Exception):
    """A vocabulary that is too small for the characters; holds how many pieces they need."""


def language_tokens(languages: list[str], style: str) -> list[str]:
    """The language tokens that fairseq would add to the dictionary, in its order.

    Args:
        languages: language codes.
        style: fairseq's --lang-tok-style, or none.
    """
    if style == "none":
        return []
    if style == "mbart":
        return [*(f"[{code}]" for code in languages), "<mask>"]
    return [f"__{code}__" for code in languages]


def train(
    sentences: Iterator[str], model: Path, settings: SentencePiece, languages: list[str]
) -> None:
    """Trains a model on a sample.

    The language tokens are control symbols: they are reserved, but no text is ever encoded to them.
    So is the padding symbol, which fairseq's dictionary has too.

    Raises:
        SmallVocabulary: if the characters do not fit into the vocabulary.
        UserError: if sentencepiece cannot train with these settings.
    """
    import sentencepiece

    model_file = io.BytesIO()  # and no file names in the model: equal text gives an equal file
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=sentences, model_writer=model_file, vocab_size=settings.vocabulary,
            model_type=settings.model_type, character_coverage=settings.character_coverage,
            byte_fallback=settings.byte_fallback,
            normalization_rule_name=settings.normalization, pad_id=3,
            control_symbols=language_tokens(languages, settings.language_tokens),
            hard_vocab_limit=False, input_sentence_size=0, shuffle_input_sentence=False,
            max_sentence_length=1 << 20, num_threads=THREADS, minloglevel=2,
        )  # fmt: skip
    except (RuntimeError, OSError) as error:
        small = re.search(r"smaller than required_chars. \d+ vs (\d+)", str(error))
        if small:
            raise SmallVocabulary(int(small[1])) from error
        raise UserError(
            f"sentencepiece cannot train: {' '.join(str(error).split())} (settings: sentencepiece)"
        ) from error
    with atomic_write(model) as temporary:
        temporary.write_bytes(model_file.getvalue())


def load(model: Path) -> Any:
    """Loads a model.

    Raises:
        UserError: if it is none.
    """
    import sentencepiece

    try:
        check_transfer(str(model))
        return sentencepiece.SentencePieceProcessor(model_file=str(model))
    except (RuntimeError, OSError) as error:
        raise UserError(f"{model} is no sentencepiece model") from error


def write_dictionary(model: Any, path: Path) -> None:
    """Writes all pieces of a model as a fairseq dictionary."""
    write_lines(path, (f"{piece} 1" for piece in pieces_of(model) if piece not in SPECIALS))


def dictionary_ids(model: Any, dictionary: Path) -> dict[str, Any]:
    """How pieces become fairseq's token ids.

    Args:
        model: a sentencepiece model.
        dictionary: a fairseq dictionary.
    Returns:
        `ids`: the token id of each piece; `symbols`: entries of the dictionary; `eos`: token id;
        `missing`: how many pieces it lacks, which become unknown.
    Raises:
        UserError: if the dictionary is another model's.
    """
    from fairseq.data import Dictionary

    try:
        vocabulary = Dictionary.load(str(dictionary))
    except (RuntimeError, ValueError) as error:
        raise UserError(f"{dictionary} is no fairseq dictionary: {error}") from error
    symbols = symbols_of(model)
    usable = [symbol for symbol in symbols if symbol != UNKNOWN]
    missing = [symbol for symbol in usable if symbol not in vocabulary]
    if len(missing) > MISSING_SHARE * len(usable):
        raise UserError(
            f"{dictionary} lacks {len(missing)} of the model's {len(usable)} pieces "
            f"({format_list(missing[:5])}): give the dictionary that belongs to the model"
        )
    ids = [vocabulary.index(symbol) for symbol in symbols]
    return {
        "ids": ids,
        "symbols": len(vocabulary),
        "eos": vocabulary.eos(),
        "missing": len(missing),
    }
