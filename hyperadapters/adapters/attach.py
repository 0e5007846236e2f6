"""Let the layers of a backbone run with adapters for the length of one call."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor, nn

from .kind import AdapterKind, Weights
from .points import POINTS, LayerShape, Site, attach
from .rows import Rows, apply_to_rows


@dataclass(frozen=True)
class SideAdapters:
    """The adapters of one kind on one side of the backbone, for one batch.

    Args:
        kind: what they compute.
        layer: the dimensions of the side's layers.
        sites: the layers that they act in, as many as `weights`.
        weights: the K weight sets of every site, tensors [K, *shape].
        rows: which set each row of the batch uses.
        training: whether the model is training.
    """

    kind: AdapterKind
    layer: LayerShape
    sites: list[Site]
    weights: list[Weights]
    rows: Rows
    training: bool = False

    def reorder(self, new_order: Tensor) -> "SideAdapters":
        """The same adapters for rows picked (and repeated) by `new_order` [B'], as beam search does."""
        return replace(self, rows=self.rows.reorder(new_order))

    @contextmanager
    def attached(self, layers: nn.ModuleList) -> Iterator[None]:
        """Within this context every layer runs with its adapter, see `attached`."""
        layout = self.kind.layout(self.layer)
        handles = [
            handle
            for site, weights in zip(self.sites, self.weights)
            for point, names in layout.items()
            for handle in attach(
                layers[site.layer],
                POINTS.get(point),
                partial(
                    apply_to_rows,
                    self.kind,
                    weights={name: weights[flat] for name, flat in names.items()},
                    rows=self.rows,
                    training=self.training,
                ),
                self.kind.adds,
            )
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


@contextmanager
def attached(layers: nn.ModuleList, adapters: Sequence[SideAdapters]) -> Iterator[None]:
    """Within this context every layer runs with its adapters.

    The weights are made before and outside of the layers, so that recomputation of checkpointed
    activations never runs their source twice, and LayerDrop drops a layer with its adapters.

    Args:
        layers: the layers of one side of the backbone; activations are [T, B, C].
        adapters: their adapters, in the order in which they act.
    """
    with ExitStack() as contexts:
        for kind_adapters in adapters:
            contexts.enter_context(kind_adapters.attached(layers))
        yield
