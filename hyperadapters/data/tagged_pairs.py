"""Sentence pairs that carry their own language ids."""

from typing import Any

import torch
from fairseq.data import BaseWrapperDataset, FairseqDataset

SRC = "src_lang_id"
TGT = "tgt_lang_id"


class TaggedPairs(BaseWrapperDataset):
    """A dataset of one direction whose every item knows its source and target language.

    Batches are collated by the wrapped dataset; the ids then follow each sentence to its row, so
    that a batch which mixes directions has the right ids in every row.

    Args:
        dataset: a language pair dataset, or another whose collater returns `id` and `net_input`.
        src_id: id of the source language.
        tgt_id: id of the target language.
        name: what to call it, by custom the direction.
    """

    def __init__(self, dataset: FairseqDataset, src_id: int, tgt_id: int, name: str = "") -> None:
        super().__init__(dataset)
        self.name = name
        self.ids = {SRC: src_id, TGT: tgt_id}

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {**self.dataset[index], **self.ids}

    def collater(
        self, samples: list[dict[str, Any]], pad_to_length: dict[str, int] | None = None
    ) -> dict[str, Any]:
        """Collates items of any mixture of directions that share dictionaries and padding.

        Args:
            samples: items.
            pad_to_length: least padded lengths by "source" and "target".
        Returns:
            the wrapped dataset's batch with `src_lang_id` and `tgt_lang_id` [B] in `net_input`
            (and `tgt_lang_id` beside it, where stock fairseq puts it).
        """
        numbered = [{**sample, "id": number} for number, sample in enumerate(samples)]
        batch = self.dataset.collater(numbered, pad_to_length=pad_to_length)
        if not batch:
            return batch
        order = batch["id"]  # the row's place among the samples
        columns = {
            key: torch.tensor([sample[key] for sample in samples]).index_select(0, order)
            for key in ("id", SRC, TGT)
        }
        batch["id"] = columns["id"]
        batch["net_input"].update({SRC: columns[SRC], TGT: columns[TGT]})
        batch[TGT] = columns[TGT]
        return batch


def complete(sample: dict[str, Any]) -> dict[str, Any]:
    """Puts the target language ids into `net_input` where stock fairseq's own joining of batches
    has kept them beside it only."""
    if sample and TGT in sample:
        sample["net_input"].setdefault(TGT, sample[TGT])
    return sample
