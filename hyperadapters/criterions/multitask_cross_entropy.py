"""The training loss and the validation scores of cells (`--criterion multitask_cross_entropy`)."""

import logging
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import make_dataclass
from typing import Any

import torch
from fairseq import metrics
from fairseq.criterions import FairseqCriterion, register_criterion
from fairseq.dataclass import FairseqDataclass
from torch import Tensor

from ..multitask.all_tasks import TASKS, option_classes
from ..multitask.task import Task

logger = logging.getLogger(__name__)

NAME = "multitask_cross_entropy"
MultitaskCrossEntropyConfig = make_dataclass(
    "MultitaskCrossEntropyConfig", [],
    bases=(*option_classes("loss_options"), FairseqDataclass), namespace={"__module__": __name__},
)  # fmt: skip


# fairseq writes the name of the class into checkpoints and resumes from none with another name
@register_criterion(NAME, dataclass=MultitaskCrossEntropyConfig)
class CellsCriterion(FairseqCriterion):
    """The loss of each task, averaged over its predictions and then over sentences.

    So every sentence counts the same, whatever its task predicts of it, and only sampling weighs
    cells (Üstün et al. 2022). Validation reports the score of each cell and, as `score`, their mean.

    Args:
        cfg: the options of the tasks' losses.
        task: the fairseq task `hyperx`.
    """

    def __init__(self, cfg: Any, task: Any) -> None:
        super().__init__(task)
        self.cfg = cfg

    def forward(self, model, sample: Mapping[str, Any], reduce: bool = True):
        """Computes the loss of a batch.

        Args:
            model: the model.
            sample: a batch of `multitask.dataset.collate`.
        Returns:
            the loss summed over sentences, the number of sentences, and what is logged.
        """
        outputs = model(**sample["net_input"])
        loss = torch.zeros((), device=sample["id"].device)
        logged = self.zeros(validating=not model.training)
        logged.update({key: sample[key] for key in ("nsentences", "ntokens")})
        for name, gold in sample["target"].items():
            mean = TASKS.get(name).loss(outputs[name], gold, self.cfg)
            sentences = len(sample["cells"][name])
            loss = loss + mean * sentences
            logged[f"loss {name}"] = (mean.detach() * sentences).item()
            logged[f"sentences {name}"] = sentences
            if not model.training:
                logged.update(self.counts(TASKS.get(name), outputs[name], gold, sample))
        logged["loss"] = loss.item()
        return loss, sample["nsentences"], logged

    def zeros(self, validating: bool) -> dict[str, float]:
        """Zeros under all names that some batch logs: processes can add up like names only."""
        names = [
            f"{what} {task}" for task in self.task.tables.tasks for what in ("loss", "sentences")
        ]
        if validating:
            for cell in self.task.cells:
                counts = TASKS.get(cell.task).count([], [], self.labels(cell.task))
                names += [f"count {cell.name} {name}" for name in ("sentences", *counts)]
        return dict.fromkeys(names, 0.0)

    def labels(self, task: str) -> list[str]:
        """The label table of a task; empty if it has none."""
        return self.task.tables.labels.get(task, [])

    def counts(
        self, task: Task, output: Any, gold: Tensor, sample: Mapping[str, Any]
    ) -> dict[str, float]:
        """What the scores of the cells add up from, under names that tell cell and count.

        Args:
            task: the task.
            output: what its head returned.
            gold: its gold answers [N].
            sample: the batch.
        """
        counts: dict[str, float] = defaultdict(float)
        sizes, labels = sample["sizes"][task.name], self.labels(task.name)
        answers = gold.cpu().split(sizes)
        for cell, predicted, answer in zip(
            sample["cells"][task.name], task.decode(output, sizes), answers
        ):
            counts[f"count {cell} sentences"] += 1
            for name, count in task.count(predicted, answer.tolist(), labels).items():
                counts[f"count {cell} {name}"] += count
        return counts

    @staticmethod
    def logging_outputs_can_be_summed() -> bool:
        return True

    @classmethod
    def reduce_metrics(cls, logging_outputs: list[Mapping[str, Any]]) -> None:
        sums: dict[str, float] = defaultdict(float)
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


@register_criterion("cells", dataclass=MultitaskCrossEntropyConfig)
class FormerName(CellsCriterion):
    """The former name of the criterion on the command line."""

    @classmethod
    def build_criterion(cls, cfg: Any, task: Any) -> CellsCriterion:
        logger.warning(f"--criterion cells is now called {NAME}; the old name still works")
        return CellsCriterion.build_criterion(cfg, task)


def log_mean(name: str, value: float, sentences: float) -> None:
    """Logs a loss, summed over sentences, in bits as fairseq does."""
    metrics.log_scalar(name, value / sentences / math.log(2), sentences, round=3)


def task_of(cell: str) -> Task:
    """The task of a cell by its name."""
    return TASKS.get(cell.partition(":")[0])


def score_of(cell: str, meters: Mapping[str, Any]) -> float:
    """The score of a cell from the meters of its counts."""
    prefix = f"_count {cell} "
    counts = {
        name[len(prefix) :]: meter.sum for name, meter in meters.items() if name.startswith(prefix)
    }
    return task_of(cell).score(counts)


def mean_score(meters: Mapping[str, Any]) -> float:
    """The mean over cells, of those of averaged tasks if there are any."""
    cells = {name.split(" ")[1] for name in meters if name.startswith("_count ")}
    averaged = {cell for cell in cells if task_of(cell).is_averaged}
    scores = [score_of(cell, meters) for cell in averaged or cells]
    return round(sum(scores) / len(scores), 2)
