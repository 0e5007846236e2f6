"""Adaptation to a few sentences at test time."""

import json

import pytest
from tagging_corpus import train_cells

from hyperadapters.evaluation.few_shot import Adaptation, interval


@pytest.fixture(scope="module")
def checkpoint(tagging, tmp_path_factory):
    return train_cells(
        tagging, tmp_path_factory.mktemp("few") / "save", "--adapter-source", "language",
        "--freeze-backbone", "--max-update", "20", "--init-from",
        str(train_cells(tagging, tmp_path_factory.mktemp("few") / "start", "--adapter-source", "none",
                        "--max-update", "20", cells="pos:qaa,mlm:qba")),
        cells="pos:qaa",
    )  # fmt: skip


def test_draws_start_from_the_same_model(tagging, checkpoint, tmp_path, run, capsys):
    words = (
        "few-shot", "--checkpoint", checkpoint, "--data", tagging, "--cells", "pos:qaa,pos:qba",
        "--support", "4", "--draws", "2", "--updates", "3", "--head-lr", "0.1", "--cpu", "--json",
    )  # fmt: skip
    rows = run(*words, "--out", tmp_path / "out")
    whole = run(
        "evaluate-tagging", "--checkpoint", checkpoint, "--data", tagging, "--out", tmp_path / "whole",
        "--cells", "pos:qaa,pos:qba", "--cpu", "--json",
    )  # fmt: skip
    for row in rows:
        assert row["zero_shot"] == whole["cells"][row["cell"]]["score"]
        assert len(row["scores"]) == 2 and row["mean"] == pytest.approx(
            sum(row["scores"]) / 2, abs=1e-4
        )
    assert any(row["scores"] != [row["zero_shot"]] * 2 for row in rows)
    capsys.readouterr()
    assert run(*words, "--out", tmp_path / "out") == rows and "==" not in capsys.readouterr().err
    assert run(*words, "--out", tmp_path / "again") == rows
    assert "pos:qba" in (tmp_path / "out" / "few_shot.md").read_text()
    assert json.loads((tmp_path / "out" / "few_shot.json").read_text())["inner"]["updates"] == 3


def test_test_sentences_serve_where_there_are_no_others(
    tagging, checkpoint, tmp_path, run, monkeypatch
):
    corpus = (tagging / "corpus.yaml").read_text()
    folder = tmp_path / "data"
    folder.mkdir()
    for path in tagging.iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "corpus.yaml").unlink()
    entry = '{files: "pos.{lang}.{split}.conllu", languages: [qaa, qab, qba]}'
    assert entry in corpus
    test_only = '{qab: {test: pos.qab.test.conllu}, qba: {test: "pos.qba.test.conllu[:5]"}}'
    (folder / "corpus.yaml").write_text(
        "languages: [qaa, qab, qba]\n" + corpus.replace(entry, test_only)
    )
    words = (
        "few-shot", "--checkpoint", checkpoint, "--data", folder, "--cells", "pos:qba", "--draws", "1",
        "--cpu", "--json",
    )  # fmt: skip
    line = run(*words, "--support", "5", "--out", tmp_path / "a")
    assert "--support 5: pos:qba has not so many sentences" in line
    tested = []
    monkeypatch.setattr(
        Adaptation, "score", lambda self, cell, test: tested.append(len(test)) or 1.0
    )
    run(*words, "--support", "4", "--out", tmp_path / "b")
    assert tested == [5, 1]  # as it is, and after adaptation to the four others


def test_the_interval_is_students():
    result = interval([50.0, 60.0, 70.0])
    assert result["mean"] == 60 and result["half_width"] == pytest.approx(
        4.3027 * 10 / 3**0.5, rel=1e-3
    )
    assert interval([50.0]) == {"mean": 50.0, "half_width": None}
