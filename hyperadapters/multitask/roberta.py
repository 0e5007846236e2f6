"""The options and tensors of a RoBERTa under the names of the Transformer."""

from argparse import Namespace
from typing import Any, Dict, Mapping

from fairseq.models.roberta.model import base_architecture
from torch import Tensor

ENCODER = "encoder.sentence_encoder."
HEAD = "encoder.lm_head."
POSITIONS = "encoder.embed_positions.weight"


def is_roberta(tensors: Mapping[str, Tensor]) -> bool:
    """Whether tensors, by fairseq's names, are those of a RoBERTa, of any version."""
    return any(upgraded(name).startswith(ENCODER) for name in tensors)


def upgraded(name: str) -> str:
    """The name that a tensor of an old version has in the present one."""
    if name.startswith("decoder."):
        name = "encoder." + name.removeprefix("decoder.")
    return name.replace(".emb_layer_norm.", ".layernorm_embedding.")


def roberta_tensors(tensors: Mapping[str, Tensor]) -> Dict[str, Tensor]:
    """A RoBERTa's tensors under the names of our encoder and of the head of `mlm`."""
    found = {}
    for name, tensor in tensors.items():
        name = upgraded(name)
        if name.startswith(ENCODER):
            found["encoder." + name.removeprefix(ENCODER)] = tensor
        elif name.startswith(HEAD):
            found["heads.mlm." + name.removeprefix(HEAD)] = tensor
    return found


def roberta_options(
    stored: Mapping[str, Any], tensors: Mapping[str, Tensor], pad: int
) -> Dict[str, Any]:
    """A RoBERTa's settings under the names of the Transformer's options.

    Args:
        stored: its settings; those that are absent are RoBERTa's own defaults.
        tensors: its tensors, see `roberta_tensors`.
        pad: id of the padding symbol, which learned positions count from.
    """
    args = Namespace(**stored)
    base_architecture(args)
    if args.encoder_learned_pos and POSITIONS in tensors:
        args.max_source_positions = tensors[POSITIONS].size(0) - pad - 1
    elif getattr(args, "tokens_per_sample", None):
        args.max_source_positions = getattr(args, "max_positions", None) or args.tokens_per_sample
    args.decoder_normalize_before = args.encoder_normalize_before  # of a decoder that is added
    return vars(args)
