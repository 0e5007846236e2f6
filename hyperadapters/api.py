"""Translate from Python: `Translator.load(checkpoint, data).translate(texts, src, tgt)`."""

from collections.abc import Sequence
from typing import Any

import torch

from . import register
from .checkpoints.checkpoint import Checkpoint
from .configuration import check_direction_is_known
from .data.byte_pieces import load_pieces
from .data.lengths import check_lengths, source_limit
from .evaluation.translation.decoding import Decoder, Limits, Search, Sentences
from .support.errors import UserError
from .support.text import clean

register()


class Translator:
    """A trained model that translates between all its languages in one process.

    Args:
        task: the translation task, set up for generation.
        model: the model.
        bpe: encodes text to pieces and back; None if texts are in pieces already.
        cuda: whether to use a GPU.
    """

    def __init__(self, task: Any, model: Any, bpe: Any, cuda: bool) -> None:
        self.task, self.bpe, self.cuda = task, bpe, cuda
        self.model = model.cuda() if cuda else model
        self.model.eval()
        self.model.make_generation_fast_(need_attn=False)  # as fairseq-generate does
        self.last_decoder: Decoder | None = None

    @classmethod
    def load(
        cls,
        checkpoint: str | Checkpoint,
        data: str,
        sentencepiece_model: str | None = None,
        cpu: bool = False,
        fp16: bool = False,
    ) -> "Translator":
        """Loads a checkpoint of `multilingual_adapter_translation`.

        Args:
            checkpoint: the checkpoint, or its path.
            data: folder with the dictionaries, as given to fairseq-train.
            sentencepiece_model: path of the sentencepiece model; without it, texts are in pieces.
            cpu: use the CPU even if a GPU is there.
            fp16: compute in half precision.
        Raises:
            UserError: if checkpoint and data do not go together, or the sentencepiece model
                cannot be read.
        """
        opened = checkpoint if isinstance(checkpoint, Checkpoint) else Checkpoint(checkpoint)
        if opened.has_cells or not opened.config.directions:
            raise UserError(f"{opened.path} was not trained with multilingual_adapter_translation")
        task = opened.task(str(data))
        model = opened.model(task)
        if fp16:
            model.half()
        bpe = load_pieces(sentencepiece_model) if sentencepiece_model else None
        return cls(task, model, bpe, torch.cuda.is_available() and not cpu)

    @property
    def languages(self) -> Sequence[str]:
        """The codes of the languages that the model knows."""
        return self.task.languages.codes

    def translate(
        self, texts: Sequence[str], src: str, tgt: str, beam: int = 5, batch_size: int = 100
    ) -> list[str]:
        """Translates sentences of one direction, trained or not.

        Args:
            texts: source sentences.
            src: source language.
            tgt: target language.
            beam: beam size.
            batch_size: sentences translated together.
        Returns:
            a translation of each, in their order; an empty one where there is nothing to translate.
        Raises:
            UserError: for an unknown language, or naming the sentences that are too long for the model.
        """
        task = self.task
        task.set_direction(src, tgt)
        check_direction_is_known(self.model.cfg, f"{src}-{tgt}")
        encode, decode = (self.bpe.encode, self.bpe.decode) if self.bpe else (clean, str)
        pieces = [encode(text) for text in texts]
        tokens, lengths = task.get_interactive_tokens_and_lengths(pieces, str)
        check_lengths(lengths, source_limit(vars(task.args), self.model.cfg))
        dataset = task.build_dataset_for_inference(tokens, lengths)
        rows = [row for row, text in enumerate(pieces) if text]
        sentences = Sentences("", src, tgt, dataset, rows)
        decoder = self.decoder(Search(beam), Limits(None, batch_size))
        results: list[str] = [""] * len(texts)
        for batch in decoder.decode([sentences]):
            for _, row, translation in batch.rows:
                results[row] = decode(translation)
        return results

    def decoder(self, search: Search, limits: Limits) -> Decoder:
        """A beam search that fills batches with sentences of many directions; the last one if it has the
        same options.

        Args:
            search: options of beam search.
            limits: the size of a batch.
        """
        last = self.last_decoder
        if last is None or (last.search, last.limits) != (search, limits):
            self.last_decoder = Decoder(self.task, self.model, search, limits)
        return self.last_decoder

    def language_embeddings(self) -> torch.Tensor:
        """The hypernetwork's language embeddings [languages, width]; of the target side if untied.

        Raises:
            UserError: if the model has no hypernetwork.
        """
        tables = getattr(self.model.encoder.adapters, "embeddings", None)
        if tables is None:
            raise UserError("this model has no hypernetwork, hence no language embeddings")
        table = tables["languages"] if "languages" in tables else tables["tgt"]
        return table.weight.detach().cpu()
