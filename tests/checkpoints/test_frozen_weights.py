"""Checkpoints that hold what was trained alone, and name the file with the frozen weights."""

import shutil

import pytest
import torch
from tagging_corpus import train_cells
from toy import generate, generate_output, scores, train

from hyperadapters.checkpoints import load
from hyperadapters.checkpoints.frozen_weights import ENTRY, store
from hyperadapters.checkpoints.loading import read
from hyperadapters.support.errors import UserError
from hyperadapters.training.freezing import is_backbone


@pytest.fixture(scope="module")
def runs(toy, tmp_path_factory):
    """A folder with a backbone, and adapters on it: saved whole, and apart, with a break on the way."""
    folder = tmp_path_factory.mktemp("runs")
    stock = train(toy, folder / "backbone", "--adapter-source", "none", "--max-update", "30")
    words = ("--init-from", str(stock), "--freeze-backbone", "--max-update")
    train(toy, folder / "whole", *words, "8", "--save-whole-model")
    train(toy, folder / "apart", *words, "4")
    train(toy, folder / "apart", *words, "8")
    return folder


def test_nothing_else_changes(toy, runs):
    saved = read(str(runs / "apart" / "checkpoint_last.pt"))["model"]
    assert not any(name.endswith(("weight", "bias")) for name in saved if is_backbone(name))
    assert not (runs / "apart" / "backbone.pt").exists()  # the backbone's own file is named
    whole, apart = (
        load(str(runs / name / "checkpoint_last.pt"))["model"] for name in ("whole", "apart")
    )
    assert whole.keys() == apart.keys()
    for name in whole:  # also after a break
        if name != "_extra_state":
            assert torch.equal(whole[name], apart[name]), name
    outputs = [
        generate_output(toy, runs / name / "checkpoint_last.pt", "de", "en")
        for name in ("whole", "apart")
    ]
    assert scores(outputs[0]) == scores(outputs[1]) and len(set(scores(outputs[0]).values())) > 1


def test_a_moved_folder_and_a_missing_backbone(toy, runs, tmp_path, run):
    moved = tmp_path / "moved"
    shutil.copytree(runs, moved)
    backbone = moved / "backbone" / "checkpoint_last.pt"
    state = torch.load(backbone, weights_only=False)
    path = moved / "apart" / "checkpoint_last.pt"
    load(str(path))
    state["model"]["encoder.layers.0.fc1.bias"] += 1
    torch.save(state, backbone)
    with pytest.raises(UserError, match="does not hold the frozen weights .*: put the file back"):
        load(str(path))
    error = run("bake", "--checkpoint", path, "--directions", "de-en", "--out", tmp_path / "b.pt")
    assert "does not hold the frozen weights" in error
    with pytest.raises(UserError, match="does not hold the frozen weights"):
        generate(toy, path, "de", "en")


def test_what_is_made_of_them_is_whole(runs, tmp_path, run):
    path = runs / "apart" / "checkpoint_last.pt"
    run("bake", "--checkpoint", path, "--directions", "de-en", "--out", tmp_path / "b.pt", "--json")
    model = read(str(tmp_path / "b.pt"))["model"]
    assert ENTRY not in model and "encoder.embed_tokens.weight" in model


def test_cells_name_the_first_file_that_has_the_weights(tagging, tmp_path):
    first = train_cells(tagging, tmp_path / "first", "--adapter-source", "none")
    words = ("--freeze-backbone", "--max-update", "4", "--backbone-file", str(tmp_path / "b.pt"))
    second = train_cells(tagging, tmp_path / "second", "--init-from", str(first), *words)
    third = train_cells(tagging, tmp_path / "third", "--init-from", str(second), *words)
    for path in (second, third):
        assert ENTRY in read(str(path))["model"]
    second.unlink()
    backbones = [load(str(path))["model"] for path in (first, third)]
    for name, tensor in backbones[0].items():
        if is_backbone(name) and name != "_extra_state":
            assert torch.equal(tensor, backbones[1][name]), name
    assert not (tmp_path / "b.pt").exists()


def test_weights_of_another_layout_are_written_once(toy, tagging, tmp_path):
    from huggingface_encoder import write_folder

    folder = write_folder(tmp_path / "hf", tagging)
    words = (
        "--init-from",
        str(folder),
        "--freeze-backbone",
        "--max-update",
        "1",
        "--max-pieces",
        "30",
    )
    words += ("--backbone-file", str(tmp_path / "b.pt"))
    a, b = (train_cells(tagging, tmp_path / name, *words) for name in "ab")
    assert (tmp_path / "b.pt").stat().st_mtime < a.stat().st_mtime
    names = "encoder.layers.1.fc1.weight", "heads.pos.weight"
    for path in (a, b):
        assert names[0] not in read(str(path))["model"] and names[0] in load(str(path))["model"]
    assert not list(tmp_path.glob("[ab]/backbone.pt"))
    other = write_folder(tmp_path / "other", tagging)
    with pytest.raises(UserError, match="b.pt holds other weights than the frozen ones of .*other"):
        train_cells(tagging, tmp_path / "c", *words, "--init-from", str(other))


def test_a_model_attached_to_a_file_of_frozen_weights_translates_the_same(toy, runs, tmp_path, run):
    trained = runs / "apart" / "checkpoint_last.pt"
    weights = {n: t for n, t in load(str(trained))["model"].items() if is_backbone(n)}
    weights = {n: t for n, t in weights.items() if n.endswith(("weight", "bias"))}
    store(weights, "elsewhere", None, str(tmp_path))
    words = ("--whole", "--out", tmp_path / "a.safetensors", "--json")
    run("export", "--checkpoint", trained, *words)
    run("attach", "--checkpoint", tmp_path / "backbone.pt", "--adapters", tmp_path / "a.safetensors",
        "--out", tmp_path / "model.pt", "--json")  # fmt: skip
    outputs = [generate_output(toy, path, "de", "en") for path in (trained, tmp_path / "model.pt")]
    assert scores(outputs[0]) == scores(outputs[1])
