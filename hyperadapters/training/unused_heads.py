"""Attention heads that no sentence of an update used: they get no update, by momentum or decay either."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..adapters import ATTENTIONS, HeadMask
from ..support.errors import UserError
from .unused_adapters import copies_of


@contextmanager
def unused_heads_kept(optimizer: Any, model: nn.Module) -> Iterator[None]:
    """Puts the weights of heads that were masked in the whole update back to what they were before.

    What a head computes is multiplied by its mask, so its part of the output projection has a gradient
    of exactly zero then, on every process alike.

    Args:
        optimizer: fairseq's optimiser, after its gradients were reduced; it steps within the context.
        model: the model, as the trainer wrapped it.
    Raises:
        UserError: if an optimizer for 16 bits has one flat copy of all weights.
    """
    copies = copies_of(optimizer)
    saved: list[tuple[Tensor, Tensor]] = []
    attentions = maskable_attentions(model)
    if attentions and not isinstance(getattr(optimizer, "fp32_params", []), list):
        raise UserError(
            "head masks: --fp16 keeps all weights in one vector, in which heads cannot be kept apart: add "
            "--fp16-no-flatten-grads"
        )
    if attentions:
        used = torch.stack([used_heads(attention) for attention in attentions]).tolist()
        for attention, by_head in zip(attentions, used):
            for head, is_used in enumerate(by_head):
                if not is_used:
                    for parameter in parameters_of(attention):
                        for tensor in {parameter, copies.get(parameter, parameter)}:
                            part = part_of_head(tensor, attention, parameter, head)
                            saved.append((part, part.clone()))
    yield
    for part, values in saved:
        part.copy_(values)


def maskable_attentions(model: nn.Module) -> list[Any]:
    """The attentions of a model whose heads can be masked and are trained."""
    while hasattr(model, "module"):
        model = model.module
    source = getattr(getattr(model, "encoder", None), "adapters", None)
    attentions = []
    for member in source.members if source is not None else []:
        if not isinstance(member.config.kind, HeadMask):
            continue
        for side, sites in member.config.sites.items():
            for point in member.config.kind.layout(member.config.layers[side]) if sites else ():
                layers = getattr(model, side).layers
                name = ATTENTIONS[point.partition(".")[0]]
                attentions += [getattr(layers[site.layer], name) for site in sites]
    return [each for each in attentions if each.out_proj.weight.requires_grad]


def used_heads(attention: Any) -> Tensor:
    """Which heads of an attention had a part in the gradient [heads]; all where there is none."""
    gradient = attention.out_proj.weight.grad
    if gradient is None:
        return torch.ones(
            attention.num_heads, dtype=torch.bool, device=attention.out_proj.weight.device
        )
    return gradient.unflatten(1, (attention.num_heads, -1)).ne(0).any(2).any(0)


def parameters_of(attention: Any) -> list[nn.Parameter]:
    """The parameters of which each head has a part."""
    maps = (attention.q_proj, attention.k_proj, attention.v_proj)
    rows = [p for each in maps for p in (each.weight, each.bias) if p is not None]
    return [p for p in (*rows, attention.out_proj.weight) if p.requires_grad]


def part_of_head(tensor: Tensor, attention: Any, parameter: nn.Parameter, head: int) -> Tensor:
    """The rows of a head in the maps to it, its columns in the one from it, as a view.

    Args:
        tensor: the parameter, or its copy in full precision.
        attention: the attention.
        parameter: which of its parameters it is.
        head: the head.
    """
    axis = int(parameter is attention.out_proj.weight)
    return tensor.detach().narrow(axis, head * attention.head_dim, attention.head_dim)
