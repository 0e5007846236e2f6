"""Batches of one direction."""

from types import MethodType
from typing import Any, List

import numpy as np
from fairseq.data import FairseqDataset, SampledMultiDataset


def one_direction_a_batch(dataset: SampledMultiDataset) -> SampledMultiDataset:
    """Makes a dataset that samples from many directions batch each direction apart.

    The dataset keeps its class, whose name seeds fairseq's sampling.

    Args:
        dataset: the dataset; changed and returned.
    """

    def batch_by_size(self, indices, **limits: Any) -> List[Any]:
        # else fairseq drops the last batch, the longest sentences, of every direction
        limits["required_batch_size_multiple"] = 1
        direction = np.array([self._get_dataset_and_index(index)[0] for index in indices])
        batches: List[Any] = []
        for number in np.unique(direction):
            own = np.asarray(indices)[direction == number]
            batches.extend(FairseqDataset.batch_by_size(self, own, **limits))
        return batches

    dataset.batch_by_size = MethodType(batch_by_size, dataset)
    return dataset
