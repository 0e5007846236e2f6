"""Encoders in Hugging Face's layout: a folder with config.json, the tensors and a tokenizer.

They are read without the package `transformers`: BERT, RoBERTa and XLM-R, whose layers are those of
fairseq's Transformer with the LayerNorm after each block.
"""

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..checkpoints.checkpoint import Checkpoint
from ..data.symbols import SPECIALS
from ..data.tokenizer_pieces import FILE
from ..multitask.pieces import load_dictionary, load_tokenizer
from ..support.errors import Problems, UserError, format_list
from .base import FORMATS, Pretrained, Training
from .huggingface_files import (
    ACTIVATIONS,
    SENTENCEPIECE,
    WEIGHTS,
    check_numbering,
    read_json,
    read_tensors,
    tokenizer_of,
)
from .weights import BY_SYMBOL, EMBEDDINGS, LM_HEAD

logger = logging.getLogger(__name__)

# Whether positions are counted from the padding symbol's number on, as fairseq's are; else from 0.
COUNTS_FROM_PAD = {"bert": False, "roberta": True, "xlm-roberta": True}
SIZES = {
    "hidden_size": "encoder_embed_dim",
    "intermediate_size": "encoder_ffn_embed_dim",
    "num_hidden_layers": "encoder_layers",
    "num_attention_heads": "encoder_attention_heads",
}
# Settings that change what the model computes, with the value that all published encoders have.
USUAL = {
    "is_decoder": False, "is_encoder_decoder": False, "add_cross_attention": False,
    "position_embedding_type": "absolute", "pruned_heads": {}, "quantization_config": None,
}  # fmt: skip

WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "encoder.embed_positions.weight"
TOKEN_TYPES = "token_types.weight"
ENCODER_NAMES = {
    "embeddings.word_embeddings": "encoder.embed_tokens",
    "embeddings.position_embeddings": "encoder.embed_positions",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "encoder.layernorm_embedding",
}
LAYER_NAMES = {
    "attention.self.query": "self_attn.q_proj",
    "attention.self.key": "self_attn.k_proj",
    "attention.self.value": "self_attn.v_proj",
    "attention.output.dense": "self_attn.out_proj",
    "attention.output.LayerNorm": "self_attn_layer_norm",
    "intermediate.dense": "fc1",
    "output.dense": "fc2",
    "output.LayerNorm": "final_layer_norm",
}
HEAD_TENSORS = {
    f"{LM_HEAD}.{name}"
    for name in ("dense.weight", "dense.bias", "layer_norm.weight", "layer_norm.bias", "bias")
}
HEAD_NAMES = {
    "cls.predictions.transform.dense": f"{LM_HEAD}.dense",
    "cls.predictions.transform.LayerNorm": f"{LM_HEAD}.layer_norm",
    "cls.predictions.decoder": LM_HEAD,
    "cls.predictions": LM_HEAD,
    "lm_head.dense": f"{LM_HEAD}.dense",
    "lm_head.layer_norm": f"{LM_HEAD}.layer_norm",
    "lm_head.decoder": LM_HEAD,
    "lm_head": LM_HEAD,
}


@FORMATS.register("huggingface")
class HuggingFace(Pretrained):
    """The folder of a BERT, RoBERTa or XLM-R.

    Args:
        checkpoint: the folder.
    Raises:
        UserError: naming the file that is unusable or the setting that ours has not.
    """

    title = "a Hugging Face encoder"
    example = f"the folder of a Hugging Face encoder (config.json, {WEIGHTS}, {SENTENCEPIECE[0]} or {FILE})"

    is_folder = True

    def __init__(self, checkpoint: Checkpoint) -> None:
        path, folder = checkpoint.path, Path(checkpoint.path)
        config = read_json(folder / "config.json")
        check_config(path, config)
        self.pieces = tokenizer_of(folder)
        if self.pieces.name == FILE:
            self.vocabulary = load_tokenizer(self.pieces).symbols
        else:
            self.vocabulary = load_dictionary(self.pieces).symbols
            check_numbering(folder, config, self.pieces, self.vocabulary)
        tensors, left_out = rename(read_tensors(folder), config["num_hidden_layers"])
        for name in (EMBEDDINGS, POSITIONS, TOKEN_TYPES):
            if name not in tensors:
                raise UserError(f"--init-from {path}: its tensors have no {name}: give an encoder")
        fold_token_type(tensors, first_position(config))
        obstacle = head_obstacle(config, tensors)
        if obstacle:
            logger.info(f"{path}: its head of masked language modelling is left out: {obstacle}")
            tensors = {
                name: rows for name, rows in tensors.items() if not name.startswith(f"{LM_HEAD}.")
            }
        if left_out:
            logger.info(
                f"{path}: {len(left_out)} tensors are left out: {format_list(sorted(left_out))}"
            )
        tensors = self.without_unused_rows(path, tensors)
        super().__init__(path, options_of(config, tensors), tensors, bos=True)

    @classmethod
    def recognises(cls, checkpoint: Checkpoint) -> bool:
        return (Path(checkpoint.path) / "config.json").is_file()

    @property
    def tokenizer(self) -> Path:
        return self.pieces

    def symbols(self, training: Training) -> list[str]:
        file = training.dictionary_file
        if file != self.pieces and {*load_dictionary(file).symbols} != {*self.vocabulary}:
            raise UserError(
                f"--init-from {self.path}: {file} does not hold the pieces of {self.pieces.name}: "
                "leave out 'sentencepiece' and 'dictionary' in corpus.yaml"
            )
        return self.vocabulary

    def without_unused_rows(self, path: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Tensors without the embeddings at the end that no piece uses.

        Raises:
            UserError: if there are fewer embeddings than symbols.
        """
        rows, symbols = len(tensors[EMBEDDINGS]), len(self.vocabulary)
        if rows < symbols:
            raise UserError(
                f"--init-from {path}: it has {rows} embeddings but {self.pieces.name} with "
                f"{', '.join(SPECIALS)} and <mask> has {symbols} symbols: give a model with the "
                "tokenizer that it was trained with"
            )
        if rows > symbols:
            logger.info(f"{path}: the last {rows - symbols} embeddings, of no piece, are left out")
        by_symbol = {name: tensors[name][:symbols] for name in BY_SYMBOL if name in tensors}
        return {**tensors, **by_symbol}


def check_config(path: str, config: Mapping[str, Any]) -> None:
    """Raises:
    UserError: naming every setting of an encoder that ours cannot take over.
    """
    kind = config.get("model_type")
    if kind not in COUNTS_FROM_PAD:
        raise UserError(
            f"--init-from {path}: its model_type is {kind}: give one of {format_list(COUNTS_FROM_PAD)}"
        )
    problems = Problems()
    for name in (*SIZES, "layer_norm_eps"):
        if not isinstance(config.get(name), (int, float)):
            problems.add(f"{name} is {config.get(name)}, no number")
    for name, usual in USUAL.items():
        if (config.get(name) or usual) != usual:
            problems.add(f"{name} is {config[name]}")
    if config.get("hidden_act") not in ACTIVATIONS:
        problems.add(f"hidden_act is {config.get('hidden_act')}, not {format_list(ACTIVATIONS)}")
    if problems.messages:
        raise UserError(
            f"--init-from {path}: config.json cannot be taken over: {'; '.join(problems.messages)}: give "
            "an encoder with the usual settings"
        )


def options_of(config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """The settings of an encoder under the names of the Transformer's options."""
    return {
        **{option: config[name] for name, option in SIZES.items()},
        "activation_fn": ACTIVATIONS[config["hidden_act"]],
        "layer_norm_eps": config["layer_norm_eps"],
        "encoder_normalize_before": False,
        "decoder_normalize_before": False,  # of a decoder that is added
        "encoder_learned_pos": True,
        "max_source_positions": len(tensors[POSITIONS]) - SPECIALS.index("<pad>") - 1,
        "layernorm_embedding": True,
        "no_scale_embedding": True,
    }


def rename(stored: Mapping[str, Tensor], layers: int) -> tuple[dict[str, Tensor], list[str]]:
    """Tensors under the names of our encoder and of the head of `mlm`.

    Args:
        stored: the tensors of a folder, whose encoder may have a prefix such as `bert.`.
        layers: how many layers count.
    Returns:
        the renamed tensors, and the names of those that have no counterpart.
    """
    prefix = next((name[: -len(WORDS)] for name in stored if name.endswith(WORDS)), "")
    renamed, left_out = {}, []
    for name, tensor in stored.items():
        module, _, kind = name.rpartition(".")
        # names of a LayerNorm's gain and bias in the first files of BERT
        kind = {"gamma": "weight", "beta": "bias"}.get(kind, kind)
        ours = HEAD_NAMES.get(module) or our_name(module.removeprefix(prefix), layers)
        if ours and tensor.is_floating_point():
            renamed[f"{ours}.{kind}"] = tensor
        elif kind != "position_ids":  # a buffer with the numbers from 0 on
            left_out.append(name)
    return renamed, left_out


def our_name(module: str, layers: int) -> str | None:
    """Our name of a module of the encoder, None if it has no counterpart."""
    layer = re.fullmatch(r"encoder\.layer\.(\d+)\.(.+)", module)
    if not layer:
        return ENCODER_NAMES.get(module)
    number, part = int(layer.group(1)), LAYER_NAMES.get(layer.group(2))
    return f"encoder.layers.{number}.{part}" if part and number < layers else None


def first_position(config: Mapping[str, Any]) -> int:
    """The row of the first position in the table of positions."""
    pad = config.get("pad_token_id")
    return (1 if pad is None else pad) + 1 if COUNTS_FROM_PAD[config["model_type"]] else 0


def fold_token_type(tensors: dict[str, Tensor], first: int) -> None:
    """Adds the embedding of token type 0, which every piece has, to positions counted as ours are.

    Args:
        tensors: the renamed tensors; changed in place.
        first: the row of the first position.
    """
    token_type = tensors.pop(TOKEN_TYPES)[0].float()
    positions = tensors[POSITIONS][first:].float() + token_type
    unused = positions.new_zeros(SPECIALS.index("<pad>") + 1, positions.size(1))
    tensors[POSITIONS] = torch.cat([unused, positions])


def head_obstacle(config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """Why its head of masked language modelling cannot be ours; empty if it can, or if it has none.

    Args:
        config: its config.json.
        tensors: its renamed tensors.
    """
    head = {name for name in tensors if name.startswith(f"{LM_HEAD}.")}
    tied = config.get("tie_word_embeddings", True)
    if f"{LM_HEAD}.weight" in head:
        tied = torch.equal(tensors[f"{LM_HEAD}.weight"], tensors[EMBEDDINGS])
    if head and not tied:
        return "its output matrix is not the table of embeddings"
    if head and not HEAD_TENSORS <= head:
        return "it is not complete"
    # RoBERTa's head has GELU, whatever the layers have
    if head and config["model_type"] != "bert" and config["hidden_act"] != "gelu":
        return "its activation is not that of the layers"
    return ""
