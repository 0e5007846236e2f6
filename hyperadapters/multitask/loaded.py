"""A trained model of cells with its task, from a checkpoint and without training data."""

from argparse import Namespace
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional

from fairseq import checkpoint_utils
from torch import nn

from .. import register
from ..checkpoints import load, settings
from ..configuration import defaults
from ..errors import UserError
from ..tasks.hyperx import HyperXTask, HyperXTaskConfig
from .cells import Cell
from .configuration import HyperXEncoderConfig, Tables
from .corpus import Corpus
from .pieces import Format, load_dictionary

register()

RECORDED = ("languages", "tasks", "labels", "dictionary", "format", "cells")
SEED = 1  # of what an evaluation draws, whatever the seed of the training


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint of `--task hyperx` says of itself.

    Args:
        path: where it lies.
        state: what it holds.
        recorded: see `record.record`.
    """

    path: str
    state: Mapping[str, Any]
    recorded: Mapping[str, Any]

    @classmethod
    def read(cls, path: str) -> "Checkpoint":
        """Raises:
        UserError: if it was trained with another task.
        """
        state = load(path)
        recorded = state.get("task_state") or {}
        if any(name not in recorded for name in RECORDED):
            raise UserError(
                f"{path} was not trained with --task hyperx: of a model that only translates use "
                "`hyperadapters evaluate`"
            )
        return cls(path, state, recorded)

    @property
    def tables(self) -> Tables:
        """Languages, tasks and labels."""
        directions = [cell.language for cell in self.cells if cell.task == "translation"]
        languages, tasks, labels = (
            self.recorded[name] for name in ("languages", "tasks", "labels")
        )
        return Tables(languages, tasks, labels, directions)

    @property
    def cells(self) -> List[Cell]:
        """The trained cells with the numbers of their training sentences, where it tells."""
        return [Cell(*name.split(":", 1), n) for name, n in self.recorded["cells"].items()]

    @property
    def training_sentences(self) -> Dict[str, Optional[int]]:
        """The number of training sentences of each trained cell; None if it does not tell."""
        return dict(self.recorded["cells"])

    @property
    def settings(self) -> Namespace:
        """Its complete model configuration."""
        return Namespace(**{**vars(defaults(HyperXEncoderConfig)), **settings(self.state, "model")})

    def task(self, corpus: Corpus) -> HyperXTask:
        """The task that it was trained for, on other files.

        Raises:
            UserError: if the dictionary is not the one that it was trained with.
        """
        form = self.recorded["format"]
        cfg = Namespace(
            **{
                **vars(HyperXTaskConfig()), **settings(self.state, "task"),
                "data": str(corpus.file.parent), "seed": SEED, "init_from": None,
                # a model that was continued has them from where it started
                "encoder_langtok": form["encoder_langtok"], "lang_tok_style": form["lang_tok_style"],
            }
        )  # fmt: skip
        dictionary = load_dictionary(
            corpus.dictionary,
            self.recorded["languages"] if form["encoder_langtok"] else (),
            form["lang_tok_style"],
        )
        task = HyperXTask(
            cfg, corpus, dictionary, self.cells, self.tables, Format(form["bos"], form["limit"])
        )
        task.load_state_dict(self.recorded)
        return task

    def model(self, task: HyperXTask) -> nn.Module:
        """The model with its trained weights, set to evaluation."""
        models, _ = checkpoint_utils.load_model_ensemble([str(self.path)], task=task)
        return models[0].eval()
