"""Batches of several tasks and languages, and how training draws them."""

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from tagging_corpus import write_corpus

from hyperadapters.configuration import defaults
from hyperadapters.criterions.multitask_cross_entropy import (
    CellsCriterion,
    MultitaskCrossEntropyConfig,
)
from hyperadapters.multitask.cells import Cell
from hyperadapters.multitask.configuration import HyperXEncoderConfig
from hyperadapters.multitask.loading import read_cell, subsample
from hyperadapters.multitask.sampling import SampledCells, ratios
from hyperadapters.support.errors import UserError
from hyperadapters.tasks.hyperx import HyperXTask, HyperXTaskConfig

CELLS = "pos:qaa,pos:qba,ner:qab,mlm:qba,translation:qaa-qab"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture
def make_task(folder):
    def make(cells=CELLS, **options):
        config = HyperXTaskConfig(data=str(folder), task_languages=cells, seed=1, **options)
        config.init_from = None
        return HyperXTask.setup_task(OmegaConf.create(vars(config)))

    return make


def model_of(task, **options):
    cfg = vars(defaults(HyperXEncoderConfig, adapter_bottleneck=4, hyper_hidden=6, **options))
    model = task.build_model(OmegaConf.create({**cfg, "_name": "hyperx_encoder_tiny"}))
    for parameter in model.encoder.adapters.parameters():
        torch.nn.init.normal_(parameter, std=0.5)  # so that every condition makes a difference
    return model.eval()


def items_of(task, count=3):
    """The first training items of every cell, the cells taking turns."""
    task.load_dataset("train")
    cells = task.datasets["train"].datasets
    return [cell[row] for row in range(count) for cell in cells]


@pytest.mark.parametrize("source", ["hyper", "task", "language", "shared", "none"])
def test_a_mixed_batch_equals_its_cells(make_task, source):
    task = make_task()
    model = model_of(task, adapter_source=source)
    items = items_of(task)
    collate = task.datasets["train"].datasets[0].collater
    together = model(**collate(items)["net_input"])
    assert set(together) == {"pos", "ner", "mlm", "translation"}
    alone = {name: [] for name in together}
    for item in items:
        for name, scores in model(**collate([item])["net_input"]).items():
            alone[name].append(scores)
    for name, scores in together.items():
        torch.testing.assert_close(scores, torch.cat(alone[name]), atol=1e-4, rtol=1e-4)


def test_adapters_depend_on_task_and_language(make_task):
    task = make_task("pos:qaa")
    task.tables = type(task.tables)(("qaa", "qab", "qba"), ("pos", "ner"), task.tables.labels)
    task.tables.labels["ner"] = ["O"]
    model = model_of(task)
    collate = task.make_dataset(
        Cell("pos", "qaa"), read_cell(Cell("pos", "qaa"), task.corpus, "test")
    )
    batch = collate.collater([collate[0], collate[1]])
    usual = model(**batch["net_input"])["pos"]
    for key in ("src_lang_id", "task_id"):
        inputs = {**batch["net_input"], key: batch["net_input"][key] + 1}
        assert not torch.allclose(model(**inputs)["pos"], usual, atol=1e-3), key
    inputs = {**batch["net_input"], "tgt_lang_id": batch["net_input"]["tgt_lang_id"] + 1}
    assert torch.equal(model(**inputs)["pos"], usual)


def test_one_task_trains_its_head_and_the_common_hypernetwork_only(make_task):
    task = make_task()
    model = model_of(task).train()
    items = [item for item in items_of(task) if item[0].cell.name == "pos:qba"]
    batch = items[0][0].collater(items)
    loss, size, logged = CellsCriterion(MultitaskCrossEntropyConfig(), task)(model, batch)
    loss.backward()
    touched = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    assert "heads.pos.map.weight" in touched
    assert not any(n.startswith(("heads.ner", "heads.mlm", "heads.translation")) for n in touched)
    assert {f"encoder.adapters.heads.{n}.weight" for n in ("down", "up")} <= touched
    rows = model.encoder.adapters.embeddings["task"].weight.grad.any(1).tolist()
    assert rows == [name == "pos" for name in task.tables.tasks]
    rows = model.encoder.adapters.embeddings["languages"].weight.grad.any(1).tolist()
    assert rows == [code == "qba" for code in task.tables.languages]
    assert size == len(items) == logged["sentences pos"]


def test_long_sentences_are_taken_in_parts_and_pairs_left_out(make_task):
    task = make_task(max_pieces=8)
    task.load_dataset("train")
    whole = make_task()
    whole.load_dataset("train")
    for cell, other in zip(task.datasets["train"].datasets, whole.datasets["train"].datasets):
        assert cell.sizes.max() <= 8 and cell.report.long > 0
        if cell.cell.task in ("pos", "ner"):
            assert len(cell) > len(other) and cell.report.dropped == 0
            joined = {}
            for one in cell.sentences:
                joined.setdefault(one.sentence, []).extend(one.gold)
            assert list(joined.values()) == [list(one.gold) for one in other.sentences]
        if cell.cell.task == "translation":
            assert cell.report.dropped == cell.report.long == len(other) - len(cell)


def test_first_pieces_carry_the_labels(make_task):
    task = make_task("pos:qaa")
    task.load_dataset("train")
    cell = task.datasets["train"].datasets[0]
    read = read_cell(cell.cell, task.corpus, "train")
    for sentence, one in zip(read, cell.sentences):
        pieces = [task.dictionary[number] for number in one.source]
        assert pieces[-1] == "</s>" and len(one.positions) == len(sentence.words)
        assert all(pieces[place].startswith("\u2581") for place in one.positions)
        labels = [task.tables.labels["pos"][number] for number in one.gold]
        assert tuple(labels) == sentence.labels


def test_masking_is_new_in_every_epoch_and_the_same_in_each(make_task):
    task = make_task("mlm:qba")
    task.load_dataset("train")
    cell = task.datasets["train"].datasets[0]

    def epoch(number):
        cell.set_epoch(number)
        return [cell[row][1] for row in range(len(cell))]

    first, second, again = epoch(1), epoch(2), epoch(1)
    assert all(np.array_equal(a.source, b.source) for a, b in zip(first, again))
    assert any(not np.array_equal(a.source, b.source) for a, b in zip(first, second))
    mask = task.dictionary.index("<mask>")
    predicted = sum(len(one.positions) for one in first)
    pieces = sum(len(one.source) - 1 for one in first)
    assert 0.10 < predicted / pieces < 0.25
    assert 0.65 < sum((one.source == mask).sum() for one in first) / predicted < 0.95
    for one, plain in zip(first, cell.sentences):
        changed = np.flatnonzero(one.source != plain.source)
        assert len(one.positions) and set(changed) <= set(one.positions)
        assert np.array_equal(one.gold, plain.source[one.positions])


def test_temperature_sampling_draws_every_sentence_before_it_repeats_one(make_task):
    task = make_task("pos:qaa:80,ner:qab:20")
    task.load_dataset("train")
    cells = task.datasets["train"].datasets
    assert [len(cell) for cell in cells] == [80, 20]
    assert ratios([80, 20], 1.0) == [0.8, 0.2]
    sampled = SampledCells(cells, ratios([80, 20], 1000.0), 1, 1, "train")
    drawn_rows = []
    for epoch in (1, 2):
        sampled.set_epoch(epoch)
        rows = [sampled._get_dataset_and_index(index) for index in range(len(sampled))]
        small = [row for cell, row in rows if cell == 1]
        counts = np.bincount(small, minlength=20)
        assert counts.max() - counts.min() <= 1 and abs(len(small) - 75) <= 2
        drawn_rows.append(rows)
    assert drawn_rows[0] != drawn_rows[1]


def test_few_sentences_are_drawn_by_the_seed_and_more_contain_fewer():
    sentences = list(range(50))
    few, more = (subsample(Cell("ner", "xx", n), sentences, 1) for n in (5, 20))
    assert few == more[:5] and few != subsample(Cell("ner", "xx", 5), sentences, 2)
    with pytest.raises(UserError, match="ner:xx:60: there are 50 training sentences only"):
        subsample(Cell("ner", "xx", 60), sentences, 1)


@pytest.mark.parametrize(
    "cells, options, message",
    [
        ("pos:qaa,nre:qab", {}, "unknown task 'nre': did you mean 'ner'"),
        ("pos:qcc", {}, "names no train file of pos:qcc: it has those of pos:qaa"),
        ("pos:qaa", {"encoder_langtok": "de"}, "--encoder-langtok de: choose src or tgt"),
        ("pos:qaa", {"sampling_temperature": 0.0}, "--sampling-temperature 0.0: give a number"),
    ],
)
def test_what_cannot_be_trained_is_named(make_task, cells, options, message):
    with pytest.raises(UserError, match=message):
        make_task(cells, **options).load_dataset("train")


def test_pair_adapters_are_refused(make_task):
    with pytest.raises(UserError, match="a sentence that is tagged has no language pair"):
        model_of(make_task(), adapter_source="pair")
