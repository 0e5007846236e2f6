"""Our own models with tasks, which are trained on: with few sentences, more languages or more tasks."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from omegaconf import DictConfig
from torch import nn

from ..checkpoints.checkpoint import Checkpoint
from ..checkpoints.task_metadata import dictionary_fingerprint
from ..multitask.all_tasks import decoder_task
from ..multitask.cells import Cell
from ..multitask.configuration import Tables
from ..multitask.pieces import load_dictionary
from ..support.errors import Problems, UserError, format_list
from ..support.languages import Languages
from ..training.freezing import ADAPTER_PREFIX, HEADS, is_adapter
from .base import FORMATS, Training
from .weights import copy_tensors, with_rows_of
from .with_adapters import CONDITIONS, WithAdapters, union

logger = logging.getLogger(__name__)


@FORMATS.register("multitask")
class Multitask(WithAdapters):
    """A checkpoint of `--task hyperx`. Its languages, tasks and labels come first.

    Args:
        checkpoint: the checkpoint.
    """

    title = "a model of --task hyperx"
    example = "one of --task hyperx"
    refusal = (
        "it belongs to --task hyperx: give a checkpoint of --arch transformer or one of its presets"
    )

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.metadata = checkpoint.metadata
        super().__init__(
            checkpoint.path, vars(checkpoint.config), dict(checkpoint.state["model"]),
            self.metadata["format"]["bos"], dict(self.metadata["cells"]),
        )  # fmt: skip
        source = self.options["adapter_source"]
        self.source = None if source == "none" else source

    @classmethod
    def recognises(cls, checkpoint: Checkpoint) -> bool:
        return checkpoint.has_cells

    def extend_tables(self, tables: Tables) -> Tables:
        labels, problems = dict(self.metadata["labels"]), Problems()
        for task, task_labels in tables.labels.items():
            new = [
                label for label in task_labels if label not in labels.setdefault(task, task_labels)
            ]
            if new:
                problems.add(
                    f"{task}: the training sentences have labels that {self.path} does not know: "
                    f"{format_list(new)}; it knows {format_list(labels[task])}"
                )
        problems.raise_if_any()
        directions = (self.options.get("directions") or "").split(",")
        return Tables(
            union(self.metadata["languages"], tables.languages),
            union(self.metadata["tasks"], tables.tasks),
            labels,
            union(filter(None, directions), tables.directions),
        )

    def take_input_format(self, options: Any) -> None:
        if decoder_task(self.metadata["tasks"]):
            for name in ("encoder_langtok", "lang_tok_style"):
                self.take(options, name, self.metadata["format"][name])

    def take_options(self, cfg: DictConfig) -> None:
        super().take_options(cfg)
        if self.source is None:
            if cfg.adapter_source != "none":
                logger.info(
                    f"{self.path} has no adapters: --adapter-source {cfg.adapter_source} adds some"
                )
            return
        with_decoder = decoder_task(self.metadata["tasks"])
        self.take_adapter_options(cfg, CONDITIONS if with_decoder else CONDITIONS[:1])

    def trained_languages(self) -> list[str]:
        trained = languages_of(self.cells)
        return [code for code in self.metadata["languages"] if code in trained]

    def new_languages(self, cells: Sequence[Cell]) -> list[str]:
        trained = self.trained_languages()
        return [code for code in languages_of([cell.name for cell in cells]) if code not in trained]

    def load_multitask(self, model: nn.Module, training: Training, like: str | None) -> None:
        tensors = with_rows_of(training.dictionary, self.tensors, self.symbols(training))
        if self.has_decoder:
            self.check_shared(tensors)
        if self.source is None:
            self.refuse_like(like)
        else:
            adapters = {
                name.removeprefix(ADAPTER_PREFIX): tensor
                for name, tensor in tensors.items()
                if name.startswith(ADAPTER_PREFIX)
            }
            table, new = Languages(training.tables.languages), self.new_languages(training.cells)
            previous = self.previous_source(adapters, table, new, like)
            for name, tensor in model.encoder.adapters.grow_from(previous).items():
                tensors[ADAPTER_PREFIX + name] = tensor
        copy_tensors(model, tensors, self.path, self.may_lack)

    def may_lack(self, name: str) -> bool:
        """Whether it is of the head of a new task, or of adapters if it has none."""
        if name.startswith(HEADS):
            return name.split(".")[1] not in self.metadata["tasks"]
        return is_adapter(name) and self.source is None

    def symbols(self, training: Training) -> list[str]:
        form, file = self.metadata["format"], training.dictionary_file
        with_tokens = self.metadata["languages"] if form["encoder_langtok"] else ()
        dictionary = load_dictionary(file, with_tokens, form["lang_tok_style"])
        if dictionary_fingerprint(dictionary) != self.metadata["dictionary"]["sha256"]:
            raise UserError(
                f"--init-from {self.path}: {file} is not the dictionary that it was trained with "
                f"({self.metadata['dictionary']['size']} entries with those that training adds, here "
                f"{len(dictionary)}): name its dictionary and sentencepiece model in corpus.yaml"
            )
        return dictionary.symbols


def languages_of(cells: Sequence[str]) -> list[str]:
    """The languages of cells by their names; of translation, those of both sides."""
    return list(dict.fromkeys(code for name in cells for code in Cell.from_name(name).direction))


def merge_cells(earlier: Mapping[str, int | None], cells: Sequence[Cell]) -> dict[str, int | None]:
    """All trained cells with the number of their sentences, None for all.

    Args:
        earlier: those of the checkpoint that training started from.
        cells: those that are trained now.
    """
    merged = dict(earlier)
    for cell in cells:
        counts = (merged.get(cell.name, 0), cell.sentences)
        merged[cell.name] = None if None in counts else max(counts)
    return merged
