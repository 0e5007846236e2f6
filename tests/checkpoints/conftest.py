"""What the tests of checkpoints share."""

import pytest
from toy import train_stock


@pytest.fixture(scope="session")
def stock(toy, tmp_path_factory):
    """A stock fairseq Transformer."""
    return train_stock(toy, tmp_path_factory.mktemp("stock"))
