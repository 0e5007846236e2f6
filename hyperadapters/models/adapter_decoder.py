"""The stock Transformer decoder, run with the adapters that the encoder's output carries."""

from typing import Any, Dict

from fairseq.models.transformer import TransformerDecoderBase
from torch import Tensor

from ..adapters import attached
from .adapter_encoder import DECODER_ADAPTERS


class AdapterTransformerDecoder(TransformerDecoderBase):
    """Passes every layer's output through its adapter."""

    def extract_features(
        self, prev_output_tokens: Tensor, encoder_out: Dict[str, Any], *args: Any, **kwargs: Any
    ):
        """The decoder's features, see the stock decoder.

        Args:
            prev_output_tokens: previous target tokens [B, T].
            encoder_out: the encoder's output with its "decoder_adapters".
        """
        with attached(self.layers, encoder_out[DECODER_ADAPTERS]):
            return super().extract_features(prev_output_tokens, encoder_out, *args, **kwargs)
