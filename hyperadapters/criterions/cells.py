"""The training loss and the validation scores of cells (`--criterion cells`)."""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping

import torch
from fairseq import metrics
from fairseq.criterions import FairseqCriterion, register_criterion
from fairseq.dataclass import FairseqDataclass
from torch import Tensor
from torch.nn import functional as F

from ..multitask.known import TASKS


@dataclass
class CellsCriterionConfig(FairseqDataclass):
    label_smoothing: float = field(
        default=0.1, metadata={"help": "label smoothing of the translation cells"}
    )


@register_criterion("cells", dataclass=CellsCriterionConfig)
class CellsCriterion(FairseqCriterion):
    """Cross-entropy, averaged over the predictions of each task and then over sentences.

    So every sentence counts the same, whatever its task predicts of it, and only sampling weighs
    cells (Üstün et al. 2022). Validation reports the score of each cell and, as `score`, their mean.

    Args:
        task: the fairseq task `hyperx`.
        label_smoothing: label smoothing of the translation cells.
    """

    def __init__(self, task: Any, label_smoothing: float) -> None:
        super().__init__(task)
        self.label_smoothing = label_smoothing

    def forward(self, model, sample: Mapping[str, Any], reduce: bool = True):
        """The loss of a batch.

        Args:
            model: the model.
            sample: a batch of `multitask.dataset.collate`.
        Returns:
            the loss summed over sentences, the number of sentences, and what is logged.
        """
        scores = model(**sample["net_input"])
        loss = torch.zeros((), device=sample["id"].device)
        logged = self.nothing(validating=not model.training)
        logged.update({key: sample[key] for key in ("nsentences", "ntokens")})
        for task, target in sample["target"].items():
            smoothing = self.label_smoothing if task == "translation" else 0.0
            known = target.ge(0)  # labels of validation that training never showed have no number
            total = F.cross_entropy(
                scores[task].float(), target, label_smoothing=smoothing, ignore_index=-1,
                reduction="sum",
            )  # fmt: skip
            mean = total / known.sum().clamp(min=1)
            sentences = len(sample["cells"][task])
            loss = loss + mean * sentences
            logged[f"loss {task}"] = (mean.detach() * sentences).item()
            logged[f"sentences {task}"] = sentences
            if not model.training:
                logged.update(self.counts(task, scores[task], target, sample))
        logged["loss"] = loss.item()
        return loss, sample["nsentences"], logged

    def nothing(self, validating: bool) -> Dict[str, float]:
        """Zeros under all names that some batch logs: processes can add up like names only."""
        names = [
            f"{what} {task}" for task in self.task.tables.tasks for what in ("loss", "sentences")
        ]
        if validating:
            for cell in self.task.cells:
                labels = self.task.tables.labels.get(cell.task, [])
                counts = TASKS.get(cell.task).count([], [], labels)
                names += [f"count {cell.name} {name}" for name in ("sentences", *counts)]
        return dict.fromkeys(names, 0.0)

    def counts(
        self, task: str, scores: Tensor, target: Tensor, sample: Mapping[str, Any]
    ) -> Dict[str, float]:
        """What the scores of the cells add up from, under names that tell cell and count."""
        kind, labels = TASKS.get(task), self.task.tables.labels.get(task, [])
        found: Dict[str, float] = defaultdict(float)
        predicted, right = scores.argmax(-1).tolist(), target.tolist()
        start = 0
        # in the order of `Task.collate`
        for cell, answers in zip(sample["cells"][task], sample["answers"][task]):
            rows = slice(start, start + answers)
            start += answers
            found[f"count {cell} sentences"] += 1
            for name, count in kind.count(predicted[rows], right[rows], labels).items():
                found[f"count {cell} {name}"] += count
        return found

    @staticmethod
    def logging_outputs_can_be_summed() -> bool:
        return True

    @classmethod
    def reduce_metrics(cls, logging_outputs: List[Mapping[str, Any]]) -> None:
        sums: Dict[str, float] = defaultdict(float)
        for logged in logging_outputs:
            for name, value in logged.items():
                sums[name] += value
        log_mean("loss", sums["loss"], sums["nsentences"])
        cells = set()
        for name, value in sums.items():
            kind, _, rest = name.partition(" ")
            if kind == "loss" and rest and sums[f"sentences {rest}"]:
                log_mean(f"{rest}_loss", value, sums[f"sentences {rest}"])
            elif kind == "count":
                cell = rest.partition(" ")[0]
                if sums[f"count {cell} sentences"]:
                    metrics.log_scalar_sum(f"_{name}", value)
                    cells.add(cell)
        for cell in cells:
            metrics.log_derived(cell, lambda meters, cell=cell: round(score_of(cell, meters), 2))
        if cells:
            metrics.log_derived("score", mean_score)


def log_mean(name: str, value: float, sentences: float) -> None:
    """Logs a loss, summed over sentences, in bits as fairseq does."""
    metrics.log_scalar(name, value / sentences / math.log(2), sentences, round=3)


def score_of(cell: str, meters: Mapping[str, Any]) -> float:
    """The score of a cell from the meters of its counts."""
    prefix = f"_count {cell} "
    counts = {
        name[len(prefix) :]: meter.sum for name, meter in meters.items() if name.startswith(prefix)
    }
    return TASKS.get(cell.partition(":")[0]).score(counts)


def mean_score(meters: Mapping[str, Any]) -> float:
    """The mean over cells, of those whose task has a score of its own if there are any."""
    cells = {name.split(" ")[1] for name in meters if name.startswith("_count ")}
    named = {cell for cell in cells if TASKS.get(cell.partition(":")[0]).metric}
    scores = [score_of(cell, meters) for cell in named or cells]
    return round(sum(scores) / len(scores), 2)
