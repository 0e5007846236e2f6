"""A checkpoint with baked adapters, put together from a backbone and its settings."""

import dataclasses
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from fairseq.tasks import TASK_DATACLASS_REGISTRY
from omegaconf import OmegaConf

from ...adapter_configuration import adapter_choices, source_configs
from ...adapters import AdapterKind
from ...data.lengths import LengthOptions
from ...data.resume_options import ResumeOptions
from ...data.stock_options import BORROWED
from ...sources.baked import Adapters
from ...support.files import atomic_write
from ...training.freezing import ADAPTER_PREFIX, is_adapter
from .. import task_metadata
from ..checkpoint import Checkpoint

TRANSLATION = "multilingual_adapter_translation"
# Options that name a file of the training machine; its content is among the weights.
FILES = ("init_from", "backbone_file", "encoder_embed_path", "decoder_embed_path")


def baked_config(config: Namespace, names: list[str]) -> dict[str, Any]:
    """The model configuration of a checkpoint whose adapters are baked.

    Args:
        config: the complete configuration that the adapters were trained with.
        names: the baked directions or cells.
    """
    configs = source_configs(config)
    inputs = configs[config.adapter_kind].inputs
    extra = [replace(choice, source="baked") for choice in adapter_choices(config)[1:]]
    return {
        **vars(config),
        **{name: value for c in configs.values() for name, value in kind_settings(c.kind).items()},
        **dict.fromkeys(FILES),
        "adapter_source": "baked",
        "extra_adapters": ",".join(choice.write(configs[choice.kind]) for choice in extra) or None,
        "baked_from": config.baked_from or config.adapter_source,
        **{f"{side}_adapter_condition": ",".join(names) for side, names in inputs.items()},
        **(
            {"baked_cells": ",".join(names)} if ":" in names[0] else baked_directions(config, names)
        ),
    }


def kind_settings(kind: AdapterKind) -> dict[str, Any]:
    """The options of a kind as it is after training, by their names in a model configuration."""
    options = kind.trained_kind().options
    return {
        field.metadata["option"]: getattr(options, field.name)
        for field in dataclasses.fields(options)
    }


def baked_directions(config: Namespace, names: list[str]) -> dict[str, Any]:
    """What a model configuration says of baked directions."""
    return {
        # those of a card that is older than this record are unknown
        "trained_directions": config.trained_directions
        or (None if config.baked_from else config.directions),
        "directions": ",".join(names),
    }


def baked_state(
    base: Checkpoint, config: Mapping[str, Any], metadata: Mapping[str, Any], adapters: Adapters
) -> dict[str, Any]:
    """What a checkpoint with other adapters holds: all that fairseq needs to load it, and nothing
    that it needs to go on training.

    Args:
        base: the checkpoint whose backbone, and whose heads if it has cells, are used.
        config: the model configuration, of baked adapters see `baked_config`.
        metadata: what the task recorded of its data.
        adapters: the adapters.
    """
    state = base.state
    model = {name: tensor for name, tensor in state["model"].items() if not is_adapter(name)}
    model["_extra_state"] = task_metadata.to_tensor(metadata)
    for name, tensor in adapters.state_dict().items():
        model[ADAPTER_PREFIX + name] = tensor
    task = (
        cells_section(base) if config.get("tasks") else translation_section(base, config, metadata)
    )
    return {
        "args": None,
        "cfg": {**configuration(state), "model": dict(config), "task": task},
        "model": model,
        "criterion": None,
        "optimizer_history": [{**history(state), "lr_scheduler_state": {}}],
        "task_state": dict(metadata),
        "extra_state": {"train_iterator": state["extra_state"].get("train_iterator")},
    }


def history(state: Mapping[str, Any]) -> dict[str, Any]:
    """What training a checkpoint says it has behind it, without the state of any optimizer."""
    last = state["optimizer_history"][-1]
    return {key: last.get(key) for key in ("criterion_name", "optimizer_name", "num_updates")}


def configuration(state: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration stored in a checkpoint, old or new, in plain containers."""
    if state.get("cfg") is not None:
        return dict(state["cfg"])
    return OmegaConf.to_container(convert_namespace_to_omegaconf(state["args"]), resolve=True)


def translation_section(
    base: Checkpoint, config: Mapping[str, Any], metadata: Mapping[str, Any]
) -> dict[str, Any]:
    """The task's section, for commands that take it from the checkpoint (fairseq-validate).

    Those of the baked directions that were trained are validated, else all.
    """
    pairs = config["directions"].split(",")
    stored = base.section("task")
    if stored.get("_name") != TRANSLATION:
        stored = {"data": stored.get("data")}
    trained = [pair for pair in pairs if pair in (stored.get("lang_pairs") or "").split(",")]
    return {
        **vars(TASK_DATACLASS_REGISTRY[TRANSLATION]()),
        **borrowed(configuration(base.state)),
        **stored,
        **metadata["format"],
        **of_training(),
        "init_from": None,
        "_name": TRANSLATION,
        "langs": ",".join(metadata["languages"]),
        "lang_dict": None,
        "lang_pairs": ",".join(trained or pairs),
    }


def cells_section(base: Checkpoint) -> dict[str, Any]:
    """The task's section of a checkpoint of cells."""
    return {**base.section("task"), **of_training(), "init_from": None}


def of_training() -> dict[str, None]:
    """The task's settings that only say how to train."""
    return dict.fromkeys([*vars(ResumeOptions()), *vars(LengthOptions())])


def borrowed(cfg: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of other sections that the task reads."""
    places = {name: of.split(".") for name, of in BORROWED.items()}
    return {name: (cfg.get(part) or {}).get(key) for name, (part, key) in places.items()}


def write(path: str, state: Mapping[str, Any]) -> None:
    """Writes a checkpoint under a temporary name, then renames it."""
    # torch itself would not say why it cannot write
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        torch.save(dict(state), file)
