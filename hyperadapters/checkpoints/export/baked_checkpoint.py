"""A checkpoint with baked adapters, put together from a backbone and its settings."""

from argparse import Namespace
from dataclasses import replace
from typing import Any, Dict, List, Mapping

import torch
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from fairseq.tasks import TASK_DATACLASS_REGISTRY
from omegaconf import OmegaConf

from ...configuration import adapter_choices, source_configs
from ...data.lengths import LengthOptions
from ...data.resume_options import ResumeOptions
from ...data.stock_options import BORROWED
from ...freezing import ADAPTER_PREFIX, is_backbone
from ...sources import AdapterSource, SourceGroup
from ...support.files import atomic_write
from .. import task_metadata
from ..loading import settings as stored_settings

TASK = "multilingual_adapter_translation"
# Options that name a file of the training machine; its content is among the weights.
FILES = ("init_from", "encoder_embed_path", "decoder_embed_path")


def baked_settings(cfg: Namespace, pairs: List[str]) -> Dict[str, Any]:
    """The model configuration of a checkpoint whose adapters are baked.

    Args:
        cfg: the complete configuration that the adapters were trained with.
        pairs: the baked directions.
    """
    configs = source_configs(cfg)
    inputs = configs[cfg.adapter_kind].inputs
    extra = [replace(choice, source="baked") for choice in adapter_choices(cfg)[1:]]
    return {
        **vars(cfg),
        **dict.fromkeys(FILES),
        "adapter_source": "baked",
        "extra_adapters": ",".join(one.write(configs[one.kind]) for one in extra) or None,
        "baked_from": cfg.baked_from or cfg.adapter_source,
        # those of a card that is older than this record are unknown
        "trained_directions": cfg.trained_directions
        or (None if cfg.baked_from else cfg.directions),
        "directions": ",".join(pairs),
        **{f"{side}_adapter_condition": ",".join(names) for side, names in inputs.items()},
    }


def baked_state(
    base: Mapping[str, Any],
    settings: Mapping[str, Any],
    metadata: Mapping[str, Any],
    adapters: AdapterSource | SourceGroup,
) -> Dict[str, Any]:
    """What a checkpoint with baked adapters holds: all that fairseq needs to load it, and nothing
    that it needs to go on training.

    Args:
        base: state of the checkpoint whose backbone is used.
        settings: the model configuration, see `baked_settings`.
        metadata: languages, input format and dictionary, see `task_metadata.collect`.
        adapters: the baked adapters.
    """
    model = {name: tensor for name, tensor in base["model"].items() if is_backbone(name)}
    model["_extra_state"] = task_metadata.to_tensor(metadata)
    for name, tensor in adapters.state_dict().items():
        model[ADAPTER_PREFIX + name] = tensor
    pairs = settings["directions"].split(",")
    task = task_settings(base, metadata, pairs)
    return {
        "args": None,
        "cfg": {**configuration(base), "model": dict(settings), "task": task},
        "model": model,
        "criterion": None,
        "optimizer_history": [{**history(base), "lr_scheduler_state": {}}],
        "task_state": dict(metadata),
        "extra_state": {"train_iterator": base["extra_state"].get("train_iterator")},
    }


def history(base: Mapping[str, Any]) -> Dict[str, Any]:
    """What training a checkpoint says it has behind it, without the state of any optimizer."""
    last = base["optimizer_history"][-1]
    return {key: last.get(key) for key in ("criterion_name", "optimizer_name", "num_updates")}


def configuration(base: Mapping[str, Any]) -> Dict[str, Any]:
    """The configuration stored in a checkpoint, old or new, in plain containers."""
    if base.get("cfg") is not None:
        return dict(base["cfg"])
    return OmegaConf.to_container(convert_namespace_to_omegaconf(base["args"]), resolve=True)


def task_settings(
    base: Mapping[str, Any], metadata: Mapping[str, Any], pairs: List[str]
) -> Dict[str, Any]:
    """The task's section, for commands that take it from the checkpoint (fairseq-validate).

    Args:
        base: state of the checkpoint whose backbone is used.
        metadata: languages, input format and dictionary.
        pairs: the baked directions. Those that were trained are validated, else all.
    """
    defaults = vars(TASK_DATACLASS_REGISTRY[TASK]())
    own = stored_settings(base, "task")
    if own.get("_name") != TASK:
        own = {"data": own.get("data")}
    trained = [pair for pair in pairs if pair in (own.get("lang_pairs") or "").split(",")]
    return {
        **defaults,
        **borrowed(configuration(base)),
        **own,
        **metadata["format"],
        **dict.fromkeys([*vars(ResumeOptions()), *vars(LengthOptions())]),
        "_name": TASK,
        "langs": ",".join(metadata["languages"]),
        "lang_dict": None,
        "lang_pairs": ",".join(trained or pairs),
    }


def borrowed(cfg: Mapping[str, Any]) -> Dict[str, Any]:
    """The settings of other sections that the task reads."""
    places = {name: of.split(".") for name, of in BORROWED.items()}
    return {name: (cfg.get(part) or {}).get(key) for name, (part, key) in places.items()}


def write(path: str, state: Mapping[str, Any]) -> None:
    """Writes a checkpoint under a temporary name, then renames it."""
    # torch itself would not say why it cannot write
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        torch.save(dict(state), file)
