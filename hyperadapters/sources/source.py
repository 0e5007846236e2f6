"""Where adapter weights come from: the interface of adapter sources."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor, nn

from ..adapters import AdapterKind, LayerShape, Site, TensorSpec, Weights
from ..support.errors import UserError
from ..support.registry import Registry
from .condition import Condition
from .growth import PreviousSource
from .language_ranks import LanguageRanks
from .module_map import ModuleMap

ParameterSet = list[nn.Parameter]
Ids = Mapping[str, int]

STARTS = ("published", "identity", "calibrated")


@dataclass(frozen=True)
class HyperOptions:
    """What a user can choose about the hypernetwork (Baziotis et al. 2022, section 2).

    Args:
        hidden: hidden dimension d_h.
        layers: residual blocks R, 0 or more.
        head_rank: rank of the map from the last hidden state to a generated tensor; 0 for a full one.
        lang_dim: width of the language and task embeddings.
        layer_dim: width of the layer embedding.
        lang_start: standard deviation of the language embeddings at the start.
        activation: name of the activation function.
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
    head_rank: int = 0
    lang_dim: int = 50
    layer_dim: int = 50
    lang_start: float = 1.0
    activation: str = "relu"
    dropout: float = 0.0
    rescale: bool = True
    tied: bool = True
    output_norm: bool = False

    def __post_init__(self) -> None:
        for name, least in (
            ("hidden", 1),
            ("layers", 0),
            ("head_rank", 0),
            ("lang_dim", 1),
            ("layer_dim", 1),
        ):
            if getattr(self, name) < least:
                option = name.replace("_", "-")
                raise UserError(f"--hyper-{option} {getattr(self, name)}: give at least {least}")
        if self.lang_start <= 0:
            raise UserError(f"--hyper-lang-start {self.lang_start}: give a number above 0")
        if not 0 <= self.dropout < 1:
            raise UserError(f"--hyper-dropout {self.dropout}: give a probability below 1")


@dataclass(frozen=True)
class SourceConfig:
    """Everything a source must know to build itself. It names no language: only ids and sizes.

    Args:
        kind: the adapter kind whose weights are wanted.
        layers: the dimensions of the layers of each side.
        sites: the sites of each side, see `adapters.sites`.
        inputs: the condition inputs that each side depends on.
        sizes: how many ids each table has, e.g. {"languages": 50}.
        conditions: for each side the conditions, as ids by condition input, that sources store
            weights for if they are keyed by both languages: the trained directions, or what is baked.
        start: "published" start values; "identity": adapters that change nothing; "calibrated":
            generated tensors start at the scale of the published start of a stored adapter.
        seed: of the start values, which then depend on nothing else; None goes on with what is drawn.
        stored_languages: ids of the languages that sources store weights for; None for all.
        language_ranks: of stored adapters of single languages, by language id and point.
        hyper: options of the hypernetwork.
    """

    kind: AdapterKind
    layers: Mapping[str, LayerShape]
    sites: Mapping[str, list[Site]]
    inputs: Mapping[str, tuple[str, ...]]
    sizes: Mapping[str, int]
    conditions: Mapping[str, Sequence[Ids]] = field(default_factory=dict)
    start: str = "published"
    seed: int | None = None
    stored_languages: Sequence[int] | None = None
    language_ranks: LanguageRanks = field(default_factory=dict)
    hyper: HyperOptions = field(default_factory=HyperOptions)

    def __post_init__(self) -> None:
        if self.start not in STARTS:
            raise UserError(f"--adapter-start {self.start}: choose one of {', '.join(STARTS)}")

    def stored_ids(self, table: str) -> Sequence[int]:
        """The ids of a table that sources store weights for."""
        if table == "languages" and self.stored_languages is not None:
            return self.stored_languages
        return range(self.sizes[table])

    def tensors(self, side: str) -> dict[str, TensorSpec]:
        """Name and specification of every tensor of a weight set of a side that a source gives."""
        specs = self.kind.tensors(self.layers[side])
        return {name: spec for name, spec in specs.items() if not spec.is_shared}

    def shared_tensors(self, side: str) -> dict[str, TensorSpec]:
        """Name and specification of every tensor of a side that serves all conditions."""
        specs = self.kind.tensors(self.layers[side])
        return {name: spec for name, spec in specs.items() if spec.is_shared}


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Within this context a seed decides what is drawn on the CPU; None changes nothing."""
    if seed is None:
        yield
        return
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def stored_set(
    config: SourceConfig, side: str, specs: Mapping[str, TensorSpec]
) -> nn.ParameterDict:
    """Parameters [sites, *shape] of all layers of a side with their start values."""
    with seeded(config.seed):
        return nn.ParameterDict(
            {n: stored(spec, len(config.sites[side]), config.start) for n, spec in specs.items()}
        )


def stored(spec: TensorSpec, sites: int, start: str) -> nn.Parameter:
    """A parameter [sites, *shape] with its start values."""
    values = torch.empty(sites, *spec.shape)
    for site in values:
        if start == "identity" and spec.zero_is_identity:
            nn.init.zeros_(site)
        else:
            spec.start(site)
    return nn.Parameter(values, requires_grad=spec.is_trained)


class AdapterSource(nn.Module, ABC):
    """Returns the adapter weights of a batch from its conditions.

    Args:
        config: kind, sites, condition inputs and sizes.
    """

    # whether fairseq-train can start from it
    trains: ClassVar[bool] = True
    # other sources whose weights it can grow from, see `grow_from`
    builds_on: ClassVar[tuple[str, ...]] = ()
    # what each side depends on unless the user says otherwise; with tasks, if that differs
    default_inputs: ClassVar[dict[str, tuple[str, ...]]]
    task_inputs: ClassVar[dict[str, tuple[str, ...]] | None] = None

    def __init__(self, config: SourceConfig) -> None:
        super().__init__()
        self.config = config
        self.shared: ModuleMap[nn.ParameterDict] = ModuleMap()
        for side in config.inputs:
            specs = config.shared_tensors(side)
            if specs:
                self.shared[side] = stored_set(config, side, specs)

    @property
    def members(self) -> list["AdapterSource"]:
        """The sources whose adapters act one after the other: this one alone, see `SourceGroup`."""
        return [self]

    @abstractmethod
    def weights(self, conditions: Mapping[str, Condition]) -> dict[str, list[Weights]]:
        """What depends on conditions of the weights of all sites of all sides, in one call.

        Args:
            conditions: the distinct conditions of each side.
        Returns:
            for each side, for each of its sites: tensors [K, *shape].
        """

    def forward(self, conditions: Mapping[str, Condition]) -> dict[str, list[Weights]]:
        """The weights of all sites of all sides, see `weights`, with those that are shared."""
        weights = self.weights(conditions)
        for side in self.shared.keys() & weights.keys():
            count = conditions[side].count
            shared = {name: tensor.unbind(0) for name, tensor in self.shared[side].items()}
            weights[side] = [
                {**site, **{name: t[n].expand(count, *t[n].shape) for name, t in shared.items()}}
                for n, site in enumerate(weights[side])
            ]
        return {side: self.config.kind.across_layers(sites) for side, sites in weights.items()}

    def conditional_parameters(self) -> list[ParameterSet]:
        """Sets of parameters that some batches leave without gradient, each used as a whole."""
        return []

    def grow_from(self, previous: PreviousSource) -> dict[str, Tensor]:
        """Its state when it grows from a source with fewer languages or tasks.

        Args:
            previous: that source; one registered under the same name or one of `builds_on`.
        Returns:
            all of its tensors by name, those that the other lacks with their start values.
        """
        return {
            name: previous.tensors.get(name, start) for name, start in self.state_dict().items()
        }

    def language_parameters(self, ids: Sequence[int]) -> dict[str, list[int] | None]:
        """The parameters that serve some languages alone.

        Args:
            ids: ids of languages.
        Returns:
            maps each parameter name to the rows that belong to these languages; None means the
            whole parameter.
        """
        return {}


SOURCES: Registry[type[AdapterSource]] = Registry("adapter source")


@SOURCES.register("none")
class NoAdapters(AdapterSource):
    """The backbone alone."""

    default_inputs = {"encoder": (), "decoder": ()}

    def __init__(self, config: SourceConfig) -> None:
        super().__init__(config)
        self.shared = ModuleMap()

    def weights(self, conditions: Mapping[str, Condition]) -> dict[str, list[Weights]]:
        return {side: [] for side in conditions}
