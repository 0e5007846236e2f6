"""An evaluation before it starts: everything read and checked that can be without the model."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from ...checkpoints.checkpoint import Checkpoint
from ...checkpoints.facts import digest
from ...data.binarised import Binarised
from ...data.byte_pieces import joining
from ...data.lengths import source_limit
from ...metrics import tokenizers
from ...metrics.language_id import LanguageIdentifier, identifier
from ...support.errors import UserError, format_list
from ...support.files import check_output
from ...support.languages import codes_of, split_direction
from .decoding import Limits, Search
from .directions import Directions, english_of
from .parallel_decoding import processes
from .texts import Texts, joint_dictionary


@dataclass(frozen=True)
class Options:
    """What a user can choose about an evaluation.

    Args:
        directions: see `Directions.select`.
        subset: the binarised split.
        search: options of beam search.
        max_tokens: source pieces a batch; by default that of `Limits`, or none if `batch_size` is given.
        batch_size: sentences a batch; None for no limit.
        english: code of English; by default found among the languages.
        fp16: compute in half precision.
        cpu: use the CPU even if a GPU is there.
        workers: processes that translate, see `parallel_decoding.processes`.
        remove_bpe: how pieces become text, see `byte_pieces.joining`.
        references: folder of raw references, see `Texts`.
        tokenizer: sacreBLEU's tokenisers by language, as `LANGUAGE=NAME,...`.
        spbleu: score BLEU of FLORES-200's pieces too.
        comet: folder of COMET's scores, see `metrics.comet.read`.
        language_identifier: see `metrics.language_id.identifier`.
        name: how to call the system; by default as the checkpoint's folder.
    """

    directions: str = "all"
    subset: str = "test"
    search: Search = field(default_factory=Search)
    max_tokens: int | None = None
    batch_size: int | None = None
    english: str | None = None
    fp16: bool = False
    cpu: bool = False
    workers: int | None = None
    remove_bpe: str = "auto"
    references: Path | None = None
    tokenizer: str | None = None
    spbleu: bool = False
    comet: Path | None = None
    language_identifier: str = "ngrams"
    name: str | None = None

    def limits(self) -> Limits:
        """The size of a batch."""
        if self.max_tokens is None and self.batch_size is None:
            return Limits()
        return Limits(self.max_tokens, self.batch_size)


@dataclass(frozen=True)
class Plan:
    """A checked evaluation.

    Args:
        checkpoint: the checkpoint.
        out: folder of the results.
        options: what the user chose.
        data: the binarised pairs.
        directions: what can be evaluated.
        selected: what is.
        texts: sources and references.
        tokenizers: sacreBLEU's tokeniser by language.
        identifier: names the language of a translation.
        remarks: what a reader of the results must know.
    """

    checkpoint: Checkpoint
    out: Path
    options: Options
    data: Binarised
    directions: Directions
    selected: list[str]
    texts: Texts
    tokenizers: dict[str, str]
    identifier: LanguageIdentifier
    remarks: list[str]

    def pair(self, direction: str) -> str:
        """The binarised pair that serves a selected direction."""
        return self.data.pair_of(self.options.subset, direction)

    def sentences(self, direction: str) -> int:
        """The number of sentences of a selected direction."""
        prefix = self.data.prefixes(self.options.subset, self.pair(direction))[0]
        return self.data.sentences(prefix)

    def languages(self) -> list[str]:
        """The languages of the selected directions, in the model's order."""
        occurring = set(codes_of(self.selected))
        return [code for code in self.directions.languages if code in occurring]

    def settings(self) -> dict[str, Any]:
        """What all translations depend on."""
        return {
            "checkpoint": digest(self.checkpoint),
            "subset": self.options.subset,
            **asdict(self.options.search),
            "fp16": self.options.fp16,
        }

    def digests(self) -> dict[str, str]:
        """For each direction, what its translations depend on of the data."""
        subset = self.options.subset
        by_pair = {
            pair: self.data.digest(subset, pair) for pair in set(map(self.pair, self.selected))
        }
        return {direction: by_pair[self.pair(direction)] for direction in self.selected}


def make_plan(checkpoint: Checkpoint, data: str, out: Path, options: Options) -> Plan:
    """Checks everything that can be checked before the model is loaded.

    Args:
        checkpoint: the checkpoint, trained or baked.
        data: the data folder.
        out: folder for the results.
        options: what the user chose.
    Raises:
        UserError: naming what is unusable.
    """
    check_output(out / "evaluation.json", checkpoint.path)
    options.limits()
    processes(options.workers, cuda=torch.cuda.is_available() and not options.cpu)
    config, languages = checkpoint.require_translation().config, checkpoint.languages
    binarised = Binarised(data)
    if not binarised.folders[0].is_dir():
        raise UserError(f"there is no data folder '{binarised.folders[0]}'")
    directions = Directions(
        config=config,
        languages=languages,
        trained=checkpoint.trained_directions,
        pairs=binarised.pairs(options.subset),
        english=english_of(languages.codes, options.english),
        source=f"{binarised.folders[0]} ({options.subset})",
    )
    selected = directions.select(options.directions)
    remarks = check_lengths(
        binarised, options.subset, selected, source_limit(checkpoint.metadata["format"], config)
    )
    remarks += left_out(directions, selected) if options.directions == "all" else []
    texts = texts_of(binarised, selected, options)
    names, replaced = tokenizers.choose(
        languages.codes, tokenizers.parse(options.tokenizer),
        targets={split_direction(direction)[1] for direction in selected},
    )  # fmt: skip
    if options.spbleu:
        tokenizers.check(tokenizers.SPBLEU)
    if options.comet and not options.comet.is_dir():
        raise UserError(f"--comet: there is no folder {options.comet}")
    language_identifier = identifier(options.language_identifier, languages.codes)
    return Plan(
        checkpoint, out, options, binarised, directions, selected, texts, names, language_identifier,
        remarks + replaced,
    )  # fmt: skip


def check_lengths(data: Binarised, split: str, selected: list[str], most: int) -> list[str]:
    """Checks the source sentences of all directions.

    Returns:
        a remark on source sentences without a piece, if there are any.
    Raises:
        UserError: naming every direction with a source sentence that is too long for the model.
    """
    longest: dict[str, int] = {}
    without_pieces: dict[str, int] = {}
    for direction in selected:
        lengths = data.lengths(split, data.pair_of(split, direction), split_direction(direction)[0])
        longest[direction] = int(lengths.max(initial=0))
        without_pieces[direction] = int((lengths <= 1).sum())
    empty = [direction for direction in selected if not longest[direction]]
    if empty:
        raise UserError(
            f"the {split} set of {format_list(empty)} is empty: leave these directions out"
        )
    long = [direction for direction in selected if longest[direction] > most]
    if long:
        raise UserError(
            f"the longest source sentence of {format_list(long)} has {max(longest.values())} pieces, but "
            f"the model takes {most}: split it or leave it out"
        )
    affected = [f"{direction} ({count})" for direction, count in without_pieces.items() if count]
    if not affected:
        return []
    return [
        f"source sentences without a piece are translated and scored all the same: {format_list(affected)}"
    ]


def left_out(directions: Directions, selected: list[str]) -> list[str]:
    """A remark on the directions that `all` leaves out."""
    count = len(directions.languages) * (len(directions.languages) - 1) - len(selected)
    if not count:
        return []
    return [
        f"{count} directions between the model's languages have no binarised sentences in "
        f"{directions.source} or no adapters, and are left out"
    ]


def texts_of(data: Binarised, selected: list[str], options: Options) -> Texts:
    """Sources and references of the selected directions, checked."""
    pairs = list(dict.fromkeys(data.pair_of(options.subset, direction) for direction in selected))
    dictionary = joint_dictionary(data, codes_of(selected))
    symbol = joining(options.remove_bpe, dictionary)
    texts = Texts(data, options.subset, dictionary, symbol, options.references)
    texts.check(pairs)
    return texts
