"""What an adapter computes: the interface of adapter kinds."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Callable, ClassVar, Dict, Mapping, Optional, Tuple

from torch import Tensor, nn

from ..errors import UserError
from ..registry import Registry

Weights = Mapping[str, Tensor]

KINDS: Registry = Registry("adapter kind")
NORMS = ("trained", "plain", "branch", "none")
activations: Registry = Registry("activation")
activations.register("relu")(nn.functional.relu)
activations.register("gelu")(nn.functional.gelu)
activations.register("swish")(nn.functional.silu)
activations.register("tanh")(lambda x: x.tanh())


@dataclass(frozen=True)
class TensorSpec:
    """One tensor of a weight set.

    Args:
        shape: its shape, without the leading number of weight sets.
        start: fills a plain parameter of that shape with its published start values, in place.
        offset: what a generated tensor varies around, e.g. 1 for a LayerNorm gain.
        zero_is_identity: whether setting it (and all tensors so marked) to zero makes the adapter
            the identity.
    """

    shape: Tuple[int, ...]
    start: Callable[[Tensor], Tensor]
    offset: float = 0.0
    zero_is_identity: bool = False

    @property
    def size(self) -> int:
        """Number of values."""
        size = 1
        for length in self.shape:
            size *= length
        return size


@dataclass(frozen=True)
class KindOptions:
    """What a user can choose about an adapter kind.

    Args:
        bottleneck: bottleneck dimension, at least 1.
        activation: name of the activation function, see `activations`.
        norm: "trained" if the LayerNorm's gain and bias belong to the weight set (stored or
            generated with it), "plain" if the LayerNorm has none, "branch" if it normalises the
            branch's output instead of its input, "none" if there is no LayerNorm.
        place: where in a layer the adapter works, a name in `sites.PLACES`; None for the kind's
            usual place.
    Raises:
        UserError: if one is out of range.
    """

    bottleneck: int = 128
    activation: str = "relu"
    norm: str = "trained"
    place: Optional[str] = None

    def __post_init__(self) -> None:
        if self.bottleneck < 1:
            raise UserError(
                f"--adapter-bottleneck {self.bottleneck}: give a dimension of at least 1"
            )
        activations.get(self.activation)
        if self.norm not in NORMS:
            raise UserError(f"--adapter-norm {self.norm}: choose one of {', '.join(NORMS)}")


class AdapterKind(ABC):
    """A function of activations and one weight set.

    A kind never sees a condition or a language; it only names its tensors, their shapes and start
    values, applies one weight set, and says by which algebra its weight sets are merged.

    Args:
        width: model width C, the last dimension of the activations.
        options: the user's choices.
    Raises:
        UserError: for a place at which the kind cannot work.
    """

    algebra: ClassVar[str]
    # where in a layer it can work, the usual place first
    places: ClassVar[Tuple[str, ...]]

    def __init__(self, width: int, options: KindOptions = KindOptions()) -> None:
        if options.place not in (None, *self.places):
            raise UserError(
                f"--adapter-place {options.place}: these adapters work at {' or '.join(self.places)}"
            )
        self.width = width
        self.options = options

    @property
    def place(self) -> str:
        """Where in a layer it works, a name in `sites.PLACES`."""
        return self.options.place or self.places[0]

    @abstractmethod
    def tensors(self) -> Dict[str, TensorSpec]:
        """Name and specification of every tensor of a weight set."""

    @abstractmethod
    def apply(self, x: Tensor, weights: Weights) -> Tensor:
        """Applies a weight set to activations.

        Args:
            x: activations [..., C], or [K, N, C] for K weight sets.
            weights: tensors as in `tensors` (one set for all), or each with a leading dimension K
                (set k for the activations x[k]).
        Returns:
            what the place in the layer does something with, see `sites.PLACES`: of the same shape.
        """

    @property
    def size(self) -> int:
        """Parameters of one weight set."""
        return sum(spec.size for spec in self.tensors().values())
