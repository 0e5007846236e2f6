"""RoBERTa and XLM-R in the formats of fairseq, old and new."""

import logging
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from fairseq.data import Dictionary
from fairseq.models.roberta.model import base_architecture
from torch import Tensor

from ..checkpoints.checkpoint import Checkpoint
from ..data.symbols import MASK
from ..multitask.pieces import read_dictionary
from .base import FORMATS, Pretrained, Training
from .transformer import check_dictionary, split_projections
from .weights import LM_HEAD

logger = logging.getLogger(__name__)

ENCODER = "encoder.sentence_encoder."
HEAD = "encoder.lm_head."
POSITIONS = "encoder.embed_positions.weight"


@FORMATS.register("roberta")
class RoBERTa(Pretrained):
    """A checkpoint of fairseq's RoBERTa.

    Args:
        checkpoint: the checkpoint.
    """

    title = "a RoBERTa"
    example = "one of --arch roberta"

    def __init__(self, checkpoint: Checkpoint) -> None:
        path, stored = checkpoint.path, checkpoint.section("model")
        tensors = roberta_tensors(split_projections(checkpoint.state["model"]))
        super().__init__(
            path, roberta_options(stored, tensors, Dictionary().pad()), tensors, bos=True
        )
        if stored.get("untie_weights_roberta"):
            logger.info(
                f"{path}: its head of masked language modelling has an output matrix of its own, "
                "which is left out: ours is the embedding table"
            )

    @classmethod
    def recognises(cls, checkpoint: Checkpoint) -> bool:
        return any(upgraded(name).startswith(ENCODER) for name in checkpoint.state["model"])

    def symbols(self, training: Training) -> list[str]:
        dictionary = read_dictionary(training.dictionary_file)
        dictionary.add_symbol(MASK)
        check_dictionary(self, dictionary, training)
        return dictionary.symbols


def upgraded(name: str) -> str:
    """The name that a tensor of an old version has in the present one."""
    if name.startswith("decoder."):
        name = "encoder." + name.removeprefix("decoder.")
    return name.replace(".emb_layer_norm.", ".layernorm_embedding.")


def roberta_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A RoBERTa's tensors under the names of our encoder and of the head of `mlm`."""
    renamed = {}
    for name, tensor in tensors.items():
        name = upgraded(name)
        if name.startswith(ENCODER):
            renamed["encoder." + name.removeprefix(ENCODER)] = tensor
        elif name.startswith(HEAD):
            renamed[f"{LM_HEAD}.{name.removeprefix(HEAD)}"] = tensor
    return renamed


def roberta_options(
    stored: Mapping[str, Any], tensors: Mapping[str, Tensor], pad: int
) -> dict[str, Any]:
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
