"""A trained model with some of its attention heads switched off, and how important each is."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from ..adapters import ATTENTIONS
from ..backbone.attention import AdaptedAttention
from ..subnetworks.masks import Places
from ..support.errors import UserError
from .examples import Examples


def attentions(model: nn.Module) -> dict[str, list[AdaptedAttention]]:
    """The attentions of all layers of a model, by the place of their heads.

    Args:
        model: the model; its attentions become such whose heads can be masked, and compute the same.
    Raises:
        UserError: for an attention that does more than fairseq's usual one.
    """
    places: dict[str, list[AdaptedAttention]] = {}
    for side in ("encoder", "decoder"):
        for layer in getattr(getattr(model, side, None), "layers", ()):
            for block, name in ATTENTIONS.items():
                attention = getattr(layer, name, None)
                if attention is None:
                    continue
                if not isinstance(attention, AdaptedAttention) or not attention.has_points:
                    if not AdaptedAttention.can_replace(attention):
                        raise UserError(
                            f"the heads of a {type(attention).__name__} cannot be masked"
                        )
                    attention = AdaptedAttention(attention, has_points=True)
                    setattr(layer, name, attention)
                places.setdefault(f"{side}.{block}.heads", []).append(attention)
    return places


def places_of_model(model: nn.Module) -> Places:
    """Layers and heads of each place of a model."""
    return {place: (len(all_), all_[0].num_heads) for place, all_ in attentions(model).items()}


@contextmanager
def masked_heads(model: nn.Module, masks: Mapping[str, Tensor]) -> Iterator[None]:
    """Within this context the heads' outputs are multiplied.

    Args:
        model: the model.
        masks: by place, the factors [layers, heads].
    """

    def multiply(factors: Tensor, _module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        heads = output.unflatten(-1, (len(factors), -1))
        return (heads * factors.to(output).unsqueeze(-1)).flatten(-2)

    with ExitStack() as stack:
        for place, of_layers in attentions(model).items():
            for attention, factors in zip(of_layers, masks.get(place, ())):
                handle = attention.head_outputs.register_forward_hook(
                    lambda module, inputs, output, factors=factors: multiply(
                        factors, module, inputs, output
                    )
                )
                stack.callback(handle.remove)
        yield


def head_importance(
    model: nn.Module, examples: Sequence[Examples], masks: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """How much the loss depends on each head: |d loss / d mask|, summed over batches (Michel et al. 2019,
    section 4.1).

    Args:
        model: the model, in evaluation mode.
        examples: sentences of one language.
        masks: the mask under which it is measured.
    Returns:
        by place, the importances [layers, heads], a sentence.
    """
    factors = {place: mask.float().requires_grad_() for place, mask in masks.items()}
    sums = {place: torch.zeros_like(mask, dtype=torch.float) for place, mask in masks.items()}
    sentences = 0
    with masked_heads(model, factors), torch.enable_grad():
        for loss, count in chain.from_iterable(each.losses() for each in examples):
            gradients = torch.autograd.grad(loss * count, list(factors.values()))
            for place, gradient in zip(factors, gradients):
                sums[place] += gradient.abs()
            sentences += count
    return {place: values / sentences for place, values in sums.items()}
