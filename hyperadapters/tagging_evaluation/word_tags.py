"""Evaluation of tasks that give every word a label."""

from collections import Counter
from typing import List, Sequence

from torch import Tensor

from ..multitask.cells import Cell
from ..multitask.readers import Tagged
from ..multitask.tagging import WordTagging
from ..multitask.task import Encoded, Task
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
        right = Counter(label for sentence in sentences for label in sentence.labels)
        return Outcome(
            [list(zip(one.words, one.labels, found, strict=True))
             for one, found in zip(sentences, tags)],
            dataset.report,
            {label: count for label, count in sorted(right.items()) if label not in table},
        )  # fmt: skip

    def score(self, task: Task, cell: Cell, outcome: Outcome, loaded: Loaded) -> Scored:
        metric = task.metric()
        found, right = (lines(outcome.sentences, part) for part in ("hypotheses", "references"))
        score = metric.corpus_score(found, [right]).score
        return Scored(metric.title, score, str(metric.get_signature()))
