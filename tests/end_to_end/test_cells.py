"""Training of cells through fairseq-train: scores, resuming, both sorts of batches, and Hydra."""

import json
import re

import pytest
import torch
from tagging_corpus import train_cells, write_corpus

from hyperadapters import checkpoints
from hyperadapters.support.errors import UserError, one_line

CELLS = "pos:qaa,ner:qab,mlm:qba,translation:qaa-qab,translation:qab-qaa"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.mark.parametrize("options", [(), ("--one-cell-a-batch",)])
def test_tagging_and_translation_train_together_and_resume(folder, tmp_path, options, caplog):
    options = (*options, "--sampling-temperature", "2", "--max-tokens", "200")
    whole = train_cells(folder, tmp_path / "whole", "--max-update", "12", *options, cells=CELLS)
    former = ("--criterion", "cells")  # the former name of the same criterion
    train_cells(folder, tmp_path / "cut", "--max-update", "5", *options, *former, cells=CELLS)
    assert caplog.text.count("is now called multitask_cross_entropy") == 1
    cut = train_cells(folder, tmp_path / "cut", "--max-update", "12", *options, cells=CELLS)
    states = [checkpoints.load(str(path)) for path in (whole, cut)]
    assert states[0]["model"].keys() == states[1]["model"].keys()
    for name, tensor in states[0]["model"].items():
        assert torch.equal(tensor, states[1]["model"][name]), name
    assert set(states[0]["task_state"]["tasks"]) == {"pos", "ner", "mlm", "translation"}


def test_the_best_checkpoint_has_the_best_mean_over_cells(folder, tmp_path):
    log = tmp_path / "log"
    train_cells(
        folder, tmp_path / "save", "--max-update", "40", "--validate-interval-updates", "10",
        "--validate-interval", "99", "--save-interval-updates", "10", "--log-file", str(log),
        cells="pos:qaa,ner:qab,mlm:qba",
    )  # fmt: skip
    lines = re.findall(r"\{.*valid_score.*\}", log.read_text())
    found = [json.loads(line) for line in dict.fromkeys(lines)]
    assert len(found) == 4
    scores = [float(one["valid_score"]) for one in found]
    for one in found:  # mlm has no score of its own
        cells = [float(one[f"valid_{cell}"]) for cell in ("pos:qaa", "ner:qab")]
        assert float(one["valid_score"]) == pytest.approx(sum(cells) / 2, abs=0.01)
        assert "valid_mlm:qba" in one and "valid_mlm_loss" in one
    best = checkpoints.load(str(tmp_path / "save" / "checkpoint_best.pt"))
    assert best["extra_state"]["best"] == pytest.approx(max(scores))
    assert scores[-1] > max(scores[0], 10)


def test_a_checkpoint_of_other_cells_and_tables_is_refused(folder, tmp_path, capsys):
    train_cells(folder, tmp_path / "save", cells="pos:qaa")
    with pytest.raises(Exception) as error:
        train_cells(folder, tmp_path / "save", "--max-update", "9", cells="ner:qab")
    assert "the checkpoint's tasks: pos, here: ner" in str(error.value) + str(
        error.value.__context__
    )


def test_a_checkpoint_of_another_system_is_refused(folder, tmp_path):
    train_cells(folder, tmp_path / "save", cells="pos:qaa")
    with pytest.raises(Exception) as error:
        train_cells(folder, tmp_path / "save", "--adapter-source", "task", cells="pos:qaa")
    assert "start anew in another --save-dir" in one_line(error.value)


def test_another_criterion_is_refused(folder, tmp_path):
    with pytest.raises(
        UserError, match="--criterion cross_entropy: .* needs --criterion multitask"
    ):
        train_cells(folder, tmp_path / "save", "--criterion", "cross_entropy")


def test_pieces_that_the_dictionary_lacks_are_told(tmp_path, caplog):
    corpus = write_corpus(tmp_path / "corpus")
    lines = (corpus / "dict.txt").read_text().splitlines()
    (corpus / "dict.txt").write_text("\n".join(lines[:20]) + "\n")
    words = ("--max-update", "1", "--disable-validation")
    train_cells(corpus, tmp_path / "save", *words, cells="pos:qaa")
    assert "of the pieces of train are not in the dictionary" in caplog.text
