"""`hyperadapters merge`: from trained cells to a model with the adapters of another."""

import json

import pytest
import torch
from safetensors.torch import load_file
from tagging_corpus import train_cells

from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.sources.adapter_files import read_adapters

CELLS = "pos:qaa,mlm:qaa,mlm:qab,mlm:qba"
BY_CELL = ("--adapter-source", "language", "--encoder-adapter-condition", "src,task")


@pytest.fixture(scope="module")
def by_cell(tagging, tmp_path_factory):
    """LoRA with a set for each task and language, all with the same start values."""
    return train_cells(
        tagging, tmp_path_factory.mktemp("by-cell"), *BY_CELL, "--adapter-kind", "lora",
        "--lora-rank", "2", "--adapter-seed", "1", cells=CELLS,
    )  # fmt: skip


@pytest.fixture(scope="module")
def generated(tagging, tmp_path_factory):
    return train_cells(tagging, tmp_path_factory.mktemp("generated"), cells=CELLS)


@pytest.fixture
def merge(run, tmp_path):
    """Merges adapters of a checkpoint into a cell of another language."""

    def call(checkpoint, *options, target="mlm:qab", source="mlm:qaa", out="merged.safetensors"):
        targets = target if isinstance(target, list) else [target]
        return run(
            "merge", "--task-source", f"{checkpoint}@pos:qaa",
            "--reference-source", f"{checkpoint}@{source}",
            "--reference-target", *(f"{checkpoint}@{t}" for t in targets), *options,
            "--out", tmp_path / out, "--json",
        )  # fmt: skip

    return call


def tensors(checkpoint, cell):
    return Checkpoint(str(checkpoint)).adapter_set(cell).tensors


def test_start_values_are_alike_for_every_cell_and_training(by_cell, tagging, tmp_path):
    other = train_cells(
        tagging, tmp_path, *BY_CELL, "--adapter-kind", "lora", "--lora-rank", "2",
        "--adapter-seed", "1", "--lr", "0", "--seed", "5", cells="ner:qab,pos:qba",
    )  # fmt: skip
    starts = [tensors(other, cell) for cell in ("ner:qab", "pos:qba")]
    for name, tensor in starts[0].items():
        assert torch.equal(tensor, starts[1][name])
        if name.endswith("_a"):  # B has moved from 0, A hardly
            moved = tensors(by_cell, "pos:qaa")[name] - tensor
            assert moved.norm() < 0.5 * tensor.norm()


def test_merged_adapters_are_those_of_another_cell(by_cell, merge, run, tagging, tmp_path):
    record = merge(by_cell, "--t", "0.5", "--trained-target", f"{by_cell}@pos:qab")
    assert (record["name"], record["t"], record["rule"]) == ("pos:qab", 0.5, "add")
    assert all(change["value"] > 0 for change in record["changes"])
    assert all(-1 <= cosine["value"] <= 1 for cosine in record["cosines"])
    one, two, three = (tensors(by_cell, cell) for cell in ("pos:qaa", "mlm:qab", "mlm:qaa"))
    merged = load_file(tmp_path / "merged.safetensors")
    for name, tensor in merged.items():
        torch.testing.assert_close(tensor, one[name] + 0.5 * (two[name] - three[name]))
    card = json.loads((tmp_path / "merged.json").read_text())
    assert card["cell"] == "pos:qab"
    assert [each["name"] for each in card["merged"]["of"]] == [
        "pos:qaa", "mlm:qab", "mlm:qaa", "pos:qab",
    ]  # fmt: skip
    model = tmp_path / "model.pt"
    run("attach", "--checkpoint", by_cell, "--adapters", tmp_path / "merged.safetensors",
        "--out", model, "--json")  # fmt: skip
    attached = tensors(model, "pos:qab")
    assert all(torch.equal(attached[name], tensor) for name, tensor in merged.items())
    result = run(
        "evaluate-tagging", "--checkpoint", model, "--data", tagging, "--cpu", "--json",
        "--cells", "pos:qab", "--out", tmp_path / "evaluation",
    )  # fmt: skip
    assert result["cells"]["pos:qab"]["sentences"] == 20


def test_files_do_as_checkpoints_in_a_process_of_their_own(by_cell, merge, run, tmp_path):
    merge(by_cell, target=["mlm:qab", "mlm:qba"], out="both")
    for cell in ("pos:qaa", "mlm:qaa", "mlm:qba"):
        out = tmp_path / f"{cell.replace(':', '.')}.safetensors"
        run("export", "--checkpoint", by_cell, "--cell", cell, "--out", out, "--json")
    run(
        "merge", "--task-source", tmp_path / "pos.qaa.safetensors",
        "--reference-target", tmp_path / "mlm.qba.safetensors",
        "--reference-source", tmp_path / "mlm.qaa.safetensors",
        "--out", tmp_path / "alone.safetensors", "--json",
    )  # fmt: skip
    both = tmp_path / "both" / "pos.qba.safetensors"
    assert (tmp_path / "alone.safetensors").read_bytes() == both.read_bytes()
    assert (tmp_path / "both" / "pos.qab.safetensors").exists()


def test_no_distance_returns_the_adapters_themselves(by_cell, merge, tmp_path):
    for rule in ("add", "product"):
        merge(by_cell, "--t", "0", "--rule", rule)
        merged, first = load_file(tmp_path / "merged.safetensors"), tensors(by_cell, "pos:qaa")
        assert all(torch.equal(tensor, first[name]) for name, tensor in merged.items())
    merge(by_cell, "--rule", "product")
    assert read_adapters(str(tmp_path / "merged.safetensors")).name == "pos:qab"


def test_a_weighted_sum(by_cell, run, tmp_path):
    out = tmp_path / "sum.safetensors"
    record = run("merge", "--sum", f"{by_cell}@mlm:qaa=1.5", f"{by_cell}@mlm:qab=-0.5",
                 "--name", "mlm:qba", "--out", out, "--json")  # fmt: skip
    assert record["coefficients"] == [1.5, -0.5]
    first, second = (tensors(by_cell, cell) for cell in ("mlm:qaa", "mlm:qab"))
    for name, tensor in load_file(out).items():
        torch.testing.assert_close(tensor, 1.5 * first[name] - 0.5 * second[name])


def test_conditions_move_to_the_hypernetworks_own_answer(generated, merge, tmp_path):
    for t, cell in ((0, "pos:qaa"), (1, "pos:qab")):
        record = merge(generated, "--space", "conditions", "--t", t)
        assert record["space"] == "conditions"
        wanted = tensors(generated, cell)
        for name, tensor in load_file(tmp_path / "merged.safetensors").items():
            torch.testing.assert_close(tensor, wanted[name], rtol=0 if t == 0 else 1e-4, atol=1e-6)
    assert merge(generated)["rule"] == "add"  # weights of one hypernetwork merge as well


def test_the_distance_is_chosen_on_other_languages(by_cell, merge, tagging):
    tuning = ("--checkpoint", by_cell, "--data", tagging, "--values", "0,1,2", "--cpu")
    record = merge(by_cell, "--tune", f"{by_cell}@mlm:qba", *tuning)
    trials = record["tuning"]
    assert [trial["t"] for trial in trials] == [0, 1, 2]
    best = max(trial["mean"] for trial in trials)
    assert record["t"] == min(trial["t"] for trial in trials if trial["mean"] == best)
    assert all(list(trial["scores"]) == ["pos:qba"] for trial in trials)
    error = merge(by_cell, "--tune", f"{by_cell}@mlm:qab", *tuning)
    assert "pos:qab is what the adapters are merged for" in error


@pytest.mark.parametrize(
    "options,target,source,message",
    [
        ((), "mlm:qaa", "mlm:qaa", "nothing changes"),
        ((), "mlm:qab", "mlm:qba", "say it with --name"),
        (("--name", "pos:qxx"), "mlm:qab", "mlm:qaa", "has no place in the model"),
        (("--rule", "multiply"), "mlm:qab", "mlm:qaa", "give --floor"),
        (("--space", "conditions"), "mlm:qab", "mlm:qaa", "source language are not generated"),
        (("--trained-target", "x.safetensors"), "mlm:qab", "mlm:qaa", "no file 'x.safetensors'"),
    ],
)
def test_what_cannot_be_merged_is_refused(
    by_cell, merge, tmp_path, options, target, source, message
):
    assert message in merge(by_cell, *options, target=target, source=source)
    assert not list(tmp_path.iterdir())


def test_adapters_that_did_not_begin_alike_are_refused(trained_on_cells, by_cell, run, tmp_path):
    unlike = trained_on_cells("--adapter-source", "task")
    words = ["--sum", f"{unlike}@pos:qaa=0.5", f"{unlike}@ner:qaa=0.5", "--out",
             tmp_path / "a.safetensors", "--json"]  # fmt: skip
    assert "train them with one --adapter-seed, or give --any-start" in run("merge", *words)
    assert run("merge", *words, "--any-start")["name"] == "pos:qaa"
    words[2] = f"{by_cell}@pos:qaa=0.5"
    assert "differ in kind" in run("merge", *words)


def test_an_average_weighted_by_similarity(by_cell, run, tmp_path):
    table, out = tmp_path / "distances.tsv", tmp_path / "average.safetensors"
    table.write_text("qaa\tqba\t1\nqab\tqba\t3\nqaa\tqab\t4\n")
    words = ["merge", "--average", f"{by_cell}@mlm:qaa", f"{by_cell}@mlm:qab", "--distances", table,
             "--out", out, "--json", "--language"]  # fmt: skip
    record = run(*words, "qba")
    assert record["name"] == "mlm:qba"
    assert record["coefficients"] == pytest.approx([0.75, 0.25])
    first, second = (tensors(by_cell, cell) for cell in ("mlm:qaa", "mlm:qab"))
    for name, tensor in load_file(out).items():
        torch.testing.assert_close(tensor, 0.75 * first[name] + 0.25 * second[name])
    assert "languages other than qab" in run(*words, "qab")
