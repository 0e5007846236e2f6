"""How much the gradients of languages, or directions, pull a model in one direction or against each other."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from math import isnan
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from ..checkpoints.checkpoint import Checkpoint
from ..subnetworks.masks import HeadMasks
from ..support.errors import UserError
from ..training.freezing import backbone_rule, freeze
from ..training.meta_learning import inner_parameters
from ..training.unused_heads import parameters_of, part_of_head
from .examples import Choice, Examples, open_examples
from .head_masking import attentions, masked_heads, places_of_model

Gradients = dict[nn.Parameter, Tensor]


def gradient_conflict(
    checkpoint: str, choice: Choice, masks: HeadMasks | None = None
) -> dict[str, Any]:
    """The cosines between the gradients of languages, or of directions, at the weights of a checkpoint.

    The gradients of all batches of a language are summed before the cosine is taken, without dropout,
    over what was trained. They are compared over all coordinates; over those that both use, which are
    all but the parts (queries, keys, values, output projection) of heads that one of the two masks; and
    over the parts of heads that both use alone.

    Args:
        checkpoint: path of a checkpoint of cells or of translation.
        choice: the sentences.
        masks: the heads that each language runs with; by default all.
    Returns:
        `names`, `sentences` and `cosines`, a matrix [N, N] for "all", "both use" and "heads", in which
        None stands for a pair that has no such coordinates, as where attention is frozen.
    Raises:
        UserError: if there are less than two languages, or the masks do not fit the model.
    """
    opened = Checkpoint(checkpoint)
    model, examples = open_examples(opened, choice)
    if opened.config.freeze_backbone:
        freeze(model, backbone_rule(opened.config))
    places = places_of_model(model)
    if masks is not None:
        masks.check(places, opened.languages.codes)
    groups = by_languages(examples)
    if len(groups) < 2:
        raise UserError(f"--cells {choice.names}: name cells of two languages, or two directions")
    # on a CPU's memory, as there are as many gradients as languages
    gradients, masks_of_groups, sentences = [], [], {}
    for name, group in tqdm(groups.items(), desc="gradients"):
        used = mask_of(group[0].languages, masks, places)
        summed, sentences[name] = sum_gradients(model, group, used if masks else None)
        gradients.append(summed)
        masks_of_groups.append(used)
    products = Products.of(model, gradients, masks_of_groups)
    return {
        "names": list(groups),
        "sentences": sentences,
        "cosines": {
            title: [[None if isnan(value) else value for value in row] for row in matrix.tolist()]
            for title, matrix in products.cosines().items()
        },
    }


def by_languages(examples: Sequence[Examples]) -> dict[str, list[Examples]]:
    """The examples of each language, as `de`, or direction, as `de-fr`."""
    groups: dict[str, list[Examples]] = {}
    for each in examples:
        groups.setdefault("-".join(each.languages.values()), []).append(each)
    return groups


def mask_of(
    languages: Mapping[str, str], masks: HeadMasks | None, places: Mapping[str, tuple[int, int]]
) -> dict[str, Tensor]:
    """Whether each head is used when the sides run with the heads of some languages."""
    used = {place: torch.ones(sizes, dtype=torch.bool) for place, sizes in places.items()}
    for place in used:
        language = languages.get(place.partition(".")[0], "")
        if masks is not None and language in masks.masks and place in masks.places:
            used[place] = masks.masks[language][place]
    return used


def sum_gradients(
    model: nn.Module, examples: Sequence[Examples], mask: Mapping[str, Tensor] | None
) -> tuple[Gradients, int]:
    """The gradient of the loss summed over all sentences, on the CPU, and how many there are."""
    parameters = list(inner_parameters(model).values())
    sums: Gradients = {}
    sentences = 0
    with masked_heads(model, mask) if mask else nullcontext():
        for loss, count in chain.from_iterable(each.losses() for each in examples):
            gradients = torch.autograd.grad(loss * count, parameters, allow_unused=True)
            for parameter, gradient in zip(parameters, gradients):
                if gradient is not None:
                    gradient = gradient.float().cpu()
                    sums[parameter] = (
                        sums[parameter].add_(gradient) if parameter in sums else gradient
                    )
            sentences += count
    return sums, sentences


@dataclass(frozen=True)
class Products:
    """Products of the gradients of N languages.

    Args:
        rest: those over everything but the heads [N, N].
        heads: those over the parts of each head [H, N, N].
        used: whether each language uses each head [H, N].
    """

    rest: Tensor
    heads: Tensor
    used: Tensor

    @classmethod
    def of(
        cls, model: nn.Module, gradients: Sequence[Gradients], masks: Sequence[Mapping[str, Tensor]]
    ) -> "Products":
        """Multiplies gradients of a model.

        Args:
            model: the model.
            gradients: those of each language; a parameter that it lacks has none.
            masks: whether each language uses each head, by place [layers, heads].
        """
        count = len(gradients)
        rest, heads, used = torch.zeros(count, count), [], []
        in_heads = set()
        for place, of_layers in attentions(model).items():
            for layer, attention in enumerate(of_layers):
                parameters = parameters_of(attention)
                in_heads |= set(parameters)
                for head in range(attention.num_heads):
                    heads.append(torch.zeros(count, count))
                    used.append([bool(mask[place][layer, head]) for mask in masks])
                    for parameter in parameters:
                        heads[-1] += products(gradients, parameter, attention, head)
        for parameter in set().union(*gradients) - in_heads:
            rest += products(gradients, parameter)
        return cls(rest, torch.stack(heads), torch.tensor(used))

    def cosines(self) -> dict[str, Tensor]:
        """The cosines [N, N] over all coordinates, over those that both use, and over their heads."""
        both = (self.used.unsqueeze(2) & self.used.unsqueeze(1)).float()  # [H, N, N]
        norms = self.heads.diagonal(dim1=1, dim2=2)  # [H, N]
        all_ = self.rest + self.heads.sum(0)
        shared = (self.heads * both).sum(0)
        shared_norms = torch.einsum("hn,hnm->nm", norms, both)
        rest_norms = self.rest.diagonal().unsqueeze(1)
        return {
            "all": cosine(all_, all_.diagonal().unsqueeze(1).expand_as(all_)),
            "both use": cosine(self.rest + shared, rest_norms + shared_norms),
            "heads": cosine(shared, shared_norms),
        }


def cosine(product: Tensor, squares: Tensor) -> Tensor:
    """Products [N, N] by the norms, of which the squares [N, N] of the first of each two are given."""
    return product / (squares * squares.T).sqrt()


def products(
    gradients: Sequence[Gradients], parameter: nn.Parameter, attention: Any = None, head: int = 0
) -> Tensor:
    """The products [N, N] of gradients over a parameter, or over a head's part of it."""
    parts = [each.get(parameter) for each in gradients]
    if attention is not None:
        parts = [
            None if part is None else part_of_head(part, attention, parameter, head)
            for part in parts
        ]
    matrix = torch.zeros(len(parts), len(parts))
    for row, first in enumerate(parts):
        for column, second in enumerate(parts[: row + 1]):
            if first is not None and second is not None:
                # in double precision: sums over millions of coordinates
                matrix[row, column] = matrix[column, row] = (first * second).sum(dtype=torch.double)
    return matrix
