"""What an adapter computes: the interface of adapter kinds."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from ..support.errors import UserError
from ..support.registry import Registry
from .points import LayerShape, Point

Weights = Mapping[str, Tensor]

activations: Registry[Callable[[Tensor], Tensor]] = Registry("activation")
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
        offset: what is added to a generated tensor, e.g. 1 for a LayerNorm gain; 0 where
            `zero_is_identity`, since a stored tensor has no offset.
        zero_is_identity: whether the adapter is the identity when this tensor and all others so
            marked are zero.
        is_shared: whether one tensor a site serves all conditions: it is stored and trained, whatever
            the source.
        rank_axis: the axis along which the tensor has the rank of a low-rank update or the width of a
            bottleneck, if any.
        is_trained: whether training changes it; a tensor that stays as it is must be stored.
    """

    shape: tuple[int, ...]
    start: Callable[[Tensor], Tensor]
    offset: float = 0.0
    zero_is_identity: bool = False
    is_shared: bool = False
    rank_axis: int | None = None
    is_trained: bool = True

    @property
    def size(self) -> int:
        """Number of values."""
        size = 1
        for length in self.shape:
            size *= length
        return size


def choice(option: str, default: Any, text: str) -> Any:
    """A field of a kind's options.

    Args:
        option: the name of the option that users know it by, with underscores.
        default: its default.
        text: its help.
    """
    return dataclasses.field(default=default, metadata={"option": option, "help": text})


def parse_points(option: str, text: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """The points that a user chooses, in one order for every spelling.

    Args:
        option: the option, as users know it.
        text: its value, a comma-separated list.
        allowed: the points to choose from.
    Raises:
        UserError: if there is none, or one that is not allowed.
    """
    names = list(filter(None, map(str.strip, text.split(","))))
    if not names:
        raise UserError(f"{option} '{text}': give at least one point")
    for name in names:
        if name not in allowed:
            raise UserError(f"{option} {name}: choose from {', '.join(allowed)}")
    return tuple(name for name in allowed if name in names)


@dataclass(frozen=True)
class BottleneckOptions:
    """What a user can choose about a bottleneck.

    Raises:
        UserError: if a choice is out of range.
    """

    # its points by the names that the command line and saved configurations have for them, the
    # default first
    places: ClassVar[Mapping[str, str]]

    bottleneck: int = choice("adapter_bottleneck", 128, "bottleneck dimension of the adapters")
    activation: str = choice(
        "adapter_activation", "relu",
        f"activation of adapters and hypernetwork: {', '.join(activations.names())}",
    )  # fmt: skip
    place: str | None = choice(
        "adapter_place", None,
        "where in a layer adapters work: after_layer or after_feed_forward (on the feed-forward "
        "block's output, before its residual connection) for the kind bottleneck, beside_feed_forward "
        "for the kind parallel; by default after_layer and beside_feed_forward",
    )  # fmt: skip

    def __post_init__(self) -> None:
        if self.bottleneck < 1:
            raise UserError(
                f"--adapter-bottleneck {self.bottleneck}: give a dimension of at least 1"
            )
        activations.get(self.activation)
        if self.place not in (None, *self.places):
            raise UserError(
                f"--adapter-place {self.place}: these adapters work at {' or '.join(self.places)}"
            )

    @property
    def point(self) -> str:
        """The point at which the bottleneck acts."""
        return self.places[self.place or next(iter(self.places))]


class AdapterKind(ABC):
    """A function of activations and one weight set, which acts at points of a layer.

    A kind never sees a condition or a language. It names its points and its tensors there with their
    shapes and start values, and applies one weight set.

    Args:
        options: the user's choices, an `Options`.
    """

    Options: ClassVar[type]
    # whether `apply` reads a point's input and its result is added to the output; else it maps the
    # output
    adds: ClassVar[bool] = False
    # the rules of `merging.RULES` that suit its structure, the usual one first
    merging_rules: ClassVar[tuple[str, ...]] = ("add",)
    # what is added to its tensors to get the factors that they stand for
    neutral: ClassVar[float] = 0.0

    def __init__(self, options: Any) -> None:
        self.options = options

    @property
    @abstractmethod
    def points(self) -> tuple[str, ...]:
        """The points at which it acts, names in `POINTS`, wherever a layer has them."""

    @abstractmethod
    def point_tensors(self, point: str, inputs: int, outputs: int) -> dict[str, TensorSpec]:
        """Name and specification of every tensor at a point.

        Args:
            point: the point's name.
            inputs, outputs: widths of the point's input and output.
        """

    @abstractmethod
    def apply(self, x: Tensor, weights: Weights, training: bool = False) -> Tensor:
        """Applies the weights of one point.

        Args:
            x: what it reads there (see `adds`) [..., C], or [K, N, C] for K weight sets.
            weights: tensors as in `point_tensors` (one set for all), or each with a leading dimension
                K (set k for the activations x[k]).
            training: whether the model is training, for dropout.
        Returns:
            what is added to the point's output or replaces it (see `adds`).
        """

    def across_layers(self, weights: list[Weights]) -> list[Weights]:
        """What is applied, where it depends on the weights of all layers; by default these as they are.

        Args:
            weights: the weight set of each site of a side, tensors [K, *shape].
        """
        return weights

    def trained_kind(self) -> "AdapterKind":
        """The kind of the weights that are kept after training: this one, unless some of its tensors
        serve training alone."""
        return self

    def trained_tensors(self, weights: Weights) -> Weights:
        """The tensors that are kept after training, those of `trained_kind`, of one point.

        Args:
            weights: as `apply` takes them.
        """
        return weights

    def what_keeps_from_folding(self, activation: str) -> str | None:
        """Why one weight set cannot be folded into the weights of a layer; None if it can.

        Args:
            activation: the activation function of the backbone's feed-forward blocks.
        """
        return "only adapters of kinds parallel, lora and ia3 fold"

    def fold(self, point: Point, layer: Weights, weights: Weights) -> Weights:
        """The tensors of a layer that without an adapter does exactly what it does with one.

        Args:
            point: where the adapter acts.
            layer: the layer's tensors, as `fc1.weight`.
            weights: one weight set of this point.
        Returns:
            those of the layer's tensors that change.
        """
        raise NotImplementedError

    @property
    def has_identity(self) -> bool:
        """Whether some weights leave activations as they are."""
        return any(spec.zero_is_identity for spec in self.all_tensors())

    def all_tensors(self) -> list[TensorSpec]:
        """The specifications of the tensors at all points, of points one value wide."""
        return [s for point in self.points for s in self.point_tensors(point, 1, 1).values()]

    def layout(self, layer: LayerShape) -> dict[str, dict[str, str]]:
        """For each point that a layer has, the name of each of its tensors in a weight set.

        A weight set is flat. Where a kind acts at one point, tensors keep their names; else they are
        preceded by the point's: `self_attn_q_a`.
        """
        several = len(self.points) > 1
        return {
            point: {
                name: f"{point.replace('.', '_')}_{name}" if several else name
                for name in self.point_tensors(point, *widths)
            }
            for point in self.points
            if (widths := layer.widths(point))
        }

    def tensors(self, layer: LayerShape) -> dict[str, TensorSpec]:
        """Name and specification of every tensor of a weight set for a layer."""
        return {
            flat_name: self.point_tensors(point, *layer.widths(point))[name]  # type: ignore[misc]
            for point, names in self.layout(layer).items()
            for name, flat_name in names.items()
        }


KINDS: Registry[type[AdapterKind]] = Registry("adapter kind")
