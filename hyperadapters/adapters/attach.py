"""Let the layers of a backbone run with adapters for the length of one call."""

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Iterator, List

from torch import Tensor, nn

from .kind import AdapterKind, Weights
from .rows import Rows, apply_to_rows
from .sites import PLACES, Site


@dataclass(frozen=True)
class SideAdapters:
    """The adapters of one side of the backbone for one batch.

    Args:
        kind: what they compute.
        sites: where they attach, as many as `weights`.
        weights: the K weight sets of every site, tensors [K, *shape].
        rows: which set each row of the batch uses.
    """

    kind: AdapterKind
    sites: List[Site]
    weights: List[Weights]
    rows: Rows

    def reorder(self, new_order: Tensor) -> "SideAdapters":
        """The same adapters for rows picked (and repeated) by `new_order` [B'], as beam search does."""
        return SideAdapters(self.kind, self.sites, self.weights, self.rows.reorder(new_order))


@contextmanager
def attached(layers: nn.ModuleList, adapters: SideAdapters) -> Iterator[None]:
    """Within this context every layer runs with its adapter.

    The weights are made before and outside of the layers, so that recomputation of checkpointed
    activations never runs their source twice, and LayerDrop drops a layer with its adapter.

    Args:
        layers: the layers of one side of the backbone; activations are [T, B, C].
        adapters: their adapters.
    """
    handles = [
        handle
        for site, weights in zip(adapters.sites, adapters.weights)
        for handle in PLACES.get(site.place).attach(
            layers[site.layer],
            partial(apply_to_rows, adapters.kind, weights=weights, rows=adapters.rows),
        )
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
