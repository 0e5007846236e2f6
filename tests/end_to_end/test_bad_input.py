"""Bad input gives one clear line before any long work."""

import io
import pickle
import re
import shutil

import pytest
import torch
from toy import binarise, command, generate, train, train_arguments

from hyperadapters.support.errors import UserError, one_line


@pytest.fixture(scope="module")
def checkpoint(toy, tmp_path_factory):
    return train(toy, tmp_path_factory.mktemp("good"))


@pytest.mark.parametrize(
    "extra,named",
    [
        (("--lang-pairs", "en-de,en-xx", "--langs", "de,en,fr"), "unknown language 'xx'"),
        (("--lang-pairs", "no/such.txt"), "there is no file of directions 'no/such.txt'"),
        (("--lang-pairs", "en_de"), "malformed language pair 'en_de'"),
        (("--lang-pairs", "en-de-fr"), "malformed language pair 'en-de-fr'"),
        (("--lang-pairs", "en-it"), "no source dictionary|no target dictionary .*dict.it.txt"),
        (("--lang-pairs", "de-fr"), "no valid files for de-fr"),
        (("--langs", "de,de"), "'de' is listed twice"),
        (("--sampling-method", "temprature"), "did you mean 'temperature'"),
        (("--init-from", "nowhere.pt"), "there is no checkpoint 'nowhere.pt'"),
    ],
)
def test_training(toy, tmp_path, extra, named):
    with pytest.raises(UserError, match=named):
        train(toy, tmp_path, *extra)


@pytest.mark.parametrize(
    "direction,extra,named",
    [
        (("en", "fx"), (), "unknown language 'fx': did you mean 'fr'"),
        (("fr", "de"), ("--gen-subset", "valid"), "no valid files for fr-de"),
        (("en", "fr"), ("--langs", "fr,en,de"), "is not the language table"),
        (("en", "fr"), ("--encoder-langtok", "src"), "--encoder-langtok src differs"),
    ],
)
def test_generating(toy, checkpoint, direction, extra, named):
    with pytest.raises(UserError, match=named):
        generate(toy, checkpoint, *direction, *extra)


def test_another_dictionary_is_refused(toy, checkpoint, tmp_path):
    for file in toy.glob("*.*"):
        shutil.copy(file, tmp_path) if file.is_file() else None
    lines = (tmp_path / "dict.txt").read_text().splitlines()
    (tmp_path / "dict.txt").write_text("\n".join(lines[::-1]) + "\n")
    binarise(tmp_path, ["en-fr"])
    with pytest.raises(UserError, match="dictionary .* is not the one the checkpoint was trained"):
        generate(tmp_path, checkpoint, "en", "fr")


class Harmful:
    def __reduce__(self):
        return (print, ("this was executed",))


def test_a_checkpoint_that_could_run_code_is_refused(toy, checkpoint, tmp_path, capsys):
    state = torch.load(checkpoint, weights_only=True)
    state["extra_state"]["harmful"] = Harmful()
    bad = tmp_path / "bad.pt"
    torch.save(state, bad, pickle_module=pickle)
    with pytest.raises(UserError, match="refused to load a checkpoint: it contains 'print'"):
        generate(toy, bad, "en", "fr")
    with pytest.raises(UserError, match="refused"):
        train(toy, tmp_path / "new", "--init-from", str(bad))
    assert "this was executed" not in capsys.readouterr().out


def test_texts_that_fairseq_would_run_are_refused(toy, checkpoint, tmp_path, capsys):
    harmful = "print('this was executed')"
    state = torch.load(checkpoint, weights_only=True)
    state["task_state"]["format"]["left_pad_source"] = harmful
    torch.save(state, tmp_path / "bad.pt")
    with pytest.raises(UserError, match="bad.pt is damaged: its 'left_pad_source' is print"):
        generate(toy, tmp_path / "bad.pt", "en", "fr")
    for option in ("--left-pad-source", "--langtoks"):
        with pytest.raises(UserError, match=f"{option} print.*: write plain Python values"):
            train(toy, tmp_path / "new", option, harmful)
    assert "this was executed" not in capsys.readouterr().out


def test_foreign_checkpoints_are_refused(toy, tmp_path):
    torch.save({"model": {}}, tmp_path / "foreign.pt")
    with pytest.raises(UserError, match="holds no language table"):
        generate(toy, tmp_path / "foreign.pt", "en", "fr")
    with pytest.raises(UserError, match="neither a fairseq Transformer nor"):
        train(toy, tmp_path / "new", "--init-from", str(tmp_path / "foreign.pt"))
    (tmp_path / "text.pt").write_text("no checkpoint")
    with pytest.raises(UserError, match="not a checkpoint"):
        generate(toy, tmp_path / "text.pt", "en", "fr")


def test_pair_adapters_say_that_a_direction_was_never_trained(toy, tmp_path):
    checkpoint = train(toy, tmp_path, "--adapter-source", "pair", "--max-update", "1")
    with pytest.raises(UserError, match="de-fr is not among them"):
        generate(toy, checkpoint, "de", "fr")


def test_misaligned_and_empty_data_are_named(toy, tmp_path):
    shutil.copytree(toy / "bin", tmp_path / "bin")
    for end in ("bin", "idx"):
        shutil.copy(
            toy / "bin" / f"test.en-de.de.{end}", tmp_path / "bin" / f"train.en-de.de.{end}"
        )
    with pytest.raises(UserError, match="train data of en-de .* unusable"):
        train(tmp_path, tmp_path / "save")


def test_the_commands_end_with_one_line_and_a_failure_status(toy, tmp_path, checkpoint):
    words = train_arguments(toy, tmp_path, "--lang-pairs", "en-de,en-dx", "--langs", "de,en,fr")
    result = command("fairseq-train", *words)
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert "error: --lang-pairs en-dx: unknown language 'dx': did you mean 'de'" in result.stderr


def test_translation_asks_for_a_sentencepiece_model(toy, checkpoint, run, monkeypatch):
    words = ("--checkpoint", str(checkpoint), "--data", str(toy / "bin"), "-s", "en", "-t", "de")
    for extra, named in (
        ((), "give --sentencepiece-model, or '--sentencepiece-model none'"),
        (("--sentencepiece-model", str(toy / "bin" / "dict.en.txt")), "is no sentencepiece model"),
    ):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\n")))
        assert named in run("translate", *words, *extra)


def test_resuming_a_checkpoint_that_could_run_code_is_refused(toy, tmp_path, checkpoint):
    state = torch.load(checkpoint, weights_only=True)
    state["extra_state"]["harmful"] = Harmful()
    torch.save(state, tmp_path / "checkpoint_last.pt")
    with pytest.raises(Exception) as raised:
        train(toy, tmp_path)
    assert "refused to load a checkpoint" in one_line(raised.value)


@pytest.mark.parametrize(
    "extra,named",
    [
        (("--adapter-bottleneck", "5"), "does not fit the model .*size mismatch"),
        (("--langs", "fr,en,de"), "the checkpoint's languages are de,en,fr"),
    ],
)
def test_resuming_with_other_options_is_refused(toy, tmp_path, checkpoint, extra, named):
    shutil.copy(checkpoint, tmp_path)
    with pytest.raises(Exception) as raised:
        train(toy, tmp_path, *extra)
    assert re.search(named, one_line(raised.value))
