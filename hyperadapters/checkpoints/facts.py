"""What a comparison of systems needs to know of a checkpoint."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ..adapter_configuration import count_surplus
from ..support.fingerprint import fingerprint
from ..training.freezing import RULES, backbone_rule, is_adapter
from .checkpoint import Checkpoint
from .weights import count_values


def digest(checkpoint: Checkpoint) -> str:
    """A digest of all that a checkpoint's predictions depend on."""
    content = {"model": checkpoint.section("model"), "task": checkpoint.state.get("task_state")}
    text = json.dumps(content, sort_keys=True, default=str) + fingerprint(checkpoint.weights)
    return hashlib.sha256(text.encode()).hexdigest()


def trained_parameters(checkpoint: Checkpoint) -> int | None:
    """How many values were trained; None if a baked checkpoint does not tell."""
    config, weights = checkpoint.config, checkpoint.weights
    if config.adapter_source == "baked":
        return None
    if getattr(config, "trained_values", None) is not None:
        return config.trained_values
    is_frozen = RULES[backbone_rule(config)] if config.freeze_backbone else lambda name: False
    frozen = (tensor for name, tensor in weights.items() if is_frozen(name))
    return count_values(weights.values()) - count_values(frozen) - count_surplus(config)


def facts(checkpoint: Checkpoint, name: str | None) -> dict[str, Any]:
    """What evaluation.json says of a checkpoint.

    Args:
        checkpoint: the checkpoint.
        name: what to call it; by default as its folder.
    """
    config, weights = checkpoint.config, checkpoint.weights
    adapters = (tensor for key, tensor in weights.items() if is_adapter(key))
    is_generated = "hyper" in (config.adapter_source, config.baked_from)
    history = checkpoint.state.get("optimizer_history") or [{}]
    return {
        "name": name or Path(checkpoint.path).absolute().parent.name,
        "checkpoint": checkpoint.path,
        "adapter_kind": None if config.adapter_source == "none" else config.adapter_kind,
        "adapter_source": config.adapter_source,
        "adapter_condition": config.encoder_adapter_condition,
        "baked_from": config.baked_from,
        "adapter_parameters": count_values(adapters) - count_surplus(config),
        "total_parameters": count_values(weights.values()),
        "trained_parameters": trained_parameters(checkpoint),
        "updates": history[-1].get("num_updates"),
        "seed": checkpoint.section("common").get("seed"),
        "hyper_hidden": config.hyper_hidden if is_generated else None,
        "rescaled": not config.hyper_no_rescale if is_generated else None,
    }
