"""Head masks that are estimated anew while the model trains, each with as many heads as before."""

from collections.abc import Iterator

import torch
from torch import distributed, nn

from ..adapters import HeadMask
from ..adapters.head_mask import MASKED
from ..sources import Bank
from ..subnetworks.pruning import normalise


def estimated_masks(
    model: nn.Module,
) -> Iterator[tuple[int, list[tuple[nn.Parameter, nn.Parameter]]]]:
    """The stored masks of a model that are estimated anew.

    Args:
        model: the model, as the trainer wrapped it.
    Returns:
        for each side and language the number of updates between estimates, and the change and the
        importance [layers, heads] of each point.
    """
    while hasattr(model, "module"):
        model = model.module
    source = getattr(getattr(model, "encoder", None), "adapters", None)
    for bank in source.members if source is not None else ():
        every = getattr(bank.config.kind.options, "update_every", None)
        if not (isinstance(bank, Bank) and isinstance(bank.config.kind, HeadMask) and every):
            continue
        for side, sets in bank.sides.items():
            layout = bank.config.kind.layout(bank.config.layers[side]).values()
            for tensors in sets.values():
                pairs = [
                    (tensors[names["change"]], tensors[names["importance"]]) for names in layout
                ]
                yield every, pairs


@torch.no_grad()
def collect_importance(model: nn.Module) -> None:
    """Adds the size of the loss's slope by each head's mask to the head's importance (Michel et al. 2019),
    after the backward pass of a batch. Masks are no weights: their gradients go no further."""
    for _, pairs in estimated_masks(model):
        for change, importance in pairs:
            if change.grad is not None:
                importance.add_(change.grad.abs())
                change.grad = None


@torch.no_grad()
def update_head_masks(model: nn.Module, updates: int) -> None:
    """Replaces masks by those of the most important heads, where it is time.

    Args:
        model: the model, as the trainer wrapped it.
        updates: the number of updates, that of this one included.
    """
    for every, pairs in estimated_masks(model):
        if updates % every:
            continue
        if distributed.is_initialized():
            for _, importance in pairs:
                distributed.all_reduce(importance)
        values = torch.cat([normalise(importance).flatten() for _, importance in pairs])
        changes = torch.cat([change.flatten() for change, _ in pairs])
        if values.any():  # else the language had no batch
            used = values.topk(int(changes.ge(MASKED).sum())).indices
            new = torch.full_like(changes, -1).index_fill(0, used, 0)
            for (change, _), part in zip(pairs, new.split([c.numel() for c, _ in pairs])):
                change.copy_(part.view_as(change))
        for _, importance in pairs:
            importance.zero_()
