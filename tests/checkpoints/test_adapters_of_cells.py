"""Adapters of cells leave a checkpoint, and come back onto its backbone, as those of directions do."""

import json

import pytest
import torch
from safetensors.torch import load_file
from tagging_corpus import train_cells

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.multitask.corpus import read_corpus
from hyperadapters.sources import condition_of
from hyperadapters.sources.adapter_files import read_adapters

STACK = ("--adapter-source", "stack")


@pytest.fixture(scope="module")
def translating(tagging, tmp_path_factory):
    """A checkpoint that also translates, so that it has a decoder with adapters."""
    return train_cells(tagging, tmp_path_factory.mktemp("translating"),
                       cells="pos:qaa,translation:qaa-qab")  # fmt: skip


@pytest.fixture
def export(tmp_path, run):
    """Exports cells; returns their files."""

    def call(checkpoint, *cells):
        files = [tmp_path / f"{cell.replace(':', '.')}.safetensors" for cell in cells]
        for cell, file in zip(cells, files):
            run("export", "--checkpoint", checkpoint, "--cell", cell, "--out", file, "--json")
        return files

    return call


@pytest.fixture
def attach(tmp_path, run):
    """Attaches files to a checkpoint; returns the report, or the line of error."""

    def call(checkpoint, files):
        return run("attach", "--checkpoint", checkpoint, "--adapters", *files,
                   "--out", tmp_path / "attached.pt", "--json")  # fmt: skip

    return call


@pytest.fixture
def predicted(tagging, tmp_path, run):
    """What a checkpoint's evaluation says of cells."""

    def call(checkpoint, *cells):
        result = run(
            "evaluate-tagging", "--checkpoint", checkpoint, "--data", tagging, "--cpu", "--json",
            "--out", tmp_path / checkpoint.stem / "out", "--cells", ",".join(cells),
        )  # fmt: skip
        files = sorted((tmp_path / checkpoint.stem / "out" / "predictions").iterdir())
        return result["cells"], [file.read_text() for file in files]

    return call


@pytest.mark.parametrize("options", [(), ("--adapter-source", "task"), STACK])
def test_attached_cells_predict_the_same(
    tmp_path, trained_on_cells, export, attach, predicted, options
):
    original, cells = trained_on_cells(*options), ["pos:qaa", "ner:qab"]
    files = export(original, *cells)
    assert attach(original, files)["cells"] == cells
    assert predicted(tmp_path / "attached.pt", *cells) == predicted(original, *cells)
    # what was attached can be exported again: the very same tensors
    (again,) = export(tmp_path / "attached.pt", "ner:qab")
    assert read_adapters(str(again)).parts.keys() == read_adapters(str(files[1])).parts.keys()
    assert again.read_bytes() == files[1].read_bytes()


def test_a_card_names_task_and_language(trained_on_cells, export):
    (file,) = export(trained_on_cells(), "ner:qab")
    card = json.loads(file.with_suffix(".json").read_text())
    assert (card["cell"], card["task"], card["language"]) == ("ner:qab", "ner", "qab")
    assert card["source"] == "hyper" and card["condition"] == {"encoder": ["src", "task"]}
    adapters = read_adapters(str(file))
    assert adapters.condition == {"src": "qab", "task": "ner"} and adapters.name == "ner:qab"
    assert {name.split(".")[0] for name in load_file(file)} == {"encoder"}


def test_translation_has_a_decoder_and_tagging_has_not(
    translating, tmp_path, run, export, attach, predicted
):
    cells = ["pos:qab", "translation:qaa-qab"]
    files = export(translating, *cells)
    sides = [{name.split(".")[0] for name in load_file(file)} for file in files]
    assert sides == [{"encoder"}, {"encoder", "decoder"}]
    attach(translating, files)
    run("bake", "--checkpoint", translating, "--cells", ",".join(cells), "--out", tmp_path / "baked.pt",
        "--json")  # fmt: skip
    states = [
        torch.load(tmp_path / f"{name}.pt", weights_only=True) for name in ("attached", "baked")
    ]
    assert states[0]["cfg"] == states[1]["cfg"]
    for name, tensor in states[0]["model"].items():
        assert torch.equal(tensor, states[1]["model"][name]), name
    assert predicted(tmp_path / "baked.pt", *cells) == predicted(translating, *cells)


def test_cells_of_another_training_go_onto_their_frozen_backbone(
    tagging, tmp_path, trained_on_cells, export, attach, predicted
):
    """Adapters of a task in a language meet the head of that task: what merging adapters needs."""
    first = trained_on_cells("--adapter-source", "none")
    frozen = ("--init-from", str(first), "--freeze-backbone", "--adapter-source", "shared")
    heads = train_cells(tagging, tmp_path / "heads", *frozen, cells="pos:qaa,ner:qba")
    other = train_cells(tagging, tmp_path / "other", *frozen, cells="mlm:qab,ner:qab")
    attach(heads, export(other, "ner:qab"))
    attached = Checkpoint(tmp_path / "attached.pt")
    assert attached.tables == Checkpoint(heads).tables
    wanted, stored = (Checkpoint(path).state["model"] for path in (heads, tmp_path / "attached.pt"))
    for name, tensor in wanted.items():
        if name.startswith("heads."):
            assert torch.equal(stored[name], tensor)
    model = attached.model(attached.task(read_corpus(tagging)))
    tensors = Checkpoint(other).adapter_set("ner:qab").tensors
    (kept,) = model.encoder.adapters.sides["encoder"].values()
    for name, tensor in kept.items():
        assert torch.equal(tensor, tensors[f"encoder.{name}"])
    assert predicted(tmp_path / "attached.pt", "ner:qab")[0]["ner:qab"]["trained"] is False


def test_what_does_not_go_together_is_refused(
    toy, tmp_path, trained, trained_on_cells, translating, run, export, attach, predicted
):
    cells = trained_on_cells()

    def refused(*words, checkpoint=cells):
        return run(
            "export", "--checkpoint", checkpoint, *words, "--out", tmp_path / "a.safetensors"
        )

    assert "ner:xx: unknown language 'xx'" in refused("--cell", "ner:xx")
    assert "mlm:qaa: unknown task 'mlm'" in refused("--cell", "mlm:qaa")
    assert "one cell at a time" in refused("--cell", "ner:qaa,pos:qaa")
    assert "was trained on cells, not on directions" in refused("--direction", "qaa-qab")
    assert "was trained on directions, not on cells" in refused(
        "--cell", "ner:de", checkpoint=trained()
    )
    assert "name a --direction" in refused("--cell", "ner:qaa", "--plain")
    assert not list(tmp_path.iterdir())
    (file,) = export(cells, "ner:qaa")
    assert "which need a checkpoint of --task hyperx" in attach(trained(), [file])
    assert f"{file} holds adapters of ner:qaa, but for {translating}: unknown task 'ner'" in attach(
        translating, [file]
    )
    attach(cells, [file])
    assert set(predicted(tmp_path / "attached.pt", "all")[0]) == {"ner:qaa"}
    assert "adapters for ner:qab are not in" in refused(
        "--cell", "ner:qab", checkpoint=tmp_path / "attached.pt"
    )


@pytest.mark.parametrize("name", ["de-fr", "ner:de", "translation:de-fr"])
def test_a_name_and_its_condition_say_the_same(name):
    from hyperadapters.sources import AdapterSet

    assert AdapterSet(condition_of(name), {}).name == name
