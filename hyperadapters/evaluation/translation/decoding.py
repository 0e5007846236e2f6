"""Beam search over the sentences of many directions, with one loaded model."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, groupby
from typing import Any

import torch
from fairseq.dataclass.configs import GenerationConfig
from fairseq.utils import move_to_cuda

from ...backbone.fast_decoding.accelerate import accelerate_for_cpu, generator_class
from ...data.spelling import Speller
from ...data.tagged_pairs import TaggedPairs
from ...support.errors import UserError


@dataclass(frozen=True)
class Search:
    """Options of beam search, with the defaults of fairseq-generate.

    Args:
        beam: beam size.
        lenpen: length penalty: below 1 favours shorter translations.
        max_len_a, max_len_b: a translation has at most `a * source length + b` pieces.
    """

    beam: int = 5
    lenpen: float = 1.0
    max_len_a: float = 0.0
    max_len_b: int = 200

    def __post_init__(self) -> None:
        for name, least in (("beam", 1), ("max_len_a", 0), ("max_len_b", 1)):
            if getattr(self, name) < least:
                option = name.replace("_", "-")
                raise UserError(f"--{option} {getattr(self, name)}: give at least {least}")


@dataclass(frozen=True)
class Limits:
    """How large a batch may be.

    Args:
        max_tokens: source pieces with their padding; None for no limit.
        batch_size: sentences; None for no limit.
    """

    max_tokens: int | None = 12000
    batch_size: int | None = None

    def __post_init__(self) -> None:
        for name in ("max_tokens", "batch_size"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UserError(f"--{name.replace('_', '-')} {value}: give at least 1")

    def hold(self, sentences: int, length: int) -> bool:
        """Whether a batch may have so many sentences, padded to a length."""
        fits = self.max_tokens is None or sentences * length <= self.max_tokens
        return fits and (self.batch_size is None or sentences <= self.batch_size)


@dataclass(frozen=True)
class Sentences:
    """Sentences of one direction that are to be translated.

    Args:
        name: names the results; any text, by custom the direction.
        src: source language, which decides the language tokens.
        tgt: target language, likewise.
        dataset: the sentences; its language ids decide the adapters.
        rows: those of them that are wanted.
    """

    name: str
    src: str
    tgt: str
    dataset: TaggedPairs
    rows: Sequence[int]


@dataclass(frozen=True)
class Decoded:
    """The translations of one batch.

    Args:
        rows: for each sentence the name of its `Sentences`, its row there and its translation in
            pieces.
        pieces: target pieces of all translations, ends of sentences included.
        seconds: time that the search took.
    """

    rows: list[tuple[str, int, str]]
    pieces: int
    seconds: float


Place = tuple[Sentences, int]
NOTHING: Mapping[str, Collection[int]] = {}


def batches(places: Iterable[Place], limits: Limits) -> Iterator[list[Place]]:
    """Fills batches with sentences of like length, the longest first.

    Args:
        places: sentences and rows, of any mixture of directions.
        limits: the size of a batch; a single sentence may exceed it.
    """
    batch: list[Place] = []
    longest = 0
    sized = ((int(s.dataset.size(row)[0]), (s, row)) for s, row in places)
    for length, place in sorted(sized, key=lambda item: -item[0]):
        if batch and not limits.hold(len(batch) + 1, longest):
            yield batch
            batch = []
        if not batch:
            longest = length
        batch.append(place)
    if batch:
        yield batch


def remaining(
    places: list[Place], limits: Limits, rows_done: Mapping[str, Collection[int]]
) -> list[list[Place]]:
    """The batches that are still to be translated.

    After an interruption they are the very batches of the first attempt, so that rounding, which may
    depend on what shares a batch, is the same as if there had been none.

    Args:
        places: all sentences, also those that are done.
        limits: the size of a batch.
        rows_done: rows that are done, by name of their `Sentences`.
    """
    planned = list(batches(places, limits))
    rests = [
        [
            (sentences, row)
            for sentences, row in batch
            if row not in rows_done.get(sentences.name, ())
        ]
        for batch in planned
    ]
    if all(len(rest) in (0, len(batch)) for rest, batch in zip(rests, planned)):
        return list(filter(None, rests))
    return list(batches(chain.from_iterable(rests), limits))


class Decoder:
    """Translates sentences of many directions with one model.

    A batch holds any source languages and one target language: the decoder, which runs once a
    piece, then applies a single set of adapters, and all hypotheses begin alike.

    Args:
        task: the translation task, set up for generation.
        model: the model, on its device; on a CPU it is changed, to translate only.
        search: options of beam search.
        limits: the size of a batch.
    """

    def __init__(self, task: Any, model: Any, search: Search, limits: Limits) -> None:
        self.task, self.model, self.search, self.limits = task, model, search, limits
        self.device = next(model.parameters()).device
        if self.device.type == "cpu":
            accelerate_for_cpu(model)
        self.aimed: tuple[str, ...] = ()
        self.generator: Any = None

    def decode(
        self, sentences: Sequence[Sentences], rows_done: Mapping[str, Collection[int]] = NOTHING
    ) -> Iterator[Decoded]:
        """Translates, batch by batch.

        Args:
            sentences: of any directions.
            rows_done: rows that need no translation any more, by name of their `Sentences`.
        """
        for batch in self.batches(sentences, rows_done):
            yield self.decode_batch(batch)

    def batches(
        self, sentences: Sequence[Sentences], rows_done: Mapping[str, Collection[int]] = NOTHING
    ) -> Iterator[list[Place]]:
        """The batches that `decode` translates one after the other; the arguments are its own."""
        for _, group in groupby(sorted(sentences, key=self.tokens), key=self.tokens):
            places = [(one, row) for one in group for row in one.rows]
            yield from remaining(places, self.limits, rows_done)

    def tokens(self, sentences: Sentences) -> tuple[str, ...]:
        """What sentences must have in common to share batches: the target language, or the direction
        if fairseq replaces the end of the source by its language token, as it does that a batch at a
        time."""
        replaces_bos_eos = self.task.args.lang_tok_replacing_bos_eos
        return (sentences.tgt, sentences.src) if replaces_bos_eos else (sentences.tgt,)

    def aim(self, sentences: Sentences) -> None:
        """Sets task and search up for the language tokens of a batch."""
        self.task.set_direction(
            sentences.src, sentences.tgt
        )  # others may have set the task up since
        if self.tokens(sentences) != self.aimed:
            config = GenerationConfig(**asdict(self.search))
            dictionary = self.task.target_dictionary
            generator = generator_class(self.model, dictionary, self.search.beam)
            self.generator = self.task.build_generator([self.model], config, seq_gen_cls=generator)
            self.aimed = self.tokens(sentences)

    def decode_batch(self, batch: list[Place]) -> Decoded:
        """Translates one batch; in halves if the device's memory does not suffice.

        Raises:
            UserError: if it does not suffice for a single sentence.
        """
        start = time.perf_counter()
        self.aim(batch[0][0])
        try:
            hypotheses = self.hypotheses(batch)
        except torch.cuda.OutOfMemoryError as error:
            if len(batch) == 1:
                raise UserError(
                    "the device's memory does not suffice for one sentence: use a smaller --beam, "
                    "--max-len-b or --cpu"
                ) from error
            half = len(batch) // 2
            parts = [self.decode_batch(part) for part in (batch[:half], batch[half:])]
            return Decoded(
                parts[0].rows + parts[1].rows,
                parts[0].pieces + parts[1].pieces,
                time.perf_counter() - start,
            )
        dictionary = self.task.target_dictionary
        spell = Speller(dictionary, self.generator.symbols_to_strip_from_output)
        rows = [(one.name, row, spell(tokens)) for (one, row), tokens in zip(batch, hypotheses)]
        return Decoded(rows, sum(map(len, hypotheses)), time.perf_counter() - start)

    def hypotheses(self, batch: list[Place]) -> list[list[int]]:
        """The tokens [T] of the best hypothesis of each sentence."""
        samples = [
            {**one.dataset[row], "id": number, "target": None}
            for number, (one, row) in enumerate(batch)
        ]
        sample = batch[0][0].dataset.collater(samples)
        order = sample["id"].tolist()
        if self.device.type == "cuda":
            sample = move_to_cuda(sample, self.device)
        with torch.inference_mode():
            nbest_lists = self.task.inference_step(self.generator, [self.model], sample)
        tokens: list[list[int]] = [[]] * len(batch)
        for number, hypotheses in zip(order, nbest_lists):
            tokens[number] = hypotheses[0]["tokens"].tolist()
        return tokens
