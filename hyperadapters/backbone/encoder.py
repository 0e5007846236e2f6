"""The stock Transformer encoder, run with adapters; it makes the decoder's weights too."""

from collections.abc import Collection
from typing import Any

from fairseq.models.transformer import TransformerEncoderBase
from torch import Tensor, nn

from ..adapters import Rows, SideAdapters, attached
from ..sources import AdapterSource, Condition, SourceGroup, ids_by_input
from .attention import AdaptedAttention

DECODER_ADAPTERS = "decoder_adapters"

Ids = dict[str, Tensor | None]


class AdapterTransformerEncoder(TransformerEncoderBase):
    """Calls every adapter source once a batch, for encoder and decoder together.

    The decoder's adapters travel in the encoder's output, so that beam search re-orders them with
    everything else and nothing is kept between batches.

    Args:
        cfg, dictionary, embed_tokens: see the stock encoder.
        attention_blocks: "self_attn" if adapters act inside self-attention.
    """

    adapters: AdapterSource | SourceGroup

    def __init__(
        self, cfg, dictionary, embed_tokens, attention_blocks: Collection[str] = ()
    ) -> None:
        self.attention_blocks = attention_blocks
        super().__init__(cfg, dictionary, embed_tokens)

    def build_encoder_layer(self, cfg) -> nn.Module:
        layer = super().build_encoder_layer(cfg)
        if "self_attn" in self.attention_blocks:
            layer.self_attn = AdaptedAttention(layer.self_attn, has_points=True)
        return layer

    def conditions(
        self, ids: Ids, inputs: dict[str, tuple[str, ...]], src_tokens: Tensor
    ) -> dict[str, Condition]:
        """The distinct conditions of each side that runs with adapters in this batch.

        Args:
            ids: ids of each sentence [B] by condition input.
            inputs: the condition inputs that each side depends on.
            src_tokens: source tokens [B, T].
        """
        return {
            side: Condition.from_ids(ids, names, like=src_tokens) for side, names in inputs.items()
        }

    def adapters_of_batch(self, ids: Ids, src_tokens: Tensor) -> dict[str, list[SideAdapters]]:
        """The adapters of each side for one batch, in the order in which they act, see
        `conditions`."""
        adapters: dict[str, list[SideAdapters]] = {}
        for source in self.adapters.members:
            config = source.config
            conditions = self.conditions(ids, config.inputs, src_tokens)
            for side, weights in source(conditions).items():
                side_adapters = SideAdapters(
                    config.kind,
                    config.layers[side],
                    config.sites[side] if weights else [],
                    weights,
                    Rows(conditions[side].index, conditions[side].count),
                    self.training,
                )
                adapters.setdefault(side, []).append(side_adapters)
        return adapters

    def forward(
        self,
        src_tokens: Tensor,
        src_lengths: Tensor | None = None,
        return_all_hiddens: bool = False,
        token_embeddings: Tensor | None = None,
        **ids: Tensor,
    ) -> dict[str, Any]:
        """Encodes with adapters.

        Args:
            src_tokens: source tokens [B, T].
            src_lengths: their lengths [B].
            return_all_hiddens: see the stock encoder.
            token_embeddings: see the stock encoder.
            ids: ids of each sentence [B], as `src_lang_id`, see `sources.inputs`.
        Returns:
            the stock encoder's output and, under "decoder_adapters", what the decoder needs.
        Raises:
            UserError: if ids that the adapters depend on are absent.
        """
        adapters = self.adapters_of_batch(ids_by_input(ids), src_tokens)
        with attached(self.layers, adapters["encoder"]):
            encoder_out = super().forward(
                src_tokens, src_lengths, return_all_hiddens, token_embeddings
            )
        encoder_out[DECODER_ADAPTERS] = adapters.get("decoder", [])
        return encoder_out

    def reorder_encoder_out(self, encoder_out: dict[str, Any], new_order: Tensor) -> dict[str, Any]:
        reordered = super().reorder_encoder_out(encoder_out, new_order)
        reordered[DECODER_ADAPTERS] = [
            adapters.reorder(new_order) for adapters in encoder_out[DECODER_ADAPTERS]
        ]
        return reordered
