"""The options of an encoder with adapters and a head for each task."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any, Optional

from omegaconf import DictConfig, open_dict

from ..configuration import (
    RECORDED,
    SIZES,
    AdapterTransformerOptions,
    check,
    defaults,
    fill_in_sizes,
    own_fields,
)
from ..head_mask_configuration import read_head_masks
from ..options import option
from ..support.errors import UserError
from .all_tasks import TASKS, decoder_task

# Width, feed-forward width, layers, attention heads.
PRESETS = {
    "hyperx_encoder": (768, 3072, 12, 12),
    "hyperx_encoder_tiny": (64, 128, 2, 2),
}
OWN_OPTIONS: dict[str, Any] = {
    "train_layer_norms": option(
        bool, False, "with --freeze-backbone: train the backbone's LayerNorms all the same"
    ),
    "train_language_adapters": option(
        bool, False, "with --adapter-source stack and --init-from: train the language adapters too"
    ),
}
# Filled in by the task and saved with the checkpoint; no options.
TASKS_RECORDED: dict[str, Any] = {
    "tasks": option(Optional[str], None, "task table"),
    "labels": option(Optional[str], None, "label table of each task, as JSON"),
    "decoder_task": option(
        Optional[str], decoder_task(TASKS.names()), "the task whose head is the decoder"
    ),
    "baked_cells": option(Optional[str], None, "the baked cells, if baked"),
    "trained_values": option(Optional[int], None, "how many values were trained"),
    "layer_norm_eps": option(float, 1e-5, "epsilon of the LayerNorms but for those of adapters"),
}


HyperXOptions = dataclasses.make_dataclass(
    "HyperXOptions", own_fields(OWN_OPTIONS),
    bases=(AdapterTransformerOptions,), namespace={"__module__": __name__},
)  # fmt: skip
HyperXEncoderConfig = dataclasses.make_dataclass(
    "HyperXEncoderConfig", own_fields({**RECORDED, **TASKS_RECORDED}),
    bases=(HyperXOptions,), namespace={"__module__": __name__},
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Tables:
    """What the numbers of a model stand for.

    Args:
        languages: language codes.
        tasks: names of tasks.
        labels: labels of the tasks that have some.
        directions: trained directions of translation.
    """

    languages: Sequence[str]
    tasks: Sequence[str]
    labels: dict[str, list[str]]
    directions: Sequence[str] = ()


def complete_config(cfg: DictConfig, tables: Tables, start: Any) -> None:
    """Makes a model configuration say everything that evaluation must know.

    Args:
        cfg: the configuration as the user gave it; changed in place.
        tables: languages, tasks and labels.
        start: the pretrained model whose options are taken, see `pretrained.Pretrained`.
    Raises:
        UserError: if the options do not go together.
    """
    with open_dict(cfg):
        for name, default in vars(defaults(HyperXEncoderConfig)).items():
            if name not in cfg:
                cfg[name] = default
        cfg.languages = ",".join(tables.languages)
        cfg.tasks = ",".join(tables.tasks)
        cfg.labels = json.dumps(tables.labels, ensure_ascii=False)
        cfg.directions = ",".join(tables.directions)
        if not cfg.post_norm:
            cfg.encoder_normalize_before = cfg.decoder_normalize_before = True
        if start:
            start.take_options(cfg)
            cfg.post_norm = not cfg.encoder_normalize_before
        cfg.share_all_embeddings = cfg.share_decoder_input_output_embed = True
        complete_sizes(cfg, cfg._name)
        if cfg.adapter_start is None:
            cfg.adapter_start = "identity" if start else "published"
        cfg.recorded_head_masks = read_head_masks(cfg)
    if cfg.adapter_source == "pair":
        raise UserError(
            "--adapter-source pair: a sentence that is tagged has no language pair; choose hyper, "
            "language, task, stack or shared"
        )
    check(cfg)


def complete_sizes(cfg: Any, arch: str) -> None:
    """Fills in the sizes that were not given; those of the decoder are the encoder's.

    Args:
        cfg: a flat model configuration; changed in place.
        arch: the named architecture whose sizes hold for what was not given.
    Raises:
        UserError: for an unknown architecture.
    """
    fill_in_sizes(cfg, arch, PRESETS, of_encoder=SIZES)
