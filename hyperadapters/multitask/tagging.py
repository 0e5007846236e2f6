"""Tasks that give every word a label: the word's first piece carries it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn

from .readers import TaggedSentence
from .task import UNKNOWN_LABEL, CellResult, Encoded, EncodingReport, Predictor, Task, TaskContext


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
        """Scores labels [N, labels] from the features [N, C] of first pieces."""
        return self.map(self.dropout(features))


class WordTagging(Task):
    """What the tagging tasks share; each says how it reads files and which metric scores it."""

    labels_words = True

    def label_table(self, sentences: Sequence[TaggedSentence]) -> list[str]:
        return sorted({label for sentence in sentences for label in sentence.labels})

    def encode(
        self,
        sentence: TaggedSentence,
        context: TaskContext,
        direction: tuple[str, str],
        report: EncodingReport,
    ) -> Iterator[Encoded]:
        ids = {label: number for number, label in enumerate(context.labels[self.name])}
        gold = np.array(
            [ids.get(label, UNKNOWN_LABEL) for label in sentence.labels], dtype=np.int32
        )
        room = context.pieces.format.room
        report.long_words += sum(len(context.pieces.word(word)) == room for word in sentence.words)
        start = parts = 0
        for source, positions in context.pieces.parts_of_words(sentence.words):
            yield Encoded(
                0,
                np.array(source, dtype=np.int32),
                np.array(positions, dtype=np.int32),
                gold[start : start + len(positions)],
            )
            start += len(positions)
            parts += 1
        report.long += parts > 1

    def head(self, args: Any, model: nn.Module, labels: Sequence[str]) -> WordHead:
        return WordHead(args.encoder_embed_dim, len(labels), args.dropout)

    def evaluate(self, sentences: Sequence[TaggedSentence], predictor: Predictor) -> CellResult:
        """Takes the label with the highest score for every word; joins the parts of long sentences."""
        labels = predictor.context.labels[self.name]
        tags: list[list[str]] = [[] for _ in sentences]
        predictions = predictor.apply(
            lambda scores, items: self.decode(scores, [len(item.gold) for item in items])
        )
        for part, ids in zip(predictor.sentences, predictions):
            tags[part.sentence] += [labels[number] for number in ids]
        return self.label_result(sentences, tags, labels)

    def word_labels(self, sentence: TaggedSentence) -> Sequence[str]:
        return sentence.labels

    def label_result(
        self,
        sentences: Sequence[TaggedSentence],
        labels: Sequence[Sequence[str]],
        table: Sequence[str],
    ) -> CellResult:
        rows = [
            list(zip(sentence.words, sentence.labels, predicted, strict=True))
            for sentence, predicted in zip(sentences, labels)
        ]
        gold = Counter(label for sentence in sentences for label in sentence.labels)
        unknown = {label: count for label, count in sorted(gold.items()) if label not in table}
        return CellResult(rows, unknown)
