"""Checkpoints, exports and cards that version 0.1.0 wrote act as they did then.

They are tiny models of the toy corpus (with a hypernetwork, with language adapters, baked) and of a
tagging corpus, whose weights were cut to 8 bits of precision so that they compress.
"""

import json
import lzma
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file
from toy import generate_output, hypotheses, scores

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.checkpoints.facts import digest, facts
from hyperadapters.evaluation.cells import predictions

FIXTURES = Path(__file__).parent.parent / "fixtures" / "version_0.1.0"
EXPECTED = json.loads((FIXTURES / "expected.json").read_text())
SENTENCES = 5


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """The files, unpacked."""
    folder = tmp_path_factory.mktemp("old") / "files"
    shutil.copytree(FIXTURES, folder)
    for packed in folder.glob("*/*.pt.xz"):
        packed.with_suffix("").write_bytes(lzma.decompress(packed.read_bytes()))
    return folder


def check_translations(toy, checkpoint, direction, expected):
    output = generate_output(toy, checkpoint, *direction.split("-"))
    numbers = range(SENTENCES)
    assert [hypotheses(output)[n] for n in numbers] == expected["hypotheses"][direction]
    found = [float(scores(output)[n]) for n in numbers]
    assert found == pytest.approx(expected["scores"][direction], abs=2e-3)


@pytest.mark.parametrize("name", EXPECTED["translation"])
def test_checkpoints_translate_as_they_did(toy, old, name):
    expected, path = EXPECTED["translation"][name], old / "translation" / f"{name}.pt"
    for direction in expected["hypotheses"]:
        check_translations(toy, path, direction, expected)
    checkpoint = Checkpoint(path)
    assert digest(checkpoint) == expected["digest"]
    assert facts(checkpoint, name) == {**expected["facts"], "checkpoint": str(path)}


@pytest.mark.parametrize("name", ["hyper", "language"])
def test_exports_are_attached_and_written_again(toy, old, run, tmp_path, name):
    checkpoint, export = (old / "translation" / f"{name}{end}" for end in (".pt", ".safetensors"))
    run("attach", "--checkpoint", checkpoint, "--adapters", export, "--out", tmp_path / "a.pt",
        "--json")  # fmt: skip
    check_translations(toy, tmp_path / "a.pt", "de-fr", EXPECTED["translation"][name])
    again = tmp_path / export.name
    card = run(
        "export", "--checkpoint", checkpoint, "--direction", "de-fr", "--out", again, "--json"
    )
    then, now = load_file(export), load_file(again)
    assert then.keys() == now.keys()
    for tensor, values in then.items():
        assert (now[tensor] - values).abs().max() < 1e-6
    old_card = json.loads(export.with_suffix(".json").read_text())
    assert old_card.keys() == card.keys() - {"generator"}  # which is younger
    for entry in old_card.keys() - {"model", "sha256", "kind"}:
        assert card[entry] == old_card[entry], entry
    assert old_card["model"].items() <= card["model"].items()
    assert card["kind"].items() <= old_card["kind"].items()


def test_a_checkpoint_of_cells_predicts_as_it_did(old, run, tmp_path):
    expected, path = EXPECTED["cells"], old / "cells" / "cells.pt"
    result = run("evaluate-tagging", "--checkpoint", path, "--data", old / "cells", "--out", tmp_path,
                 "--cpu", "--json", "--name", "cells")  # fmt: skip
    assert {name: cell["score"] for name, cell in result["cells"].items()} == expected["scores"]
    assert result["system"] == {**expected["facts"], "checkpoint": str(path)}
    assert digest(Checkpoint(path)) == expected["digest"]
    for name, lines in expected["predictions"].items():
        rows = predictions.read(predictions.file_of(tmp_path, name))
        assert predictions.lines(rows, "hypotheses") == lines
