"""Checkpoints of ours whose adapters are taken over, and grow by new languages."""

import logging
from abc import abstractmethod
from argparse import Namespace
from collections.abc import Mapping, Sequence

from omegaconf import DictConfig
from torch import Tensor

from ..adapter_configuration import source_configs
from ..configuration import AdapterTransformerConfig, defaults
from ..options import ADAPTER_OPTIONS
from ..sources import SOURCES, PreviousSource
from ..support.errors import UserError, did_you_mean
from ..support.languages import Languages
from .base import Pretrained

logger = logging.getLogger(__name__)

# Options of ours that say how to train, not what the model is; all others are the checkpoint's.
OF_TRAINING = (
    "adapter_source", "adapter_start", "hyper_dropout", "freeze_backbone", "init_from", "post_norm",
    "separate_embeddings", "save_whole_model", "backbone_file", "adapter_languages",
    "train_new_languages_only", "new_language_like",
)  # fmt: skip
CONDITIONS = ("encoder_adapter_condition", "decoder_adapter_condition")


class WithAdapters(Pretrained):
    """A checkpoint with adapters that training goes on with."""

    @abstractmethod
    def trained_languages(self) -> list[str]:
        """The languages that it was trained with, in the order of its table."""

    def take_adapter_options(self, cfg: DictConfig, conditions: Sequence[str]) -> None:
        """Sets a model configuration to its adapters, and logs what changes.

        Args:
            cfg: the configuration.
            conditions: the options that say what adapters of the same source depend on.
        Raises:
            UserError: if the user asked for another source.
        """
        if self.source not in SOURCES.get(cfg.adapter_source).builds_on:
            self.refuse_other_source(cfg.adapter_source)
            self.take(cfg, "adapter_source", self.source)
        names = [name for name in ADAPTER_OPTIONS if name not in (*OF_TRAINING, *CONDITIONS)]
        if cfg.adapter_source == self.source:
            names += conditions
        for name in names:
            self.take(cfg, name, self.options.get(name))

    def refuse_other_source(self, name: str) -> None:
        """Raises:
        UserError: if a source was asked for (it is not the default) that the checkpoint has not.
        """
        if name not in (self.source, defaults(AdapterTransformerConfig).adapter_source):
            raise UserError(
                f"--adapter-source {name}: {self.path} has adapters of the source {self.source}: "
                "leave out --adapter-source to go on with these, or start from a checkpoint without"
            )

    def previous_source(
        self,
        tensors: Mapping[str, Tensor],
        table: Languages,
        new: Sequence[str],
        like: str | None,
    ) -> PreviousSource:
        """What its adapter source hands on, see `PreviousSource`.

        Args:
            tensors: the tensors of its adapters by their names within the source.
            table: the languages of the training; those of the checkpoint come first.
            new: those of them that it was not trained with and that are trained now.
            like: the language whose weights they start with, if one is named.
        Raises:
            UserError: if `like` is no language that it was trained with.
        """
        trained = self.trained_languages()
        if like is not None and like not in trained:
            raise UserError(
                f"--new-language-like {like}: {self.path} was not trained with it: "
                f"{did_you_mean(like, trained)}"
            )
        added = list(table)[len(self.options["languages"].split(",")) :]
        if new:
            start = f"those of {like}" if like else "their mean, where they are embeddings"
            logger.info(f"new languages: {', '.join(new)}; weights at the start: {start}")
        return PreviousSource(
            source=self.source,
            configs=source_configs(Namespace(**self.options)),
            tensors=tensors,
            trained=[table.id(code) for code in trained],
            new=[table.id(code) for code in union(new, added)],
            like=None if like is None else table.id(like),
        )


def union(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """The distinct names of both, the first ones in front."""
    return list(dict.fromkeys([*first, *second]))
