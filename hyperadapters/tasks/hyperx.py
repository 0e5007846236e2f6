"""Several tasks in several languages on one encoder (`--task hyperx`)."""

import logging
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import make_dataclass, replace
from typing import Any, Optional

from fairseq.data import Dictionary
from fairseq.tasks import FairseqTask, register_task
from omegaconf import II

from ..checkpoints import cells_metadata
from ..checkpoints.checkpoint import Checkpoint
from ..data.batching import EverySentence, one_direction_a_batch
from ..data.start_sample import LEARNT, Speller, StartSample, evenly, spread
from ..multitask.all_tasks import option_classes
from ..multitask.cells import Cell, parse_cells
from ..multitask.configuration import Tables, complete_config
from ..multitask.corpus import Corpus, read_corpus
from ..multitask.dataset import CellDataset, Ids, collate
from ..multitask.episodes import collate_episodes
from ..multitask.freezing import apply_freezing, count_trained_values
from ..multitask.loading import (
    check_cells,
    encode_cell,
    log_report,
    make_tables,
    read_cell,
    subsample,
)
from ..multitask.pieces import Format, Pieces, keep_beside, load_dictionary
from ..multitask.sampling import SampledCells, ratios
from ..multitask.task import TaskContext
from ..pretrained import HYPERX, Pretrained, Training, check_save_dir, open_pretrained
from ..pretrained.multitask import merge_cells
from ..support.errors import UserError
from ..support.languages import Languages
from ..training.fairseq_globals import reset_best_metric
from ..training.freezing import KeptRows
from ..training.frozen_weights import keep_apart
from ..training.head_mask_updates import collect_importance, update_head_masks
from ..training.meta_learning import InnerLoop, meta_step
from ..training.parts import mark_parts
from ..training.resuming import check_resumed
from ..training.start_check import CheckedStart
from ..training.unused_adapters import check_wrapper, clear_unused_gradients
from ..training.unused_heads import unused_heads_kept
from .hyperx_options import CellOptions

logger = logging.getLogger(__name__)

EVALUATION_SEED = 1  # of what an evaluation draws, whatever the seed of the training


HyperXTaskConfig = make_dataclass(
    "HyperXTaskConfig",
    [("seed", int, II("common.seed")), ("init_from", Optional[str], II("model.init_from"))],
    bases=(*option_classes("options"), CellOptions), namespace={"__module__": __name__},
)  # fmt: skip


@register_task("hyperx", dataclass=HyperXTaskConfig)
class HyperXTask(EverySentence, CheckedStart, FairseqTask):
    """Trains cells (task, language) together (Üstün et al. 2022, sections 2 and 3).

    Batches carry `src_lang_id`, `tgt_lang_id` and `task_id` [B]; a sentence that is not translated
    has its own language as both. Tables, dictionary and input format are saved with every
    checkpoint.

    Args:
        cfg: the options.
        corpus: the files.
        dictionary: the dictionary, with `<mask>`.
        cells: the cells to train.
        tables: languages, tasks and labels.
        format: how the encoder's input looks.
        start: the pretrained model to start from.
        sentences: the training sentences of each cell, as read.
    """

    def __init__(
        self,
        cfg: HyperXTaskConfig,
        corpus: Corpus,
        dictionary: Dictionary,
        cells: list[Cell],
        tables: Tables,
        format: Format,
        start: Pretrained | None = None,
        sentences: dict[str, list[Any]] | None = None,
    ) -> None:
        super().__init__(cfg)
        self.corpus, self.dictionary, self.cells, self.tables = corpus, dictionary, cells, tables
        self.format, self.start, self.sentences = format, start, sentences or {}
        self.languages = Languages(tables.languages)
        self.earlier_cells = dict(start.cells) if start else {}
        self.kept_rows: list[KeptRows] = []
        self.inner = InnerLoop(cfg.meta_inner_updates, cfg.meta_inner_lr, cfg.meta_inner_head_lr)
        self.pieces = Pieces(corpus.tokenizer, dictionary, self.format)
        self.context = TaskContext(self.pieces, tables.labels, cfg)

    @classmethod
    def setup_task(cls, cfg: HyperXTaskConfig, **kwargs: Any) -> "HyperXTask":
        """Reads the YAML file and the training files of the cells.

        Raises:
            UserError: naming what is unusable, also the checkpoint to resume.
        """
        reset_best_metric()
        if not kwargs.get("from_checkpoint"):
            check_resumed(cfg)
        corpus, start = read_corpus(cfg.data), None
        cells = parse_cells(cfg.task_languages or "")
        check_cells(cells, corpus, "train")
        if cfg.encoder_langtok not in (None, "src", "tgt"):
            raise UserError(f"--encoder-langtok {cfg.encoder_langtok}: choose src or tgt")
        if cfg.init_from:
            check_save_dir(cfg.init_from, cfg.save_dir)
            start = open_pretrained(cfg.init_from, HYPERX)
        corpus = corpus.with_tokenizer(start and start.tokenizer)
        sentences = {
            cell.name: subsample(cell, read_cell(cell, corpus, "train"), cfg.seed) for cell in cells
        }
        tables = make_tables(cells, corpus, sentences)
        if start:
            tables = start.extend_tables(tables)
            start.take_input_format(cfg)
        dictionary = load_dictionary(
            corpus.dictionary, tables.languages if cfg.encoder_langtok else (), cfg.lang_tok_style
        )
        cells = [replace(cell, sentences=len(sentences[cell.name])) for cell in cells]
        format = Format(bool(start and start.bos), cfg.max_pieces)
        return cls(cfg, corpus, dictionary, cells, tables, format, start, sentences)

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint, corpus: Corpus) -> "HyperXTask":
        """The task that a checkpoint was trained with, set up to predict on other files.

        Args:
            checkpoint: the checkpoint.
            corpus: the files; no training files are needed.
        Raises:
            UserError: if the dictionary is not the one that it was trained with.
        """
        stored = checkpoint.metadata["format"]
        # a model that was continued has them from where it started
        tokens = {name: stored[name] for name in ("encoder_langtok", "lang_tok_style")}
        replaced = {"data": str(corpus.file.parent), "seed": EVALUATION_SEED, "init_from": None}
        options = {**vars(HyperXTaskConfig()), **checkpoint.section("task"), **replaced, **tokens}
        dictionary = load_dictionary(
            corpus.dictionary,
            checkpoint.languages if stored["encoder_langtok"] else (),
            stored["lang_tok_style"],
        )
        format = Format(stored["bos"], stored["limit"])
        task = cls(
            Namespace(**options), corpus, dictionary, checkpoint.cells, checkpoint.tables, format
        )
        task.load_state_dict(checkpoint.metadata)
        return task

    def load_dataset(self, split: str, epoch: int = 1, combine: bool = False, **_: Any) -> None:
        """Loads the sentences of a split of all cells that have some.

        Raises:
            UserError: if no cell has.
        """
        training = split == "train"
        cells = [cell for cell in self.cells if split in self.corpus.files[cell.name]]
        if not cells:
            raise UserError(
                f"{self.corpus.file} names no {split} files of the trained cells: name some, or add "
                "--disable-validation"
            )
        loaded = []
        for cell in cells:
            read = self.sentences.pop(cell.name, None) if training else None
            loaded.append(self.make_dataset(cell, read or read_cell(cell, self.corpus, split)))
        log_report(split, loaded, self.format.limit)
        weights = None
        if training:
            weights = ratios(list(map(len, loaded)), self.cfg.sampling_temperature)
        collater = collate_episodes if training and self.inner.updates else collate
        dataset = SampledCells(loaded, weights, self.cfg.seed, epoch, split, collater)
        if training and self.cfg.one_cell_a_batch:
            dataset = one_direction_a_batch(dataset)
        self.datasets[split] = dataset

    def make_dataset(self, cell: Cell, sentences: list[Any]) -> CellDataset:
        """The dataset of a cell.

        Args:
            cell: the cell.
            sentences: its sentences, as read.
        """
        src, tgt = map(self.languages.id, cell.direction)
        ids = Ids(src, tgt, self.tables.tasks.index(cell.task))
        return encode_cell(cell, ids, sentences, self.context)

    def build_model(self, cfg: Any, from_checkpoint: bool = False):
        """Builds the model; at first, records in `cfg` what the model must know of its data."""
        if from_checkpoint:
            return super().build_model(cfg, from_checkpoint)
        complete_config(cfg, self.tables, self.start)
        model = super().build_model(cfg, from_checkpoint)
        check_positions(model, self.format)
        training = Training(self.cells, self.tables, self.dictionary, self.corpus.dictionary)
        if self.start:
            self.start.load_multitask(model, training, cfg.new_language_like)
            if self.corpus.tokenizer == self.start.tokenizer:
                keep_beside(self.cfg.save_dir, self.corpus.tokenizer)
        self.kept_rows = apply_freezing(model, cfg, self.start, training)
        if self.start:
            keep_apart(model, cfg, self.start.path, self.cfg.save_dir)
        cfg.trained_values = count_trained_values(model, self.kept_rows)
        mark_parts(model)
        if self.start and self.start.has_decoder:
            self.unchecked_start = self.start.path
        self.start = None  # its tensors are not needed any more
        return model

    def speller(self) -> Speller:
        return Speller(self.dictionary, list(self.languages), self.cfg.lang_tok_style)

    def start_samples(self, number: int, spell: Speller) -> Iterator[StartSample]:
        cells = self.datasets["valid"].datasets if "valid" in self.datasets else ()
        translated = {
            "-".join(data.cell.direction): data for data in cells if data.task.has_decoder
        }
        for name in spread(list(translated)):
            data = translated[name]
            rows = evenly(len(data), number)
            batch = collate([data[row] for row in rows])
            del batch["net_input"]["head_inputs"]  # teacher forcing
            items = [data.sentences[row] for row in evenly(len(data), LEARNT)]
            src, tgt = data.cell.direction
            texts = {src: [spell(item.source) for item in items]}
            texts[tgt] = [spell(item.gold) for item in items]
            yield StartSample(name, batch, [spell(data.sentences[r].gold) for r in rows], texts)

    def build_criterion(self, cfg: Any, from_checkpoint: bool = False):
        """Raises:
        UserError: if the criterion is not one of cells.
        """
        from ..criterions.multitask_cross_entropy import NAME, CellsCriterion

        criterion = super().build_criterion(cfg, from_checkpoint)
        if not isinstance(criterion, CellsCriterion):
            raise UserError(f"--criterion {cfg._name}: --task hyperx needs --criterion {NAME}")
        return criterion

    def train_step(self, sample, model, *args: Any, **kwargs: Any):
        check_wrapper(model)
        result = self.learn(sample, model, *args, **kwargs)
        collect_importance(model)
        for rows in self.kept_rows:
            rows.drop_gradients()
        return result

    def learn(
        self, sample, model, criterion, optimizer, update_num: int, ignore_grad: bool = False
    ):
        """As fairseq's `train_step`; of a batch of episodes that of meta-learning."""
        if "episodes" not in sample:
            return super().train_step(
                sample, model, criterion, optimizer, update_num, ignore_grad=ignore_grad
            )
        model.train()
        model.set_num_updates(update_num)
        scale = 0.0 if ignore_grad else 1.0
        return meta_step(
            model, criterion, lambda loss: optimizer.backward(loss * scale), sample["episodes"],
            self.inner,
        )  # fmt: skip

    def optimizer_step(self, optimizer, model, update_num: int) -> None:
        clear_unused_gradients(optimizer, model)
        with unused_heads_kept(optimizer, model):
            super().optimizer_step(optimizer, model, update_num)
        update_head_masks(model, update_num + 1)
        for rows in self.kept_rows:
            rows.restore()

    def max_positions(self):
        return (self.format.limit, self.format.limit)

    @property
    def source_dictionary(self) -> Dictionary:
        return self.dictionary

    @property
    def target_dictionary(self) -> Dictionary:
        return self.dictionary

    def state_dict(self) -> dict[str, Any]:
        cells = merge_cells(self.earlier_cells, self.cells)
        return cells_metadata.collect(self.tables, self.dictionary, self.format, self.cfg, cells)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        cells_metadata.check_same_data(state_dict, self.state_dict())


def check_positions(model: Any, format: Format) -> None:
    """Raises:
    UserError: if the encoder has no positions for the longest sentences.
    """
    limit = model.encoder.max_positions()
    if format.limit > limit:
        raise UserError(
            f"--max-pieces {format.limit}: the encoder has {limit} positions: give at most {limit}"
        )
