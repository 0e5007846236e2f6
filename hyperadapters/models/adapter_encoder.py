"""The stock Transformer encoder, run with adapters; it makes the decoder's weights too."""

from typing import Any, Dict, Optional

from fairseq.models.transformer import TransformerEncoderBase
from torch import Tensor

from ..adapters import Rows, SideAdapters, attached
from ..sources import AdapterSource, Condition

DECODER_ADAPTERS = "decoder_adapters"


class AdapterTransformerEncoder(TransformerEncoderBase):
    """Calls the adapter source once a batch, for encoder and decoder together.

    The decoder's adapters travel in the encoder's output, so that beam search re-orders them with
    everything else and nothing is kept between batches.
    """

    adapters: AdapterSource

    def conditions(
        self, ids: Dict[str, Optional[Tensor]], src_tokens: Tensor
    ) -> Dict[str, Condition]:
        """The distinct conditions of each side that runs with adapters in this batch.

        Args:
            ids: ids of each sentence [B] by condition input.
            src_tokens: source tokens [B, T].
        """
        return {
            side: Condition.from_ids(ids, inputs, like=src_tokens)
            for side, inputs in self.adapters.setting.inputs.items()
        }

    def adapters_of_batch(
        self, ids: Dict[str, Optional[Tensor]], src_tokens: Tensor
    ) -> Dict[str, SideAdapters]:
        """The adapters of each side for one batch, see `conditions`."""
        setting = self.adapters.setting
        conditions = self.conditions(ids, src_tokens)
        weights = self.adapters(conditions)
        return {
            side: SideAdapters(
                setting.kind,
                setting.sites[side] if weights[side] else [],
                weights[side],
                Rows(condition.index, condition.count),
            )
            for side, condition in conditions.items()
        }

    def forward(
        self,
        src_tokens: Tensor,
        src_lengths: Optional[Tensor] = None,
        return_all_hiddens: bool = False,
        token_embeddings: Optional[Tensor] = None,
        src_lang_id: Optional[Tensor] = None,
        tgt_lang_id: Optional[Tensor] = None,
        task_id: Optional[Tensor] = None,
    ) -> Dict[str, Any]:
        """Encodes with adapters.

        Args:
            src_tokens: source tokens [B, T].
            src_lengths: their lengths [B].
            return_all_hiddens: see the stock encoder.
            token_embeddings: see the stock encoder.
            src_lang_id: source language of each sentence [B].
            tgt_lang_id: target language of each sentence [B].
            task_id: task of each sentence [B].
        Returns:
            the stock encoder's output and, under "decoder_adapters", what the decoder needs.
        Raises:
            UserError: if ids that the adapters depend on are absent.
        """
        ids = {"src": src_lang_id, "tgt": tgt_lang_id, "task": task_id}
        adapters = self.adapters_of_batch(ids, src_tokens)
        with attached(self.layers, adapters["encoder"]):
            encoder_out = super().forward(
                src_tokens, src_lengths, return_all_hiddens, token_embeddings
            )
        encoder_out[DECODER_ADAPTERS] = adapters.get("decoder")
        return encoder_out

    def reorder_encoder_out(self, encoder_out: Dict[str, Any], new_order: Tensor) -> Dict[str, Any]:
        reordered = super().reorder_encoder_out(encoder_out, new_order)
        reordered[DECODER_ADAPTERS] = encoder_out[DECODER_ADAPTERS].reorder(new_order)
        return reordered
