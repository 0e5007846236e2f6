"""Many-to-many translation with batches that say which languages each sentence has."""

import dataclasses
import logging
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fairseq import utils
from fairseq.dataclass.utils import gen_parser_from_dataclass
from fairseq.tasks import LegacyFairseqTask, register_task, setup_task
from fairseq.tasks.translation_multi_simple_epoch import TranslationMultiSimpleEpochTask
from omegaconf import OmegaConf

from ..checkpoints import task_metadata
from ..checkpoints.checkpoint import Checkpoint
from ..checkpoints.defects import check_file
from ..configuration import check_direction_is_known, complete_config, has_adapters
from ..data.batching import EverySentence
from ..data.directions import DirectionsManager
from ..data.stock_options import INIT_FROM, stock_dataclass, to_namespace
from ..data.tagged_pairs import SRC, TGT, TaggedPairs, complete
from ..pretrained import TRANSLATION, Pretrained, open_pretrained
from ..support.errors import Problems, UserError, format_list
from ..support.languages import Languages, codes_of, listed_directions, split_direction
from ..support.text import read_lines
from ..training.fairseq_globals import reset_best_metric
from ..training.freezing import freeze
from ..training.head_mask_updates import collect_importance, update_head_masks
from ..training.parts import mark_parts
from ..training.resuming import check_resumed
from ..training.unused_adapters import check_wrapper, clear_unused_gradients
from ..training.unused_heads import unused_heads_kept

logger = logging.getLogger(__name__)

OWN_OPTIONS = [
    (
        "one_direction_a_batch",
        bool,
        dataclasses.field(
            default=False,
            metadata={"help": "fill each training batch from one direction instead of mixing them"},
        ),
    ),
    ("init_from", Any, dataclasses.field(default=INIT_FROM)),
]
MultilingualAdapterTranslationConfig = stock_dataclass(
    "MultilingualAdapterTranslationConfig", OWN_OPTIONS
)


@register_task("multilingual_adapter_translation", dataclass=MultilingualAdapterTranslationConfig)
class MultilingualAdapterTranslationTask(EverySentence, TranslationMultiSimpleEpochTask):
    """`translation_multi_simple_epoch` whose batches carry `src_lang_id` and `tgt_lang_id` [B].

    The language table, the dictionary's fingerprint and the language-token settings are saved with
    every checkpoint; at generation they come from there.

    Args:
        args: settings as the stock task's parser gives them.
        languages: the language table.
        dicts: dictionaries by language.
        training: whether the task trains (no --source-lang and --target-lang given).

    Attributes:
        start: the pretrained model of --init-from until the model is built.
    """

    start: Pretrained | None = None

    def __init__(self, args, languages: Languages, dicts, training: bool) -> None:
        super().__init__(args, list(languages), dicts, training)
        self.languages = languages
        self.data_manager = DirectionsManager(
            args, self.lang_pairs, languages, dicts, self.sampling_method
        )

    @staticmethod
    def add_args(parser) -> None:
        """Adds the stock task's options and ours."""
        gen_parser_from_dataclass(parser, MultilingualAdapterTranslationConfig())

    @classmethod
    def setup_task(cls, cfg, checkpoint: Checkpoint | None = None, **kwargs: Any):
        """Checks the settings, loads the dictionaries and builds the task.

        Args:
            cfg: the settings.
            checkpoint: the checkpoint to translate with, if it is open already.
        Raises:
            UserError: for an unknown language, a malformed pair, a missing dictionary, a checkpoint
                that cannot be read, or settings that differ from the checkpoint's.
        """
        if isinstance(getattr(cfg, "lang_pairs", None), str):  # so that checkpoints need no file
            cfg.lang_pairs = listed_directions(cfg.lang_pairs)
        args, start = to_namespace(cfg), None
        generating = args.source_lang is not None or args.target_lang is not None
        if generating:
            prepare_generation(args, checkpoint)
        else:
            # of a checkpoint that is validated, the settings are those of its training
            if args.init_from and (
                os.path.exists(args.init_from) or not kwargs.get("from_checkpoint")
            ):
                start = open_pretrained(args.init_from, TRANSLATION)
            prepare_training(args, start)
            reset_best_metric()
            if not kwargs.get("from_checkpoint"):
                check_resumed(args)
        languages = Languages(args.langs)
        check_directions(args.lang_pairs, languages)
        args.enable_lang_ids = False  # ours travel with each sentence
        check_dictionaries(args, args.lang_pairs)
        _, dicts, training = DirectionsManager.prepare(cls.load_dictionary, args, **kwargs)
        task = cls(args, languages, dicts, training)
        task.start = start
        return task

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint, data: str):
        """The task that a checkpoint was trained with, set up to translate in one of its directions.

        Args:
            checkpoint: the checkpoint.
            data: folder with the dictionaries.
        Raises:
            UserError: if the two do not go together.
        """
        src, tgt = split_direction(checkpoint.config.directions.split(",")[0])
        settings = {
            "_name": "multilingual_adapter_translation", "data": data, "path": checkpoint.path,
            "source_lang": src, "target_lang": tgt,
            "fixed_dictionary": stored_dictionary(checkpoint, data),
            "seed": 1, "train_subset": "train", "dataset_impl": None, "tpu": False,
        }  # fmt: skip
        return setup_task(OmegaConf.create(settings), checkpoint=checkpoint)

    def build_model(self, cfg, from_checkpoint: bool = False):
        """Builds the model; at first, records in `cfg` what the model must know of its data."""
        if not has_adapters(cfg):
            return super().build_model(cfg, from_checkpoint)
        start, self.start = self.start, None
        if not from_checkpoint:
            if cfg.init_from and start is None:
                start = open_pretrained(cfg.init_from, TRANSLATION)
            complete_config(cfg, self.languages, self.lang_pairs, start)
        elif not self.training:
            check_direction_is_known(cfg, self.lang_pairs[0])
        model = super().build_model(cfg, from_checkpoint)
        mark_parts(model)
        if not from_checkpoint:
            if start:
                start.load_translation(model)
            if cfg.freeze_backbone:
                trained, frozen = freeze(model, "backbone")
                logger.info(f"backbone frozen: {trained:,} values are trained, {frozen:,} are not")
        return model

    def set_direction(self, src: str, tgt: str) -> None:
        """Makes inference translate from `src` to `tgt`, with the dictionary loaded already.

        Raises:
            UserError: for an unknown language.
        """
        for code in (src, tgt):
            self.languages.id(code)
            self.dicts.setdefault(code, self.target_dictionary)
        self.args.source_lang, self.args.target_lang = src, tgt

    def load_direction(self, split: str, src: str, tgt: str) -> TaggedPairs:
        """The binarised sentences of one direction, for inference in this direction.

        Args:
            split: "test", "valid", ...
            src: source language.
            tgt: target language.
        """
        self.set_direction(src, tgt)
        return self.data_manager.load_direction(split, src, tgt)

    def build_dataset_for_inference(self, src_tokens, src_lengths, constraints=None) -> TaggedPairs:
        dataset = super().build_dataset_for_inference(src_tokens, src_lengths, constraints)
        return self.data_manager.tag(dataset, self.args.source_lang, self.args.target_lang)

    def build_generator(self, models, args, seq_gen_cls=None, extra_gen_cls_kwargs=None):
        """As the stock task's, which takes no generator class.

        Args:
            models: the models.
            args: the options of generation.
            seq_gen_cls: the class of the generator; by default the options decide.
            extra_gen_cls_kwargs: further arguments of the class.
        """
        stock = super().build_generator(models, args, None, extra_gen_cls_kwargs)
        if seq_gen_cls in (None, type(stock)):
            return stock
        stripped = {"symbols_to_strip_from_output": stock.symbols_to_strip_from_output}
        options = {**(extra_gen_cls_kwargs or {}), **stripped}
        return LegacyFairseqTask.build_generator(self, models, args, seq_gen_cls, options)

    def train_step(self, sample, model, *args: Any, **kwargs: Any):
        check_wrapper(model)
        result = super().train_step(complete(sample), model, *args, **kwargs)
        collect_importance(model)
        return result

    def optimizer_step(self, optimizer, model, update_num: int) -> None:
        clear_unused_gradients(optimizer, model)
        with unused_heads_kept(optimizer, model):
            super().optimizer_step(optimizer, model, update_num)
        update_head_masks(model, update_num + 1)

    def valid_step(self, sample, model, criterion):
        return super().valid_step(complete(sample), model, criterion)

    def inference_step(self, generator, models, sample, *args: Any, **kwargs: Any):
        sample = complete(sample)
        rows = sample["net_input"]["src_tokens"]
        for key, code in ((SRC, self.args.source_lang), (TGT, self.args.target_lang)):
            # fairseq-interactive builds its own batches, which keep tokens and lengths only
            if key not in sample["net_input"]:
                sample["net_input"][key] = rows.new_full((rows.size(0),), self.languages.id(code))
        return super().inference_step(generator, models, sample, *args, **kwargs)

    def state_dict(self) -> dict[str, Any]:
        return task_metadata.collect(self.args, self.languages, self.source_dictionary)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        task_metadata.check_same_data(state_dict, self.state_dict())


def prepare_training(args, start: Pretrained | None = None) -> None:
    """Completes the settings of a task that trains.

    Args:
        args: the settings; changed in place.
        start: the pretrained model that it starts from, whose input format it takes over.
    Raises:
        UserError: if no directions are given, settings contradict the pretrained model's, or for --bf16,
            which fairseq-train takes for a TPU's.
    """
    if getattr(args, "tpu", False) and not find_spec("torch_xla"):
        raise UserError(
            "fairseq-train runs --bf16 on TPUs only, and torch_xla is not installed: for bf16 on a "
            "GPU or CPU use fairseq-hydra-train with common.bf16=true, or else --fp16 or --amp"
        )
    if not args.lang_pairs:
        raise UserError("no directions given: list them with --lang-pairs, e.g. de-en,en-de")
    args.lang_pairs = [pair.strip() for pair in args.lang_pairs.split(",") if pair.strip()]
    if args.lang_dict:
        if args.langs:
            raise UserError("--langs and --lang-dict exclude each other: give one")
        if not os.path.isfile(args.lang_dict):
            raise UserError(f"--lang-dict {args.lang_dict}: there is no such file")
        args.langs = [line.strip() for line in read_lines(args.lang_dict) if line.strip()]
        args.lang_dict = None
    if start:
        start.take_translation_format(args)
    args.langs = args.langs or codes_of(args.lang_pairs)


def prepare_generation(args, checkpoint: Checkpoint | None) -> None:
    """Completes the settings of a task that translates, from its checkpoint.

    Args:
        args: the settings; changed in place.
        checkpoint: the checkpoint, if it is open already; else the first one of `args.path`.
    Raises:
        UserError: if one language is missing or there is nothing to take the language table from.
    """
    if not (args.source_lang and args.target_lang):
        raise UserError("give both --source-lang and --target-lang")
    if args.path:
        for path in utils.split_paths(args.path):
            check_file(path)
        checkpoint = checkpoint or Checkpoint(utils.split_paths(args.path)[0])
        task_metadata.restore_input_format(args, checkpoint.path, checkpoint.metadata)
    elif args.langs or args.lang_dict or args.lang_pairs:
        args.lang_pairs = args.lang_pairs or f"{args.source_lang}-{args.target_lang}"
        prepare_training(args)
    else:
        raise UserError("no checkpoint given: name it with --path")
    args.lang_pairs = [f"{args.source_lang}-{args.target_lang}"]


def stored_dictionary(checkpoint: Checkpoint, data: str) -> str | None:
    """The --fixed-dictionary that a checkpoint was trained with, where it was or in the data's folder.

    Args:
        checkpoint: the checkpoint.
        data: folder of the data.
    Returns:
        its path; None if there was none, or it is gone: then the data's own dictionaries must do.
    """
    path = checkpoint.section("task").get("fixed_dictionary")
    places = (path, os.path.join(data, os.path.basename(path))) if path else ()
    return next(filter(os.path.isfile, places), None)


def check_directions(pairs: list[str], languages: Languages) -> None:
    """Raises:
    UserError: with every malformed pair and unknown language.
    """
    problems = Problems()
    for pair in pairs:
        try:
            languages.direction(pair)
        except UserError as error:
            problems.add(f"--lang-pairs {pair}: {error}")
    problems.raise_if_any()


def check_dictionaries(args, pairs: list[str]) -> None:
    """Raises:
    UserError: naming every missing dictionary file.
    """
    problems = Problems()
    folder = utils.split_paths(args.data)[0]
    if not os.path.isdir(folder):
        raise UserError(
            f"there is no data folder '{folder}': give the one fairseq-preprocess wrote"
        )
    sides = {"source": (args.source_dict, 0), "target": (args.target_dict, 1)}
    for side, (code, part) in sides.items():
        files = (
            {code}
            if code
            else {
                args.fixed_dictionary
                or os.path.join(folder, f"dict.{split_direction(pair)[part]}.txt")
                for pair in pairs
            }
        )
        for file in sorted(files):
            if not os.path.isfile(file):
                there = sorted(path.name[5:-4] for path in Path(folder).glob("dict.*.txt"))
                problems.add(
                    f"there is no {side} dictionary {file}: the folder has those of {format_list(there)}"
                )
    problems.raise_if_any()
