"""A model made ready for fast beam search on a CPU."""

from typing import Any, Callable, Optional

from torch import nn

from .attention import BeamAttention, beam_attention
from .candidates import CandidateGenerator
from .linear import available, fuse_relu, onednn_linear


def quicken(model: Any) -> None:
    """Replaces what is slow in a model by what computes the same; for inference only.

    Args:
        model: a fairseq translation model on a CPU.
    """
    replace(model.decoder, beam_attention)
    if available():
        for part in (model.encoder.layers, model.decoder):
            replace(part, onednn_linear)
        for layer in (*model.encoder.layers, *model.decoder.layers):
            fuse_relu(layer)


def replace(part: nn.Module, substitute: Callable[[nn.Module], Optional[nn.Module]]) -> None:
    """Puts substitutes in the place of a model's modules, where there are any."""
    for parent in list(part.modules()):
        for name, module in list(parent.named_children()):
            found = substitute(module)
            if found is not None:
                setattr(parent, name, found)


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
    quick = all(isinstance(module, BeamAttention) for module in stateful) and (
        model.decoder.adaptive_softmax is None
    )
    return (
        CandidateGenerator.of(generator, model)
        if quick and CandidateGenerator.serves(generator)
        else generator
    )
