"""The interface of a pretrained model: what training that starts from it takes over."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch
from fairseq.data import Dictionary
from omegaconf import DictConfig
from torch import Tensor, nn

from ..checkpoints.checkpoint import Checkpoint
from ..configuration import ARCHITECTURE
from ..multitask.all_tasks import decoder_task
from ..multitask.cells import Cell
from ..multitask.configuration import Tables
from ..multitask.pieces import tokenizer_beside
from ..support.errors import UserError
from ..support.registry import Registry
from ..training.freezing import DECODER, is_adapter, is_backbone
from .weights import BY_SYMBOL, EMBEDDINGS, copy_tensors, with_rows_of

logger = logging.getLogger(__name__)

HYPERX = "hyperx"
TRANSLATION = "multilingual_adapter_translation"
DECODER_EMBEDDINGS = ("embed_tokens.weight", "output_projection.weight")
POSITIONS = ("max_source_positions", "max_target_positions")


@dataclass(frozen=True)
class Training:
    """What is to be trained.

    Args:
        cells: the cells.
        tables: languages, tasks and labels.
        dictionary: the dictionary, with language tokens and `<mask>`.
        dictionary_file: the file that it comes from.
    """

    cells: Sequence[Cell]
    tables: Tables
    dictionary: Dictionary
    dictionary_file: Path


@dataclass
class Pretrained(ABC):
    """A pretrained model that training starts from.

    A format translates what it reads into our terms: the Transformer's options, the names of the
    tensors of `--arch hyperx_encoder` (of which those of `decoder.` begin with `training.freezing.DECODER`),
    the symbols that rows of the embeddings stand for, and how a sentence begins.

    Attributes:
        title: what messages call it.
        example: what to give as --init-from, for messages.
        tasks: the tasks of fairseq that can start from it.
        refusal: why the others cannot, and what to give.
        is_folder: whether it is a folder, else a checkpoint of fairseq.

    Args:
        path: the file or folder.
        options: the options of its model under the names of the Transformer's.
        tensors: its tensors under the names of ours.
        bos: whether its sentences begin with `<s>`.
        cells: the cells that it was trained with, with the number of sentences, None for all.
        source: the adapter source that is taken over; None if it has no adapters that are.
    """

    title: ClassVar[str]
    example: ClassVar[str]
    tasks: ClassVar[tuple[str, ...]] = (HYPERX,)
    refusal: ClassVar[str] = (
        "it has no decoder: give a checkpoint of --arch transformer or one of its presets"
    )
    is_folder: ClassVar[bool] = False

    path: str
    options: dict[str, Any]
    tensors: dict[str, Tensor]
    bos: bool = False
    cells: dict[str, int | None] = field(default_factory=dict)
    source: str | None = None

    @classmethod
    @abstractmethod
    def recognises(cls, checkpoint: Checkpoint) -> bool:
        """Whether a checkpoint, or a folder of which only the path is known, is of this format."""

    @abstractmethod
    def symbols(self, training: Training) -> list[str]:
        """The symbol of each of its embeddings.

        Raises:
            UserError: if the corpus has a dictionary that does not go with them.
        """

    @property
    def has_decoder(self) -> bool:
        """Whether it translates."""
        return any(name.startswith(DECODER + "layers.") for name in self.tensors)

    @property
    def tokenizer(self) -> Path | None:
        """The tokenizer that came with it, if one did; its pieces are the dictionary."""
        return tokenizer_beside(self.path)

    def extend_tables(self, tables: Tables) -> Tables:
        """Its tables followed by what a training adds.

        Args:
            tables: those of the training.
        Raises:
            UserError: if it cannot be added.
        """
        return tables

    def new_languages(self, cells: Sequence[Cell]) -> list[str]:
        """The languages of cells that it has never seen."""
        return []

    def take_input_format(self, options: Any) -> None:
        """Sets the options of a task of cells that decide what the model's input means.

        Raises:
            UserError: if the user gave others.
        """
        return None

    def take_translation_format(self, args: Any) -> None:
        """Sets languages, in their order, and the settings of their tokens in a task of translation.

        Raises:
            UserError: if the user gave others.
        """
        return None

    def take_options(self, cfg: DictConfig) -> None:
        """Sets a model configuration to its architecture, and logs what changes."""
        learned = (self.options.get(f"{side}_learned_pos") for side in ("encoder", "decoder"))
        for name in (*ARCHITECTURE, *(POSITIONS if any(learned) else ())):
            if name in self.options:
                self.take(cfg, name, self.options[name])
        eps = self.options.get("layer_norm_eps")
        if eps not in (None, cfg.get("layer_norm_eps")):
            logger.info(f"epsilon {eps} of LayerNorms taken from {self.path}")
            cfg.layer_norm_eps = eps

    def take(self, cfg: DictConfig, name: str, value: Any) -> None:
        """Sets an option, and logs it if it was another."""
        previous = cfg.get(name)
        if previous != value:
            option = name.replace("_", "-")
            was = "" if previous is None else f" (was {previous})"
            logger.info(f"--{option} {value} taken from {self.path}{was}")
            cfg[name] = value

    @property
    def trained_directions(self) -> list[str]:
        """The directions of translation that its adapters were trained with."""
        return []

    def load_translation(self, model: nn.Module, like: str | None) -> None:
        """Copies encoder and decoder into a model of --arch adapter_transformer.

        Args:
            model: the model, built with its options; its adapters keep their start values.
            like: the language whose weights new languages start with, if one is named.
        Raises:
            UserError: naming everything that does not fit, before anything is copied.
        """
        self.refuse_like(like)
        copy_tensors(model, self.translation_tensors(model), self.path, may_lack=is_adapter)

    def translation_tensors(self, model: nn.Module) -> dict[str, Tensor]:
        """Encoder and decoder under the names of --arch adapter_transformer."""
        return {
            "decoder." + name.removeprefix(DECODER) if name.startswith(DECODER) else name: tensor
            for name, tensor in self.tensors_for(model.decoder.dictionary).items()
        }

    def tensors_for(self, dictionary: Dictionary) -> dict[str, Tensor]:
        """Its tensors with a row for each entry of the dictionary of a task of translation.

        Raises:
            UserError: if it has not the embeddings of that dictionary.
        """
        stored = self.tensors.get(DECODER + "embed_tokens.weight", self.tensors.get(EMBEDDINGS))
        if stored is not None and len(stored) != len(dictionary):
            raise UserError(
                f"--init-from {self.path}: it has {len(stored)} embeddings but the dictionary (with "
                f"its language tokens) has {len(dictionary)} entries: use the dictionary, --langs and "
                "--lang-tok-style it was trained with (--langtoks-specs '' if it had no language "
                "tokens)"
            )
        return self.tensors

    def load_multitask(self, model: nn.Module, training: Training, like: str | None) -> None:
        """Copies the backbone into a model of --arch hyperx_encoder.

        Args:
            model: the model, built with its options; adapters, heads, and a decoder that it lacks
                keep their start values.
            training: what is to be trained.
            like: the language whose weights new languages start with, if one is named.
        Raises:
            UserError: naming what does not fit, before anything is copied.
        """
        self.refuse_like(like)
        tensors = with_rows_of(training.dictionary, self.tensors, self.symbols(training))
        if decoder_task(training.tables.tasks):
            self.check_shared(tensors)
        for name in BY_SYMBOL:
            if name.endswith("weight"):
                tensors[name] = tensors[EMBEDDINGS]
        copy_tensors(model, tensors, self.path, self.may_lack)

    def may_lack(self, name: str) -> bool:
        """Whether a tensor of a model with tasks keeps its start values if this has none for it."""
        return not is_backbone(name) or name.startswith(DECODER) and not self.has_decoder

    def refuse_like(self, like: str | None) -> None:
        """Raises:
        UserError: if new languages are to start like another and there is nothing to copy.
        """
        if like is not None:
            raise UserError(
                f"--new-language-like {like}: {self.path} has no adapters of a language; leave it out"
            )

    def check_shared(self, tensors: Mapping[str, Tensor]) -> None:
        """Raises:
        UserError: if the decoder has embeddings of its own, which that of cells has not.
        """
        for name in DECODER_EMBEDDINGS:
            rows = tensors.get(DECODER + name)
            if rows is not None and not torch.equal(rows, tensors[EMBEDDINGS]):
                raise UserError(
                    f"--init-from {self.path}: its decoder has embeddings of its own, so that it "
                    "cannot serve for translation cells: give a model trained with "
                    "--share-all-embeddings, or leave out translation"
                )


FORMATS: Registry[type[Pretrained]] = Registry("pretrained format")
