"""Every sentence of a batch carries its own language ids."""

from argparse import Namespace

import pytest
from toy import LANGUAGES, loaded_task


def batches(task, split, multiple=8):
    return list(
        task.get_batch_iterator(
            task.dataset(split), max_tokens=120, required_batch_size_multiple=multiple
        ).next_epoch_itr(shuffle=False)
    )


def directions_by_tokens(task, batch):
    """The directions that the words of each row show."""
    for src, tgt in zip(batch["net_input"]["src_tokens"], batch["target"]):
        words = task.source_dictionary.string(src).split()
        yield words[-1][:2], task.target_dictionary.string(tgt).split()[0][:2]


def directions_by_ids(batch):
    ids = batch["net_input"]
    return [
        (LANGUAGES[s], LANGUAGES[t])
        for s, t in zip(ids["src_lang_id"].tolist(), ids["tgt_lang_id"].tolist())
    ]


@pytest.mark.parametrize("split", ["train", "valid"])
def test_ids_of_a_mixed_batch_are_those_of_its_words(toy, tmp_path, split):
    task = loaded_task(toy, tmp_path)
    found = batches(task, split)
    assert any(len(set(directions_by_ids(batch))) > 2 for batch in found)
    for batch in found:
        assert list(directions_by_tokens(task, batch)) == directions_by_ids(batch)


def test_batches_of_one_direction(toy, tmp_path):
    task = loaded_task(toy, tmp_path, "--one-direction-a-batch")
    found = batches(task, "train")
    assert all(len(set(directions_by_ids(batch))) == 1 for batch in found)
    assert {d for batch in found for d in directions_by_ids(batch)} == {
        ("en", "de"), ("de", "en"), ("en", "fr"), ("fr", "en"),
    }  # fmt: skip
    assert sum(batch["nsentences"] for batch in found) == 4 * 200


def test_validation_loses_no_sentence(toy, tmp_path):
    task = loaded_task(toy, tmp_path)
    assert sum(batch["nsentences"] for batch in batches(task, "valid")) == 4 * 20


def test_the_end_token_that_names_a_language_works_too(toy, tmp_path):
    task = loaded_task(toy, tmp_path, "--lang-tok-replacing-bos-eos", "--decoder-langtok")
    for batch in batches(task, "train"):
        ids = {
            key: batch["net_input"].get(key, batch.get(key))
            for key in ("src_lang_id", "tgt_lang_id")
        }
        for row, tokens in enumerate(batch["target"]):
            assert task.target_dictionary.string(tokens)[:2] == LANGUAGES[ids["tgt_lang_id"][row]]


def test_options_of_the_stock_task_are_all_there():
    from hyperadapters.data.stock_options import stock_actions
    from hyperadapters.tasks.multilingual_adapter_translation import (
        MultilingualAdapterTranslationConfig,
    )

    fields = set(MultilingualAdapterTranslationConfig.__dataclass_fields__)
    assert {action.dest for action in stock_actions()} <= fields


def test_settings_are_read_alike_from_text_and_from_yaml(toy):
    from hyperadapters.data.stock_options import to_namespace

    text = to_namespace(Namespace(data=str(toy), langs="de,en", lang_pairs="de-en,en-de"))
    yaml = to_namespace(Namespace(data=str(toy), langs=["de", "en"], lang_pairs=["de-en", "en-de"]))
    assert vars(text) == vars(yaml)
