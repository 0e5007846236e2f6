"""What the tests of checkpoints share."""

import pytest
import torch
from toy import train_stock


@pytest.fixture(autouse=True)
def one_thread():
    # so small products are slower on two threads, much slower where others use the cores too
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def stock(toy, tmp_path_factory):
    """A stock fairseq Transformer."""
    return train_stock(toy, tmp_path_factory.mktemp("stock"))
