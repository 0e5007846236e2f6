"""What training can start from, given as --init-from: the interface of such checkpoints."""

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

import torch
from fairseq.data import Dictionary
from omegaconf import DictConfig
from torch import Tensor, nn

from ..checkpoints import NOT_ARCHITECTURE, flat_fields
from ..errors import Problems, UserError
from .cells import Cell
from .configuration import Tables

logger = logging.getLogger(__name__)

EMBEDDINGS = "encoder.embed_tokens.weight"
# tensors with a row for each symbol of the dictionary
BY_SYMBOL = (
    EMBEDDINGS, "heads.translation.embed_tokens.weight", "heads.translation.output_projection.weight",
    "heads.mlm.weight", "heads.mlm.bias",
)  # fmt: skip
# ours always are
SHARED = ("share_all_embeddings", "share_decoder_input_output_embed")
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
    dictionary_file: Any


@dataclass
class Start(ABC):
    """A checkpoint that training starts from.

    Args:
        path: the file.
        options: the options of its model under the names of the Transformer's.
        tensors: its tensors under the names of ours.
        bos: whether its sentences begin with `<s>`.
        cells: the cells that it was trained with, with the number of sentences, None for all.
        source: the adapter source that is taken over; None if it has no adapters that are.
    """

    path: str
    options: Dict[str, Any]
    tensors: Dict[str, Tensor]
    bos: bool = False
    cells: Dict[str, Optional[int]] = field(default_factory=dict)
    source: Optional[str] = None

    @property
    def has_decoder(self) -> bool:
        """Whether it translates."""
        return any(name.startswith("heads.translation.layers.") for name in self.tensors)

    def grown(self, own: Tables) -> Tables:
        """The tables of the checkpoint and, after them, what a training adds.

        Raises:
            UserError: if it cannot be added.
        """
        return own

    def take_format(self, options: Any) -> None:
        """Sets the options of the fairseq task that decide what the model's input means."""
        return None

    def new_languages(self, cells: Sequence[Cell]) -> List[str]:
        """The languages of cells that it has never seen."""
        return []

    def take_options(self, cfg: DictConfig) -> None:
        """Sets a model configuration to the checkpoint's architecture, saying what changes."""
        names = [name for name in flat_fields() if name not in (*NOT_ARCHITECTURE, *SHARED)]
        for name in [*names, *POSITIONS]:
            if name in self.options:
                self.take(cfg, name, self.options[name])

    def take(self, cfg: DictConfig, name: str, value: Any) -> None:
        """Sets an option, saying so if it was another."""
        if cfg.get(name) == value:
            return
        if cfg.get(name) is not None:
            option = name.replace("_", "-")
            logger.info(f"--{option} {value} taken from {self.path} (was {cfg.get(name)})")
        cfg[name] = value

    @abstractmethod
    def load_into(self, model: nn.Module, training: Training, like: Optional[str]) -> None:
        """Copies its weights into a model; what it lacks keeps its start values.

        Args:
            model: the model, built with its options.
            training: what is to be trained.
            like: the language whose weights new languages start with, if one is named.
        Raises:
            UserError: naming what does not fit, before anything is copied.
        """

    def refuse_like(self, like: Optional[str]) -> None:
        """Raises:
        UserError: if new languages are to start like another and there is nothing to copy.
        """
        if like is not None:
            raise UserError(
                f"--new-language-like {like}: {self.path} has no adapters of a language; leave it out"
            )

    def check_shared(self, tensors: Mapping[str, Tensor]) -> None:
        """Raises:
        UserError: if the decoder has embeddings of its own, which ours has not.
        """
        for name in BY_SYMBOL[1:3]:
            if name in tensors and not torch.equal(tensors[name], tensors[EMBEDDINGS]):
                raise UserError(
                    f"--init-from {self.path}: its decoder has embeddings of its own, so that it "
                    "cannot serve for translation cells: give a model trained with "
                    "--share-all-embeddings, or leave out translation"
                )

    def copy(
        self, model: nn.Module, tensors: Mapping[str, Tensor], may_lack: Callable[[str], bool]
    ) -> None:
        """Copies named tensors into a model.

        Args:
            model: the model.
            tensors: the tensors under the model's names.
            may_lack: whether a tensor of the model may keep its start values.
        Raises:
            UserError: naming everything that does not fit, before anything is copied.
        """
        problems, kept = Problems(), {}
        for name, own in model.state_dict().items():
            if name.endswith(("_extra_state", "version", "_float_tensor")):
                continue
            stored = tensors.get(name)
            if stored is None:
                if not may_lack(name):
                    problems.add(f"{name} is missing")
            elif stored.shape != own.shape:
                problems.add(f"{name} is {tuple(stored.shape)}, not {tuple(own.shape)}")
            else:
                kept[name] = stored
        if problems.found:
            shown = "; ".join(problems.found[:5])
            raise UserError(
                f"--init-from {self.path} does not fit ({len(problems.found)} tensors: {shown})"
            )
        nn.Module.load_state_dict(model, kept, strict=False)
        logger.info(f"loaded {len(kept)} tensors from {self.path}")

    def by_symbol(self, symbols: Sequence[str], dictionary: Dictionary) -> Dict[str, Tensor]:
        """Its tensors, those with a row a symbol in the order of another dictionary.

        An embedding that it lacks, such as that of a new language's token, is the mean of all.

        Args:
            symbols: the symbols of its rows.
            dictionary: the other dictionary.
        """
        if list(symbols) == dictionary.symbols:
            return dict(self.tensors)
        place = {symbol: number for number, symbol in enumerate(symbols)}
        found = dict(self.tensors)
        for name in BY_SYMBOL:
            if name in found:
                rows = found[name]
                mean = rows.float().mean(0).to(rows.dtype)
                found[name] = torch.stack(
                    [rows[place[one]] if one in place else mean for one in dictionary.symbols]
                )
        return found
