"""A checkpoint of `--task hyperx` as an evaluated system."""

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import torch

from ...adapter_configuration import source_configs
from ...checkpoints.checkpoint import Checkpoint
from ...checkpoints.facts import digest, facts
from ...criterions.multitask_cross_entropy import MultitaskCrossEntropyConfig
from ...multitask.all_tasks import TASKS
from ...multitask.cells import Cell
from ...multitask.corpus import Corpus
from ...multitask.task import CellResult, EncodingReport
from ...support.errors import format_list
from .options import Options
from .predictor import CellPredictor
from .system import System


class TrainedModel(System):
    """A trained model.

    Args:
        path: path of its checkpoint.
        corpus: the files.
    Raises:
        UserError: if the checkpoint is of another task or has another dictionary.
    """

    noun = "the checkpoint"

    def __init__(self, path: str, corpus: Corpus) -> None:
        self.checkpoint = Checkpoint(path).require_cells()
        self.task = self.checkpoint.task(corpus)
        self.digest = digest(self.checkpoint)
        self.tables = self.checkpoint.tables
        self.training_sentences = self.checkpoint.training_sentences
        self.task_options = self.task.cfg
        baked = self.checkpoint.config.baked_cells
        self.baked_cells = baked.split(",") if baked else None

    @property
    def loss_options(self) -> Namespace:
        """The settings of the criterion that it was trained with; newer ones have their defaults."""
        settings = self.checkpoint.section("criterion")
        return Namespace(**{**vars(MultitaskCrossEntropyConfig()), **settings})

    def load(self, options: Options) -> None:
        model = self.checkpoint.model(self.task)
        if torch.cuda.is_available() and not options.cpu:
            model = model.cuda()
        self.model, self.options = model, options

    def predictor(self, cell: Cell, sentences: Sequence[Any]) -> CellPredictor:
        """Encodes the sentences of a cell, for its task to predict, after `load`."""
        return CellPredictor(
            self.task, self.model, self.task.make_dataset(cell, sentences), self.options
        )

    def predict(self, cell: Cell, sentences: Sequence[Any]) -> tuple[CellResult, EncodingReport]:
        predictor = self.predictor(cell, sentences)
        return TASKS.get(cell.task).evaluate(sentences, predictor), predictor.dataset.report

    def facts(self, name: str | None) -> dict[str, Any]:
        """Returns the facts of the checkpoint, which by default is called as its folder."""
        return facts(self.checkpoint, name)

    def inputs(self) -> set[str]:
        """The condition inputs that adapters of the encoder depend on."""
        configs = source_configs(self.checkpoint.config).values()
        return {name for config in configs for name in config.inputs["encoder"]}

    def remarks(self, cells: Sequence[Cell]) -> list[str]:
        """Returns a remark on languages that no trained cell has, if adapters depend on them."""
        trained = {code for cell in self.checkpoint.cells for code in cell.direction}
        unseen = {code for cell in cells for code in cell.direction} - trained
        if not unseen or not {"src", "tgt"} & self.inputs():
            return []
        return [
            f"no trained cell is in {format_list(sorted(unseen))}: what the adapters know of these languages "
            "is as it was before training"
        ]
