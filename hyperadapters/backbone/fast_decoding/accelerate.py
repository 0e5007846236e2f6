"""A model made ready for fast beam search on a CPU."""

from typing import Any

from fairseq.data import Dictionary
from fairseq.sequence_generator import SequenceGenerator
from torch import nn

from ..attention import AdaptedAttention
from .candidates import CandidateGenerator


def accelerate_for_cpu(model: Any) -> None:
    """Lets the hypotheses of a sentence share what attention keeps of their prefixes, where the
    model's decoder is a Transformer; for inference only.

    Args:
        model: a fairseq translation model on a CPU; its decoder is changed.
    """
    for parent in list(model.decoder.modules()):
        for name, module in list(parent.named_children()):
            if AdaptedAttention.can_replace(module) and not isinstance(module, AdaptedAttention):
                setattr(parent, name, AdaptedAttention(module, has_points=False))


def generator_class(model: Any, dictionary: Dictionary, beam: int) -> type[SequenceGenerator]:
    """The fastest generator that does plain beam search with a model.

    Args:
        model: the model, see `accelerate_for_cpu`.
        dictionary: the target dictionary.
        beam: beam size.
    Returns:
        fairseq's own for a model that is not accelerated or a vocabulary with too few candidates.
    """
    has_candidates = len(dictionary) >= dictionary.nspecial + 2 * beam
    is_whole = model.decoder.adaptive_softmax is None
    accelerated = has_candidates and is_whole and all(map(shares_prefixes, stateful(model.decoder)))
    return CandidateGenerator if accelerated else SequenceGenerator


def stateful(decoder: nn.Module) -> list[nn.Module]:
    """The modules of a decoder that keep something of the pieces before."""
    modules = decoder.modules()
    return [m for m in modules if hasattr(m, "reorder_incremental_state") and m is not decoder]


def shares_prefixes(module: nn.Module) -> bool:
    """Whether a module can share what it keeps of a prefix among hypotheses."""
    return isinstance(module, AdaptedAttention) and (
        module.self_attention != module.encoder_decoder_attention
    )
