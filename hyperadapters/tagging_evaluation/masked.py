"""Evaluation of masked language modelling: which pieces are found behind the masks."""

import math
from typing import List, Sequence, Tuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..multitask.cells import Cell
from ..multitask.metrics import Accuracy
from ..multitask.mlm import MaskedLanguageModel
from ..multitask.task import Encoded, Task
from ..tasks.hyperx import EVALUATION_SEED
from .loaded import Loaded
from .outcome import Judge, Outcome, Scored
from .predictions import Row, lines


class MaskedPieces(Judge):
    """Accuracy and perplexity of pieces that are masked by a fixed seed, the same for all models."""

    tasks = MaskedLanguageModel

    def predict(self, cell: Cell, sentences: Sequence[str], loaded: Loaded) -> Outcome:
        dataset = loaded.task.encoded(cell, sentences)
        symbols = loaded.task.dictionary.symbols

        def take(item: Encoded, scores: Tensor) -> Tuple[List[Row], float]:
            right = torch.from_numpy(item.labels).long().to(scores.device)
            loss = F.cross_entropy(scores, right, reduction="sum").item()
            columns = (item.source[item.places], item.labels, scores.argmax(-1).tolist())
            return [tuple(symbols[number] for number in row) for row in zip(*columns)], loss

        found = loaded.predict(dataset, take)
        rows: List[List[Row]] = [[] for _ in sentences]
        for part, (own, _) in zip(dataset.sentences, found):
            rows[part.sentence] += own
        mean = sum(loss for _, loss in found) / sum(map(len, rows))
        return Outcome(rows, dataset.report, figures={"perplexity": math.exp(mean)})

    def score(self, task: Task, cell: Cell, outcome: Outcome, loaded: Loaded) -> Scored:
        options = loaded.task.cfg
        metric = Accuracy(
            unit="masked-pieces", masked=options.mask_prob, kept=options.leave_unmasked_prob,
            random=options.random_token_prob, maskseed=EVALUATION_SEED,
        )  # fmt: skip
        found, right = (lines(outcome.sentences, part) for part in ("hypotheses", "references"))
        score = metric.corpus_score(found, [right]).score
        others = {title: {"score": value} for title, value in outcome.figures.items()}
        return Scored(metric.title, score, str(metric.get_signature()), others)
