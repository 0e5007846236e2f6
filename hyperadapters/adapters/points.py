"""The named points of a Transformer layer at which adapters act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from ..support.registry import Registry

SIDES = ("encoder", "decoder")
# the attention blocks of a layer, by what points call them
ATTENTIONS = {"self_attn": "self_attn", "cross_attn": "encoder_attn"}


@dataclass(frozen=True)
class LayerShape:
    """The dimensions of a layer.

    Args:
        width: model width C.
        hidden: width of the feed-forward block's hidden activations.
        heads: attention heads.
        memory: width of the encoder's output, which cross-attention reads; None without
            cross-attention.
    """

    width: int
    hidden: int
    heads: int
    memory: int | None = None

    def widths(self, point: str) -> tuple[int, int] | None:
        """Widths of a point's input and output; None if the layer has no such point."""
        if point.startswith("cross_attn.") and self.memory is None:
            return None
        entry = POINTS.get(point)
        return getattr(self, entry.reads), getattr(self, entry.gives)


@dataclass(frozen=True)
class Point:
    """A place in a layer, from an input to an output.

    A function of the input has its result added to what `last` gives; a function of the output
    replaces what leaves `leaves`, after activation and dropout.

    Args:
        first: the module whose input is the point's input, by its path in the layer.
        last: the module to whose output additions go.
        leaves: the module whose output is the point's output; of a module that runs several times
            in a layer it is the run that follows `last`.
        reads, gives: widths of input and output, as attributes of `LayerShape`.
    """

    first: str
    last: str
    leaves: str
    reads: str = "width"
    gives: str = "width"

    @property
    def is_inside(self) -> bool:
        """Whether it lies within the layer's own `forward`, so that adapters there cannot be
        recomputed with checkpointed activations."""
        return self.leaves != ""


POINTS: Registry[Point] = Registry("point of a layer")
POINTS.register("layer")(Point("", "", ""))
POINTS.register("ffn")(Point("fc1", "fc2", "dropout_module"))
POINTS.register("ffn.hidden")(Point("fc1", "fc1", "activation_dropout_module", gives="hidden"))
POINTS.register("ffn.out")(Point("fc2", "fc2", "dropout_module", reads="hidden"))
for block, memory in (("self_attn", "width"), ("cross_attn", "memory")):
    module = ATTENTIONS[block]
    for name, source in (("q", "width"), ("k", memory), ("v", memory), ("out", "width")):
        path = f"{module}.{name}_proj"
        POINTS.register(f"{block}.{name}")(Point(path, path, path, reads=source))
    # what a kind gives of heads is one value each
    path = f"{module}.head_outputs"
    POINTS.register(f"{block}.heads")(Point(path, path, path, gives="heads"))
    # reads nothing [1, B, 0] and gives n keys and values for each row [1, B, n * 2 * C]
    path = f"{module}.keys_values"
    POINTS.register(f"{block}.keys_values")(Point(path, path, path))


def is_in_attention(point: str) -> bool:
    """Whether a point lies inside an attention block, where only `AdaptedAttention` has it."""
    return "attn." in point


def attach(
    layer: nn.Module, point: Point, function: Callable[[Tensor], Tensor], adds: bool
) -> list[RemovableHandle]:
    """Lets a function act at a point of a layer.

    Args:
        layer: the layer; activations are [T, B, C].
        point: the point.
        function: a function of activations.
        adds: whether it reads the point's input and its result is added to the output; else it
            reads the output and its result replaces that.
    Returns:
        what removes it again.
    """
    first, last, leaves = (layer.get_submodule(p) for p in (point.first, point.last, point.leaves))
    if adds and first is last:
        return [last.register_forward_hook(partial(_add_function_of_input, function))]
    if adds:
        inputs: list[Tensor] = []
        return [
            first.register_forward_pre_hook(lambda _module, given: inputs.append(given[0])),
            last.register_forward_hook(lambda _m, _i, output: output + function(inputs.pop())),
        ]
    if leaves is last or point.leaves == "activation_dropout_module":
        return [leaves.register_forward_hook(partial(_replace, function))]
    runs: list[bool] = []  # the layer's one dropout module serves its attention blocks too

    def replace_after_last(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        return function(output) if runs and runs.pop() else output

    return [
        last.register_forward_hook(lambda _module, _inputs, _output: runs.append(True)),
        leaves.register_forward_hook(replace_after_last),
    ]


def _add_function_of_input(
    function: Callable[[Tensor], Tensor], _module: nn.Module, inputs: Any, output: Tensor
) -> Tensor:
    return output + function(inputs[0])


def _replace(
    function: Callable[[Tensor], Tensor], _module: nn.Module, _inputs: Any, output: Any
) -> Any:
    if isinstance(output, tuple):  # a decoder layer gives its attention weights too
        return (function(output[0]), *output[1:])
    return function(output)


@dataclass(frozen=True)
class Site:
    """A layer that an adapter acts in.

    Args:
        id: its number, distinct over encoder and decoder; indexes the layer embedding.
        side: "encoder" or "decoder".
        layer: number of the layer within its side.
    """

    id: int
    side: str
    layer: int


def sites(layers: Mapping[str, int]) -> dict[str, list[Site]]:
    """The sites of every side, numbered through.

    Args:
        layers: number of layers of each side.
    """
    numbered: dict[str, list[Site]] = {}
    count = 0
    for side in SIDES:
        numbered[side] = [Site(count + n, side, n) for n in range(layers.get(side, 0))]
        count += len(numbered[side])
    return numbered
