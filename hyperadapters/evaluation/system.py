"""What was evaluated: the facts of a checkpoint that a comparison needs."""

import hashlib
import json
from argparse import Namespace
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

from ..checkpoints import settings
from ..freezing import RULES, backbone_rule, is_adapter
from ..shipping.fingerprint import fingerprint, is_weight


def weights(state: Mapping[str, Any]) -> Dict[str, Any]:
    """The weights of a checkpoint by name."""
    return {name: tensor for name, tensor in state["model"].items() if is_weight(name)}


def parameters(tensors: Mapping[str, Any]) -> int:
    """Values in tensors, those of tied ones once."""
    distinct = {(t.data_ptr(), t.shape, t.stride()): t.numel() for t in tensors.values()}
    return sum(distinct.values())


def digest(state: Mapping[str, Any]) -> str:
    """A digest of all that a checkpoint's translations depend on."""
    kept = {"model": settings(state, "model"), "task": state.get("task_state")}
    text = json.dumps(kept, sort_keys=True, default=str) + fingerprint(weights(state))
    return hashlib.sha256(text.encode()).hexdigest()


def trained_parameters(cfg: Namespace, tensors: Mapping[str, Any], total: int) -> Optional[int]:
    """How many values were trained; None if a baked checkpoint does not tell.

    Args:
        cfg: the complete model configuration.
        tensors: the weights by name.
        total: the number of values in them.
    """
    if cfg.adapter_source == "baked":
        return None
    if getattr(cfg, "trained_values", None) is not None:
        return cfg.trained_values
    if not cfg.freeze_backbone:
        return total
    frozen = RULES[backbone_rule(cfg)]
    return total - parameters({name: tensor for name, tensor in tensors.items() if frozen(name)})


def system(
    checkpoint: str, state: Mapping[str, Any], cfg: Namespace, name: Optional[str]
) -> Dict[str, Any]:
    """The facts of a checkpoint.

    Args:
        checkpoint: its path.
        state: what it holds.
        cfg: its complete model configuration.
        name: how to call it; by default as its folder.
    """
    tensors = weights(state)
    total = parameters(tensors)
    adapters = parameters({name: t for name, t in tensors.items() if is_adapter(name)})
    hyper = "hyper" in (cfg.adapter_source, cfg.baked_from)
    history = state.get("optimizer_history") or [{}]
    return {
        "name": name or Path(checkpoint).absolute().parent.name,
        "checkpoint": str(checkpoint),
        "adapter_kind": None if cfg.adapter_source == "none" else cfg.adapter_kind,
        "adapter_source": cfg.adapter_source,
        "adapter_condition": cfg.encoder_adapter_condition,
        "baked_from": cfg.baked_from,
        "adapter_parameters": adapters,
        "total_parameters": total,
        "trained_parameters": trained_parameters(cfg, tensors, total),
        "updates": history[-1].get("num_updates"),
        "seed": settings(state, "common").get("seed"),
        "hyper_hidden": cfg.hyper_hidden if hyper else None,
        "rescaled": not cfg.hyper_no_rescale if hyper else None,
    }
