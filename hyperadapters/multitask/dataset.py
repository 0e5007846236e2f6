"""The sentences of one cell as a fairseq dataset, and batches of sentences of any cells."""

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch
from fairseq.data import FairseqDataset, data_utils

from .cells import Cell
from .known import TASKS
from .task import Encoded, Means, Report


@dataclass(frozen=True)
class Ids:
    """What a sentence's adapters can depend on: ids of source language, target language and task."""

    src: int
    tgt: int
    task: int


class CellSentences(FairseqDataset):
    """The encoded sentences of one cell.

    Args:
        cell: the cell.
        ids: its ids.
        sentences: the sentences, long ones in parts.
        means: pieces, label tables and options.
        report: what happened when they were encoded.
    """

    def __init__(
        self, cell: Cell, ids: Ids, sentences: List[Encoded], means: Means, report: Report
    ) -> None:
        super().__init__()
        self.cell, self.ids, self.sentences, self.means, self.report = (
            cell, ids, sentences, means, report,
        )  # fmt: skip
        self.task = TASKS.get(cell.task)
        self.epoch = 1
        # sources, and what has a length of its own beside them
        self.sizes = np.array(
            [(len(one.source), max(len(one.source), len(one.labels))) for one in sentences]
        )  # [sentences, 2]

    @property
    def name(self) -> str:
        """The name of the cell."""
        return self.cell.name

    def __len__(self) -> int:
        return len(self.sentences)

    def __getitem__(self, index: int) -> Tuple["CellSentences", Encoded]:
        random = np.random.default_rng((self.means.options.seed, self.epoch, int(index)))
        return self, self.task.item(self.sentences[index], self.means, random)

    def size(self, index: int) -> np.ndarray:
        return self.sizes[index]

    def num_tokens(self, index: int) -> int:
        return int(self.sizes[index].max())

    def unknown_pieces(self) -> int:
        """How many source pieces are not in the dictionary."""
        unknown = self.means.dictionary.unk()
        return sum(int((one.source == unknown).sum()) for one in self.sentences)

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

    def collater(self, samples: Sequence[Tuple["CellSentences", Encoded]]) -> Dict[str, Any]:
        """A batch of items of any cells, see `collate`."""
        return collate(samples)


def collate(samples: Sequence[Tuple[CellSentences, Encoded]]) -> Optional[Dict[str, Any]]:
    """A batch of sentences of any cells.

    Args:
        samples: items of `CellSentences`.
    Returns:
        `net_input` with the source [B, T], the ids [B] and, under `parts`, by task what its head
        needs; `target` by task [N]; and what the score needs: `cells`, by task the cell [b] and
        `answers`, by task the number of answers [b], of each of its sentences.
    """
    if not samples:
        return None
    means = samples[0][0].means
    sources = [torch.from_numpy(one.source).long() for _, one in samples]
    ids = torch.tensor([(s.ids.src, s.ids.tgt, s.ids.task) for s, _ in samples])
    batch: Dict[str, Any] = {
        "id": torch.arange(len(samples)),
        "nsentences": len(samples),
        "ntokens": sum(map(len, sources)),
        "net_input": {
            "src_tokens": data_utils.collate_tokens(
                sources, means.dictionary.pad(), means.dictionary.eos(), left_pad=False
            ),
            "src_lengths": torch.tensor([len(source) for source in sources]),
            "src_lang_id": ids[:, 0].contiguous(),
            "tgt_lang_id": ids[:, 1].contiguous(),
            "task_id": ids[:, 2].contiguous(),
            "parts": {},
        },
        "target": {}, "cells": {}, "answers": {},
    }  # fmt: skip
    for task in dict.fromkeys(one.cell.task for one, _ in samples):
        rows = [row for row, (one, _) in enumerate(samples) if one.cell.task == task]
        items = [samples[row][1] for row in rows]
        kind = TASKS.get(task)
        inputs, answers = kind.collate(items, torch.tensor(rows), means)
        batch["net_input"]["parts"][task] = inputs
        batch["target"][task] = answers
        batch["cells"][task] = [samples[row][0].cell.name for row in rows]
        batch["answers"][task] = kind.answers(items)
    return batch
