"""Where adapter weights come from: the interface of adapter sources."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Dict, List, Mapping, Optional, Sequence, Tuple

from torch import Tensor, nn

from ..adapters import AdapterKind, Site, Weights
from ..errors import UserError
from ..registry import Registry
from .condition import Condition
from .origin import Origin

ParameterSet = List[nn.Parameter]

STARTS = ("published", "identity", "calibrated")


@dataclass(frozen=True)
class HyperOptions:
    """What a user can choose about the hypernetwork (Baziotis et al. 2022, section 2).

    Args:
        hidden: hidden dimension d_h.
        layers: residual blocks R, 0 or more.
        lang_dim: width of the language and task embeddings.
        layer_dim: width of the layer embedding.
        lang_start: standard deviation of the language embeddings at the start.
        dropout: dropout probability inside the hypernetwork.
        rescale: divide every generated tensor by sqrt(d_h), the fix that lets it grow.
        tied: source and target language share one embedding table.
        output_norm: normalise the last hidden state (a LayerNorm without parameters), so that
            training cannot make the generated weights grow with it.
    Raises:
        UserError: if one is out of range.
    """

    hidden: int = 204
    layers: int = 2
    lang_dim: int = 50
    layer_dim: int = 50
    lang_start: float = 1.0
    dropout: float = 0.0
    rescale: bool = True
    tied: bool = True
    output_norm: bool = False

    def __post_init__(self) -> None:
        for name, least in (("hidden", 1), ("layers", 0), ("lang_dim", 1), ("layer_dim", 1)):
            if getattr(self, name) < least:
                option = name.replace("_", "-")
                raise UserError(f"--hyper-{option} {getattr(self, name)}: give at least {least}")
        if self.lang_start <= 0:
            raise UserError(f"--hyper-lang-start {self.lang_start}: give a number above 0")
        if not 0 <= self.dropout < 1:
            raise UserError(f"--hyper-dropout {self.dropout}: give a probability below 1")


@dataclass(frozen=True)
class Setting:
    """Everything a source must know to build itself. It names no language: only ids and sizes.

    Args:
        kind: the adapter kind whose weights are wanted.
        sites: the sites of each side, see `adapters.sites`.
        inputs: the condition inputs that each side depends on.
        sizes: how many ids each table has, e.g. {"languages": 50}.
        directions: the trained directions as (source id, target id), for sources keyed by both.
        start: "published" start values; "identity": adapters that change nothing; "calibrated":
            generated tensors start at the scale of the published start of a stored adapter.
        hyper: options of the hypernetwork.
    """

    kind: AdapterKind
    sites: Mapping[str, List[Site]]
    inputs: Mapping[str, Tuple[str, ...]]
    sizes: Mapping[str, int]
    directions: Tuple[Tuple[int, int], ...] = ()
    start: str = "published"
    hyper: HyperOptions = field(default_factory=HyperOptions)

    def __post_init__(self) -> None:
        if self.start not in STARTS:
            raise UserError(f"--adapter-start {self.start}: choose one of {', '.join(STARTS)}")


class AdapterSource(nn.Module, ABC):
    """Returns the adapter weights of a batch from its conditions.

    Args:
        setting: kind, sites, condition inputs and sizes.
    """

    # whether fairseq-train can start from it
    trains: ClassVar[bool] = True
    # how many adapters work one after the other in each layer
    stacked: ClassVar[int] = 1
    # other sources whose weights it can go on from, see `continued`
    builds_on: ClassVar[Tuple[str, ...]] = ()
    # what each side depends on unless the user says otherwise; with tasks, if that differs
    default_inputs: ClassVar[Dict[str, Tuple[str, ...]]]
    task_inputs: ClassVar[Optional[Dict[str, Tuple[str, ...]]]] = None

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.setting = setting

    @abstractmethod
    def forward(self, conditions: Mapping[str, Condition]) -> Dict[str, List[Weights]]:
        """The weights of all sites of all sides, in one call.

        Args:
            conditions: the distinct conditions of each side.
        Returns:
            for each side, for each of its sites: tensors [K, *shape].
        """

    def optional_sets(self) -> List[ParameterSet]:
        """Sets of parameters that some batches leave without gradient, each used as a whole."""
        return []

    def continued(self, origin: Origin) -> Dict[str, Tensor]:
        """Its state when it goes on from a source with fewer languages or tasks.

        Args:
            origin: that source; one registered under the same name or one of `builds_on`.
        Returns:
            all of its tensors by name, those that the other lacks with their start values.
        """
        return {name: origin.tensors.get(name, own) for name, own in self.state_dict().items()}

    def of_languages(self, ids: Sequence[int]) -> Dict[str, Optional[List[int]]]:
        """The parameters that serve some languages alone.

        Args:
            ids: ids of languages.
        Returns:
            by the name of a parameter its rows that do; None for all of it.
        """
        return {}


SOURCES: Registry = Registry("adapter source")


@SOURCES.register("none")
class NoAdapters(AdapterSource):
    """The backbone alone."""

    default_inputs = {"encoder": (), "decoder": ()}

    def forward(self, conditions: Mapping[str, Condition]) -> Dict[str, List[Weights]]:
        return {side: [] for side in conditions}
