"""No sentence is lost: batches of training and evaluation, what is logged, and what is too long."""

import logging
import re

import numpy as np
import pytest
from omegaconf import OmegaConf
from tagging_corpus import write_corpus
from toy import loaded_task, train

from hyperadapters.data.lengths import check_dataset, check_lengths
from hyperadapters.support.errors import UserError
from hyperadapters.tasks.hyperx import HyperXTask, HyperXTaskConfig


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("corpus"))


def cells_task(corpus, cells, **options):
    config = HyperXTaskConfig(data=str(corpus), task_languages=cells, seed=1, **options)
    config.init_from = None
    task = HyperXTask.setup_task(OmegaConf.create(vars(config)))
    task.load_dataset("train")
    return task


def batches_of(task, epoch=1):
    iterator = task.get_batch_iterator(
        task.dataset("train"), max_tokens=200, required_batch_size_multiple=8, epoch=epoch
    )
    return iterator.frozen_batches


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("number", [1, 5, 8, 15, 23])
def test_every_sentence_of_a_small_cell_is_trained_on(corpus, number, apart):
    task = cells_task(corpus, f"ner:qab:{number}", one_cell_a_batch=apart)
    assert sorted(np.concatenate(batches_of(task))) == list(range(number))


@pytest.mark.parametrize(
    "options", [(), ("--one-direction-a-batch",), ("--virtual-epoch-size", "333")]
)
def test_an_epoch_trains_on_every_sentence_of_every_direction(toy, tmp_path, caplog, options):
    task = loaded_task(toy, tmp_path, *options)
    with caplog.at_level(logging.INFO):
        used = np.concatenate(batches_of(task))
        batches_of(task)
    assert sorted(used) == list(range(len(task.dataset("train"))))
    assert caplog.text.count("training sentences, in") == 1  # said once
    if not options:
        for pair in ("en-de", "de-en", "en-fr", "fr-en"):
            assert re.search(rf"main:{pair} +200 +200 +200", caplog.text)


def test_sentences_that_no_epoch_trains_on_are_counted(toy, tmp_path, caplog):
    task = loaded_task(toy, tmp_path)
    sizes = task.dataset("train").sizes.max(axis=1)
    limit = int(np.median(sizes))
    with caplog.at_level(logging.INFO):
        task.get_batch_iterator(
            task.dataset("train"), max_tokens=200, max_positions=limit, ignore_invalid_inputs=True
        )
    assert f"{(sizes > limit).sum():,} of the 800 sentences drawn" in caplog.text


def test_a_sentence_that_is_too_long_is_named(toy, tmp_path):
    task = loaded_task(toy, tmp_path)
    valid = task.dataset("valid")
    check_dataset(valid, "valid", (100, 100))
    first = next(row for row in range(20) if max(valid.datasets[0].size(row)) > 5)
    with pytest.raises(
        UserError, match=rf"valid data of en-de: sentence {first + 1} has \d+ pieces"
    ):
        check_dataset(valid, "valid", 5)
    with pytest.raises(UserError, match="--skip-invalid-size-inputs-valid-test"):
        len(task.get_batch_iterator(valid, max_tokens=200, max_positions=(5, 5)))
    with pytest.raises(UserError, match="sentence 2, 4 is too long: 9 pieces .* takes 5: split it"):
        check_lengths([5, 6, 1, 9], 5)


def test_a_validation_set_is_checked_before_training(toy, tmp_path):
    limits = ("--max-source-positions", "6", "--max-target-positions", "6")
    with pytest.raises(UserError, match="valid data of en-de: sentence"):
        train(toy, tmp_path, *limits)
    assert not list(tmp_path.glob("*.pt"))
    train(toy, tmp_path, *limits, "--skip-invalid-size-inputs-valid-test", "--max-update", "1")
