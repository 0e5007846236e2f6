"""Through the fairseq commands: train, save, reload, translate."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from fairseq_cli import interactive
from toy import (
    USER_DIR,
    command,
    generate,
    generate_output,
    hypotheses,
    run_in_process,
    scores,
    train,
    train_arguments,
    train_stock,
)

from hyperadapters.checkpoints import load
from hyperadapters.support.errors import UserError

SOURCES = ["hyper", "language", "pair", "shared", "none"]


@pytest.fixture(scope="module")
def trained(toy, tmp_path_factory):
    """A checkpoint of every source."""
    folder = tmp_path_factory.mktemp("trained")
    return {
        source: train(toy, folder / source, "--adapter-source", source, "--max-update", "30")
        for source in SOURCES
    }


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_translates_the_same_whatever_the_batch(toy, trained, source):
    alone = generate(toy, trained[source], "en", "fr", "--batch-size", "1")
    together = generate(toy, trained[source], "en", "fr", "--batch-size", "16")
    assert len(alone) == 21 and alone == together


def test_an_untrained_direction_translates(toy, trained):
    assert len(generate(toy, trained["hyper"], "de", "fr")) == 21
    words = [
        str(toy / "bin"), "--user-dir", str(USER_DIR), "--cpu",
        "--task", "multilingual_adapter_translation", "--path", str(trained["hyper"]),
        "-s", "de", "-t", "fr", "--beam", "5", "--max-len-b", "12", "--buffer-size", "4",
        "--batch-size", "3",
    ]  # fmt: skip
    text = (toy / "test.de").read_text()
    output = run_in_process(interactive.cli_main, "fairseq-interactive", words, text)
    assert hypotheses(output) == generate(toy, trained["hyper"], "de", "fr")


def test_the_python_interface_equals_fairseq_generate(toy, trained):
    from hyperadapters.api import Translator
    from hyperadapters.support.files import read_lines

    translator = Translator.load(str(trained["hyper"]), str(toy / "bin"), cpu=True)
    assert translator.languages == ("de", "en", "fr")
    for src, tgt in (("en", "fr"), ("de", "en")):
        wanted = generate(toy, trained["hyper"], src, tgt, "--max-len-b", "200")
        found = translator.translate(read_lines(toy / f"test.{src}"), src, tgt)
        assert found == [wanted[number] for number in range(21)]


def test_what_cannot_be_translated_is_empty_or_named(toy, trained, monkeypatch, capsys):
    from hyperadapters.api import Translator
    from hyperadapters.cli.main import main

    translator = Translator.load(str(trained["hyper"]), str(toy / "bin"), cpu=True)
    first, *others, last = translator.translate(
        ["de1 de2", "", " \u00a0", "de1\x85de2"], "de", "fr"
    )
    assert first and first == last and others == ["", ""]
    with pytest.raises(UserError, match="sentence 2 is too long: 1025 pieces .* model takes 1023"):
        translator.translate(["de1", "de1 " * 1024], "de", "fr")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"de1\nde\xe91\n")))
    words = [
        "--checkpoint",
        str(trained["hyper"]),
        "--data",
        str(toy / "bin"),
        "-s",
        "de",
        "-t",
        "fr",
    ]
    assert main(["translate", *words]) == 2
    assert "standard input line 2 is not UTF-8" in capsys.readouterr().err


def test_hydra_trains_the_same_model_and_every_run_has_a_best_checkpoint(toy, tmp_path, trained):
    """Two runs in one process, the second one worse than the first."""
    config = USER_DIR.parent / "examples" / "translation" / "conf"
    result = command(
        "fairseq-hydra-train", "--config-dir", str(config), "--config-name", "hyper_adapters",
        "--multirun", f"common.user_dir={USER_DIR}", "common.cpu=true", f"task.data={toy / 'bin'}",
        "task.lang_pairs='en-de,de-en,en-fr,fr-en'", "model._name=adapter_transformer_tiny",
        "+model.encoder_embed_dim=16", "+model.encoder_ffn_embed_dim=16",
        "model.adapter_bottleneck=4", "model.hyper_hidden=6", "model.hyper_lang_dim=4",
        "model.hyper_layer_dim=3", "optimization.max_update=4,2", "dataset.num_workers=0",
        f"checkpoint.save_dir={tmp_path}/${{optimization.max_update}}",
        f"hydra.sweep.dir={tmp_path}", "hydra.sweep.subdir=.",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    states = [
        torch.load(path, weights_only=True)["model"]
        for path in (tmp_path / "4" / "checkpoint_last.pt", trained["hyper"])
    ]
    shapes = [{name: tensor.shape for name, tensor in state.items()} for state in states]
    assert shapes[0] == shapes[1]
    for updates in "42":
        assert len(generate(toy, tmp_path / updates / "checkpoint_best.pt", "en", "fr")) == 21


@pytest.fixture(scope="module")
def stock(toy, tmp_path_factory):
    """A stock fairseq Transformer, and its translations."""
    folder = tmp_path_factory.mktemp("stock")
    checkpoint = train_stock(toy, folder, "--max-update", "30")
    from fairseq_cli import generate as generate_command

    words = [
        str(toy / "bin"), "--task", "translation_multi_simple_epoch", "--path", str(checkpoint),
        "-s", "en", "-t", "fr", "--langs", "de,en,fr", "--lang-pairs", "en-fr",
        "--encoder-langtok", "tgt", "--beam", "5", "--cpu", "--max-len-b", "12",
        "--required-batch-size-multiple", "1",
    ]  # fmt: skip
    output = run_in_process(generate_command.cli_main, "fairseq-generate", words)
    return checkpoint, hypotheses(output), scores(output)


@pytest.mark.parametrize("source", ["hyper", "language", "shared"])
def test_a_stock_checkpoint_translates_the_same_with_adapters_added(toy, tmp_path, stock, source):
    checkpoint, wanted, wanted_scores = stock
    adapted = train(
        toy, tmp_path / source, "--init-from", str(checkpoint), "--adapter-source", source,
        "--freeze-backbone", "--lr", "0.0", "--max-update", "1",
    )  # fmt: skip
    state = load(str(adapted))["model"]
    for name, tensor in torch.load(checkpoint, weights_only=True)["model"].items():
        assert torch.equal(state[name], tensor), name
    output = generate_output(toy, adapted, "en", "fr")
    assert hypotheses(output) == wanted and scores(output) == wanted_scores


def test_frozen_training_moves_the_adapters_only(toy, tmp_path, stock):
    checkpoint, *_ = stock
    adapted = train(toy, tmp_path, "--init-from", str(checkpoint), "--freeze-backbone")
    state = load(str(adapted))["model"]
    for name, tensor in torch.load(checkpoint, weights_only=True)["model"].items():
        assert torch.equal(state[name], tensor), name
    assert state["encoder.adapters.heads.up.weight"].any()


def test_a_backbone_without_language_tokens_can_be_adapted(toy, tmp_path):
    from fairseq_cli import train as train_command

    words = [
        str(toy / "bin"), "--task", "translation", "-s", "en", "-t", "de", "--arch",
        "transformer_tiny", "--criterion", "cross_entropy", "--optimizer", "adam", "--max-update",
        "2", "--max-tokens", "300", "--num-workers", "0", "--cpu", "--save-dir", str(tmp_path / "stock"),
    ]  # fmt: skip
    run_in_process(train_command.cli_main, "fairseq-train", words)
    extra = ["--init-from", str(tmp_path / "stock" / "checkpoint_last.pt"), "--max-update", "1"]
    with pytest.raises(UserError, match="it has .* embeddings but the dictionary"):
        train(toy, tmp_path / "wrong", *extra)
    words = train_arguments(toy, tmp_path / "right", *extra, "--langtoks-specs", "")
    position = words.index("--encoder-langtok")
    del words[position : position + 2]
    run_in_process(train_command.cli_main, "fairseq-train", words)
    assert len(generate(toy, tmp_path / "right" / "checkpoint_last.pt", "en", "fr")) == 21


def losses(log):
    """Losses by number of updates in fairseq's JSON log."""
    found = map(json.loads, re.findall(r'\{"epoch".*\}', log.read_text() if log.exists() else ""))
    return {int(figures["num_updates"]): figures["loss"] for figures in found if "loss" in figures}


def test_a_killed_training_resumes_to_the_same_losses(toy, tmp_path):
    extra = ["--max-update", "60", "--save-interval-updates", "5", "--keep-interval-updates", "1",
             "--dropout", "0.1", "--disable-validation", "--log-file"]  # fmt: skip
    whole, cut, again = (tmp_path / f"{name}.log" for name in ("whole", "cut", "again"))
    train(toy, tmp_path / "whole", *extra, str(whole))
    fairseq_train = str(Path(sys.executable).parent / "fairseq-train")
    process = subprocess.Popen(
        [fairseq_train, *train_arguments(toy, tmp_path / "cut", *extra, str(cut))],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        # with more threads the rounding of large products may differ from run to run
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    while max(losses(cut), default=0) < 12:
        assert process.poll() is None, "training ended before it was killed"
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    train(toy, tmp_path / "cut", *extra, str(again))
    wanted, found = losses(whole), losses(again)
    assert len(wanted) == 60 and max(found) == 60 and 0 < min(found) < 60
    assert found == {update: wanted[update] for update in found}
