"""Tasks that give every word a label: its first piece carries it."""

from typing import Any, Iterator, List, Sequence, Tuple

import numpy as np
from torch import Tensor, nn

from .readers import Tagged
from .task import Encoded, Means, Report, Task


class WordHead(nn.Module):
    """Dropout and a linear map (Üstün et al. 2022: a linear head a task, for all languages).

    Args:
        width: model width C.
        labels: number of labels.
        dropout: dropout probability.
    """

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.map = nn.Linear(width, labels)

    def forward(self, features: Tensor) -> Tensor:
        """Scores [N, labels] from the features [N, C] of first pieces."""
        return self.map(self.dropout(features))


class WordTagging(Task):
    """Common part of the tagging tasks; a task says how it reads and is scored."""

    name: str
    labelled = True

    def label_table(self, sentences: Sequence[Tagged]) -> List[str]:
        return sorted({label for sentence in sentences for label in sentence.labels})

    def encode(
        self, sentence: Tagged, means: Means, direction: Tuple[str, str], report: Report
    ) -> Iterator[Encoded]:
        table = {label: number for number, label in enumerate(means.labels[self.name])}
        # a label that training never shows has no number: every prediction is wrong there
        labels = np.array([table.get(label, -1) for label in sentence.labels], dtype=np.int32)
        room = means.pieces.format.room
        report.long_words += sum(len(means.pieces.word(w)) == room for w in sentence.words)
        done = parts = 0
        for ids, firsts in means.pieces.parts_of_words(sentence.words):
            yield Encoded(
                0,
                np.array(ids, dtype=np.int32),
                np.array(firsts, dtype=np.int32),
                labels[done : done + len(firsts)],
            )
            done += len(firsts)
            parts += 1
        report.long += parts > 1

    def head(self, args: Any, model: nn.Module, labels: Sequence[str]) -> WordHead:
        return WordHead(args.encoder_embed_dim, len(labels), args.dropout)
