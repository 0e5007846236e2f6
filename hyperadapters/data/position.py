"""The place in an epoch, so that training can go on with another number of workers."""

from types import MethodType
from typing import Any

from fairseq.data.iterators import EpochBatchIterator

WORKERS = "workers"


def for_any_number_of_workers(iterator: EpochBatchIterator) -> EpochBatchIterator:
    """Makes an iterator restore its place from the state of one with more or fewer workers.

    fairseq counts the batches of one worker. If the batches consumed do not divide evenly among
    the new workers, the few that remain are trained on again.

    Args:
        iterator: the iterator over an epoch; changed and returned.
    """
    stock = type(iterator)

    def state_dict(self) -> dict[str, Any]:
        return {**stock.state_dict(self), WORKERS: self.num_shards}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        consumed = state.get("iterations_in_epoch", 0) * state.get(WORKERS, self.num_shards)
        stock.load_state_dict(self, {**state, "iterations_in_epoch": consumed // self.num_shards})

    iterator.state_dict = MethodType(state_dict, iterator)
    iterator.load_state_dict = MethodType(load_state_dict, iterator)
    return iterator
