"""Parameters of a configuration: the formulas of the papers, and the command that prints them."""

import json

import pytest

from hyperadapters.cli.main import main
from hyperadapters.parameter_counts import count


def size(d, b):
    return 2 * d * b + b + d + 2 * d


@pytest.mark.parametrize("hidden,millions", [(102, 13.7), (204, 27.4), (612, 83.0)])
def test_parameters_equal_the_formulas_of_the_paper(hidden, millions):
    languages, layers, lang_dim, layer_dim, blocks = 50, 12, 50, 50, 2
    counts = count("adapter_transformer", languages, hyper_hidden=hidden)
    one = size(512, 128)
    assert counts["language"] == layers * languages * one and round(one * 600 / 1e6, 1) == 79.6
    assert counts["pair"] == layers * 98 * one
    assert counts["shared"] == layers * one and counts["none"] == 0
    assert "baked" not in counts  # nothing to train: its size depends on what is baked
    assert counts["hyper"] == (
        (hidden + 1) * one
        + (2 * lang_dim + layer_dim + 1) * hidden
        + blocks * (2 * hidden**2 + 4 * hidden)
        + lang_dim * languages
        + layer_dim * layers
    )
    assert round(counts["hyper"] / 1e6, 1) == millions


def test_parameters_command_prints_them(capsys):
    assert main(["parameters", "--languages", "4", "--hyper-hidden", "8", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["parameters"]["language"] == 12 * 4 * size(512, 128)
    assert main(["parameters", "--languages", "0"]) == 2
    assert "at least 1" in capsys.readouterr().err
    assert main(["parameters", "--plot", "x.png"]) == 2
    assert "give --tasks too" in capsys.readouterr().err


def test_languages_with_a_smaller_rank_have_fewer_parameters(run):
    words = (
        "parameters",
        "--languages",
        "3",
        "--adapter-kind",
        "lora",
        "--lora-rank",
        "8",
        "--json",
    )
    whole = run(*words)["parameters"]
    less = run(*words, "--adapter-language-ranks", "0=2,1=4")["parameters"]
    # in parts of 1/8 of a language's adapters: 2 + 4 + 8 of 24
    assert less["language"] * 24 == whole["language"] * 14
    assert {name for name in whole if less[name] != whole[name]} == {"language", "pair"}
    words = (*words, "--tasks", "2")
    whole = run(*words)["parameters"]["task x language adapters"]
    less = run(*words, "--adapter-language-ranks", "0=2,1=4")["parameters"]
    assert less["task x language adapters"] * 24 == whole * 14


def test_parameters_with_tasks_grow_as_they_should(tmp_path, capsys):
    words = ["parameters", "--tasks", "3", "--languages", "4", "--hyper-hidden", "8", "--json"]
    assert main([*words, "--plot", str(tmp_path / "growth.png")]) == 0
    found = json.loads(capsys.readouterr().out)["parameters"]
    one = 12 * size(768, 128)  # of all layers
    assert found["task adapters"] == 3 * one
    assert found["task x language adapters"] == 3 * 4 * one
    assert found["language and task adapters, stacked"] == (3 + 4) * one
    assert main([*words[:2], "9", *words[3:]]) == 0
    more = json.loads(capsys.readouterr().out)["parameters"]
    assert more["Hyper-X"] == found["Hyper-X"] + 6 * 50  # an embedding for each task
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
