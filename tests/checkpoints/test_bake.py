"""Baked checkpoints translate as the checkpoint that they were baked from, and weigh what they must."""

import logging
import re
import shutil

import pytest
import torch
from toy import USER_DIR, generate_output, hypotheses, run_in_process, scores, train

from hyperadapters.support.errors import UserError

ONE = 2 * 16 * 4 + 4 + 16 + 2 * 16  # parameters of an adapter: width 16, bottleneck 4
KINDS_OF_CHECKPOINTS = {
    "hyper": (),
    "hyper-src": ("--encoder-adapter-condition", "src", "--hyper-untied"),
    "language": ("--adapter-source", "language"),
    "shared": ("--adapter-source", "shared"),
    "lora": (
        "--adapter-kind", "lora", "--lora-points", "self_attn.q,cross_attn.v,ffn.out",
        "--extra-adapters", "bottleneck:language",
    ),
    "published": ("--adapter-place", "after_feed_forward", "--adapter-norm", "branch"),
}  # fmt: skip


def translated(toy, checkpoint, direction):
    """Hypotheses and printed scores of the test set."""
    output = generate_output(toy, checkpoint, *direction.split("-"))
    assert len(hypotheses(output)) == 21
    return hypotheses(output), scores(output)


@pytest.mark.parametrize("name", KINDS_OF_CHECKPOINTS)
def test_baked_adapters_translate_the_same(toy, tmp_path, trained, run, name):
    original, out = trained(*KINDS_OF_CHECKPOINTS[name]), tmp_path / "baked.pt"
    directions = ["de-fr", "en-fr", "fr-en"]
    run("bake", "--checkpoint", original, "--directions", ",".join(directions), "--out", out,
        "--json")  # fmt: skip
    for direction in directions if name == "hyper" else directions[:1]:
        assert translated(toy, out, direction) == translated(toy, original, direction)
    with pytest.raises(UserError, match="baked for de-fr, en-fr, fr-en: bake that direction too"):
        generate_output(toy, out, "de", "en")


def test_a_baked_checkpoint_weighs_what_the_arithmetic_says(toy, tmp_path, trained, run):
    original, out = trained(), tmp_path / "baked.pt"
    report = run("bake", "--checkpoint", original, "--directions", "de-fr,en-fr,fr-en", "--out", out,
                 "--json")  # fmt: skip
    before, after = (torch.load(path, weights_only=True) for path in (original, out))
    adapters = [name for name in after["model"] if name.startswith("encoder.adapters.")]
    assert all(name.startswith("encoder.adapters.sides.") for name in adapters)
    assert "last_optimizer_state" in before and "last_optimizer_state" not in after
    sets = 3 + 2  # encoder: three directions; decoder: two target languages
    assert report["after"]["adapter_parameters"] == sets * 2 * ONE
    grown = 4 * (report["after"]["adapter_parameters"] - report["before"]["adapter_parameters"])
    assert report["after"]["tensor_bytes"] - report["before"]["tensor_bytes"] == grown
    assert report["after"]["file_bytes"] == out.stat().st_size < original.stat().st_size
    settings = after["cfg"]["model"]
    assert settings["adapter_source"] == "baked" and settings["baked_from"] == "hyper"
    assert settings["directions"] == "de-fr,en-fr,fr-en"
    assert settings["encoder_adapter_condition"] == "src,tgt"
    assert settings["decoder_adapter_condition"] == "tgt"


def test_half_precision_is_kept_and_rounded_once(tmp_path, trained, run):
    original = torch.load(trained(), weights_only=True)
    original["model"] = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in original["model"].items()
    }
    torch.save(original, tmp_path / "half.pt")
    original["model"] = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in original["model"].items()
    }
    torch.save(original, tmp_path / "single.pt")
    baked = {}
    for name in ("half", "single"):
        out = tmp_path / f"{name}-baked.pt"
        run("bake", "--checkpoint", tmp_path / f"{name}.pt", "--directions", "all", "--out", out,
            "--json")  # fmt: skip
        state = torch.load(out, weights_only=True)["model"]
        baked[name] = {key: t for key, t in state.items() if ".adapters." in key}
    for name, tensor in baked["half"].items():
        assert tensor.dtype == torch.half and torch.equal(tensor, baked["single"][name].half())


def test_the_other_commands_read_a_baked_checkpoint(toy, tmp_path, trained, run, caplog):
    from fairseq_cli import validate

    from hyperadapters.api import Translator

    original, out = trained(), tmp_path / "baked.pt"
    run("bake", "--checkpoint", original, "--directions", "trained", "--out", out, "--json")
    text = (toy / "test.en").read_text().splitlines()
    found = [
        Translator.load(str(path), str(toy / "bin"), cpu=True).translate(text, "en", "de")
        for path in (original, out)
    ]
    assert found[0] == found[1]
    caplog.set_level(logging.INFO, logger="fairseq")
    for path in (original, out):
        words = [
            str(toy / "bin"), "--user-dir", str(USER_DIR), "--path", str(path), "--max-tokens", "300",
            "--task", "multilingual_adapter_translation", "--cpu", "--log-format", "json",
        ]  # fmt: skip
        run_in_process(validate.cli_main, "fairseq-validate", words)
    losses = [re.sub(r'"valid_wps": "\S+"', "", text) for text in caplog.messages if "nll" in text]
    assert len(losses) == 2 and losses[0] == losses[1]


@pytest.mark.parametrize(
    "extra,named",
    [
        (("--directions", "de-xx"), "unknown language 'xx'"),
        (("--directions", "de"), "malformed language pair 'de'"),
        (("--directions", ","), "no directions given"),
        (("--checkpoint", "nowhere.pt"), "there is no checkpoint 'nowhere.pt'"),
        (("--out", "{folder}"), "is a folder"),
        (("--out", "{folder}/file/baked.pt"), "cannot write to the folder"),
        (("--out", "{checkpoint}"), "is an input"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(tmp_path, trained, run, extra, named):
    (tmp_path / "file").write_text("")
    checkpoint = shutil.copy(trained(), tmp_path / "trained.pt")
    words = {"--checkpoint": checkpoint, "--directions": "de-fr", "--out": tmp_path / "baked.pt"}
    words[extra[0]] = extra[1].format(folder=tmp_path, checkpoint=checkpoint)
    line = run("bake", *(word for pair in words.items() for word in pair))
    assert named in line and sorted(tmp_path.iterdir()) == [tmp_path / "file", checkpoint]


def test_what_cannot_be_baked_is_refused(toy, tmp_path, trained, stock, run):
    out = tmp_path / "baked.pt"

    def refused(checkpoint, directions="de-fr"):
        return run("bake", "--checkpoint", checkpoint, "--directions", directions, "--out",
                   tmp_path / "again.pt")  # fmt: skip

    assert "has no adapters" in refused(trained("--adapter-source", "none"))
    assert "has no adapters" in refused(stock)
    pair = trained("--adapter-source", "pair")
    assert "pair adapters exist for trained directions only" in refused(pair, "all")
    run("bake", "--checkpoint", pair, "--directions", "en-de", "--out", out, "--json")
    assert "is baked already, for en-de" in refused(out)


def test_baked_adapters_are_not_trained(toy, tmp_path):
    with pytest.raises(UserError, match="--adapter-source baked cannot be trained"):
        train(toy, tmp_path, "--adapter-source", "baked")
