"""Language table, registry, errors, freezing rules, files, parameter counts."""

import json
import pickle

import pytest
import torch
from torch import nn
from torch.multiprocessing import ProcessRaisedException

from hyperadapters.adapters import KINDS, KindOptions
from hyperadapters.errors import Problems, UserError, one_line
from hyperadapters.files import read_lines, write_lines
from hyperadapters.freezing import freeze, is_backbone
from hyperadapters.languages import Languages, codes_of, listed_directions, primary_subtag
from hyperadapters.parameter_counts import count
from hyperadapters.registry import Registry
from hyperadapters.sources import SOURCES, HyperOptions


def test_languages_are_ordered_and_unknown_ones_name_the_nearest():
    table = Languages(["de_DE", "en_XX", "fr_XX"])
    assert [table.id(code) for code in table] == [0, 1, 2]
    assert table.direction("fr_XX-de_DE") == (2, 0)
    with pytest.raises(UserError, match="'fr_XY': did you mean 'fr_XX'"):
        table.id("fr_XY")
    with pytest.raises(UserError, match="malformed language pair 'de_DE'"):
        table.direction("de_DE")
    assert codes_of(["b-a", "a-c"]) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "codes,named",
    [
        ([], "no languages given"),
        (["a", "a"], "listed twice"),
        ([""], "is empty"),
        (["pt-BR"], r"'pt-BR': '-' is not allowed in a code \(write pt_BR\)"),
        (["zh.Hans"], r"'\.' is not allowed in a code \(write zh_Hans\)"),
        (["de/at"], "'/' is not allowed"),
        (["de:at"], "':' is not allowed"),
        (["de,at"], "',' is not allowed"),
        ([" a"], r"a blank is not allowed in a code \(write a\)"),
        (["a\u200b"], r"'\\u200b' is not allowed in a code \(write a\)"),
        ([False], "write codes as 'no'"),
        (["en", "False"], "write codes as 'no'"),
        ([1], "in quotes, '1'"),
        ([None], "is no text"),
    ],
)
def test_unusable_language_tables_are_refused(codes, named):
    with pytest.raises(UserError, match=named):
        Languages(codes)


def test_an_unusable_code_is_not_called_unknown():
    with pytest.raises(UserError, match="write en_GB"):
        Languages(["en_GB", "de"]).id("en-GB")


def test_the_primary_subtag_is_the_language():
    assert [primary_subtag(code) for code in ("de_DE", "zho_Hans", "pt-BR", "nan")] == [
        "de", "zho", "pt", "nan",
    ]  # fmt: skip


def test_directions_can_be_in_a_file(tmp_path):
    file = tmp_path / "directions.txt"
    file.write_text("de-en, en-de\nfr-en\n", encoding="utf-8-sig")
    assert (
        listed_directions(str(file))
        == "de-en,en-de,fr-en"
        == listed_directions("de-en,en-de,fr-en")
    )
    file.write_text("\n")
    with pytest.raises(UserError, match="directions.txt is empty"):
        listed_directions(str(file))


def test_a_registry_refuses_duplicates_and_hints():
    registry = Registry("fruit")
    registry.register("apple")(1)
    with pytest.raises(ValueError, match="twice"):
        registry.register("apple")(2)
    with pytest.raises(UserError, match="unknown fruit 'appel': did you mean 'apple'"):
        registry.get("appel")


def test_all_problems_come_in_one_error():
    problems = Problems()
    problems.raise_if_any()
    problems.add("one")
    problems.add("two")
    with pytest.raises(UserError, match="one; two"):
        problems.raise_if_any()


def test_only_errors_of_users_are_shown_as_one_line():
    assert one_line(UserError("do this")) == "do this"
    assert one_line(RuntimeError("a bug")) == ""
    refused = one_line(pickle.UnpicklingError("Unsupported global: GLOBAL os.system was not"))
    assert "'os.system'" in refused and "\n" not in refused
    trace = (
        "Process 1 terminated:\nTraceback ...\nhyperadapters.errors.UserError: do this\n\nand that"
    )
    assert one_line(ProcessRaisedException(trace, 1, 42)) == "do this"
    assert one_line(ProcessRaisedException("ValueError: a bug", 1, 42)) == ""


def test_freezing_leaves_the_adapters_only():
    model = nn.Module()
    model.encoder = nn.Module()
    model.encoder.layer, model.encoder.adapters = nn.Linear(2, 2), nn.Linear(2, 1)
    assert freeze(model, "backbone") == (3, 6)
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    assert trained == ["encoder.adapters.weight", "encoder.adapters.bias"]
    assert is_backbone("decoder.adapters.weight") and not is_backbone(trained[0])
    with pytest.raises(UserError, match="nothing to train"):
        freeze(nn.Linear(2, 2), "backbone")


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    file = tmp_path / "lines"
    write_lines(file, ["old"])

    def broken():
        yield "new"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_lines(file, broken())
    assert read_lines(file) == ["old"] and len(list(tmp_path.iterdir())) == 1


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
    from hyperadapters.cli.main import main

    assert main(["parameters", "--languages", "4", "--hyper-hidden", "8", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["parameters"]["language"] == 12 * 4 * size(512, 128)
    assert main(["parameters", "--languages", "0"]) == 2
    assert "at least 1" in capsys.readouterr().err
    assert main(["parameters", "--plot", "x.png"]) == 2
    assert "give --tasks too" in capsys.readouterr().err


def test_parameters_with_tasks_grow_as_they_should(tmp_path, capsys):
    from hyperadapters.cli.main import main

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


def test_every_option_is_listed_and_every_command_has_help(capsys):
    from hyperadapters.cli.main import COMMANDS, main
    from hyperadapters.configuration import ADAPTER_OPTIONS

    assert main(["options"]) == 0
    listed = " ".join(capsys.readouterr().out.split())
    assert all("--" + name.replace("_", "-") in listed for name in ADAPTER_OPTIONS)
    assert "bottleneck dimension of the adapters (default: 128)" in listed
    assert "inside the hypernetwork (default: 0.0)" in listed
    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([command.__name__.rsplit(".", 1)[1].replace("_", "-"), "--help"])
        assert ended.value.code == 0


@pytest.mark.parametrize(
    "build",
    [
        lambda: KindOptions(bottleneck=0),
        lambda: KindOptions(norm="batch"),
        lambda: KindOptions(activation="sine"),
        lambda: HyperOptions(hidden=0),
        lambda: HyperOptions(dropout=1.0),
    ],
)
def test_options_out_of_range_are_refused(build):
    with pytest.raises(UserError):
        build()


def test_sources_are_listed_by_the_command_line():
    from hyperadapters.configuration import ADAPTER_OPTIONS

    text = ADAPTER_OPTIONS["adapter_source"][1].metadata["help"]
    assert all(name in text for name in SOURCES.names())
    assert all(
        name in ADAPTER_OPTIONS["adapter_kind"][1].metadata["help"] for name in KINDS.names()
    )


@pytest.mark.parametrize("hidden", [64, 2048])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_generated_weights_keep_their_scale_in_half_precision(make_setting, hidden, dtype):
    source = SOURCES.get("hyper")(make_setting(hidden=hidden, width=32))
    embedded = torch.randn(4, 8)
    single = source.generate(source.hidden(embedded))
    source.to(dtype)
    half = source.generate(source.hidden(embedded.to(dtype)))
    for name, tensor in half.items():
        difference = (tensor.float() - single[name]).std()
        assert difference < 0.05 * single[name].std().clamp(min=0.01), name
    assert 0.01 < single["down"].std() < 5  # far from the largest and smallest halves
