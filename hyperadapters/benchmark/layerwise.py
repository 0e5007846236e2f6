"""The published way of generating adapters, to measure ours against."""

from collections.abc import Mapping

from ..adapters import Weights
from ..sources import Condition
from ..sources.hypernetwork import Hypernetwork


class LayerwiseHypernetwork(Hypernetwork):
    """A hypernetwork that runs once for every layer, as the published code does.

    Same parameters, same weights as `Hypernetwork`; it is used by the benchmark only.
    """

    def weights(self, conditions: Mapping[str, Condition]) -> dict[str, list[Weights]]:
        return {
            side: [
                self.generate({side: self.hidden(embedded)})[side]
                for embedded in self.embed(side, condition).unbind(1)
            ]
            for side, condition in conditions.items()
        }
