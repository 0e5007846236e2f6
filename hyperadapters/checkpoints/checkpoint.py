"""A checkpoint, opened once and used by everything that needs something of it."""

from argparse import Namespace
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from fairseq import checkpoint_utils
from fairseq.tasks import TASK_REGISTRY
from omegaconf import OmegaConf
from torch import Tensor, nn

from .. import register
from ..adapter_configuration import build_adapters
from ..configuration import (
    AdapterTransformerConfig,
    defaults,
    has_adapters,
)
from ..multitask.cells import Cell, directions_of
from ..multitask.configuration import HyperXEncoderConfig, Tables
from ..sources import (
    AdapterSet,
    AdapterSource,
    SourceGroup,
    condition_ids,
    condition_of,
    condition_sides,
)
from ..sources.baked import generate
from ..support.errors import UserError
from ..support.languages import Languages
from ..training.freezing import ADAPTER_PREFIX
from . import cells_metadata
from .frozen_weights import load
from .loading import first_line, settings
from .weights import weights_of


class Checkpoint:
    """A checkpoint of translation (`--task multilingual_adapter_translation`) or of cells (`--task
    hyperx`), trained or baked.

    The file is read when something of it is first asked for, and only once.

    Args:
        path: the file.
    """

    def __init__(self, path: str | Path) -> None:
        register()
        self.path = str(path)

    @cached_property
    def state(self) -> dict[str, Any]:
        """All that the file holds.

        Raises:
            UserError: if there is no such file, or it is no checkpoint, or needs more than plain data.
        """
        return load(self.path)

    def section(self, name: str) -> dict[str, Any]:
        """A section ("task", "model", "common", ...) of the stored configuration."""
        return settings(self.state, name)

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """What its task recorded of its data, see `task_metadata` and `cells_metadata`."""
        return self.state.get("task_state") or {}

    @property
    def has_cells(self) -> bool:
        """Whether it was trained on cells."""
        return all(name in self.metadata for name in cells_metadata.NAMES)

    @cached_property
    def config(self) -> Namespace:
        """The complete model configuration; options younger than the checkpoint have their defaults."""
        options = HyperXEncoderConfig if self.has_cells else AdapterTransformerConfig
        return Namespace(**{**vars(defaults(options)), **self.section("model")})

    @cached_property
    def languages(self) -> Languages:
        """The language table."""
        return Languages(self.config.languages.split(","))

    @property
    def tables(self) -> Tables:
        """Languages, tasks and labels of a checkpoint of cells."""
        names = ("languages", "tasks", "labels")
        return Tables(*(self.metadata[name] for name in names), directions_of(self.cells))

    @property
    def training_sentences(self) -> dict[str, int | None]:
        """The number of training sentences of each trained cell; None if the checkpoint lacks it."""
        return dict(self.metadata["cells"])

    @property
    def cells(self) -> list[Cell]:
        """The trained cells."""
        return [Cell.from_name(name, n) for name, n in self.training_sentences.items()]

    @property
    def trained_directions(self) -> list[str]:
        """The directions that it was trained on, also if it was baked since."""
        stored = self.section("model")
        trained = stored.get("trained_directions")
        if not trained and stored.get("adapter_source") == "baked":
            trained = self.section("task").get("lang_pairs")
        trained = trained or stored.get("directions") or ""
        return trained.split(",") if isinstance(trained, str) else list(trained)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The model's weights by name, on the CPU."""
        return weights_of(self.state["model"])

    def require_cells(self) -> "Checkpoint":
        """Returns the checkpoint itself.

        Raises:
            UserError: if it was not trained on cells.
        """
        if not self.has_cells:
            raise UserError(
                f"{self.path} was not trained with --task hyperx: of a model that only translates use "
                "`hyperadapters evaluate`"
            )
        return self

    def require_translation(self) -> "Checkpoint":
        """Returns the checkpoint itself.

        Raises:
            UserError: if it was not trained on pairs of languages with one of our models.
        """
        if not has_adapters(self.config) or not self.config.languages:
            raise UserError(
                f"{self.path} was not trained with --task multilingual_adapter_translation and --arch "
                "adapter_transformer: a stock Transformer can be given to fairseq-train as --init-from"
            )
        return self

    def require_adapters(self) -> "Checkpoint":
        """Returns the checkpoint itself.

        Raises:
            UserError: if it is none of ours or has no adapters.
        """
        is_ours = self.has_cells or has_adapters(self.config)
        if not is_ours or self.config.adapter_source == "none":
            raise UserError(
                f"{self.path} has no adapters: give a checkpoint that was trained with "
                "--arch adapter_transformer and an --adapter-source other than none"
            )
        return self

    def task(self, data: Any) -> Any:
        """The fairseq task that it was trained with, set up to predict on other data.

        Args:
            data: of translation, the data folder; of cells, the corpus.
        Raises:
            UserError: if the data do not go with the checkpoint.
        """
        name = "hyperx" if self.has_cells else "multilingual_adapter_translation"
        return TASK_REGISTRY[name].from_checkpoint(self, data)

    def model(self, task: Any) -> nn.Module:
        """The model with its trained weights, set to evaluation.

        Args:
            task: see `task`.
        Raises:
            UserError: if the checkpoint does not fit the task.
        """
        state = {**self.state, "model": dict(self.state["model"])}  # which fairseq changes
        if state.get("cfg") is not None:
            sections = {"model": self.section("model")}
            state["cfg"] = OmegaConf.create(sections, flags={"allow_objects": True})
        models, _ = checkpoint_utils.load_model_ensemble([self.path], task=task, state=state)
        return models[0].eval()

    def ids(self, condition: Mapping[str, str]) -> dict[str, int]:
        """The ids of a condition by condition input.

        Raises:
            UserError: for an unknown language or task.
        """
        tasks = self.metadata["tasks"] if self.has_cells else ()
        return condition_ids(condition, {"languages": self.languages.codes, "tasks": tasks})

    def adapter_tensors(self) -> dict[str, Tensor]:
        """The tensors of the adapter source, by their names within it."""
        return {
            name.removeprefix(ADAPTER_PREFIX): tensor
            for name, tensor in self.state["model"].items()
            if name.startswith(ADAPTER_PREFIX)
        }

    @cached_property
    def adapters(self) -> AdapterSource | SourceGroup:
        """The adapter sources in single precision, as generation on a CPU loads them.

        Raises:
            UserError: if their tensors do not fit the configuration.
        """
        try:
            return adapters_with(self.adapter_tensors(), vars(self.config)).float()
        except UserError as error:
            raise UserError(f"{self.path}: {error}: the checkpoint is damaged") from error

    @property
    def precision(self) -> torch.dtype:
        """The data type of the stored adapters, or of what generates them."""
        return next(iter(self.adapter_tensors().values())).dtype

    def adapter_set(self, name: str) -> AdapterSet:
        """The adapters of one condition as plain weights in the checkpoint's precision.

        Args:
            name: the direction or the cell.
        Raises:
            UserError: if there are none.
        """
        condition = condition_of(name)
        parts = generate(self.adapters, self.ids(condition), condition_sides(condition))
        return AdapterSet(condition, parts).to(self.precision)


def adapters_with(
    tensors: Mapping[str, Tensor], config: Mapping[str, Any]
) -> AdapterSource | SourceGroup:
    """The adapter sources of a model configuration with given tensors.

    Args:
        tensors: the tensors by their names within the source.
        config: a complete model configuration.
    Raises:
        UserError: if they do not fit each other.
    """
    with torch.device("meta"):  # shapes without memory or start values
        adapters = build_adapters(Namespace(**{**config, "adapter_start": "published"}))
    try:
        adapters.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        raise UserError(
            f"its adapters do not fit its configuration ({first_line(error)})"
        ) from error
    return adapters
