"""The place in an epoch means the same to any number of workers."""

import pytest
from fairseq.data import FairseqDataset
from fairseq.data.iterators import EpochBatchIterator

from hyperadapters.data.position import for_any_number_of_workers


class Numbers(FairseqDataset):
    def __getitem__(self, index):
        return index


def worker(number, workers):
    batches = [[n] for n in range(11)]
    return for_any_number_of_workers(
        EpochBatchIterator(Numbers(), list, batches, num_shards=workers, shard_id=number)
    )


def consumed(workers, states=None, count=None):
    """Trains every worker for `count` batches; returns them and the first worker's state."""
    taken, state = [], None
    for number in range(workers):
        iterator = worker(number, workers)
        if states:
            iterator.load_state_dict(states)
        epoch = iterator.next_epoch_itr()
        taken += [n for _, batch in zip(range(count or 99), epoch) for n in batch]
        state = state or iterator.state_dict()
    return taken, state


@pytest.mark.parametrize("before,after", [(2, 1), (1, 2), (1, 3), (2, 2), (3, 2)])
def test_every_batch_is_trained_on_once(before, after):
    first, state = consumed(before, count=6 // before)
    rest, _ = consumed(after, state)
    assert len(first) == 6 and sorted(first + rest) == list(range(11))


def test_batches_that_do_not_divide_are_trained_on_again():
    first, state = consumed(1, count=5)
    rest, _ = consumed(2, state)
    assert set(first + rest) == set(range(11)) and len(first + rest) == 12


def test_the_state_of_stock_fairseq_counts_for_the_same_number():
    first, state = consumed(2, count=3)
    del state["workers"]
    rest, _ = consumed(2, state)
    assert sorted(first + rest) == list(range(11))
