"""One hypernetwork that generates the adapters of every layer from embeddings."""

import math
from typing import Dict, List, Mapping, Optional, Sequence, Set

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..adapters import Weights
from ..adapters.kind import activations
from .condition import Condition
from .inputs import INPUTS
from .origin import Origin, longer
from .source import SOURCES, AdapterSource, ParameterSet, Setting


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
    head. An input that a side does not depend on is a zero slice of the concatenated embeddings.
    Every generated tensor is divided by sqrt(d_h), so that its scale does not grow with d_h.

    Args:
        setting: see `AdapterSource`.
    """

    default_inputs = {"encoder": ("src", "tgt"), "decoder": ("tgt",)}
    task_inputs = {"encoder": ("src", "task"), "decoder": ("tgt",)}

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        options = setting.hyper
        activation = setting.kind.options.activation
        self.inputs = embedded_inputs(setting)
        self.embeddings = nn.ModuleDict()
        for name in self.inputs:
            if self.table_of(name) not in self.embeddings:
                table = INPUTS.get(name).table
                std = options.lang_start if table == "languages" else 1.0
                self.embeddings[self.table_of(name)] = embedding(
                    setting.sizes[table], options.lang_dim, std
                )
        self.layer_embedding = embedding(sum(map(len, setting.sites.values())), options.layer_dim)
        width = len(self.inputs) * options.lang_dim + options.layer_dim
        self.project = linear(width, options.hidden)
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(options.hidden, activation, options.dropout)
                for _ in range(options.layers)
            )
        )
        self.dropout = nn.Dropout(options.dropout)
        self.activation = activation
        self.heads = nn.ModuleDict()
        for name, spec in setting.kind.tensors().items():
            self.heads[name] = linear(options.hidden, spec.size)
            if setting.start == "identity" and spec.zero_is_identity:
                nn.init.zeros_(self.heads[name].weight)
        self.scale = 1 / math.sqrt(options.hidden) if options.rescale else 1.0
        if setting.start == "calibrated":
            self.calibrate()

    @torch.no_grad()
    def calibrate(self) -> None:
        """Scales the heads so that what they generate at the start has the standard deviation of a
        stored adapter's start values (the published code's "hyper" initialisation, measured with
        the rescaling that the forward pass uses, on conditions drawn from all ids)."""
        generated: Dict[str, List[Tensor]] = {name: [] for name in self.heads}
        for side, inputs in self.setting.inputs.items():
            draws = torch.zeros(16, len(inputs), dtype=torch.long)
            for column, name in enumerate(inputs):
                draws[:, column].random_(self.setting.sizes[INPUTS.get(name).table])
            condition = Condition(inputs, draws, torch.arange(len(draws)))
            for name, tensor in self.generate(
                self.hidden(self.embed(side, condition).flatten(0, 1))
            ).items():
                generated[name].append(tensor)
        for name, spec in self.setting.kind.tensors().items():
            target = spec.start(torch.empty(spec.shape)).std()
            if target > 0:
                self.heads[name].weight.mul_(target / torch.cat(generated[name]).std())
            else:  # biases and gains, which start constant
                self.heads[name].weight.uniform_(-0.01, 0.01)

    def table_of(self, name: str) -> str:
        """The embedding table of a condition input: one for all languages if they are tied."""
        table = INPUTS.get(name).table
        return "languages" if table == "languages" and self.setting.hyper.tied else name

    def embed(self, side: str, condition: Condition) -> Tensor:
        """Concatenated embeddings of every condition at every site of a side [K, sites, width]."""
        sites = torch.tensor(
            [site.id for site in self.setting.sites[side]], device=condition.unique.device
        )
        shape = (condition.count, len(sites), -1)
        layer = self.layer_embedding(sites)  # [sites, layer_dim]
        parts = []
        for name in self.inputs:
            if name in condition.inputs:
                ids = condition.unique[:, condition.inputs.index(name)]
                part = self.embeddings[self.table_of(name)](ids)  # [K, lang_dim]
            else:
                part = layer.new_zeros(condition.count, self.setting.hyper.lang_dim)
            parts.append(part.unsqueeze(1).expand(shape))
        parts.append(layer.unsqueeze(0).expand(shape))
        return torch.cat(parts, dim=2)

    def hidden(self, embedded: Tensor) -> Tensor:
        """The hypernetwork's last hidden state [R, d_h] for R embedded conditions [R, width]."""
        hidden = activations.get(self.activation)(self.project(embedded))
        hidden = self.blocks(self.dropout(hidden))
        if self.setting.hyper.output_norm:
            hidden = F.layer_norm(hidden, hidden.shape[-1:])
        return hidden

    def generate(self, hidden: Tensor) -> Dict[str, Tensor]:
        """Weights [R, *shape] from hidden states [R, d_h], one product per head."""
        # scaling [R, d_h] costs less than scaling the product [R, size]
        hidden = hidden * self.scale
        weights = {}
        for name, spec in self.setting.kind.tensors().items():
            head = self.heads[name]
            tensor = F.linear(hidden, head.weight, head.bias * self.scale)
            weights[name] = (
                tensor.view(-1, *spec.shape) + spec.offset
                if spec.offset
                else (tensor.view(-1, *spec.shape))
            )
        return weights

    def forward(self, conditions: Mapping[str, Condition]) -> Dict[str, List[Weights]]:
        embedded = {side: self.embed(side, condition) for side, condition in conditions.items()}
        generated = self.generate(
            self.hidden(torch.cat([part.flatten(0, 1) for part in embedded.values()]))
        )
        # split and unbind, whose backward passes copy once, unlike those of one slice a site
        rows = [part.size(0) * part.size(1) for part in embedded.values()]
        parts = {name: tensor.split(rows) for name, tensor in generated.items()}
        return {
            side: by_site({name: parts[name][number] for name in parts}, *part.shape[:2])
            for number, (side, part) in enumerate(embedded.items())
        }

    def used_tables(self) -> Set[str]:
        """The embedding tables that some side depends on."""
        return {self.table_of(name) for inputs in self.setting.inputs.values() for name in inputs}

    def optional_sets(self) -> List[ParameterSet]:
        used = self.used_tables()
        return [[table.weight] for name, table in self.embeddings.items() if name not in used]

    def continued(self, origin: Origin) -> Dict[str, Tensor]:
        own, found = self.state_dict(), super().continued(origin)
        known = [origin.like] if origin.like is not None else list(origin.known)
        for table in self.embeddings:
            name = f"embeddings.{table}.weight"
            if name in origin.tensors:
                rows = origin.tensors[name]
                found[name] = longer(rows, own[name])
                if table == "task":
                    found[name][len(rows) :] = rows.mean(0)
                elif known:
                    found[name][list(origin.new)] = rows[known].mean(0)
        name = "layer_embedding.weight"  # a decoder's layers come last
        found[name] = longer(origin.tensors[name], own[name])
        found["project.weight"] = self.with_columns_of(origin, own["project.weight"])
        return found

    def with_columns_of(self, origin: Origin, own: Tensor) -> Tensor:
        """The projection [d_h, width] with the columns of each input that the origin has too."""
        old, found = origin.tensors["project.weight"], own.clone()
        inputs, width = embedded_inputs(origin.setting), self.setting.hyper.lang_dim
        for place, name in enumerate(self.inputs):
            if name in inputs:
                start = inputs.index(name) * width
                found[:, place * width : (place + 1) * width] = old[:, start : start + width]
        found[:, len(self.inputs) * width :] = old[:, len(inputs) * width :]
        return found

    def of_languages(self, ids: Sequence[int]) -> Dict[str, Optional[List[int]]]:
        return {f"embeddings.{table}.weight": list(ids) for table in self.used_tables() - {"task"}}


def embedded_inputs(setting: Setting) -> List[str]:
    """The condition inputs whose embeddings a hypernetwork reads, in their order."""
    used = {name for inputs in setting.inputs.values() for name in inputs}
    if "decoder" in setting.inputs:
        used |= {"src", "tgt"}  # what no side depends on stays zero, as in the published model
    return [name for name in INPUTS.names() if name in used]


def by_site(weights: Weights, conditions: int, sites: int) -> List[Weights]:
    """The weights of each site, tensors [K, *shape], from tensors [K * sites, *shape]."""
    of_sites = {
        name: tensor.unflatten(0, (conditions, sites)).unbind(1) for name, tensor in weights.items()
    }
    return [{name: tensors[site] for name, tensors in of_sites.items()} for site in range(sites)]
