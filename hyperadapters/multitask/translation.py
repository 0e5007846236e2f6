"""Translation as one more task: its head is a decoder with adapters of its own."""

from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

import numpy as np
import torch
from fairseq.data import data_utils
from fairseq.data.multilingual.multilingual_utils import get_lang_tok
from fairseq.models.transformer import TransformerConfig
from torch import Tensor, nn

from .corpus import Part
from .readers import read_pairs
from .task import TASKS, Encoded, Means, Report, Task


class Translation(Task):
    """Sentence pairs, translated with teacher forcing."""

    has_directions = True

    def read(self, part: Part) -> Iterator[Tuple[str, str]]:
        return read_pairs(part)

    def encode(
        self, sentence: Tuple[str, str], means: Means, direction: Tuple[str, str], report: Report
    ) -> Iterator[Encoded]:
        """A pair, or nothing if a side is too long or empty."""
        pieces = means.pieces
        token = language_token(means, direction)
        source, target = (pieces.sentence(text) for text in sentence)
        if not source or not target:
            report.empty += 1
            return
        if max(len(token) + len(source), len(target)) > pieces.format.room:
            report.long += 1
            report.dropped += 1
            return
        nothing = np.empty(0, dtype=np.int32)
        yield Encoded(
            0,
            np.array([*token, *pieces.whole(source)], dtype=np.int32),
            nothing,
            np.array([*target, means.dictionary.eos()], dtype=np.int32),
        )

    def collate(
        self, items: Sequence[Encoded], rows: Tensor, means: Means
    ) -> Tuple[Dict[str, Tensor], Tensor]:
        pad, eos = means.dictionary.pad(), means.dictionary.eos()
        targets = [torch.from_numpy(one.labels).long() for one in items]
        shifted = data_utils.collate_tokens(
            targets, pad, eos, left_pad=False, move_eos_to_beginning=True
        )
        inputs = {"rows": rows, "prev_output_tokens": shifted, "kept": shifted.ne(pad)}
        return inputs, torch.cat(targets)

    def head(self, args: Any, model: nn.Module, labels: Sequence[str]) -> nn.Module:
        from ..backbone.decoder import AdapterTransformerDecoder

        cfg = TransformerConfig.from_namespace(args)
        encoder = model.encoder
        return AdapterTransformerDecoder(
            cfg, encoder.dictionary, encoder.embed_tokens,
            has_attention_points=encoder.has_attention_points,
        )  # fmt: skip

    def predict(
        self, head: nn.Module, encoder_out: Mapping[str, Any], inputs: Mapping[str, Tensor]
    ) -> Tensor:
        rows = inputs["rows"]
        of_rows = {
            **encoder_out,  # the decoder's adapters are those of these rows already
            "encoder_out": [encoder_out["encoder_out"][0].index_select(1, rows)],
            "encoder_padding_mask": [encoder_out["encoder_padding_mask"][0].index_select(0, rows)],
        }
        scores, _ = head(inputs["prev_output_tokens"], encoder_out=of_rows)  # [b, T', V]
        return scores[inputs["kept"]]  # [N, V]


def language_token(means: Means, direction: Tuple[str, str]) -> List[int]:
    """The language token that a source begins with, if any."""
    side = means.options.encoder_langtok
    if side not in ("src", "tgt"):
        return []
    style = means.options.lang_tok_style
    token = get_lang_tok(direction[side == "tgt"], style)
    return [means.dictionary.index(token)]


TASKS.register("translation")(Translation())
