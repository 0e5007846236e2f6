"""Beam search over the best pieces of each hypothesis instead of the whole vocabulary."""

from typing import Any

import torch
from fairseq.data import Dictionary
from fairseq.search import BeamSearch
from fairseq.sequence_generator import EnsembleModel, SequenceGenerator
from torch import Tensor

from .blockwise_topk import blockwise_topk
from .prefix_cache import PREFIXES, PrefixCache

UNREAD = ("encoder_embedding", "encoder_states", "src_tokens", "src_lengths")
VALUES = 1 << 20  # scores that stay in the processor's cache until the best of them are found


class CandidateEnsemble(EnsembleModel):
    """One model whose decoder returns the scores of the special symbols and of the best pieces.

    A beam of k goes on with at most 2 k pieces of one hypothesis. So beam search that is shown those
    and the special symbols, which it knows by number, finds what it would find among all.

    Args:
        model: the model, its decoder's attention made of `AdaptedAttention`.
        dictionary: the target dictionary.
        beam: hypotheses of each sentence.
    """

    def __init__(self, model: Any, dictionary: Dictionary, beam: int) -> None:
        super().__init__([model])
        self.beam, self.special = beam, dictionary.nspecial
        self.width = self.special + 2 * beam
        self.rows = max(32, VALUES // len(dictionary))
        self.pieces: Tensor | None = None
        self.prefix: Tensor | None = None

    def forward_encoder(self, net_input: dict[str, Tensor]):
        """The encoder's output without what decoders do not read."""
        encoder_outs = super().forward_encoder(net_input)
        return [{**out, **{name: [] for name in UNREAD}} for out in encoder_outs]

    def reorder_encoder_out(self, encoder_outs: list[dict[str, list[Tensor]]], new_order: Tensor):
        """As fairseq's, but only if sentences come to an end: rows of a sentence are all alike, and
        before the first piece there is one."""
        rows = encoder_outs[0]["encoder_out"][0].size(1)
        if len(new_order) in (rows, rows * self.beam):
            return encoder_outs
        return super().reorder_encoder_out(encoder_outs, new_order)

    def reorder_incremental_state(self, incremental_states: Any, new_order: Tensor) -> None:
        """Tells the prefix cache, see `PrefixCache.reorder`."""
        incremental_states[0][PREFIXES].reorder(new_order)

    def forward_decoder(
        self, tokens: Tensor, encoder_outs: Any, incremental_states: Any, temperature: float = 1.0
    ) -> tuple[Tensor, None]:
        """Scores the next piece of each hypothesis.

        Args:
            tokens: hypotheses [B, T]; at first all those of a sentence are alike.
            encoder_outs, incremental_states, temperature: see fairseq's.
        Returns:
            log-probabilities [B, width], those of the special symbols first, and last that of the
            prefix as long as there is one; `pieces` [B, width] tells whose they are. And None, for
            attention.
        """
        if PREFIXES in incremental_states[0]:
            scores, self.pieces = self.next(
                tokens, encoder_outs[0], incremental_states[0], temperature
            )
            return scores, None
        first = tokens[:: self.beam]
        incremental_states[0][PREFIXES] = PrefixCache(len(first), self.beam, tokens)
        candidates = self.next(first, encoder_outs[0], incremental_states[0], temperature)
        # attention has kept what it needs of it, once a sentence
        encoder_outs[0]["encoder_out"] = [x[:0] for x in encoder_outs[0]["encoder_out"]]
        alike = torch.arange(len(first), device=tokens.device).repeat_interleave(self.beam)
        encoder_outs[:] = super().reorder_encoder_out(encoder_outs, alike)
        scores, self.pieces = (x.index_select(0, alike) for x in candidates)
        return scores, None

    def next(
        self, tokens: Tensor, encoder_out: Any, incremental_state: Any, temperature: float
    ) -> tuple[Tensor, Tensor]:
        """Scores and pieces [B, width] of hypotheses [B, T], see `forward_decoder`."""
        decoder = self.single_model.decoder
        features, _ = decoder(tokens, encoder_out, incremental_state, features_only=True)
        parts = [features.split(self.rows)]
        step = tokens.size(1) - 1
        if self.prefix is not None and step < self.prefix.size(1):
            each = len(tokens) // len(self.prefix)
            parts.append(self.prefix[:, step].repeat_interleave(each).split(self.rows))
        chunks = [self.score(temperature, *part) for part in zip(*parts)]
        scores, pieces = (torch.cat(parts) for parts in zip(*chunks))
        return scores, pieces

    def score(
        self, temperature: float, features: Tensor, forced: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Scores and pieces [N, width] of some hypotheses.

        Args:
            temperature: see fairseq's.
            features: the decoder's [N, 1, C].
            forced: pieces that are to come last [N].
        """
        logits = self.single_model.decoder.output_layer(features)[:, -1].float()
        if temperature != 1.0:
            logits.div_(temperature)
        special = logits[:, : self.special].clone()
        last = None if forced is None else logits.gather(1, forced.unsqueeze(1))
        logits[:, : self.special] = -torch.inf  # they are candidates already
        values, pieces = blockwise_topk(logits, 2 * self.beam)
        largest = torch.maximum(values[:, :1], special.amax(1, keepdim=True))
        if last is not None:
            values[:, -1:], pieces[:, -1:] = last, forced.unsqueeze(1)
        logits[:, : self.special] = special
        # the log-softmax of the candidates alone; what is left of the logits is of no use any more
        total = logits.sub_(largest).exp_().sum(1, keepdim=True).log_()
        scores = torch.cat([special, values], 1).sub_(largest).sub_(total)
        special_pieces = torch.arange(self.special, device=pieces.device).expand(len(pieces), -1)
        return scores, torch.cat([special_pieces, pieces], 1)


class CandidateSearch(BeamSearch):
    """fairseq's beam search, told which pieces the scores are of.

    Args:
        dictionary: the target dictionary.
        candidates: knows the pieces.
    """

    def __init__(self, dictionary: Dictionary, candidates: CandidateEnsemble) -> None:
        super().__init__(dictionary)
        self.candidates = candidates

    def step(self, step: int, lprobs: Tensor, *args: Any, **kwargs: Any):
        scores, columns, beams = super().step(step, lprobs, *args, **kwargs)
        sentences, beam, width = lprobs.shape
        pieces = self.candidates.pieces.view(sentences, beam * width)
        return scores, pieces.gather(1, beams * width + columns), beams


class CandidateGenerator(SequenceGenerator):
    """fairseq's generator, searching among candidates.

    Args:
        models: the only model, see `CandidateEnsemble`.
        tgt_dict: the target dictionary.
        options: fairseq's, without a search strategy or a language model.
    """

    def __init__(self, models: list[Any], tgt_dict: Dictionary, **options: Any) -> None:
        super().__init__(models, tgt_dict, **options)
        (model,) = models
        self.model = CandidateEnsemble(model, tgt_dict, self.beam_size)
        self.search = CandidateSearch(tgt_dict, self.model)
        self.vocab_size = self.model.width

    def _generate(
        self,
        sample: dict[str, Any],
        prefix_tokens: Tensor | None = None,
        *args: Any,
        **kwargs: Any,
    ):
        if prefix_tokens is not None and prefix_tokens.lt(self.model.special).any():
            raise ValueError("prefixes of different lengths or with special symbols are fairseq's")
        self.model.prefix = prefix_tokens
        return super()._generate(sample, prefix_tokens, *args, **kwargs)

    def _prefix_tokens(
        self,
        step: int,
        lprobs: Tensor,
        scores: Tensor,
        tokens: Tensor,
        prefix_tokens: Tensor,
        beam_size: int,
    ):
        """Lets nothing but the prefix continue a hypothesis; its score is the last."""
        lprobs[:, :-1] = -torch.inf
        return lprobs, tokens, scores
