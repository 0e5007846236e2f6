"""How well a model does a cell once it is adapted to a few labelled sentences, over several draws of them."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from fairseq.utils import move_to_cuda
from scipy.stats import t as student
from tqdm import tqdm

from ..criterions.multitask_cross_entropy import CellsCriterion
from ..multitask.cells import Cell
from ..multitask.corpus import Corpus, read_corpus
from ..multitask.dataset import collate
from ..multitask.loading import read_cell
from ..multitask.pieces import tokenizer_beside
from ..reports.tables import PLAIN, format_table
from ..support.errors import UserError
from ..support.files import write_json, write_text
from ..support.resumable import steps_of
from ..training.freezing import backbone_rule, freeze
from ..training.meta_learning import InnerLoop, kept_weights
from .cells.options import Options
from .cells.plan import digest_files
from .cells.run import round_score, score_cell
from .cells.selection import Selection
from .cells.trained_model import TrainedModel

LEVEL = 0.95  # of confidence intervals


@dataclass(frozen=True)
class FewShot:
    """What is tried.

    Args:
        data: the folder of corpus.yaml.
        cells: see `Selection.select`.
        support: sentences of a support set.
        draws: how many support sets are drawn.
        inner: how the model is adapted.
        seed: of the draws.
        cpu: use the CPU even if a GPU is there.
    Raises:
        UserError: if one is out of range.
    """

    data: str
    cells: str
    support: int
    draws: int
    inner: InnerLoop
    seed: int = 1
    cpu: bool = False

    def __post_init__(self) -> None:
        for name in ("support", "draws"):
            if getattr(self, name) < 1:
                raise UserError(f"--{name} {getattr(self, name)}: give at least 1")


def try_few_shots(checkpoint: str, out: Path, choices: FewShot) -> list[dict[str, Any]]:
    """Adapts and evaluates; what is done already stays.

    Support sets are drawn from the training sentences of a cell or, where it has none, from its test
    sentences, which are then not tested on.

    Args:
        checkpoint: path of a checkpoint of `--task hyperx`.
        out: folder for `few_shot.json` and `few_shot.md`.
        choices: what is tried.
    Returns:
        for each cell the score without adaptation, those of all draws, their mean, and the half width
        of its 95 % confidence interval.
    Raises:
        UserError: naming what is unusable, before the first draw.
    """
    corpus = read_corpus(choices.data).with_tokenizer(tokenizer_beside(checkpoint))
    system = TrainedModel(checkpoint, corpus)
    if system.baked_cells is not None:
        raise UserError(f"{checkpoint} is baked: give the checkpoint that it was baked from")
    cells = Selection(system, corpus, "test").select(choices.cells)
    settings = {"checkpoint": checkpoint, **asdict(choices)}
    files = digest_files(corpus, "train", "test")
    inputs = {**settings, "weights": system.digest, "files": files}
    steps = steps_of(out, inputs)
    adaptation = Adaptation(system, corpus, choices)
    sentences = {cell.name: adaptation.sentences(cell) for cell in cells}
    rows = []
    for cell in tqdm(cells, desc="cells"):
        pool, test = sentences[cell.name]
        zero = partial(adaptation.score, cell, test)
        row = {"cell": cell.name, "zero_shot": steps.run(f"{cell.name} as it is", inputs, zero)}
        scores = [
            steps.run(f"{cell.name} draw {draw}", inputs,
                      partial(adaptation.adapted_score, cell, pool, test, draw))
            for draw in range(choices.draws)
        ]  # fmt: skip
        rows.append({**row, "scores": scores, **interval(scores)})
    write_json(out / "few_shot.json", {**settings, "cells": rows})
    write_text(out / "few_shot.md", f"{table(rows, choices)}\n")
    return rows


class Adaptation:
    """A model that is adapted to support sets.

    Args:
        system: the model's checkpoint.
        corpus: the files.
        choices: what is tried.
    """

    def __init__(self, system: TrainedModel, corpus: Corpus, choices: FewShot) -> None:
        self.system, self.corpus, self.choices = system, corpus, choices
        system.load(Options(cpu=choices.cpu))
        config = system.checkpoint.config
        if config.freeze_backbone:
            freeze(system.model, backbone_rule(config))
        self.criterion = CellsCriterion(system.loss_options, system.task)

    def sentences(self, cell: Cell) -> tuple[list[Any] | None, list[Any]]:
        """What support sets are drawn from, None for the test sentences, and the test sentences.

        Raises:
            UserError: if there are too few.
        """
        test = read_cell(cell, self.corpus, "test")
        has_training = "train" in self.corpus.files[cell.name]
        pool = read_cell(cell, self.corpus, "train") if has_training else None
        if len(test if pool is None else pool) <= self.choices.support - (pool is not None):
            raise UserError(
                f"--support {self.choices.support}: {cell.name} has not so many sentences"
            )
        return pool, test

    def adapted_score(
        self, cell: Cell, pool: list[Any] | None, test: list[Any], draw: int
    ) -> float:
        """The score after adaptation to a support set.

        Args:
            cell: the cell.
            pool: what the set is drawn from; None for the test sentences, the rest of which is tested.
            test: the test sentences.
            draw: the number of the draw.
        """
        rng = random.Random(f"{self.choices.seed} {cell.name} {draw}")
        places = rng.sample(range(len(test if pool is None else pool)), self.choices.support)
        support = [(test if pool is None else pool)[place] for place in places]
        if pool is None:
            test = [sentence for place, sentence in enumerate(test) if place not in set(places)]
        model = self.system.model
        dataset = self.system.task.make_dataset(cell, support)
        batch = collate([dataset[row] for row in range(len(dataset))])
        if next(model.parameters()).is_cuda:
            batch = move_to_cuda(batch)
        torch.manual_seed(draw)  # of dropout
        with kept_weights(model):
            self.choices.inner.adapt(model.train(), self.criterion, batch)
            return self.score(cell, test)

    def score(self, cell: Cell, test: Sequence[Any]) -> float:
        """The score of the model as it is."""
        self.system.model.eval()
        result, _ = self.system.predict(cell, test)
        return score_cell(cell, result, self.system.task_options)["score"]


def interval(scores: Sequence[float]) -> dict[str, float | None]:
    """Mean of scores and the half width of its confidence interval (Student's t), None of one score."""
    if len(scores) < 2:
        return {"mean": scores[0], "half_width": None}
    quantile = student.ppf((1 + LEVEL) / 2, len(scores) - 1)
    half = float(quantile) * stdev(scores) / len(scores) ** 0.5
    return {"mean": round_score(mean(scores)), "half_width": round_score(half)}


def table(rows: Sequence[dict[str, Any]], choices: FewShot) -> str:
    """The scores as a text table."""
    cells = [
        [row["cell"], f"{row['zero_shot']:.1f}",
         f"{row['mean']:.1f}" + ("" if row["half_width"] is None else f" ± {row['half_width']:.1f}")]
        for row in rows
    ]  # fmt: skip
    heads = ["cell", "as it is", f"with {choices.support} sentences"]
    note = f"mean of {choices.draws} draws and its {LEVEL:.0%} confidence interval"
    return f"{format_table(cells, heads, form=PLAIN)}\n\n{note}"
