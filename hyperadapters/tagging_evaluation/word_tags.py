"""Evaluation of tasks that give every word a label."""

from collections import Counter
from typing import List, Sequence

from torch import Tensor

from ..multitask.cells import Cell
from ..multitask.readers import Tagged
from ..multitask.tagging import WordTagging
from ..multitask.task import Encoded, Report, Task
from .loaded import Loaded
from .outcome import Judge, Outcome, Scored
from .predictions import lines


class WordTags(Judge):
    """The label with the highest score for every word; long sentences are joined from their parts."""

    tasks = WordTagging

    def predict(self, cell: Cell, sentences: Sequence[Tagged], loaded: Loaded) -> Outcome:
        sentences = [sentence for sentence in sentences if sentence.words]
        dataset = loaded.task.encoded(cell, sentences)
        table = loaded.task.tables.labels[cell.task]

        def take(item: Encoded, scores: Tensor) -> List[str]:
            return [table[number] for number in scores.argmax(-1).tolist()]

        tags: List[List[str]] = [[] for _ in sentences]
        for part, found in zip(dataset.sentences, loaded.predict(dataset, take)):
            tags[part.sentence] += found
        return tagged(sentences, tags, table, dataset.report)

    def score(self, task: Task, cell: Cell, outcome: Outcome, loaded: Loaded) -> Scored:
        metric = task.metric()
        found, right = (lines(outcome.sentences, part) for part in ("hypotheses", "references"))
        score = metric.corpus_score(found, [right]).score
        return Scored(metric.title, score, str(metric.get_signature()))


def tagged(
    sentences: Sequence[Tagged], tags: Sequence[Sequence[str]], table: Sequence[str], report: Report
) -> Outcome:
    """Puts predicted labels beside the words and their right labels.

    Args:
        sentences: the sentences.
        tags: the predicted labels of each.
        table: the labels that can be predicted.
        report: what happened to the sentences when they were encoded.
    """
    right = Counter(label for sentence in sentences for label in sentence.labels)
    return Outcome(
        [
            list(zip(sentence.words, sentence.labels, predicted, strict=True))
            for sentence, predicted in zip(sentences, tags)
        ],
        report,
        {label: count for label, count in sorted(right.items()) if label not in table},
    )
