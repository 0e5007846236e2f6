"""The stock Transformer decoder, run with the adapters that the encoder's output carries."""

from collections.abc import Collection
from typing import Any

from fairseq.models.transformer import TransformerDecoderBase
from torch import Tensor, nn

from ..adapters import attached
from .attention import AdaptedAttention
from .encoder import DECODER_ADAPTERS


class AdapterTransformerDecoder(TransformerDecoderBase):
    """Runs every layer with its adapters.

    Args:
        cfg, dictionary, embed_tokens, no_encoder_attn: see the stock decoder.
        attention_blocks: "self_attn", "cross_attn" or both, if adapters act inside of them.
    """

    def __init__(
        self,
        cfg,
        dictionary,
        embed_tokens,
        no_encoder_attn=False,
        attention_blocks: Collection[str] = (),
    ) -> None:
        self.attention_blocks = attention_blocks
        super().__init__(cfg, dictionary, embed_tokens, no_encoder_attn=no_encoder_attn)

    def build_decoder_layer(self, cfg, no_encoder_attn=False) -> nn.Module:
        layer = super().build_decoder_layer(cfg, no_encoder_attn)
        if "self_attn" in self.attention_blocks:
            layer.self_attn = AdaptedAttention(layer.self_attn, has_points=True)
        if "cross_attn" in self.attention_blocks and layer.encoder_attn is not None:
            layer.encoder_attn = AdaptedAttention(layer.encoder_attn, has_points=True)
        return layer

    def extract_features(
        self, prev_output_tokens: Tensor, encoder_out: dict[str, Any], *args: Any, **kwargs: Any
    ):
        """The decoder's features, see the stock decoder.

        Args:
            prev_output_tokens: previous target tokens [B, T].
            encoder_out: the encoder's output with its "decoder_adapters".
        """
        with attached(self.layers, encoder_out[DECODER_ADAPTERS]):
            return super().extract_features(prev_output_tokens, encoder_out, *args, **kwargs)
