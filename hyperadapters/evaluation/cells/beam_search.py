"""Beam search over the sentences of a cell whose task has the decoder."""

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import torch
from tqdm import tqdm

from ...multitask.dataset import CellDataset, collate
from ...tasks.hyperx import HyperXTask
from ..translation.decoding import Decoder, Sentences
from .options import Options


class CellSources:
    """The sources of a cell, as `Decoder` takes them.

    Args:
        dataset: the encoded sentences.
    """

    def __init__(self, dataset: CellDataset) -> None:
        self.dataset = dataset
        self.size = dataset.size

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {"row": row}

    def collater(self, samples: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """A batch whose `id` [B] are those of the samples."""
        net_input = collate([self.dataset[sample["row"]] for sample in samples])["net_input"]
        del net_input["head_inputs"]  # teacher forcing
        return {"id": torch.tensor([sample["id"] for sample in samples]), "net_input": net_input}


class SearchTask:
    """The task `hyperx` as `Decoder` takes it.

    Args:
        task: the task.
    """

    args = Namespace(lang_tok_replacing_bos_eos=False)

    def __init__(self, task: HyperXTask) -> None:
        self.target_dictionary = task.target_dictionary
        self.build_generator = task.build_generator
        self.inference_step = task.inference_step

    def set_direction(self, src: str, tgt: str) -> None:
        """Nothing: batches carry the ids of their languages."""


def generate(task: HyperXTask, model: Any, dataset: CellDataset, options: Options) -> list[str]:
    """Finds the best text for every sentence of a cell.

    Args:
        task: the fairseq task that the model was trained for.
        model: the model, on its device.
        dataset: the encoded sentences.
        options: what the user chose.
    """
    cell = dataset.cell
    decoder = Decoder(SearchTask(task), model, options.search, options.limits())
    everything = Sentences(cell.name, *cell.direction, CellSources(dataset), range(len(dataset)))
    texts = [""] * len(dataset)
    with tqdm(total=len(dataset), desc=f"translating {cell.name}", leave=False) as bar:
        for batch in decoder.decode([everything]):
            for _, row, pieces in batch.rows:
                texts[row] = task.pieces.bpe.decode(pieces)
            bar.update(len(batch.rows))
    return texts
