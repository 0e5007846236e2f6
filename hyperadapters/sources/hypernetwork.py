"""One hypernetwork that generates the adapters of every layer from embeddings."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..adapters import TensorSpec, Weights
from ..adapters.kind import activations
from .condition import Condition
from .growth import PreviousSource, with_leading_rows
from .inputs import INPUTS
from .module_map import ModuleMap
from .source import SOURCES, AdapterSource, ParameterSet, SourceConfig


def linear(inputs: int, outputs: int) -> nn.Linear:
    """A linear layer with Glorot-uniform weight and zero bias."""
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def embedding(count: int, width: int, std: float = 1.0) -> nn.Embedding:
    """An embedding table drawn from a normal distribution truncated at -2 and 2, then scaled."""
    table = nn.Embedding(count, width)
    nn.init.trunc_normal_(table.weight, std=1.0)
    with torch.no_grad():
        table.weight.mul_(std)
    return table


class Head(nn.Linear):
    """The map from the last hidden state to a generated tensor; with a rank a product of two.

    Args:
        hidden: hidden dimension d_h.
        outputs: values of the tensor.
        rank: its rank; 0 for a full one.
    """

    def __init__(self, hidden: int, outputs: int, rank: int) -> None:
        super().__init__(rank or hidden, outputs)
        nn.init.xavier_uniform_(self.weight)
        nn.init.zeros_(self.bias)
        self.inner = nn.Linear(hidden, rank, bias=False) if rank else None
        if (
            self.inner is not None
        ):  # orthonormal rows: what they give has the scale of what they read
            nn.init.orthogonal_(self.inner.weight, gain=math.sqrt(hidden / rank))

    def reduce(self, hidden: Tensor) -> Tensor:
        """What the last map reads [R, rank] of hidden states [R, d_h]."""
        return hidden if self.inner is None else self.inner(hidden)


class ResidualBlock(nn.Module):
    """h + W2 dropout(act(W1 LN(h) + b1)) + b2.

    Args:
        width: hidden dimension d_h.
        activation: name of the activation function.
        dropout: dropout probability.
    """

    def __init__(self, width: int, activation: str, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = linear(width, width)
        self.outer = linear(width, width)
        self.activation = activation
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        inner = activations.get(self.activation)(self.inner(self.norm(hidden)))
        return hidden + self.outer(self.dropout(inner))


@SOURCES.register("hyper")
class Hypernetwork(AdapterSource):
    """Embeddings -> residual MLP -> one head per adapter tensor (Baziotis et al. 2022, section 2).

    All sites and all distinct conditions of encoder and decoder leave in one matrix product per
    head. A tensor that both sides have in one shape has one head; else each side has its own. An
    input that a side does not depend on is a zero slice of the concatenated embeddings.
    Every generated tensor is divided by sqrt(d_h), so that its scale does not grow with d_h.

    Args:
        config: see `AdapterSource`.
    """

    default_inputs = {"encoder": ("src", "tgt"), "decoder": ("tgt",)}
    task_inputs = {"encoder": ("src", "task"), "decoder": ("tgt",)}

    def __init__(self, config: SourceConfig) -> None:
        super().__init__(config)
        options = config.hyper
        self.inputs = embedded_inputs(config)
        self.embeddings: ModuleMap[nn.Embedding] = ModuleMap()
        for name in self.inputs:
            if self.table_of(name) not in self.embeddings:
                table = INPUTS.get(name).table
                std = options.lang_start if table == "languages" else 1.0
                self.embeddings[self.table_of(name)] = embedding(
                    config.sizes[table], options.lang_dim, std
                )
        self.layer_embedding = embedding(sum(map(len, config.sites.values())), options.layer_dim)
        width = len(self.inputs) * options.lang_dim + options.layer_dim
        self.project = linear(width, options.hidden)
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(options.hidden, options.activation, options.dropout)
                for _ in range(options.layers)
            )
        )
        self.dropout = nn.Dropout(options.dropout)
        self.outputs = outputs_of_heads(config)
        self.heads: ModuleMap[Head] = ModuleMap()
        for head, (_, spec, _) in self.outputs.items():
            self.heads[head] = Head(options.hidden, spec.size, options.head_rank)
            if config.start == "identity" and spec.zero_is_identity:
                nn.init.zeros_(self.heads[head].weight)
        self.scale = 1 / math.sqrt(options.hidden) if options.rescale else 1.0
        if config.start == "calibrated":
            self.calibrate()

    @torch.no_grad()
    def calibrate(self) -> None:
        """Scales the heads so that what they generate at the start has the standard deviation of a
        stored adapter's start values (the published code's "hyper" initialisation, measured with
        the rescaling that the forward pass uses, on conditions drawn from all ids)."""
        hidden = {}
        for side, inputs in self.config.inputs.items():
            draws = torch.zeros(16, len(inputs), dtype=torch.long)
            for column, name in enumerate(inputs):
                draws[:, column].random_(self.config.sizes[INPUTS.get(name).table])
            condition = Condition(inputs, draws, torch.arange(len(draws)))
            hidden[side] = self.hidden(self.embed(side, condition).flatten(0, 1))
        generated = self.generate(hidden)
        for head, (tensor, spec, sides) in self.outputs.items():
            target = spec.start(torch.empty(spec.shape)).std()
            if target > 0:
                values = torch.cat([generated[side][tensor] for side in sides])
                self.heads[head].weight.mul_(target / values.std())
            else:  # biases and gains, which start constant
                self.heads[head].weight.uniform_(-0.01, 0.01)

    def table_of(self, name: str) -> str:
        """The embedding table of a condition input: one for all languages if they are tied."""
        table = INPUTS.get(name).table
        return "languages" if table == "languages" and self.config.hyper.tied else name

    def embed(self, side: str, condition: Condition) -> Tensor:
        """Concatenated embeddings of every condition at every site of a side [K, sites, width]."""
        sites = torch.tensor(
            [site.id for site in self.config.sites[side]], device=condition.unique.device
        )
        shape = (condition.count, len(sites), -1)
        layer = self.layer_embedding(sites)  # [sites, layer_dim]
        parts = []
        for name in self.inputs:
            if name in condition.inputs:
                ids = condition.unique[:, condition.inputs.index(name)]
                part = self.embeddings[self.table_of(name)](ids)  # [K, lang_dim]
            else:
                part = layer.new_zeros(condition.count, self.config.hyper.lang_dim)
            parts.append(part.unsqueeze(1).expand(shape))
        parts.append(layer.unsqueeze(0).expand(shape))
        return torch.cat(parts, dim=2)

    def hidden(self, embedded: Tensor) -> Tensor:
        """The hypernetwork's last hidden state [R, d_h] for R embedded conditions [R, width]."""
        hidden = activations.get(self.config.hyper.activation)(self.project(embedded))
        hidden = self.blocks(self.dropout(hidden))
        if self.config.hyper.output_norm:
            hidden = F.layer_norm(hidden, hidden.shape[-1:])
        return hidden

    def generate(self, hidden: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        """Weights of each side [R, *shape] from hidden states [R, d_h], one product per head."""
        # scaling [R, d_h] costs less than scaling the product [R, size]
        scaled = {side: rows * self.scale for side, rows in hidden.items()}
        joint: dict[tuple[str, ...], Tensor] = {}
        weights: dict[str, dict[str, Tensor]] = {side: {} for side in hidden}
        for head_name, (name, spec, all_sides) in self.outputs.items():
            sides = tuple(side for side in all_sides if side in scaled)
            if not sides:
                continue
            if sides not in joint:
                joint[sides] = torch.cat([scaled[side] for side in sides])
            head = self.heads[head_name]
            tensor = F.linear(head.reduce(joint[sides]), head.weight, head.bias * self.scale)
            tensor = tensor.view(-1, *spec.shape)
            if spec.offset:
                tensor = tensor + spec.offset
            # split and unbind, whose backward passes copy once, unlike those of one slice a site
            for side, part in zip(sides, tensor.split([len(scaled[side]) for side in sides])):
                weights[side][name] = part
        return weights

    def weights(self, conditions: Mapping[str, Condition]) -> dict[str, list[Weights]]:
        embedded = {side: self.embed(side, condition) for side, condition in conditions.items()}
        rows = [part.size(0) * part.size(1) for part in embedded.values()]
        hidden = self.hidden(torch.cat([part.flatten(0, 1) for part in embedded.values()]))
        generated = self.generate(dict(zip(embedded, hidden.split(rows))))
        return {side: by_site(generated[side], *embedded[side].shape[:2]) for side in conditions}

    def used_tables(self) -> set[str]:
        """The embedding tables that some side depends on."""
        return {self.table_of(name) for inputs in self.config.inputs.values() for name in inputs}

    def conditional_parameters(self) -> list[ParameterSet]:
        used_names = self.used_tables()
        return [
            list(table.parameters())
            for name, table in self.embeddings.items()
            if name not in used_names
        ]

    def grow_from(self, previous: PreviousSource) -> dict[str, Tensor]:
        start, state = self.state_dict(), super().grow_from(previous)
        trained = [previous.like] if previous.like is not None else list(previous.trained)
        for table in self.embeddings:
            name = f"embeddings.{table}.weight"
            if name in previous.tensors:
                rows = previous.tensors[name]
                state[name] = with_leading_rows(start[name], rows)
                if table == "task":
                    state[name][len(rows) :] = rows.mean(0)
                elif trained:
                    state[name][list(previous.new)] = rows[trained].mean(0)
        name = "layer_embedding.weight"  # a decoder's layers come last
        state[name] = with_leading_rows(start[name], previous.tensors[name])
        state["project.weight"] = self.with_columns_of(previous, start["project.weight"])
        return state

    def with_columns_of(self, previous: PreviousSource, start: Tensor) -> Tensor:
        """The projection [d_h, width] with the columns of each input that the previous source has."""
        stored, weight = previous.tensors["project.weight"], start.clone()
        inputs, width = embedded_inputs(previous.config), self.config.hyper.lang_dim
        for place, name in enumerate(self.inputs):
            if name in inputs:
                first = inputs.index(name) * width
                weight[:, place * width : (place + 1) * width] = stored[:, first : first + width]
        weight[:, len(self.inputs) * width :] = stored[:, len(inputs) * width :]
        return weight

    def language_parameters(self, ids: Sequence[int]) -> dict[str, list[int] | None]:
        return {f"embeddings.{table}.weight": list(ids) for table in self.used_tables() - {"task"}}


def outputs_of_heads(config: SourceConfig) -> dict[str, tuple[str, TensorSpec, tuple[str, ...]]]:
    """For each head of a hypernetwork the tensor that it generates, and the sides that have it."""
    specs: dict[str, dict[str, TensorSpec]] = {}
    for side in config.inputs:
        for name, spec in config.tensors(side).items():
            specs.setdefault(name, {})[side] = spec
    outputs = {}
    for name, by_side in specs.items():
        if len({spec.shape for spec in by_side.values()}) == 1:
            outputs[name] = (name, next(iter(by_side.values())), tuple(by_side))
        else:
            for side, spec in by_side.items():
                outputs[f"{side}_{name}"] = (name, spec, (side,))
    return outputs


def embedded_inputs(config: SourceConfig) -> list[str]:
    """The condition inputs whose embeddings a hypernetwork reads, in their order."""
    names = {name for inputs in config.inputs.values() for name in inputs}
    if "decoder" in config.inputs:
        names |= {"src", "tgt"}  # what no side depends on stays zero, as in the published model
    return [name for name in INPUTS.names() if name in names]


def by_site(weights: Weights, conditions: int, sites: int) -> list[Weights]:
    """The weights of each site, tensors [K, *shape], from tensors [K * sites, *shape]."""
    of_sites = {
        name: tensor.unflatten(0, (conditions, sites)).unbind(1) for name, tensor in weights.items()
    }
    return [{name: tensors[site] for name, tensors in of_sites.items()} for site in range(sites)]
