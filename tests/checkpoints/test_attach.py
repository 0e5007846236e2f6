"""Exported adapters come back whole, onto their own backbone and no other."""

import json
import re

import pytest
import torch
from safetensors.torch import load_file, save_file
from toy import generate_output, hypotheses, scores

from hyperadapters.checkpoints.weights import backbone_weights
from hyperadapters.support.fingerprint import fingerprint

ADDED = ("--freeze-backbone", "--lr", "0.05")


@pytest.fixture
def ship(tmp_path, run):
    """Exports directions of a checkpoint; returns their files."""

    def export(checkpoint, *directions, folder="out"):
        files = [tmp_path / folder / f"{direction}.safetensors" for direction in directions]
        for direction, file in zip(directions, files):
            run("export", "--checkpoint", checkpoint, "--direction", direction, "--out", file,
                "--json")  # fmt: skip
        return files

    return export


@pytest.fixture
def put_together(tmp_path, run):
    """Attaches files to a checkpoint; returns the report, or the line of error."""

    def attach(checkpoint, files, out="attached.pt", separator=","):
        words = separator.join(map(str, files)).split("\n")
        return run("attach", "--checkpoint", checkpoint, "--adapters", *words,
                   "--out", tmp_path / out, "--json")  # fmt: skip

    return attach


def translated(toy, checkpoint, direction):
    """Hypotheses and printed scores of the test set."""
    output = generate_output(toy, checkpoint, *direction.split("-"))
    assert len(hypotheses(output)) == 21
    return hypotheses(output), scores(output)


@pytest.mark.parametrize(
    "options",
    [(), ("--adapter-source", "language"), ("--adapter-place", "after_feed_forward")],
)
def test_attached_adapters_translate_the_same(toy, tmp_path, trained, ship, put_together, options):
    original = trained(*options)
    files = ship(original, "de-fr", "fr-en", folder="lr=0,1 and more")
    report = put_together(original, files, separator="\n")
    assert report["directions"] == ["de-fr", "fr-en"]
    for direction in report["directions"]:
        wanted = translated(toy, original, direction)
        assert translated(toy, tmp_path / "attached.pt", direction) == wanted
    # what was attached can be exported again: the very same tensors
    (again,) = ship(tmp_path / "attached.pt", "fr-en", folder="again")
    assert again.read_bytes() == files[1].read_bytes()
    source = "language" if "language" in options else "hyper"
    assert json.loads(again.with_suffix(".json").read_text())["source"] == source


def test_adapters_go_onto_the_stock_checkpoint_that_they_were_added_to(
    toy, tmp_path, trained, stock, ship, put_together
):
    original = trained("--init-from", str(stock), *ADDED)
    put_together(stock, ship(original, "de-fr", "en-fr"))
    for direction in ("de-fr", "en-fr"):
        wanted = translated(toy, original, direction)
        assert translated(toy, tmp_path / "attached.pt", direction) == wanted


def test_another_backbone_is_refused(tmp_path, trained, stock, ship, put_together):
    files = ship(trained(), "de-fr")
    for other in (stock, trained("--adapter-source", "language")):
        line = put_together(other, files)
        assert f"{other} is not the backbone that {files[0]} was trained on" in line
    assert not (tmp_path / "attached.pt").exists()


def test_a_fingerprint_tells_names_shapes_types_and_bytes(trained):
    weights = backbone_weights(torch.load(trained(), weights_only=True)["model"])
    assert not any(".adapters." in name or "_extra_state" in name for name in weights)
    wanted = fingerprint(weights)
    assert fingerprint(dict(reversed(weights.items()))) == wanted
    name = "encoder.layers.0.fc1.bias"
    for changed in (weights[name].half(), weights[name].reshape(2, -1), -weights[name]):
        assert fingerprint({**weights, name: changed}) != wanted
    assert fingerprint({**weights, name + "2": weights[name]}) != wanted


def test_adapters_that_disagree_are_refused(trained, ship, put_together):
    hyper, language = trained(), trained("--adapter-source", "language")
    one, same_target = ship(hyper, "de-fr", "en-fr")
    (other,) = ship(language, "fr-en", folder="other")
    assert "are both for de-fr: give one" in put_together(hyper, [one, one])
    assert f"{other} does not go with {one}: they differ in" in put_together(hyper, [one, other])
    tensors = load_file(same_target)
    tensors["decoder.up"] += 1
    card = json.loads(same_target.with_suffix(".json").read_text())
    save_file(tensors, same_target)
    card["sha256"] = fingerprint(tensors)
    same_target.with_suffix(".json").write_text(json.dumps(card))
    line = put_together(hyper, [one, same_target])
    assert f"{same_target} and {one} bring different decoder adapters for the same tgt" in line


def edited(change):
    """A way to damage adapters: changes their card."""

    def damage(file):
        path = file.with_suffix(".json")
        card = json.loads(path.read_text())
        change(card)
        path.write_text(json.dumps(card))

    return damage


def changed_tensors(change):
    """A way to damage adapters: changes their tensors."""

    def damage(file):
        tensors = load_file(file)
        change(tensors)
        save_file(tensors, file)

    return damage


DAMAGES = {
    "tensors missing": (lambda file: file.unlink(), "there is no file"),
    "card missing": (lambda file: file.with_suffix(".json").unlink(), "has no card"),
    "card cut": (lambda file: file.with_suffix(".json").write_text('{"a'), "is no card"),
    "no object": (lambda file: file.with_suffix(".json").write_text("[1]"), "is no card"),
    "tensors cut": (lambda file: file.write_bytes(file.read_bytes()[:-9]), "no safetensors file"),
    "bytes changed": (changed_tensors(lambda t: t["encoder.up"].add_(1)), "was changed"),
    "tensor gone": (changed_tensors(lambda t: t.pop("encoder.up")), "'encoder.up' is missing"),
    "other shape": (
        changed_tensors(lambda t: t.update({"encoder.up": t["encoder.up"][:1].clone()})),
        r"'encoder.up' is {'shape': \[1, 16, 4\]",
    ),
    "other format": (edited(lambda c: c.update(format="x")), "its format is not"),
    "newer": (edited(lambda c: c.update(version=2)), "its version is 2"),
    "no backbone": (edited(lambda c: c.pop("backbone")), "it has no 'backbone'"),
    "contradiction": (edited(lambda c: c["kind"].update(bottleneck=3)), "its 'kind' is not what"),
    "bottleneck": (
        edited(lambda c: (c["model"].update(adapter_bottleneck=3), c["kind"].update(bottleneck=3))),
        "do not fit the model on its card",
    ),
    "architecture": (edited(lambda c: c["model"].update(_name="fconv")), "is not one of ours"),
    "option": (edited(lambda c: c["model"].update(mystery=1)), "is not one of ours .mystery"),
    "type": (edited(lambda c: c["model"].update(encoder_layers="x" * 3)), "is no card"),
    "code": (edited(lambda c: c["model"].update(adaptive_softmax_cutoff="print(1)")), "is no card"),
    "code in the task": (
        edited(lambda c: c["task_state"]["format"].update(left_pad_source="print(1)")),
        "'left_pad_source' is print",
    ),
    "file": (edited(lambda c: c["model"].update(init_from="/etc/hosts")), "its model names files"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_adapters_are_refused_by_name(tmp_path, trained, ship, put_together, damage):
    original = trained()
    (file,) = ship(original, "de-fr")
    spoil, named = DAMAGES[damage]
    spoil(file)
    line = put_together(original, [file])
    assert re.search(named, line) and (str(file) in line or str(file.with_suffix(".json")) in line)
    assert not (tmp_path / "attached.pt").exists()


def test_bad_arguments_are_refused(tmp_path, trained, run, put_together):
    original = trained()

    def refused(direction, out):
        return run("export", "--checkpoint", original, "--direction", direction, "--out", out)

    assert "unknown language 'xx'" in refused("de-xx", tmp_path / "a.safetensors")
    assert "one direction at a time" in refused("de-fr,fr-de", tmp_path / "a.safetensors")
    assert "must end in .safetensors" in refused("de-fr", tmp_path / "a.pt")
    assert "no adapters given" in put_together(original, [])
    assert not list(tmp_path.iterdir())
