"""What sentencepiece makes of a line before it cuts it into pieces."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..support.errors import UserError
from .config import SentencePiece

WORD = re.compile(r"\w")  # what no normalization removes


def rule_of(settings: SentencePiece, folder: Path) -> str:
    """Where a normalization is from: the file of a given model, or sentencepiece's name of a rule.

    Args:
        settings: the configuration.
        folder: where its paths start.
    """
    return str(folder / settings.model) if settings.model else settings.normalization


def is_empty(line: str, rule: str) -> bool:
    """Whether nothing is left of a line: it is of white space, zero-width or control characters.

    Args:
        line: the line.
        rule: see `rule_of`.
    """
    return not WORD.search(line) and not normalizer(rule).normalize(line)


@lru_cache(maxsize=2)
def normalizer(rule: str) -> Any:
    """The normalizer of a rule, loaded once by each process.

    Raises:
        UserError: if sentencepiece has no such rule.
    """
    import sentencepiece

    if Path(rule).is_file():
        return sentencepiece.SentencePieceNormalizer(model_file=rule)
    try:
        return sentencepiece.SentencePieceNormalizer(rule_name=rule)
    except RuntimeError as error:
        raise UserError(
            f"sentencepiece.normalization is '{rule}': sentencepiece knows nmt_nfkc, nfkc, nmt_nfkc_cf, "
            "nfkc_cf and identity"
        ) from error
