"""Held-out sentences that a pretrained model translates before the first update."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from fairseq.data import Dictionary
from fairseq.data.multilingual.multilingual_utils import get_lang_tok
from fairseq.dataclass import FairseqDataclass

from ..support.languages import split_direction
from .byte_pieces import joining, text_of

DIRECTIONS = 8  # at most
LEARNT = 200  # sentences of a side of a direction, from which its language is learnt


@dataclass
class StartOptions(FairseqDataclass):
    """The option of tasks that check the pretrained model."""

    check_sentences: int = field(
        default=8,
        metadata={
            "help": "with --init-from: translate so many validation sentences of up to "
            f"{DIRECTIONS} directions before the first update, and warn if the model seems to expect "
            "another input; 0: none (default: 8)"
        },
    )


@dataclass(frozen=True)
class StartSample:
    """Sentences of a direction.

    Args:
        direction: its name.
        batch: the sentences, as the task's `inference_step` takes them.
        references: the reference of each row.
        texts: sentences by language, from which a language can be told.
    """

    direction: str
    batch: dict[str, Any]
    references: list[str]
    texts: dict[str, list[str]]


def spread(directions: Sequence[str]) -> list[str]:
    """A few directions with as many target languages as possible."""
    seen: Counter[str] = Counter()
    ranks = {}
    for name in directions:
        target = split_direction(name)[1]
        ranks[name] = seen[target]
        seen[target] += 1
    return sorted(ranks, key=ranks.__getitem__)[:DIRECTIONS]


def evenly(size: int, number: int) -> list[int]:
    """At most `number` of `size` places, evenly spread."""
    return sorted(set(np.linspace(0, size - 1, min(size, number)).astype(int).tolist()))


class Speller:
    """Makes text of the ids of pieces.

    Args:
        dictionary: the dictionary.
        languages: whose tokens are no text.
        style: fairseq's style of these tokens.
    """

    def __init__(self, dictionary: Dictionary, languages: Sequence[str], style: str) -> None:
        tokens = (get_lang_tok(code, style) for code in languages)
        self.dictionary = dictionary
        self.left_out = {dictionary.index(token) for token in tokens} - {dictionary.unk()}
        self.symbol = joining("auto", dictionary)

    def __call__(self, ids: Any) -> str:
        """The text of ids [T]."""
        pieces = self.dictionary.string(
            ids, extra_symbols_to_ignore={*self.left_out, self.dictionary.pad()}
        )
        return text_of(pieces, self.symbol)
