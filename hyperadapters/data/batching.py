"""Batches of training and evaluation: no sentence is lost, and how many are used is logged."""

import logging
from types import MethodType
from typing import Any

import numpy as np
from fairseq.data import FairseqDataset, SampledMultiDataset
from fairseq.data.iterators import EpochBatchIterator
from tabulate import tabulate

from .lengths import check_dataset, check_held_out
from .position import for_any_number_of_workers

logger = logging.getLogger(__name__)


class EverySentence:
    """A fairseq task, mixed in before it, whose batches hold every sentence of a dataset.

    fairseq makes batches by length and drops a last one whose size is no multiple of
    --required-batch-size-multiple (8): of a small corpus the longest sentences would never be trained
    on, in no epoch, nor evaluated. Here that option has no effect.
    """

    model_positions: Any = None

    def build_model(self, cfg: Any, from_checkpoint: bool = False):
        """Builds the model, and remembers how long its sentences may be."""
        model = super().build_model(cfg, from_checkpoint)
        self.model_positions = model.max_positions()
        return model

    def get_batch_iterator(self, dataset: FairseqDataset, *args: Any, **kwargs: Any):
        """fairseq's iterator over the batches of a dataset; of a training set it logs what it uses.

        Raises:
            UserError: if training would stop at a sentence of a validation set that is too long.
        """
        kwargs["required_batch_size_multiple"] = 1
        training = getattr(dataset, "split", None) == "train"
        if training:
            # fairseq's older tasks have their settings in `args`
            check_held_out(self, self.cfg or self.args, dataset, self.model_positions)
        iterator = super().get_batch_iterator(dataset, *args, **kwargs)
        if training:
            log_usage(dataset, iterator)
        return for_any_number_of_workers(iterator)

    def filter_indices_by_size(
        self, indices, dataset, max_positions=None, ignore_invalid_inputs=False
    ):
        """fairseq's choice of sentences that are not too long.

        Raises:
            UserError: naming a sentence that is too long, unless such may be left out.
        """
        if max_positions is not None and not ignore_invalid_inputs:
            check_dataset(dataset, getattr(dataset, "split", "") or "the", max_positions)
        return super().filter_indices_by_size(
            indices, dataset, max_positions, ignore_invalid_inputs
        )


def log_usage(dataset: SampledMultiDataset, iterator: EpochBatchIterator) -> None:
    """Logs once how many sentences of each direction or cell an epoch trains on.

    Args:
        dataset: the training set, which samples from many directions or cells.
        iterator: its batches.
    """
    if getattr(dataset, "usage_is_logged", False):
        return
    dataset.usage_is_logged = True
    batches = iterator.frozen_batches
    indices = np.concatenate([np.asarray(batch) for batch in batches] or [np.empty(0, int)])
    counts = np.bincount(dataset_numbers(dataset, indices), minlength=len(dataset.datasets))
    every = np.arange(len(dataset))
    epoch_counts = np.bincount(dataset_numbers(dataset, every), minlength=len(dataset.datasets))
    rows = [
        (name, len(part), *numbers)
        for name, part, *numbers in zip(
            dataset.keys, dataset.datasets, epoch_counts.tolist(), counts.tolist()
        )
    ]
    headers = ("", "sentences", "drawn for an epoch", "trained on in it")
    rows.append(("all", *(sum(column) for column in list(zip(*rows))[1:])))
    logger.info(
        f"training sentences, in {len(batches):,} batches:\n{tabulate(rows, headers, intfmt=',')}"
    )
    lost = int(epoch_counts.sum() - counts.sum())
    if lost:
        logger.warning(
            f"{lost:,} of the {len(every):,} sentences drawn for an epoch are not trained on: they are "
            "longer than the model or --max-tokens allows"
        )


def dataset_numbers(dataset: SampledMultiDataset, indices: np.ndarray) -> np.ndarray:
    """The number of the direction or cell that each sampled sentence [N] belongs to [N]."""
    # datasets with virtual epochs number the sentences of the current one
    number = getattr(dataset, "_map_epoch_index_to_global", lambda index: index)
    return np.searchsorted(dataset.cumulated_sizes, number(np.asarray(indices)), side="right")


def one_direction_a_batch(dataset: SampledMultiDataset) -> SampledMultiDataset:
    """Makes a dataset that samples from many directions batch each direction apart.

    The dataset keeps its class, whose name seeds fairseq's sampling.

    Args:
        dataset: the dataset; changed and returned.
    """

    def batch_by_size(self, indices, **limits: Any) -> list[Any]:
        numbers = dataset_numbers(self, indices)
        batches: list[Any] = []
        for number in np.unique(numbers):
            dataset_indices = np.asarray(indices)[numbers == number]
            batches.extend(FairseqDataset.batch_by_size(self, dataset_indices, **limits))
        return batches

    dataset.batch_by_size = MethodType(batch_by_size, dataset)
    return dataset
