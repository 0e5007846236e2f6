"""A biaffine dependency parser on the layers of an encoder."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ArcScores(NamedTuple):
    """Scores of the words of a batch, one sentence after the other.

    Args:
        arcs: of every head [N, H]: the root, then the words of the sentence; others are -inf.
        relations: of every relation with every head [N, H, R].
    """

    arcs: Tensor
    relations: Tensor


class LayerMix(nn.Module):
    """A weighted mean of layers, with weights that are learnt (Peters et al. 2018, section 3.2).

    Layers are normalised before, since the residual stream of a pre-norm encoder grows with depth.

    Args:
        layers: how many.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(layers))
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, states: Sequence[Tensor]) -> Tensor:
        """Mixes the outputs [..., C] of the layers."""
        normal = torch.stack([F.layer_norm(state, state.shape[-1:]) for state in states], dim=-1)
        return self.scale * (normal @ self.weights.softmax(0).to(normal.dtype))


class Biaffine(nn.Module):
    """Scores pairs of features by x W y, with a one appended to both, for each of several classes.

    Args:
        width: of the features.
        classes: how many scores a pair has.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(classes, width + 1, width + 1))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Scores [b, n, m, classes] of features [b, n, width] and [b, m, width]."""
        x, y = (F.pad(features, (0, 1), value=1.0) for features in (x, y))
        return torch.einsum("bni,kij,bmj->bnmk", x, self.weight, y)


class BiaffineParser(nn.Module):
    """Scores heads and relations (Dozat & Manning 2017) from a mix of the encoder's layers.

    Args:
        width: the encoder's width C; arcs are scored in features of this width, relations in a third
            of it.
        layers: layers of the encoder.
        relations: the relations.
        dropout: dropout probability.
        root: the relation of the word that depends on the root, and of no other.
    """

    def __init__(
        self, width: int, layers: int, relations: Sequence[str], dropout: float, root: str
    ) -> None:
        super().__init__()
        self.mix = LayerMix(layers)
        self.dropout = nn.Dropout(dropout)
        self.root = nn.Parameter(torch.zeros(width))
        narrow = max(width // 3, 1)
        self.features = nn.ModuleDict({
            f"{what}_{role}": nn.Sequential(nn.Linear(width, size), nn.ELU(), nn.Dropout(dropout))
            for what, size in (("arc", width), ("relation", narrow))
            for role in ("word", "head")
        })  # fmt: skip
        self.arcs, self.relations = Biaffine(width, 1), Biaffine(narrow, len(relations))
        self.root_relation = list(relations).index(root)

    def forward(
        self, states: Sequence[Tensor], rows: Tensor, positions: Tensor, is_word: Tensor
    ) -> ArcScores:
        """Scores all arcs within sentences.

        Args:
            states: outputs of the encoder's layers [T, B, C].
            rows: row of the batch of every word [N].
            positions: position of every word's first piece [N].
            is_word: which places of the batch's sentences are words [b, W], in order.
        """
        words = self.dropout(self.mix([state[positions, rows] for state in states]))  # [N, C]
        nodes = words.new_zeros(*is_word.shape, words.size(-1)).masked_scatter(
            is_word.unsqueeze(-1), words
        )
        roots = self.root.to(words.dtype).expand(len(nodes), 1, -1)
        nodes = torch.cat([roots, nodes], dim=1)  # [b, 1 + W, C]
        features = {name: module(nodes) for name, module in self.features.items()}
        arcs = self.arcs(features["arc_word"], features["arc_head"]).squeeze(-1)[:, 1:]  # [b, W, H]
        relations = self.relations(features["relation_word"], features["relation_head"])[:, 1:]
        is_head = F.pad(is_word, (1, 0), value=True)
        self_arcs = F.pad(torch.eye(arcs.size(1), dtype=torch.bool, device=arcs.device), (1, 0))
        arcs = arcs.masked_fill(~is_head.unsqueeze(1) | self_arcs, float("-inf"))
        relations = relations.masked_fill(self.forbidden(relations), float("-inf"))
        return ArcScores(arcs[is_word], relations[is_word])

    def forbidden(self, relations: Tensor) -> Tensor:
        """Which relations cannot be with which head [H, R]: that of the root with words, and others
        with the root."""
        heads, classes = (
            torch.arange(size, device=relations.device) for size in relations.shape[-2:]
        )
        return (heads == 0).unsqueeze(1) != (classes == self.root_relation)
