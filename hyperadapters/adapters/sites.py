"""Where adapters attach: one list of sites with distinct ids for encoder and decoder."""

from dataclasses import dataclass
from typing import Dict, List

from ..registry import Registry

SIDES = ("encoder", "decoder")


@dataclass(frozen=True)
class Site:
    """A place in the backbone at which one adapter works.

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


PLACES: Registry = Registry("adapter place")


@PLACES.register("after_layer")
def after_layer(layer):
    """The output of the whole layer: the module whose first output is adapted."""
    return layer


def sites(layers: Dict[str, int], place: str) -> Dict[str, List[Site]]:
    """The sites of every side, one a layer, numbered through.

    Args:
        layers: number of layers of each side.
        place: where in a layer, a name in `PLACES`.
    """
    found: Dict[str, List[Site]] = {}
    count = 0
    for side in SIDES:
        found[side] = [
            Site(count + layer, side, layer, place) for layer in range(layers.get(side, 0))
        ]
        count += len(found[side])
    return found
