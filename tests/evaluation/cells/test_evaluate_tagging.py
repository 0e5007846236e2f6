"""`hyperadapters evaluate-tagging` on a model that was trained for a few updates."""

import json
import shutil

import pytest
import torch
from evaluations import read_scores
from tagging_corpus import train_cells

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.evaluation.cells import predictions
from hyperadapters.evaluation.cells import run as evaluation
from hyperadapters.evaluation.cells.options import Options
from hyperadapters.evaluation.cells.plan import make_plan
from hyperadapters.evaluation.cells.trained_model import TrainedModel
from hyperadapters.multitask.corpus import read_corpus

SENTENCES = 20


@pytest.fixture
def evaluate(tagging, tmp_path, run):
    """Evaluates on the tagging corpus; returns the JSON or the line of error."""

    def call(checkpoint, *words, data=tagging, out=tmp_path / "out"):
        return run(
            "evaluate-tagging", "--checkpoint", checkpoint, "--data", data, "--out", out, "--cpu",
            "--json", *words,
        )  # fmt: skip

    return call


@pytest.fixture(scope="session")
def everything(tagging, tmp_path_factory):
    """A checkpoint of all four tasks, whose tagging has learnt something."""
    return train_cells(
        tagging, tmp_path_factory.mktemp("everything"), "--max-update", "60",
        cells="pos:qaa,pos:qba:40,ner:qba,mlm:qab,translation:qaa-qab",
    )  # fmt: skip


def rows_of(out, cell):
    return predictions.read(predictions.file_of(out, cell))


def columns(out, cell, *wanted):
    return [[tuple(row[n] for n in wanted) for row in rows] for rows in rows_of(out, cell)]


def test_all_cells_are_scored_and_those_trained_are_told_apart(
    everything, evaluate, tagging, tmp_path
):
    result = evaluate(everything)
    cells = result["cells"]
    assert len(cells) == 11
    assert {name for name, one in cells.items() if one["trained"]} == {
        "pos:qaa", "pos:qba", "ner:qba", "mlm:qab", "translation:qaa-qab"
    }  # fmt: skip
    assert cells["pos:qba"]["training_sentences"] == 40
    assert cells["ner:qba"]["training_sentences"] == 80
    assert all(one["sentences"] == SENTENCES for one in cells.values())

    out = tmp_path / "out"
    pairs = [pair for rows in columns(out, "pos:qaa", 1, 2) for pair in rows]
    share = sum(right == found for right, found in pairs) / len(pairs)
    assert cells["pos:qaa"]["score"] == pytest.approx(100 * share, abs=1e-3) and share > 0.3
    assert cells["pos:qaa"]["words"] == len(pairs)
    gold = (tagging / "ner.qab.test.tsv").read_text(encoding="utf-8")
    written = columns(out, "ner:qab", 0, 1)
    assert "\n".join("".join("\t".join(row) + "\n" for row in rows) for rows in written) == gold

    means = result["averages"]
    scores = {name: cells[name]["score"] for name in ("pos:qaa", "pos:qba", "ner:qba")}
    assert means["trained"]["mean"] == pytest.approx(sum(scores.values()) / 3, abs=1e-3)
    assert means["zero_shot"]["pos"] == cells["pos:qab"]["score"]
    assert means["zero_shot"]["cells"] == 3
    assert cells["mlm:qaa"]["others"]["perplexity"]["score"] > 1
    assert cells["translation:qab-qaa"]["metric"] == "BLEU"
    page = (out / "evaluation.md").read_text()
    assert f"**{cells['pos:qaa']['score']:.1f}**" in page and "![" in page
    assert (out / "scores.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((out / "evaluation.json").read_text()) == result
    system = result["system"]
    expected = {}
    for name, cell in cells.items():
        others = {metric: other["score"] for metric, other in cell["others"].items()}
        for metric, score in {cell["metric"]: cell["score"], **others}.items():
            group = "trained" if cell["trained"] else "zero_shot"
            expected[system["name"], "1", name, metric, group] = score
    assert read_scores(out / "scores.tsv") == expected
    assert system["adapter_parameters"] < system["trained_parameters"] == system["total_parameters"]


def test_scores_are_those_of_validation(trained_on_cells, evaluate):
    checkpoint = trained_on_cells("--max-update", "40")
    result = evaluate(checkpoint, "--subset", "valid", "--cells", "trained")
    said = torch.load(checkpoint, weights_only=True)["extra_state"]["val_loss"]
    assert result["averages"]["trained"]["mean"] == pytest.approx(said, abs=0.01) and said > 0


def test_frozen_values_are_not_counted_as_trained(trained_on_cells, evaluate):
    checkpoint = trained_on_cells("--freeze-backbone")
    system = evaluate(checkpoint, "--cells", "pos:qaa")["system"]
    state = torch.load(checkpoint, weights_only=True)["model"]
    sizes = {
        kind: sum(t.numel() for name, t in state.items() if name.startswith(kind))
        for kind in ("encoder.adapters.", "heads.")
    }
    assert system["adapter_parameters"] == sizes["encoder.adapters."]
    assert system["trained_parameters"] == sum(sizes.values()) < system["total_parameters"]


def test_nothing_depends_on_batches_or_on_the_order_of_the_corpus(
    trained_on_cells, evaluate, tagging, tmp_path
):
    checkpoint, other = trained_on_cells("--max-update", "40"), tmp_path / "other"
    shutil.copytree(tagging, other)
    text = (other / "corpus.yaml").read_text().replace("qaa, qab, qba]", "qba, qab, qaa]")
    (other / "corpus.yaml").write_text(f"languages: [qba, qca, qaa, qab]\n{text}")
    first = evaluate(checkpoint, "--cells", "pos:qaa,ner:qba,pos:qba")
    second = evaluate(
        checkpoint, "--cells", "pos:qba,pos:qaa,ner:qba", "--max-tokens", "30", data=other,
        out=tmp_path / "again",
    )  # fmt: skip
    for cell in first["cells"]:
        assert rows_of(tmp_path / "out", cell) == rows_of(tmp_path / "again", cell)
    assert first["cells"]["pos:qaa"]["score"] == second["cells"]["pos:qaa"]["score"]


def test_long_sentences_are_predicted_whole(trained_on_cells, evaluate, tmp_path):
    result = evaluate(trained_on_cells("--max-pieces", "9"), "--cells", "pos:qaa")
    (cell,) = result["cells"].values()
    assert cell["sentences"] == SENTENCES and cell["long_sentences"] > 5
    assert all(found for rows in columns(tmp_path / "out", "pos:qaa", 2) for found in rows)
    assert any("predicted in parts" in remark for remark in result["remarks"])


def test_labels_that_training_never_showed_are_errors_and_reported(
    trained_on_cells, evaluate, tagging, tmp_path
):
    other = tmp_path / "other"
    shutil.copytree(tagging, other)
    file = other / "ner.qba.test.tsv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("\tO\n", "\tB-NEW\n"), encoding="utf-8")
    result = evaluate(trained_on_cells(), "--cells", "ner:qba", data=other)
    cell = result["cells"]["ner:qba"]
    assert cell["unknown_labels"] == {"B-NEW": text.count("\tO\n")}
    assert any("B-NEW" in remark for remark in result["remarks"])
    assert cell["words"] > text.count("\tO\n")


def test_it_goes_on_and_does_again_only_what_changed(
    trained_on_cells, evaluate, tagging, tmp_path, monkeypatch
):
    checkpoint, data, out = trained_on_cells(), tmp_path / "data", tmp_path / "out"
    shutil.copytree(tagging, data)
    done = []

    def spied(checked, cell, sentences, real=evaluation.evaluate_cell):
        if len(done) == 2 and stop:
            raise KeyboardInterrupt
        done.append(cell.name)
        return real(checked, cell, sentences)

    def redone():
        done.clear()
        return evaluate(checkpoint, "--cells", "pos:qaa,pos:qab,ner:qaa", data=data), list(done)

    monkeypatch.setattr(evaluation, "evaluate_cell", spied)
    stop = True
    options = Options("pos:qaa,pos:qab,ner:qaa", cpu=True)
    with pytest.raises(KeyboardInterrupt):
        evaluation.evaluate(str(checkpoint), str(data), out, options)
    assert done == ["pos:qaa", "pos:qab"] and not (out / "evaluation.json").exists()
    stop = False
    whole, cells = redone()
    assert cells == ["ner:qaa"] and len(whole["cells"]) == 3
    monkeypatch.setattr(TrainedModel, "load", None)  # nothing to do needs no model
    assert redone() == (whole, [])
    monkeypatch.undo()
    monkeypatch.setattr(evaluation, "evaluate_cell", spied)
    predictions.file_of(out, "pos:qab").unlink()
    assert redone()[1] == ["pos:qab"]
    with open(data / "ner.qaa.test.tsv", "a", encoding="utf-8") as file:
        file.write("\nnew\tO\n")
    again, cells = redone()
    assert cells == ["ner:qaa"] and again["cells"]["ner:qaa"]["sentences"] == SENTENCES + 1
    done.clear()
    other = trained_on_cells("--seed", "2")
    evaluate(other, "--cells", "pos:qaa", data=data)
    assert done == ["pos:qaa"] and not predictions.file_of(out, "pos:qab").exists()


def test_translations_are_those_of_teacher_forcing(tagging, tmp_path):
    """Greedy search finds what the model says is most likely after every piece that it chose."""
    checkpoint = train_cells(
        tagging, tmp_path, "--max-update", "150", "--disable-validation", "--dropout", "0",
        cells="pos:qaa,translation:qaa-qab,translation:qab-qaa:40",
    )  # fmt: skip
    plan = make_plan(
        checkpoint, tagging, tmp_path, Options("translation:qaa-qab", beam=1, cpu=True)
    )
    evaluation.evaluate(str(checkpoint), str(tagging), tmp_path, plan.options)
    (cell,), system = plan.cells, plan.system
    system.load(plan.options)
    sources = [rows[0][0] for rows in rows_of(tmp_path, cell.name)][:5]
    found = [rows[0][2] for rows in rows_of(tmp_path, cell.name)][:5]
    assert len(set(found)) > 2
    dictionary = system.task.dictionary
    for source, translation in zip(sources, found, strict=True):
        pieces, predictor = "", system.predictor(cell, [(source, "x")])
        for _ in range(15):
            predictor.sentences[0].gold = torch.tensor(
                dictionary.encode_line(pieces, add_if_not_exist=False, append_eos=True)
            ).numpy()
            (scores,) = predictor.apply(lambda scores, items: [scores[-1].float()])
            scores[[dictionary.pad(), dictionary.bos()]] = -torch.inf
            if scores.argmax() == dictionary.eos() and pieces:
                break
            scores[dictionary.eos()] = -torch.inf  # a translation has at least one piece
            pieces = f"{pieces} {dictionary[scores.argmax()]}".strip()
        decoded = system.task.pieces.bpe.decode(pieces)
        assert (
            translation.startswith(decoded) if len(pieces.split()) == 15 else decoded == translation
        )


@pytest.mark.parametrize(
    "cells, message",
    [
        ("pos:qax", "no language 'qax' in the checkpoint: did you mean 'q"),
        ("mlm:qaa", "no task 'mlm' in the checkpoint"),
        ("pos:qaa:3", "leave out the number"),
        ("pos", "--cells pos: give all, trained, zero-shot, or a list such as pos:en"),
    ],
)
def test_unusable_cells_are_one_line(trained_on_cells, evaluate, cells, message):
    assert message in evaluate(trained_on_cells(), "--cells", cells)


def test_unusable_files_are_one_line(trained_on_cells, trained, evaluate, tagging, tmp_path):
    checkpoint, data = trained_on_cells(), tmp_path / "data"
    assert "use `hyperadapters evaluate`" in evaluate(trained())
    assert "--beam 0" in evaluate(checkpoint, "--beam", "0")
    shutil.copytree(tagging, data)
    (data / "pos.qab.test.conllu").write_text("1\tword\n")
    assert "pos.qab.test.conllu" in evaluate(checkpoint, data=data)
    (data / "pos.qab.test.conllu").unlink()
    assert "no test file of pos:qab" in evaluate(checkpoint, "--cells", "pos:qab", data=data)
    with open(data / "dict.txt", "a") as file:
        file.write("more 1\n")
    assert "the checkpoint's dictionary" in evaluate(checkpoint, data=data)
    assert not (tmp_path / "out" / "evaluation.json").exists()


def test_a_checkpoint_knows_its_task_without_training_files(trained_on_cells, tagging, tmp_path):
    shutil.copytree(tagging, tmp_path / "data", ignore=shutil.ignore_patterns("*.train.*"))
    known = Checkpoint(trained_on_cells())
    task = known.task(read_corpus(tmp_path / "data"))
    assert task.state_dict() == known.metadata
    assert not known.model(task).training


def test_a_continued_model_keeps_the_input_format_that_it_started_with(tagging, evaluate, tmp_path):
    first = train_cells(
        tagging, tmp_path / "first", "--encoder-langtok", "tgt", cells="translation:qaa-qab"
    )
    second = train_cells(tagging, tmp_path / "second", "--init-from", str(first), cells="pos:qba")
    found = evaluate(second, "--cells", "pos:qba,translation:qaa-qab")["cells"]
    assert found["pos:qba"]["sentences"] == found["translation:qaa-qab"]["sentences"] == SENTENCES
