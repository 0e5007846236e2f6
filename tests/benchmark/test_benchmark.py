"""The benchmark measures what it says: equal systems, equal batches, all figures."""

import json
from copy import deepcopy

import pytest
import torch

from hyperadapters.benchmark import run as benchmark
from hyperadapters.benchmark.batches import batch_of
from hyperadapters.benchmark.memory import peak_memory
from hyperadapters.benchmark.options import BenchmarkOptions
from hyperadapters.benchmark.systems import build
from hyperadapters.benchmark.timing import interleaved, ratio, spread
from hyperadapters.cli.main import main
from hyperadapters.sources import Condition
from hyperadapters.support.errors import UserError

SIZES = {
    "arch": "adapter_transformer_tiny", "tokens": 60, "length": 5, "vocabulary": 40, "languages": 6,
    "bottleneck": 4, "hidden": 6, "sentences": 2, "beam": 2, "repeats": 1, "directions": (1, 4),
}  # fmt: skip
WORDS = (
    "--device cpu --arch adapter_transformer_tiny --tokens 60 --length 5 --vocabulary 40 --languages 6 "
    "--adapter-bottleneck 4 --hyper-hidden 6 --sentences 2 --beam 2 --repeats 1"
).split()


@pytest.fixture(scope="module")
def systems():
    options = BenchmarkOptions(**SIZES)
    return options, {name: build(name, options) for name in ("hyper", "layerwise")}


def test_a_layer_at_a_time_gives_the_same_weights_and_gradients(systems):
    _, (hyper, layerwise) = systems[0], systems[1].values()
    # doubles, whose rounding no processor lets grow to the size of a mistake
    ours, published = (
        deepcopy(system.model.encoder.adapters).double() for system in (hyper, layerwise)
    )
    published.load_state_dict(ours.state_dict())
    ids = {"src": torch.tensor([0, 1, 2]), "tgt": torch.tensor([3, 3, 1])}
    gradients = []
    for source in (ours, published):
        weights = source(
            {
                side: Condition.from_ids(ids, inputs, ids["src"])
                for side, inputs in source.config.inputs.items()
            }
        )
        source.zero_grad()
        flat = [t for side in weights.values() for site in side for t in site.values()]
        sum(tensor.pow(2).sum() for tensor in flat).backward()
        gradients.append([*flat, *(p.grad for p in source.parameters())])
    for one, other in zip(*gradients):
        torch.testing.assert_close(one, other)


def test_a_batch_mixes_as_many_directions_as_asked(systems):
    options, (hyper, _) = systems[0], systems[1].values()
    for number in (1, 4, 10):
        net_input = batch_of(hyper, options, options.rows, number)["net_input"]
        pairs = torch.stack([net_input["src_lang_id"], net_input["tgt_lang_id"]], 1)
        assert len(pairs.unique(dim=0)) == number
        assert net_input["src_tokens"].shape == (12, 5)


def test_the_command_prints_all_figures(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(benchmark, "peak_memory", lambda name, options, directions: 2**20)
    out = tmp_path / "figures.json"
    assert main(["benchmark", *WORDS, "--directions", "1,4", "--json", "--out", str(out)]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures == json.loads(out.read_text())
    for name in (
        "hypernetwork_speedup_over_layerwise", "train_step_hyper_over_language",
        "train_step_mixed4_over_one", "decode_hyper_over_language", "decode_hyper_over_backbone",
    ):  # fmt: skip
        assert figures["ratios"][name] > 0 and figures["ratios"][f"{name}_spread"] >= 0
    assert figures["parameters"]["hyper"] > figures["parameters"]["backbone"]
    assert main(["benchmark", *WORDS, "--directions", "1"]) == 0
    assert "decode_hyper_over_backbone" in capsys.readouterr().out


def test_memory_is_that_of_a_process_of_its_own():
    vocabulary = 200_000
    peak = peak_memory("backbone", BenchmarkOptions(**{**SIZES, "vocabulary": vocabulary}), 1)
    assert peak > 3 * 4 * 64 * vocabulary  # embeddings, their gradients and Adam's two moments


@pytest.mark.parametrize(
    "change,message",
    [
        ({"directions": (11,)}, "--directions 11: .* has 1 to 10"),
        ({"repeats": 0}, "--repeats 0"),
        ({"precision": "fp8"}, "--precision fp8"),
        ({"languages": 1, "directions": ()}, "--languages 1"),
    ],
)
def test_sizes_out_of_range_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        BenchmarkOptions(**{**SIZES, **change})


def test_rounds_are_interleaved_and_ratios_taken_within_them():
    calls = []
    times = interleaved(
        {name: lambda name=name: calls.append(name) for name in "ab"}, 2, "cpu", lambda: None
    )
    assert calls == ["a", "b", "b", "a", "a", "b"] and len(times["a"]) == 2
    assert ratio({"a": [2.0, 30.0], "b": [1.0, 10.0]}, "a", "b") == [2.0, 3.0]
    assert spread([1.0, 2.0, 3.0]) == 1.0 and spread([1.0]) == 0.0


def test_kinds_are_measured_against_the_bottleneck(capsys):
    assert (
        main(["benchmark", *WORDS, "--directions", "1,4", "--kinds", "ia3,head_mask", "--json"])
        == 0
    )
    figures = json.loads(capsys.readouterr().out)
    for what in ("train_step", "train_step_mixed4", "decode"):
        assert set(figures["milliseconds"][what]) == {"bottleneck", "ia3", "head_mask"}
        assert figures["ratios"][f"{what}_ia3_over_bottleneck"] > 0
    assert figures["parameters"]["ia3"] < figures["parameters"]["bottleneck"]
