"""Trained checkpoints to ship, and the command `hyperadapters`."""

import json

import pytest
import torch
from toy import train, train_stock


@pytest.fixture(autouse=True)
def one_thread():
    # so small products are slower on two threads, much slower where others use the cores too
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def trained(toy, tmp_path_factory):
    """A function that trains a checkpoint once for every set of options."""
    made = {}

    def of(*extra):
        if extra not in made:
            made[extra] = train(
                toy, tmp_path_factory.mktemp("trained"), "--max-update", "20", *extra
            )
        return made[extra]

    return of


@pytest.fixture(scope="session")
def stock(toy, tmp_path_factory):
    """A stock fairseq Transformer."""
    return train_stock(toy, tmp_path_factory.mktemp("stock"))


@pytest.fixture
def run(capsys):
    """Runs `hyperadapters`; returns the JSON that it prints, or its one line of error."""
    from hyperadapters.cli.main import main

    def call(*words):
        capsys.readouterr()
        failed = main(list(map(str, words)))
        printed = capsys.readouterr()
        if not failed:
            return json.loads(printed.out)
        *_, line = printed.err.strip().splitlines()
        assert failed == 2 and line.startswith("error: "), printed.err
        return line

    return call
