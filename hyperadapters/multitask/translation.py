"""Translation as one more task: its head is a decoder with adapters of its own."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from fairseq.data import data_utils
from fairseq.data.multilingual.multilingual_utils import get_lang_tok
from fairseq.dataclass import FairseqDataclass
from sacrebleu.metrics import BLEU, CHRF
from torch import Tensor, nn

from ..metrics import tokenizers
from ..support.errors import UserError
from ..support.text import clean, read_lines
from .readers import FileSlice, sliced
from .task import (
    CellResult,
    Encoded,
    EncodingReport,
    Predictor,
    Task,
    TaskContext,
    mean_cross_entropy,
)

logger = logging.getLogger(__name__)


@dataclass
class SmoothingOptions(FairseqDataclass):
    """The option of the loss."""

    label_smoothing: float = field(
        default=0.1, metadata={"help": "label smoothing of the translation cells"}
    )


class Translation(Task):
    """Sentence pairs, trained with teacher forcing, translated by beam search, scored by BLEU and chrF."""

    name = "translation"
    title = "translation"
    loss_options = SmoothingOptions
    has_directions = True
    has_decoder = True
    symbol_parameters = ("embed_tokens.weight", "output_projection.weight")
    is_averaged = False
    has_further_figures = True

    def read(self, file: FileSlice) -> Iterator[tuple[str, str]]:
        """Reads the line pairs of two text files; those with an empty side are counted and left out.

        Raises:
            UserError: if the files have different numbers of lines.
        """
        sides = [[clean(line) for line in read_lines(path)] for path in file.paths]
        if len(sides[0]) != len(sides[1]):
            raise UserError(
                f"{file.paths[0]} has {len(sides[0])} lines, but {file.paths[1]} has {len(sides[1])}: "
                "align them"
            )
        pairs = [pair for pair in zip(*sides) if all(pair)]
        if len(pairs) < len(sides[0]):
            logger.info(
                f"{file}: {len(sides[0]) - len(pairs):,} pairs with an empty side are left out"
            )
        return sliced(file, pairs)

    def encode(
        self,
        sentence: tuple[str, str],
        context: TaskContext,
        direction: tuple[str, str],
        report: EncodingReport,
    ) -> Iterator[Encoded]:
        """Encodes a pair; gives nothing if a side is too long or empty."""
        pieces = context.pieces
        token = language_token(context, direction)
        source, target = (pieces.sentence(text) for text in sentence)
        if not source or not target:
            report.empty += 1
            return
        if max(len(token) + len(source), len(target)) > pieces.format.room:
            report.long += 1
            report.dropped += 1
            return
        yield Encoded(
            0,
            np.array([*token, *pieces.add_sentence_symbols(source)], dtype=np.int32),
            np.empty(0, dtype=np.int32),
            np.array([*target, context.dictionary.eos()], dtype=np.int32),
        )

    def collate(
        self, items: Sequence[Encoded], rows: Tensor, context: TaskContext
    ) -> tuple[dict[str, Tensor], Tensor]:
        pad, eos = context.dictionary.pad(), context.dictionary.eos()
        targets = [torch.from_numpy(item.gold).long() for item in items]
        shifted = data_utils.collate_tokens(
            targets, pad, eos, left_pad=False, move_eos_to_beginning=True
        )
        inputs = {"rows": rows, "prev_output_tokens": shifted, "is_piece": shifted.ne(pad)}
        return inputs, torch.cat(targets)

    def head(self, args: Any, model: nn.Module, labels: Sequence[str]) -> nn.Module:
        return model.build_decoder(args)

    def forward(
        self, head: nn.Module, encoder_out: Mapping[str, Any], inputs: Mapping[str, Tensor]
    ) -> Tensor:
        rows = inputs["rows"]
        encoder_out_of_rows = {
            **encoder_out,  # the decoder's adapters are those of these rows already
            "encoder_out": [encoder_out["encoder_out"][0].index_select(1, rows)],
            "encoder_padding_mask": [encoder_out["encoder_padding_mask"][0].index_select(0, rows)],
        }
        scores, _ = head(
            inputs["prev_output_tokens"], encoder_out=encoder_out_of_rows
        )  # [b, T', V]
        return scores[inputs["is_piece"]]  # [N, V]

    def loss(self, output: Tensor, gold: Tensor, options: Any) -> Tensor:
        return mean_cross_entropy(output, gold, options.label_smoothing)

    def evaluate(self, sentences: Sequence[tuple[str, str]], predictor: Predictor) -> CellResult:
        hypotheses = [""] * len(sentences)  # of pairs that are too long
        for pair, text in zip(predictor.sentences, predictor.generate()):
            hypotheses[pair.sentence] = text
        return CellResult([[(*pair, text)] for pair, text in zip(sentences, hypotheses)])

    def metrics(self, direction: tuple[str, str], options: Any) -> dict[str, Any]:
        _, tgt = direction
        names, _ = tokenizers.choose((), {}, targets=[tgt])
        return {"BLEU": BLEU(tokenize=names[tgt]), "chrF": CHRF()}

    def remarks(self, directions: Sequence[tuple[str, str]]) -> list[str]:
        """Names the target languages whose BLEU counts n-grams of characters."""
        return tokenizers.choose((), {}, targets={tgt for _, tgt in directions})[1]


def language_token(context: TaskContext, direction: tuple[str, str]) -> list[int]:
    """The language token that a source begins with, if any."""
    side = context.options.encoder_langtok
    if side not in ("src", "tgt"):
        return []
    style = context.options.lang_tok_style
    token = get_lang_tok(direction[side == "tgt"], style)
    return [context.dictionary.index(token)]
