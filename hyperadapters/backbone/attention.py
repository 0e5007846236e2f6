"""fairseq's attention with points that adapters act at, in every mode that attention runs in."""

from typing import Any

import torch
from fairseq.modules import MultiheadAttention
from torch import Tensor, nn
from torch.nn import functional as F

from .fast_decoding.prefix_cache import PrefixCache, prefix_cache_of

State = dict[str, Any]


class AdaptedAttention(MultiheadAttention):
    """Attention that calls its projections as modules, so that what acts on them always does.

    One forward pass serves training, evaluation, fairseq's incremental decoding and the search whose
    hypotheses share their prefixes. fairseq's own instead hands the weights of its projections to
    PyTorch while it trains. Without points and outside of that search it is fairseq's to the last bit.

    Args:
        stock: the attention whose projections it takes over.
        has_points: whether adapters act inside.
    """

    def __init__(self, stock: MultiheadAttention, has_points: bool) -> None:
        with torch.device("meta"):  # its own projections are replaced at once
            super().__init__(
                stock.embed_dim, stock.num_heads, stock.kdim, stock.vdim, stock.dropout_module.p,
                self_attention=stock.self_attention,
                encoder_decoder_attention=stock.encoder_decoder_attention,
            )  # fmt: skip
        for name in ("q_proj", "k_proj", "v_proj", "out_proj", "dropout_module"):
            setattr(self, name, getattr(stock, name))
        self.has_points = has_points
        self.head_outputs = nn.Identity()  # the point `heads`
        self.keys_values = nn.Identity()
        self.train(stock.training)

    @staticmethod
    def can_replace(attention: Any) -> bool:
        """Whether an attention computes nothing but what this class does."""
        return isinstance(attention, AdaptedAttention) or (
            type(attention) is MultiheadAttention
            and attention.bias_k is None
            and not attention.add_zero_attn
            and not attention.use_xformers
        )

    def forward(
        self,
        query: Tensor,
        key: Tensor | None,
        value: Tensor | None,
        key_padding_mask: Tensor | None = None,
        incremental_state: State | None = None,
        need_weights: bool = True,
        static_kv: bool = False,
        attn_mask: Tensor | None = None,
        before_softmax: bool = False,
        need_head_weights: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """As fairseq's; in a search with a prefix cache for one new piece, without weights.

        Args:
            query: [T, B, C].
            key, value: [N, B, C].
            key_padding_mask: where keys are padding [B, N].
            attn_mask: what is added to scores [T, N].
        Returns:
            [T, B, C] and attention weights [B, T, N], with `need_head_weights` [heads, B, T, N].
        """
        cache = prefix_cache_of(incremental_state)
        if cache is None and not self.has_points:
            return super().forward(
                query, key, value, key_padding_mask, incremental_state, need_weights, static_kv,
                attn_mask, before_softmax, need_head_weights,
            )  # fmt: skip
        source = query if self.self_attention else key
        if cache is not None:
            queries = cache.queries(self.split_heads(self.q_proj(query)))
            keys, values, mask = self.read_prefixes(
                source, key_padding_mask, incremental_state, cache
            )
            attended, weights = self.attend(queries, keys, values, mask), None
            attended = cache.rows(attended)
        else:
            queries = self.split_heads(self.q_proj(query))
            keys, values, padding = self.read(
                source, query if self.self_attention else value,
                key_padding_mask, incremental_state, static_kv,
            )  # fmt: skip
            mask = combine_masks(padding, attn_mask, keys.size(2), queries.dtype)
            if need_weights or need_head_weights:
                attended, weights = self.attend_with_weights(queries, keys, values, mask)
                weights = weights[..., self.prefix(query)[0].size(2) :]
                weights = weights.transpose(0, 1) if need_head_weights else weights.mean(1)
            else:
                attended, weights = self.attend(queries, keys, values, mask), None
        joined = attended.permute(2, 0, 1, 3).reshape(query.shape)
        return self.out_proj(self.head_outputs(joined)), weights

    def split_heads(self, x: Tensor) -> Tensor:
        """From [N, B, C] to [B, heads, N, C / heads]."""
        return x.view(*x.shape[:2], self.num_heads, self.head_dim).permute(1, 2, 0, 3)

    @property
    def dropout(self) -> float:
        """The probability with which an attention weight is dropped in this mode."""
        module = self.dropout_module
        return module.p if self.training or module.apply_during_inference else 0.0

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
        """Attention [B, heads, T, D] of queries [B, heads, T, D] to N keys and values."""
        return F.scaled_dot_product_attention(queries, keys, values, mask, self.dropout)

    def attend_with_weights(
        self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The same and the attention weights [B, heads, T, N]."""
        scores = (queries * self.scaling) @ keys.transpose(2, 3)
        if mask is not None:
            scores = scores + mask
        weights = torch.softmax(scores, -1, dtype=torch.float32)
        reduced = F.dropout(weights.type_as(scores), self.dropout)
        return reduced @ values, weights

    def prefix(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values [B, heads, n, D] that adapters put before those of an input [N, B, C]."""
        added = self.keys_values(source.new_empty(1, source.size(1), 0))  # [1, B, n * 2 * C]
        count = added.size(2) // (2 * self.embed_dim)
        pairs = added.view(source.size(1), count, 2, self.num_heads, self.head_dim).permute(
            2, 0, 3, 1, 4
        )
        return pairs[0], pairs[1]

    def read(
        self,
        key: Tensor | None,
        value: Tensor | None,
        padding: Tensor | None,
        incremental_state: State | None,
        static_kv: bool,
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Keys and values [B, heads, N, D], those of a prefix first, and where they are padding
        [B, N], with those of the pieces before, which stay in fairseq's incremental state."""
        state = self.get_incremental_state(incremental_state, "attn_state") or {}
        previous = state.get("prev_key_padding_mask")
        if static_kv and "prev_key" in state:
            return state["prev_key"], state["prev_value"], previous
        assert key is not None and value is not None
        keys, values = self.split_heads(self.k_proj(key)), self.split_heads(self.v_proj(value))
        if "prev_key" in state:
            before = state["prev_key"], state["prev_value"]
        else:
            before = self.prefix(key)
            if padding is not None:
                padding = F.pad(padding, (before[0].size(2), 0))
        if before[0].size(2):
            keys, values = (torch.cat(parts, 2) for parts in zip(before, (keys, values)))
        if incremental_state is not None:
            padding = self._append_prev_key_padding_mask(
                padding, previous, keys.size(0), keys.size(2), static_kv
            )
            state = {"prev_key": keys, "prev_value": values, "prev_key_padding_mask": padding}
            self.set_incremental_state(incremental_state, "attn_state", state)
        return keys, values, padding

    def read_prefixes(
        self, source: Tensor, padding: Tensor | None, incremental_state: State, cache: PrefixCache
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Keys and values [S, heads, N, D] that all hypotheses of a sentence share, and what is added
        to scores [S, 1, beam, N]."""
        state = self.get_incremental_state(incremental_state, "prefixes")
        if state:
            state = cache.compact(state, self.self_attention)
        if self.self_attention or not state:
            new = {
                name: self.split_heads(projection(source))
                for name, projection in (("keys", self.k_proj), ("values", self.v_proj))
            }
            if self.self_attention:
                state = cache.append(new, state)
            else:
                # contiguous, as every further piece reads them
                state = {
                    name: torch.cat([before, x], 2).contiguous()
                    for before, (name, x) in zip(self.prefix(source), new.items())
                }
                state["mask"] = source.new_zeros(source.size(1), 1, 1, state["keys"].size(2))
                if padding is not None:
                    mask = state["mask"][..., -source.size(0) :]
                    mask.masked_fill_(padding.bool()[:, None, None], -torch.inf)
        self.set_incremental_state(incremental_state, "prefixes", state)
        if self.self_attention:
            keys, values, mask = *cache.entries_of(state), cache.mask
            before = self.prefix(source)
            if before[0].size(2):
                before = tuple(cache.of_sentences(x) for x in before)
                keys, values = (torch.cat(parts, 2) for parts in zip(before, (keys, values)))
                mask = F.pad(mask, (before[0].size(2), 0))
            return keys, values, mask
        return state["keys"], state["values"], state["mask"]


def combine_masks(
    padding: Tensor | None, attn_mask: Tensor | None, keys: int, dtype: torch.dtype
) -> Tensor | None:
    """What is added to scores, broadcast to [B, heads, T, N].

    Args:
        padding: where keys are padding [B, N].
        attn_mask: what is added to all [T, N'], the last N' keys.
        keys: N, how many there are.
        dtype: of the scores.
    """
    mask = None
    if attn_mask is not None:
        mask = F.pad(attn_mask.to(dtype), (keys - attn_mask.size(1), 0))[None, None]
    if padding is None:
        return mask
    if mask is None:
        mask = torch.zeros(1, 1, 1, 1, dtype=dtype, device=padding.device)
    return mask.masked_fill(padding.bool()[:, None, None], -torch.inf)
