"""Our own translation models with adapters, which are trained on with more directions and languages."""

import logging
from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig
from torch import nn

from ..checkpoints.checkpoint import Checkpoint
from ..support.errors import UserError
from ..support.languages import codes_of
from ..training.freezing import ADAPTER_PREFIX, is_backbone
from .base import FORMATS, Training
from .transformer import Transformer, is_translation
from .weights import copy_tensors
from .with_adapters import CONDITIONS, WithAdapters

logger = logging.getLogger(__name__)


@FORMATS.register("adapter_transformer")
class AdapterTransformer(WithAdapters, Transformer):
    """A checkpoint of ours that translates with adapters. Its languages come first; a new one has the token
    of a known one, so that nothing changes for these. For cells its backbone is taken alone.

    Args:
        checkpoint: the checkpoint.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint)
        self.options = vars(checkpoint.config)
        self.adapters = checkpoint.adapter_tensors()
        self.directions = checkpoint.trained_directions
        self.new: list[str] = []

    @classmethod
    def recognises(cls, checkpoint: Checkpoint) -> bool:
        return is_translation(checkpoint) and not all(map(is_backbone, checkpoint.state["model"]))

    @property
    def trained_directions(self) -> list[str]:
        return self.directions if self.source else []

    def trained_languages(self) -> list[str]:
        trained = codes_of(self.directions)
        return [code for code in self.languages() if code in trained]

    def take_translation_format(self, args: Any) -> None:
        self.source = self.options["adapter_source"]
        if self.source == "baked":
            raise UserError(
                f"--init-from {self.path}: its adapters are baked: give the checkpoint that they come from"
            )
        known, wanted = self.languages(), codes_of(args.lang_pairs)
        given = list(args.langs or [])
        if given[: len(known)] == known:
            wanted, args.langs = [*given, *wanted], None
        added = [code for code in dict.fromkeys(wanted) if code not in known]
        super().take_translation_format(args)
        args.langs = known + added
        args.token_of = {**self.metadata.get("token_of", {}), **self.tokens_of(added, args)}
        trained = self.trained_languages()
        self.new = [code for code in codes_of(args.lang_pairs) if code not in trained]

    def tokens_of(self, added: Sequence[str], args: Any) -> dict[str, str]:
        """The language whose token each new language has.

        Raises:
            UserError: if none is named.
        """
        like = args.new_language_like
        if added and like is None:
            raise UserError(
                f"--init-from {self.path} has no token of {', '.join(added)}: name the language whose token "
                "and adapters it shall start with as --new-language-like"
            )
        return dict.fromkeys(added, self.metadata.get("token_of", {}).get(like, like))

    def take_options(self, cfg: DictConfig) -> None:
        super().take_options(cfg)
        if self.source:
            self.take_adapter_options(cfg, CONDITIONS)

    def load_translation(self, model: nn.Module, like: str | None) -> None:
        tensors, table = self.translation_tensors(model), model.languages
        previous = self.previous_source(self.adapters, table, self.new, like)
        for name, tensor in model.encoder.adapters.grow_from(previous).items():
            tensors[ADAPTER_PREFIX + name] = tensor
        copy_tensors(model, tensors, self.path, may_lack=lambda name: False)

    def load_multitask(self, model: nn.Module, training: Training, like: str | None) -> None:
        logger.info(f"{self.path}: its adapters are left out")
        super().load_multitask(model, training, like)
