"""A trained model with some of its attention heads switched off, and how important each is."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from fairseq.utils import move_to_cuda
from torch import Tensor, nn

from ..adapters import ATTENTIONS
from ..backbone.attention import AdaptedAttention
from ..multitask.all_tasks import TASKS
from ..multitask.dataset import CellDataset, collate
from ..subnetworks.masks import Places
from ..support.errors import UserError
from .translation.decoding import Limits, Sentences, batches


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
    model: nn.Module,
    datasets: Sequence[CellDataset],
    masks: Mapping[str, Tensor],
    limits: Limits,
    loss_options: Any,
) -> dict[str, Tensor]:
    """How much the loss depends on each head: |d loss / d mask|, summed over batches (Michel et al. 2019,
    section 4.1).

    Args:
        model: the model, in evaluation mode.
        datasets: encoded sentences of one language.
        masks: the mask under which it is measured.
        limits: the size of a batch.
        loss_options: the settings of the criterion.
    Returns:
        by place, the importances [layers, heads], a sentence.
    """
    factors = {place: mask.float().requires_grad_() for place, mask in masks.items()}
    sums = {place: torch.zeros_like(mask, dtype=torch.float) for place, mask in masks.items()}
    device = next(model.parameters()).device
    sentences = 0
    with masked_heads(model, factors), torch.enable_grad():
        for dataset in datasets:
            cell = dataset.cell
            everything = Sentences(cell.name, *cell.direction, dataset, range(len(dataset)))
            for batch in batches(((everything, row) for row in everything.rows), limits):
                sample = collate([dataset[row] for _, row in batch])
                sample = move_to_cuda(sample) if device.type == "cuda" else sample
                output = model(**sample["net_input"])[cell.task]
                loss = TASKS.get(cell.task).loss(output, sample["target"][cell.task], loss_options)
                gradients = torch.autograd.grad(loss * len(batch), list(factors.values()))
                for place, gradient in zip(factors, gradients):
                    sums[place] += gradient.abs()
                sentences += len(batch)
    return {place: values / sentences for place, values in sums.items()}
