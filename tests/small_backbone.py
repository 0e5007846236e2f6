"""A small encoder and decoder that run with the adapters of any source."""

from typing import Any

import torch
from fairseq.data import Dictionary
from fairseq.models import FairseqEncoderDecoderModel
from fairseq.models.transformer import TransformerConfig
from torch import Tensor, nn

from hyperadapters.adapters import is_in_attention
from hyperadapters.backbone.decoder import AdapterTransformerDecoder
from hyperadapters.backbone.encoder import AdapterTransformerEncoder

PIECES = 60
Batch = dict[str, Tensor]


def small_backbone(adapters: Any, **options: Any) -> FairseqEncoderDecoderModel:
    """A model of 2+2 layers with the dimensions that an adapter source is made for.

    Args:
        adapters: the source.
        options: of fairseq's Transformer.
    """
    cfg = TransformerConfig()
    for side in ("encoder", "decoder"):
        shape = adapters.members[0].config.layers[side]
        part = getattr(cfg, side)
        part.embed_dim, part.ffn_embed_dim, part.layers = shape.width, shape.hidden, 2
        part.attention_heads, part.normalize_before = shape.heads, True
    cfg.decoder.output_dim = cfg.decoder.input_dim = cfg.decoder.embed_dim
    cfg.dropout, cfg.share_decoder_input_output_embed = 0.0, True
    cfg.max_source_positions = cfg.max_target_positions = 64
    for name, value in options.items():
        setattr(cfg, name, value)
    dictionary = Dictionary()
    for number in range(PIECES):
        dictionary.add_symbol(str(number))
    points = {point for source in adapters.members for point in source.config.kind.points}
    blocks = {point.partition(".")[0] for point in points if is_in_attention(point)}
    torch.manual_seed(4)
    embeddings = nn.Embedding(len(dictionary), cfg.encoder.embed_dim, dictionary.pad())
    model = FairseqEncoderDecoderModel(
        AdapterTransformerEncoder(cfg, dictionary, embeddings, blocks),
        AdapterTransformerDecoder(cfg, dictionary, embeddings, False, blocks),
    )
    for parameter in model.parameters():
        if parameter.dim() == 1:  # biases and LayerNorms start as constants
            nn.init.normal_(parameter, std=0.5)
    model.encoder.adapters = adapters
    return model


def batch_of(ids: Batch, length: int = 5, target_length: int = 4) -> Batch:
    """A batch with padding.

    Args:
        ids: ids of each sentence [B] by condition input.
        length, target_length: of the longest source and target.
    """
    rows, draw = len(ids["src"]), torch.Generator().manual_seed(7)
    source = torch.randint(4, PIECES, (rows, length), generator=draw)
    target = torch.randint(4, PIECES, (rows, target_length), generator=draw)
    for row in range(1, rows):  # fairseq pads sources on the left and targets on the right
        source[row, : row % 3] = Dictionary().pad()
        if row % 2:
            target[row, -1] = Dictionary().pad()
    target[:, 0] = Dictionary().eos()
    return {
        "src_tokens": source,
        "src_lengths": source.ne(Dictionary().pad()).sum(1),
        "prev_output_tokens": target,
        "src_lang_id": ids["src"],
        "tgt_lang_id": ids["tgt"],
        "task_id": ids["task"],
    }


def part(batch: Batch, rows: Any) -> Batch:
    """Some rows of a batch."""
    return {name: tensor[rows] for name, tensor in batch.items()}


def encode(model: Any, batch: Batch) -> dict[str, Any]:
    """The encoder's output."""
    return model.encoder(**{name: x for name, x in batch.items() if name != "prev_output_tokens"})


def features(model: Any, batch: Batch) -> Tensor:
    """The decoder's features [B, T', C], where they are no padding."""
    previous = batch["prev_output_tokens"]
    x, _ = model.decoder(previous, encoder_out=encode(model, batch), features_only=True)
    return x * previous.ne(Dictionary().pad()).unsqueeze(2)


def features_step_by_step(model: Any, batch: Batch, order: Tensor | None = None) -> Tensor:
    """The same in incremental decoding.

    Args:
        order: rows of which the decoder goes on after the first piece, as in beam search.
    """
    encoder_out, state, steps = encode(model, batch), {}, []
    previous = batch["prev_output_tokens"]
    for step in range(previous.size(1)):
        if order is not None and step == 1:
            encoder_out = model.encoder.reorder_encoder_out(encoder_out, order)
            model.decoder.reorder_incremental_state_scripting(state, order)
            previous, steps = previous[order], [x[order] for x in steps]
        x, _ = model.decoder(
            previous[:, : step + 1], encoder_out=encoder_out, incremental_state=state,
            features_only=True,
        )  # fmt: skip
        steps.append(x)
    return torch.cat(steps, 1) * previous.ne(Dictionary().pad()).unsqueeze(2)
