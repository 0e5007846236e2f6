"""Many-to-many translation with batches that say which languages each sentence has."""

import dataclasses
import logging
import os
from collections.abc import Iterator
from typing import Any

from fairseq import utils
from fairseq.dataclass.utils import gen_parser_from_dataclass
from fairseq.tasks import LegacyFairseqTask, register_task, setup_task
from fairseq.tasks.translation_multi_simple_epoch import TranslationMultiSimpleEpochTask
from omegaconf import OmegaConf
from torch import nn

from ..checkpoints import task_metadata
from ..checkpoints.checkpoint import Checkpoint
from ..configuration import check_direction_is_known, complete_config, has_adapters
from ..data.batching import EverySentence
from ..data.directions import DirectionsManager
from ..data.start_sample import LEARNT, Speller, StartSample, evenly, spread
from ..data.stock_options import OF_MODEL, stock_dataclass, to_namespace
from ..data.tagged_pairs import SRC, TGT, TaggedPairs, complete
from ..pretrained import TRANSLATION, Pretrained, open_pretrained
from ..support.errors import UserError
from ..support.languages import Languages, listed_directions, split_direction
from ..training.fairseq_globals import reset_best_metric
from ..training.freezing import KeptRows, freeze, freeze_all_but_languages
from ..training.frozen_weights import keep_apart
from ..training.head_mask_updates import collect_importance, update_head_masks
from ..training.parts import mark_parts
from ..training.resuming import check_resumed
from ..training.start_check import CheckedStart
from ..training.unused_adapters import check_wrapper, clear_unused_gradients
from ..training.unused_heads import unused_heads_kept
from .translation_settings import (
    a_direction,
    check_dictionaries,
    check_directions,
    prepare_generation,
    prepare_training,
    stored_dictionary,
)

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
    *(
        (name, Any, dataclasses.field(default=OF_MODEL.format(name)))
        for name in ("init_from", "new_language_like")
    ),
]
MultilingualAdapterTranslationConfig = stock_dataclass(
    "MultilingualAdapterTranslationConfig", OWN_OPTIONS
)


@register_task("multilingual_adapter_translation", dataclass=MultilingualAdapterTranslationConfig)
class MultilingualAdapterTranslationTask(
    EverySentence, CheckedStart, TranslationMultiSimpleEpochTask
):
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
        self.kept_rows: list[KeptRows] = []
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
        src, tgt = split_direction(a_direction(checkpoint, data))
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
        if self.args.path:
            model.checkpoint_folder = os.path.dirname(utils.split_paths(self.args.path)[0])
        mark_parts(model)
        if not from_checkpoint:
            if start:
                start.load_translation(model, cfg.new_language_like)
                self.unchecked_start = start.path
            self.freeze(model, cfg, start)
            if start:
                keep_apart(model, cfg, start.path, self.args.save_dir)
        return model

    def freeze(self, model: nn.Module, cfg: Any, start: Pretrained | None) -> None:
        """Freezes the parameters that the options do not train.

        Raises:
            UserError: if nothing is left to train.
        """
        if cfg.train_new_languages_only:
            new = getattr(start, "new", [])
            if not new:
                raise UserError(
                    "--train-new-languages-only: give --lang-pairs with a language that the checkpoint given "
                    "as --init-from was not trained with"
                )
            ids = list(map(self.languages.id, new))
            self.kept_rows, values = freeze_all_but_languages(
                model, start.path, cfg.adapter_source, ids
            )
            logger.info(f"frozen: only {values:,} values of {', '.join(new)} are trained")
        elif cfg.freeze_backbone:
            trained, frozen = freeze(model, "backbone")
            logger.info(f"backbone frozen: {trained:,} values are trained, {frozen:,} are not")

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

    def speller(self) -> Speller:
        style = self.args.lang_tok_style or "multilingual"
        return Speller(self.target_dictionary, list(self.languages), style)

    def start_samples(self, number: int, spell: Speller) -> Iterator[StartSample]:
        folder = utils.split_paths(self.args.data)[0]
        for name in spread(self.lang_pairs):
            src, tgt = split_direction(name)
            if not self.data_manager.has_files("valid", src, tgt, folder):
                continue
            dataset = self.load_direction("valid", src, tgt)
            batch = dataset.collater([dataset[row] for row in evenly(len(dataset), number)])
            items = [dataset[row] for row in evenly(len(dataset), LEARNT)]
            texts = {src: [spell(item["source"]) for item in items]}
            texts[tgt] = [spell(item["target"]) for item in items]
            yield StartSample(name, batch, list(map(spell, batch["target"])), texts)
        self.args.source_lang = self.args.target_lang = None

    def train_step(self, sample, model, *args: Any, **kwargs: Any):
        check_wrapper(model)
        result = super().train_step(complete(sample), model, *args, **kwargs)
        collect_importance(model)
        for rows in self.kept_rows:
            rows.drop_gradients()
        return result

    def optimizer_step(self, optimizer, model, update_num: int) -> None:
        clear_unused_gradients(optimizer, model)
        with unused_heads_kept(optimizer, model):
            super().optimizer_step(optimizer, model, update_num)
        update_head_masks(model, update_num + 1)
        for rows in self.kept_rows:
            rows.restore()

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
