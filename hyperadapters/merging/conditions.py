"""Merge generated adapters in the space of the embeddings that they are generated from."""

import torch

from ..sources import SOURCES
from ..sources.baked import Adapters, sources_by_name
from ..sources.hypernetwork import Hypernetwork
from ..sources.source import Ids
from ..support.errors import UserError


@torch.no_grad()
def move_embeddings(
    adapters: Adapters, task_source: Ids, reference_target: Ids, reference_source: Ids, t: float
) -> None:
    """Moves the embeddings of a condition by a part of the gap between two others; what is generated
    for it then are merged adapters.

    With t = 1 that is the hypernetwork's own zero-shot answer, where a language or task of its own
    takes the place of the first's.

    Args:
        adapters: hypernetworks; changed in place.
        task_source: ids of the condition by condition input.
        reference_target, reference_source: those of the conditions whose gap it is moved by.
        t: how far.
    Raises:
        UserError: if the adapters are not generated, or one embedding would have to move in two ways.
    """
    for source in sources_by_name(adapters).values():
        if not isinstance(source, Hypernetwork):
            name = next(n for n in SOURCES.names() if type(source) is SOURCES.get(n))
            raise UserError(
                f"--space conditions: adapters of the source {name} are not generated; leave it out"
            )
        gaps: dict[tuple[str, int], tuple[int, int]] = {}
        for name in {name for inputs in source.config.inputs.values() for name in inputs}:
            place = source.table_of(name), task_source[name]
            pair = reference_target[name], reference_source[name]
            if gaps.setdefault(place, pair) != pair:
                raise UserError(
                    "--space conditions: source and target language share an embedding that would have "
                    "to move in two ways; train with --hyper-untied"
                )
        start = {table: module.weight.clone() for table, module in source.embeddings.items()}
        for (table, row), (target, origin) in gaps.items():
            stored = start[table]
            source.embeddings[table].weight[row] = stored[row] + t * (
                stored[target] - stored[origin]
            )
