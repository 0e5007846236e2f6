"""Masked language modelling."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from fairseq.dataclass import FairseqDataclass
from fairseq.models.roberta.model import RobertaLMHead
from torch import Tensor, nn
from torch.nn import functional as F

from ..data.symbols import MASK
from ..metrics.tags import Accuracy
from ..support.text import clean, read_lines
from .readers import FileSlice, sliced
from .task import CellResult, Encoded, EncodingReport, Predictor, Row, Task, TaskContext


@dataclass
class MaskingOptions(FairseqDataclass):
    """The options of masking."""

    mask_prob: float = field(default=0.15, metadata={"help": "mlm: share of pieces to predict"})
    leave_unmasked_prob: float = field(
        default=0.1, metadata={"help": "mlm: share of these that stay as they are"}
    )
    random_token_prob: float = field(
        default=0.1, metadata={"help": "mlm: share of these that a random piece replaces"}
    )


class MaskedLanguageModel(Task):
    """Predicts masked pieces of plain text (Devlin et al. 2019), masked anew in every epoch.

    An evaluation masks by a fixed seed, the same for all models, and scores by accuracy and
    perplexity.
    """

    name = "mlm"
    title = "masked language modelling"
    options = MaskingOptions
    symbol_parameters = ("weight", "bias")
    is_averaged = False
    has_further_figures = True

    def read(self, file: FileSlice) -> Iterator[str]:
        """Reads the lines of a text file that are not empty."""
        return sliced(file, filter(None, map(clean, read_lines(file.paths[0]))))

    def encode(
        self,
        sentence: str,
        context: TaskContext,
        direction: tuple[str, str],
        report: EncodingReport,
    ) -> Iterator[Encoded]:
        parts = list(context.pieces.parts_of_text(sentence))
        report.long += len(parts) > 1
        report.empty += not parts
        nothing = np.empty(0, dtype=np.int32)
        for ids in parts:
            yield Encoded(0, np.array(ids, dtype=np.int32), nothing, nothing)

    def item(self, encoded: Encoded, context: TaskContext, random: np.random.Generator) -> Encoded:
        """Returns the sentence with some of its pieces, at least one, replaced: by the mask, by a
        random piece, or by themselves."""
        options, dictionary = context.options, context.dictionary
        source = encoded.source.copy()
        start, end = int(context.pieces.format.bos), len(source) - 1
        is_masked = random.random(end - start) < options.mask_prob
        is_masked[random.integers(end - start)] |= not is_masked.any()
        positions = start + np.flatnonzero(is_masked)
        gold = source[positions]
        chance = random.random(len(positions))
        masked = chance >= options.random_token_prob + options.leave_unmasked_prob
        source[positions[masked]] = dictionary.index(MASK)
        swapped = positions[chance < options.random_token_prob]
        source[swapped] = random.integers(dictionary.nspecial, len(dictionary), len(swapped))
        return Encoded(encoded.sentence, source, positions.astype(np.int32), gold)

    def head(self, args: Any, model: nn.Module, labels: Sequence[str]) -> RobertaLMHead:
        """Builds RoBERTa's head; its output matrix is the encoder's embedding table, frozen with it."""
        table = model.encoder.embed_tokens.weight
        return RobertaLMHead(
            args.encoder_embed_dim, table.size(0), args.activation_fn, weight=table
        )

    def evaluate(self, sentences: Sequence[str], predictor: Predictor) -> CellResult:
        symbols = predictor.context.dictionary.symbols
        rows: list[list[Row]] = [[] for _ in sentences]
        losses = []
        for item, predicted, loss in predictor.apply(self.decode_with_loss):
            columns = (item.source[item.positions], item.gold, predicted)
            rows[item.sentence] += [
                tuple(symbols[number] for number in row) for row in zip(*columns)
            ]
            losses.append(loss)
        return CellResult(rows, figures={"perplexity": math.exp(sum(losses) / sum(map(len, rows)))})

    def decode_with_loss(
        self, scores: Tensor, items: Sequence[Encoded]
    ) -> list[tuple[Encoded, list[int], float]]:
        """The masked items with their best predictions and summed losses, from scores [N, V]."""
        sizes = [len(item.gold) for item in items]
        losses = [
            F.cross_entropy(
                part, torch.from_numpy(item.gold).long().to(part.device), reduction="sum"
            ).item()
            for part, item in zip(scores.float().split(sizes), items)
        ]
        return list(zip(items, self.decode(scores, sizes), losses))

    def metrics(self, direction: tuple[str, str], options: Any) -> dict[str, Any]:
        metric = Accuracy(
            unit="masked-pieces", masked=options.mask_prob, kept=options.leave_unmasked_prob,
            random=options.random_token_prob, maskseed=options.seed,
        )  # fmt: skip
        return {metric.title: metric}
