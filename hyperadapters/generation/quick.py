"""A model made ready for fast beam search on a CPU."""

from typing import Any

import torch
from torch import nn

from .attention import BeamAttention, beam_attention
from .candidates import CandidateGenerator
from .linear import OneDnnLinear, available


def quicken(model: Any) -> None:
    """Replaces what is slow in a decoder by what computes the same; for inference only.

    Args:
        model: a fairseq translation model on a CPU.
    """
    linear = available()
    for parent in list(model.decoder.modules()):
        for name, module in list(parent.named_children()):
            attention = beam_attention(module)
            if attention is not None:
                setattr(parent, name, attention)
            elif linear and type(module) is nn.Linear and module.weight.dtype is torch.float32:
                setattr(parent, name, OneDnnLinear.of(module))


def quick_search(generator: Any, model: Any) -> Any:
    """A generator that searches among candidates, if one can do the same.

    Args:
        generator: fairseq's, with its default options but for beam size, length penalty, lengths.
        model: its only model.
    Returns:
        that generator if the model's decoder is a quickened Transformer, else the given one.
    """
    stateful = [
        module
        for module in model.decoder.modules()
        if hasattr(module, "reorder_incremental_state") and module is not model.decoder
    ]
    quick = all(isinstance(module, BeamAttention) for module in stateful)
    return (
        CandidateGenerator.of(generator, model)
        if quick and CandidateGenerator.serves(generator)
        else generator
    )
