"""Masked language modelling."""

from typing import Any, Iterator, Sequence, Tuple

import numpy as np
from fairseq.models.roberta.model import RobertaLMHead
from torch import nn

from .corpus import Part
from .pieces import MASK
from .readers import read_lines_of
from .task import TASKS, Encoded, Means, Report, Task


class MaskedLanguageModel(Task):
    """Predicts masked pieces of plain text (Devlin et al. 2019), masked anew in every epoch."""

    def read(self, part: Part) -> Iterator[str]:
        return read_lines_of(part)

    def encode(
        self, sentence: str, means: Means, direction: Tuple[str, str], report: Report
    ) -> Iterator[Encoded]:
        parts = list(means.pieces.parts_of_text(sentence))
        report.long += len(parts) > 1
        report.empty += not parts
        nothing = np.empty(0, dtype=np.int32)
        for ids in parts:
            yield Encoded(0, np.array(ids, dtype=np.int32), nothing, nothing)

    def item(self, encoded: Encoded, means: Means, random: np.random.Generator) -> Encoded:
        """The sentence with some of its pieces replaced: at least one, by the mask, by a random
        piece, or by itself."""
        options, dictionary = means.options, means.dictionary
        source = encoded.source.copy()
        start, end = int(means.pieces.format.bos), len(source) - 1
        chosen = random.random(end - start) < options.mask_prob
        chosen[random.integers(end - start)] |= not chosen.any()
        places = start + np.flatnonzero(chosen)
        labels = source[places]
        chance = random.random(len(places))
        masked = chance >= options.random_token_prob + options.leave_unmasked_prob
        source[places[masked]] = dictionary.index(MASK)
        swapped = places[chance < options.random_token_prob]
        source[swapped] = random.integers(dictionary.nspecial, len(dictionary), len(swapped))
        return Encoded(encoded.sentence, source, places.astype(np.int32), labels)

    def head(self, args: Any, model: nn.Module, labels: Sequence[str]) -> RobertaLMHead:
        """RoBERTa's head; its output matrix is the encoder's embedding table, frozen with it."""
        table = model.encoder.embed_tokens.weight
        return RobertaLMHead(
            args.encoder_embed_dim, table.size(0), args.activation_fn, weight=table
        )


TASKS.register("mlm")(MaskedLanguageModel())
