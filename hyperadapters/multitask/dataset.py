"""The sentences of one cell as a fairseq dataset, and batches of sentences of any cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from fairseq.data import FairseqDataset, data_utils

from .all_tasks import TASKS
from .cells import Cell
from .task import Encoded, EncodingReport, TaskContext


@dataclass(frozen=True)
class Ids:
    """What a sentence's adapters can depend on: ids of source language, target language and task."""

    src: int
    tgt: int
    task: int


class CellDataset(FairseqDataset):
    """The encoded sentences of one cell.

    Args:
        cell: the cell.
        ids: its ids.
        sentences: the sentences, long ones in parts.
        context: pieces, label tables and options.
        report: what happened when they were encoded.
    """

    def __init__(
        self,
        cell: Cell,
        ids: Ids,
        sentences: list[Encoded],
        context: TaskContext,
        report: EncodingReport,
    ) -> None:
        super().__init__()
        self.cell, self.ids, self.sentences = cell, ids, sentences
        self.context, self.report = context, report
        self.task = TASKS.get(cell.task)
        self.epoch = 1
        # sources, and what has a length of its own beside them
        self.sizes = np.array(
            [(len(s.source), max(len(s.source), len(s.gold))) for s in sentences]
        )  # [sentences, 2]

    @property
    def name(self) -> str:
        """The name of the cell."""
        return self.cell.name

    def __len__(self) -> int:
        return len(self.sentences)

    def __getitem__(self, index: int) -> tuple["CellDataset", Encoded]:
        random = np.random.default_rng((self.context.options.seed, self.epoch, int(index)))
        return self, self.task.item(self.sentences[index], self.context, random)

    def size(self, index: int) -> np.ndarray:
        return self.sizes[index]

    def num_tokens(self, index: int) -> int:
        return int(self.sizes[index].max())

    def count_unknown_pieces(self) -> int:
        """How many source pieces are not in the dictionary."""
        unknown = self.context.dictionary.unk()
        return sum(int((sentence.source == unknown).sum()) for sentence in self.sentences)

    @property
    def can_reuse_epoch_itr_across_epochs(self) -> bool:
        return False

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def random_choice_in_dataset(self, random: Any, size: int) -> np.ndarray:
        """Draws sentences for an epoch: each equally often, but for the last few.

        Args:
            random: numpy's RandomState of the epoch.
            size: how many.
        """
        rounds = [random.permutation(len(self)) for _ in range(-(-size // len(self)))]
        return np.concatenate([*rounds, np.empty(0, dtype=int)])[:size]

    def collater(self, samples: Sequence[tuple["CellDataset", Encoded]]) -> dict[str, Any]:
        """A batch of items of any cells, see `collate`."""
        return collate(samples)


def collate(samples: Sequence[tuple[CellDataset, Encoded]]) -> dict[str, Any] | None:
    """Makes a batch from sentences of any cells.

    Args:
        samples: items of `CellDataset`.
    Returns:
        `net_input` with the source [B, T], the ids [B] and, under `head_inputs`, by task what its
        head needs; `target` by task, the gold answers [N]; and what the score needs of each of the
        task's sentences: `cells`, by task the cell [b], and `sizes`, by task the number of gold
        answers [b].
    """
    if not samples:
        return None
    context = samples[0][0].context
    sources = [torch.from_numpy(encoded.source).long() for _, encoded in samples]
    ids = torch.tensor([(s.ids.src, s.ids.tgt, s.ids.task) for s, _ in samples])
    batch: dict[str, Any] = {
        "id": torch.arange(len(samples)),
        "nsentences": len(samples),
        "ntokens": sum(map(len, sources)),
        "net_input": {
            "src_tokens": data_utils.collate_tokens(
                sources, context.dictionary.pad(), context.dictionary.eos(), left_pad=False
            ),
            "src_lengths": torch.tensor([len(source) for source in sources]),
            "src_lang_id": ids[:, 0].contiguous(),
            "tgt_lang_id": ids[:, 1].contiguous(),
            "task_id": ids[:, 2].contiguous(),
            "head_inputs": {},
        },
        "target": {}, "cells": {}, "sizes": {},
    }  # fmt: skip
    for name in dict.fromkeys(dataset.cell.task for dataset, _ in samples):
        rows = [row for row, (dataset, _) in enumerate(samples) if dataset.cell.task == name]
        items = [samples[row][1] for row in rows]
        inputs, gold = TASKS.get(name).collate(items, torch.tensor(rows), context)
        batch["net_input"]["head_inputs"][name] = inputs
        batch["target"][name] = gold
        batch["cells"][name] = [samples[row][0].cell.name for row in rows]
        batch["sizes"][name] = [len(item.gold) for item in items]
    return batch
