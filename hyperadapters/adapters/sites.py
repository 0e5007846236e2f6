"""Where adapters attach: one list of sites with distinct ids for encoder and decoder."""

from dataclasses import dataclass
from typing import Callable, Dict, List

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from ..registry import Registry

SIDES = ("encoder", "decoder")


@dataclass(frozen=True)
class Site:
    """A place in the backbone at which one adapter works.

    Sites of one layer and place work one after the other, each on what the one before it gives.

    Args:
        id: its number, distinct over encoder and decoder; indexes the layer embedding.
        side: "encoder" or "decoder".
        layer: number of the layer within its side.
        place: where in the layer, a name in `PLACES`.
    """

    id: int
    side: str
    layer: int
    place: str


@dataclass(frozen=True)
class Place:
    """Where in a layer an adapter reads and what becomes of its output.

    Args:
        attach: hangs a function of activations [T, B, C] onto a layer and returns what removes it.
        inside: whether the hooks sit within the layer's own `forward`. Recomputation of
            checkpointed activations, which comes after they are removed, is then impossible.
        added: whether the function's output is added to what the layer computes without it
            (else it replaces that).
    """

    attach: Callable[[nn.Module, Callable[[Tensor], Tensor]], List[RemovableHandle]]
    inside: bool
    added: bool


PLACES: Registry = Registry("adapter place")


def after_layer(layer: nn.Module, adapter: Callable[[Tensor], Tensor]) -> List[RemovableHandle]:
    """The adapter maps the layer's output, its first one if there are several."""

    def replace(_module, _inputs, output):
        if isinstance(output, tuple):
            return (adapter(output[0]), *output[1:])
        return adapter(output)

    return [layer.register_forward_hook(replace)]


def beside_feed_forward(
    layer: nn.Module, adapter: Callable[[Tensor], Tensor]
) -> List[RemovableHandle]:
    """The adapter reads what the feed-forward block's first linear map reads, and its output is
    added to that of the second."""
    read: List[Tensor] = []

    def keep(_module, inputs):
        read.append(inputs[0])

    def add(_module, _inputs, output):
        return output + adapter(read.pop())

    return [layer.fc1.register_forward_pre_hook(keep), layer.fc2.register_forward_hook(add)]


def after_feed_forward(
    layer: nn.Module, adapter: Callable[[Tensor], Tensor]
) -> List[RemovableHandle]:
    """The adapter maps the feed-forward block's output after its dropout, before the residual
    connection (and, post-norm, the LayerNorm that follows it)."""
    waiting: List[bool] = []  # the layer's one dropout module serves its attention blocks too

    def wait(_module, _inputs, _output):
        waiting.append(True)

    def replace(_module, _inputs, output):
        return adapter(output) if waiting and waiting.pop() else output

    return [
        layer.fc2.register_forward_hook(wait),
        layer.dropout_module.register_forward_hook(replace),
    ]


PLACES.register("after_layer")(Place(after_layer, inside=False, added=False))
PLACES.register("after_feed_forward")(Place(after_feed_forward, inside=True, added=False))
PLACES.register("beside_feed_forward")(Place(beside_feed_forward, inside=True, added=True))


def sites(layers: Dict[str, int], place: str, stacked: int = 1) -> Dict[str, List[Site]]:
    """The sites of every side, numbered through.

    Args:
        layers: number of layers of each side.
        place: where in a layer, a name in `PLACES`.
        stacked: how many there are in each layer.
    """
    found: Dict[str, List[Site]] = {}
    count = 0
    for side in SIDES:
        found[side] = [
            Site(count + number, side, number // stacked, place)
            for number in range(layers.get(side, 0) * stacked)
        ]
        count += len(found[side])
    return found
