"""A whole hypernetwork as a file, and on the backbone again."""

import json

import pytest
import torch
from tagging_corpus import train_cells
from toy import generate_output, scores, train

from hyperadapters.checkpoints import load


@pytest.fixture(scope="module")
def runs(toy, tmp_path_factory):
    """A backbone, hyper-adapters on it, and the whole hypernetwork as a file."""
    folder = tmp_path_factory.mktemp("whole")
    backbone = train(toy, folder / "backbone", "--adapter-source", "none", "--max-update", "20")
    words = ("--init-from", str(backbone), "--freeze-backbone", "--adapter-start", "calibrated")
    trained = train(toy, folder / "hyper", *words, "--max-update", "4")
    return folder, backbone, trained


def test_it_translates_the_same_in_every_direction(toy, runs, run, tmp_path):
    folder, backbone, trained = runs
    file = folder / "hyper.safetensors"
    card = run("export", "--checkpoint", trained, "--whole", "--out", file, "--json")
    assert card["trained"] == ["en-de", "de-en", "en-fr", "fr-en"] and card["source"] == "hyper"
    out = tmp_path / "attached.pt"
    report = run("attach", "--checkpoint", backbone, "--adapters", file, "--out", out, "--json")
    assert report["directions"] == card["trained"]
    for direction in ("en-de", "de-fr"):  # trained, and zero-shot
        outputs = [generate_output(toy, path, *direction.split("-")) for path in (trained, out)]
        assert scores(outputs[0]) == scores(outputs[1])
    words = ("attach", "--adapters", file, "--out", tmp_path / "no.pt", "--checkpoint")
    other = train(toy, tmp_path / "other", "--adapter-source", "none", "--max-update", "1")
    assert "is not the backbone that" in run(*words, other)
    assert "its format is not 'hyperadapters adapters'" in run(
        *words[:2], file, file, *words[3:], other
    )
    text = file.with_suffix(".json").read_text()
    card["model"]["adapter_kind"] = "lora"
    file.with_suffix(".json").write_text(json.dumps(card))
    assert "is no card of exported adapters" in run(*words, backbone)
    file.with_suffix(".json").write_text(text)
    assert not (tmp_path / "no.pt").exists()


def test_cells_keep_their_heads(tagging, tmp_path, run):
    words = ("--freeze-backbone", "--max-update", "3")
    first = train_cells(tagging, tmp_path / "first", "--adapter-source", "none")
    trained = train_cells(tagging, tmp_path / "on", "--init-from", str(first), *words)
    file = tmp_path / "x.safetensors"
    run("export", "--checkpoint", trained, "--whole", "--out", file, "--json")
    out = tmp_path / "out.pt"
    run("attach", "--checkpoint", trained, "--adapters", file, "--out", out, "--json")
    before, after = load(str(trained))["model"], load(str(out))["model"]
    for name in before:
        if name != "_extra_state":
            assert torch.equal(before[name], after[name]), name
    assert before.keys() == after.keys()
