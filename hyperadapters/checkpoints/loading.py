"""Safe reading of checkpoints, and adding adapters to a stock Transformer."""

import logging
import pickle
from argparse import Namespace
from dataclasses import fields
from typing import Any, Dict, List, Mapping

import torch
from fairseq.models.transformer import TransformerConfig
from omegaconf import DictConfig, open_dict
from torch import nn

from ..errors import Problems, UserError, one_line
from ..freezing import is_backbone
from .defects import check_file, is_zip, unreadable

logger = logging.getLogger(__name__)

# Options of a Transformer that change training or memory but not what its weights mean.
NOT_ARCHITECTURE = (
    "dropout", "attention_dropout", "activation_dropout", "relu_dropout", "max_source_positions",
    "max_target_positions", "checkpoint_activations", "offload_activations", "min_params_to_wrap",
    "export", "char_inputs", "adaptive_softmax_dropout", "encoder_layerdrop", "decoder_layerdrop",
    "encoder_embed_path", "decoder_embed_path", "encoder_layers_to_keep", "decoder_layers_to_keep",
    "quant_noise_pq", "quant_noise_pq_block_size", "quant_noise_scalar", "encoder_xformers_att_config",
    "decoder_xformers_att_config",
)  # fmt: skip


def load(path: str) -> Dict[str, Any]:
    """Reads a checkpoint, of any version of torch, without executing anything it contains.

    Args:
        path: a fairseq checkpoint.
    Raises:
        UserError: if there is no such file, or it is no checkpoint, or needs more than plain data.
    """
    check_file(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip(path))
    except Exception as error:
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            raise
        if isinstance(error, pickle.UnpicklingError) and "GLOBAL" in str(error):
            raise UserError(f"{path}: {one_line(error)}") from error
        raise UserError(f"{path} {unreadable(path)}") from error
    if not isinstance(state, dict) or "model" not in state:
        raise UserError(f"{path} is no fairseq checkpoint: it has no 'model' entry")
    return state


def first_line(error: BaseException) -> str:
    """The first line of an error's message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def settings(state: Mapping[str, Any], section: str) -> Dict[str, Any]:
    """A section ("task", "model") of the configuration stored in a checkpoint, as a flat mapping."""
    cfg = state.get("cfg")
    part = cfg.get(section) if isinstance(cfg, Mapping) else state.get("args")
    if isinstance(part, Namespace):
        return vars(part)
    return dict(part) if isinstance(part, Mapping) else {}


def flat_fields() -> List[str]:
    """Flat names of all options of a stock Transformer (`encoder_embed_dim`, `dropout`, ...)."""
    names: List[str] = []
    for field in fields(TransformerConfig):
        if field.name in ("encoder", "decoder", "quant_noise"):
            names += [
                f"{field.name}_{sub.name}" for sub in fields(field.default) if sub.name != "_name"
            ]
        elif field.name != "_name":
            names.append(field.name)
    return names


def take_architecture(cfg: DictConfig, path: str) -> None:
    """Sets a model configuration to the architecture of a stock checkpoint, saying what changes.

    Args:
        cfg: the model's configuration; changed in place.
        path: the stock Transformer checkpoint given as --init-from.
    Raises:
        UserError: if the checkpoint holds no Transformer.
    """
    state = load(path)
    stored = settings(state, "model")
    if "encoder.layers.0.self_attn.k_proj.weight" not in state["model"] or not stored:
        raise UserError(
            f"--init-from {path}: not a fairseq Transformer (no encoder-decoder layers): "
            "give a checkpoint of --arch transformer or one of its presets"
        )
    if any(not is_backbone(name) for name in state["model"]):
        raise UserError(
            f"--init-from {path}: this checkpoint has adapters already: continue it with "
            "--restore-file, or give the stock Transformer"
        )
    taken = [name for name in flat_fields() if name not in NOT_ARCHITECTURE and name in stored]
    if stored.get("encoder_learned_pos") or stored.get("decoder_learned_pos"):
        taken += ["max_source_positions", "max_target_positions"]
    with open_dict(cfg):
        for name in taken:
            if cfg.get(name) != stored[name]:
                option = name.replace("_", "-")
                logger.info(f"--{option} {stored[name]} taken from {path} (was {cfg.get(name)})")
                cfg[name] = stored[name]


def load_backbone(model: nn.Module, path: str) -> None:
    """Copies the weights of a stock Transformer into the backbone of a model with adapters.

    Args:
        model: the model; its adapters keep their start values.
        path: the stock Transformer checkpoint.
    Raises:
        UserError: naming everything that does not fit, before anything is copied.
    """
    stored = load(path)["model"]
    own = {name: tensor for name, tensor in model.state_dict().items() if is_backbone(name)}
    problems = Problems()
    rows = stored.get("decoder.embed_tokens.weight", stored.get("encoder.embed_tokens.weight"))
    target = own["decoder.embed_tokens.weight"]
    if rows is not None and rows.size(0) != target.size(0):
        raise UserError(
            f"--init-from {path}: it has {rows.size(0)} embeddings but the dictionary (with its "
            f"language tokens) has {target.size(0)} entries: use the dictionary, --langs and "
            "--lang-tok-style it was trained with (--langtoks-specs '' if it had no language tokens)"
        )
    kept: Dict[str, torch.Tensor] = {}
    for name, tensor in own.items():
        if name.endswith("_extra_state") or name.endswith("._float_tensor"):
            continue
        if name not in stored:
            problems.add(f"{name} is missing")
        elif stored[name].shape != tensor.shape:
            problems.add(f"{name} is {tuple(stored[name].shape)}, not {tuple(tensor.shape)}")
        else:
            kept[name] = stored[name]
    if problems.found:
        shown = "; ".join(problems.found[:5])
        raise UserError(
            f"--init-from {path} does not fit ({len(problems.found)} tensors: {shown}): "
            "give the architecture options it was trained with"
        )
    nn.Module.load_state_dict(model, kept, strict=False)
    logger.info(f"loaded the backbone ({len(kept)} tensors) from {path}")
