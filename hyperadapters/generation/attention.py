"""Attention of a decoder whose hypotheses share what they have in common."""

from abc import ABC, abstractmethod
from typing import Any, Dict, Optional, Tuple

import torch
from fairseq.modules import MultiheadAttention
from torch import Tensor
from torch.nn.functional import pad

from .beam import Beam, beam_of
from .recast import recast


class BeamAttention(MultiheadAttention, ABC):
    """fairseq's attention, which within a search with a `Beam` lets all hypotheses of a sentence
    attend in one product; without one it is fairseq's."""

    def forward(
        self,
        query: Tensor,
        key: Optional[Tensor],
        value: Optional[Tensor],
        key_padding_mask: Optional[Tensor] = None,
        incremental_state: Optional[Dict[str, Any]] = None,
        *args: Any,
        **kwargs: Any,
    ):
        """As fairseq's; within a search for one new piece [1, B, C], without attention weights."""
        beam = beam_of(incremental_state)
        if beam is None:
            return super().forward(
                query, key, value, key_padding_mask, incremental_state, *args, **kwargs
            )
        state = self.get_incremental_state(incremental_state, "beam_state")
        if state and beam.renewal:
            state = self.renewed(state, beam)
        queries = beam.spread(self.split(self.q_proj(query) * self.scaling, beam))
        state, keys, values, mask = self.read(query, key, key_padding_mask, state, beam)
        self.set_incremental_state(incremental_state, "beam_state", state)
        found = beam.gather(self.attend(queries, keys, values, mask))
        return self.out_proj(found.transpose(1, 2).reshape(query.shape)), None

    def split(self, x: Tensor, beam: Beam) -> Tensor:
        """From activations of one piece [1, B * size, C] to heads [B, heads, size, width]."""
        return x.view(-1, beam.size, self.num_heads, self.head_dim).transpose(1, 2)

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        """Attention of all hypotheses of a sentence.

        Args:
            queries: [S, heads, size, width]
            keys: [S * heads, width, N]
            values: [S * heads, N, width]
            mask: what is added to scores, broadcast to [S, heads, size, N]
        Returns:
            [S, heads, size, width]
        """
        scores = torch.bmm(queries.flatten(0, 1), keys)
        scores = scores.view(*queries.shape[:3], -1).add_(mask)
        weights = torch.softmax(scores, -1, dtype=torch.float32).type_as(scores)
        return torch.bmm(weights.flatten(0, 1), values).view(queries.shape)

    @abstractmethod
    def read(
        self,
        query: Tensor,
        key: Optional[Tensor],
        key_padding_mask: Optional[Tensor],
        state: Optional[Dict[str, Tensor]],
        beam: Beam,
    ) -> Tuple[Dict[str, Tensor], Tensor, Tensor, Tensor]:
        """What is attended to.

        Args:
            query: the new piece [1, B * size, C].
            key: the encoder's output [N, B * size, C].
            key_padding_mask: where it is padding [B * size, N].
            state: what was kept of the pieces before; None for the first.
            beam: the beam.
        Returns:
            what to keep; and the keys, the values and the mask, see `attend`.
        """

    @abstractmethod
    def renewed(self, state: Dict[str, Tensor], beam: Beam) -> Dict[str, Tensor]:
        """What is kept of the pieces before, after a renewal."""


class BeamSelfAttention(BeamAttention):
    """Keys and values of each piece are entries of buffers [S, heads, limit, width], see `Beam`."""

    def read(self, query, key, key_padding_mask, state, beam):
        if not state:
            shape = (beam.kept, self.num_heads, beam.limit, self.head_dim)
            state = {name: query.new_empty(shape) for name in ("keys", "values")}
        first = beam.entries - beam.size
        for name, projection in (("keys", self.k_proj), ("values", self.v_proj)):
            new = self.split(projection(query), beam)
            state[name][:, :, first : beam.entries] = beam.spread(new) if beam.crowded else new
        keys, values = (
            state[name][:, :, : beam.entries].flatten(0, 1) for name in ("keys", "values")
        )
        return state, keys.transpose(1, 2), values, beam.mask

    def renewed(self, state, beam):
        heads, limit, width = state["keys"].shape[1:]
        sentences, entries = beam.renewal
        # places that are free yet take the first entry, so that one pass writes a whole buffer
        entries = pad(entries, (0, beam.limit - entries.size(1)))
        first = torch.arange(heads, device=entries.device) + sentences.unsqueeze(1) * heads
        rows = (first.unsqueeze(2) * limit + entries.unsqueeze(1)).flatten()
        return {
            name: buffer.view(-1, width).index_select(0, rows).view(-1, heads, beam.limit, width)
            for name, buffer in state.items()
        }


class BeamCrossAttention(BeamAttention):
    """Keys [S, heads, width, N] and values [S, heads, N, width] of the encoder's output are there
    once a sentence."""

    def read(self, query, key, key_padding_mask, state, beam):
        if not state:
            once = key[:, :: beam.size]  # [N, S, C]
            keys, values = (
                projection(once).view(len(key), -1, self.num_heads, self.head_dim)
                for projection in (self.k_proj, self.v_proj)
            )
            mask = once.new_zeros(once.size(1), 1, 1, len(key))
            if key_padding_mask is not None:
                padding = key_padding_mask[:: beam.size].bool()
                mask.masked_fill_(padding[:, None, None], -torch.inf)
            state = {
                # the order in which the product reads them fastest
                "keys": keys.permute(1, 2, 3, 0).contiguous(),
                "values": values.permute(1, 2, 0, 3).contiguous(),
                "mask": mask,
            }
        return state, state["keys"].flatten(0, 1), state["values"].flatten(0, 1), state["mask"]

    def renewed(self, state, beam):
        if len(beam.renewal.sentences) == len(state["mask"]):
            return state
        return {name: kept.index_select(0, beam.renewal.sentences) for name, kept in state.items()}


def beam_attention(stock: Any) -> Optional[BeamAttention]:
    """The attention that does a decoder's attention's work in a search, None if there is none."""
    plain = (
        type(stock) is MultiheadAttention
        and stock.bias_k is None
        and not stock.add_zero_attn
        and not stock.use_xformers
        and not stock.onnx_trace
    )
    if not plain or stock.self_attention == stock.encoder_decoder_attention:
        return None
    return recast(stock, BeamSelfAttention if stock.self_attention else BeamCrossAttention)
