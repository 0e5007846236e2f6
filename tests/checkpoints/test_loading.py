"""Checkpoints of every version of torch, and files that are none or not whole."""

import gzip
import io
import os
import zipfile
from argparse import Namespace

import pytest
import torch
from fairseq import options, tasks
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from omegaconf import OmegaConf

from hyperadapters.checkpoints import load
from hyperadapters.checkpoints.defects import checkpoint_defect
from hyperadapters.sources.adapter_files import read_card
from hyperadapters.support.errors import UserError
from hyperadapters.support.file_defects import check_transfer
from hyperadapters.training.resuming import check_resumed, resumed_file


class Harmful:
    def __reduce__(self):
        return os.system, ("echo this was executed",)


def saved(zipped=True, **more):
    """The bytes of a checkpoint."""
    state = {"args": Namespace(a="ü"), "model": {"a": torch.arange(600.0)}, **more}
    file = io.BytesIO()
    torch.save(state, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as content:
        content.writestr("model/dict.txt", "a 1\n")
    return file.getvalue()


ZIPPED, LEGACY = saved(), saved(zipped=False)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 9\n"
PAGE = b"\n<!DOCTYPE html>\n<html>"


@pytest.mark.parametrize("content", [ZIPPED, LEGACY])
def test_checkpoints_of_old_and_new_torch_are_read(tmp_path, content):
    (tmp_path / "a.pt").write_bytes(content)
    state = load(str(tmp_path / "a.pt"))
    assert torch.equal(state["model"]["a"], torch.arange(600.0)) and state["args"].a == "ü"


@pytest.mark.parametrize("zipped", [True, False])
def test_no_format_executes_anything(tmp_path, zipped, capfd):
    (tmp_path / "a.pt").write_bytes(saved(zipped, harmful=Harmful()))
    with pytest.raises(
        UserError, match="a.pt: refused to load a checkpoint: it contains 'posix.sys"
    ):
        load(str(tmp_path / "a.pt"))
    assert "this was executed" not in capfd.readouterr().out


@pytest.mark.parametrize(
    "content,message",
    [
        (b"", "is empty: copy or download it again"),
        (ZIPPED[:2], "is cut off: copy or download it again"),
        (ZIPPED[: len(ZIPPED) // 2], "is cut off"),
        (ZIPPED[:-1], "is cut off"),
        (ZIPPED[:-500] + bytes(500), "is cut off"),
        (bytes(5000), "is cut off"),
        (LEGACY[:3], "is cut off"),
        (LEGACY[:30], "is cut off"),
        (LEGACY[:-1], "is cut off"),
        (POINTER, "is a Git LFS pointer, not the file itself: run git lfs pull"),
        (PAGE, "is a web page: download the file itself"),
        ("Grüße\n".encode("latin-1"), "is a text file, not a checkpoint"),
        (gzip.compress(ZIPPED), "is an archive: unpack it"),
        (archive(), "is an archive: unpack it"),
        (b"\x07\x00\x01" * 300, "is no checkpoint: give the path of a .pt file"),
    ],
)
def test_what_is_no_whole_checkpoint_is_named_with_the_fix(tmp_path, content, message):
    path = tmp_path / "a.pt"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        load(str(path))
    assert str(error.value).startswith(f"{path} {message}") and "\n" not in str(error.value)


def test_wherever_a_checkpoint_ends_early_it_shows_without_reading_tensors(tmp_path):
    for end in range(1, len(ZIPPED), 7):
        (tmp_path / "a.pt").write_bytes(ZIPPED[:end])
        assert checkpoint_defect(str(tmp_path / "a.pt")).what == "is cut off", end


def test_cards_and_adapters_are_told_apart_in_the_same_way(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"")
    (tmp_path / "a.json").write_bytes(POINTER)
    with pytest.raises(UserError, match="a.json is a Git LFS pointer"):
        read_card(str(tmp_path / "a.safetensors"))
    with pytest.raises(UserError, match="a.safetensors is empty"):
        check_transfer(str(tmp_path / "a.safetensors"))


def resume_options(folder, **changed):
    """The options of fairseq-train by default."""
    given = {"save_dir": str(folder), "restore_file": "checkpoint_last.pt", "checkpoint_suffix": ""}
    return Namespace(**{**given, "continue_once": None, "finetune_from_model": None, **changed})


def test_the_file_to_resume_is_chosen_as_fairseq_does(tmp_path):
    last = tmp_path / "checkpoint_last.pt"
    assert resumed_file(resume_options(tmp_path)) is None
    assert resumed_file(resume_options(tmp_path, finetune_from_model="b.pt")) == "b.pt"
    both = resume_options(tmp_path, continue_once="c.pt", finetune_from_model="b.pt")
    assert resumed_file(both) == "c.pt"
    last.write_bytes(ZIPPED)
    assert resumed_file(both) == str(last)
    given = resume_options(tmp_path, restore_file="x/d.pt", checkpoint_suffix="-shard0")
    assert resumed_file(given) == "x/d-shard0.pt"


def test_what_else_can_be_resumed_is_the_newest_whole_checkpoint(tmp_path):
    last = tmp_path / "checkpoint_last.pt"
    check_resumed(resume_options(tmp_path))
    last.write_bytes(ZIPPED)
    check_resumed(resume_options(tmp_path))
    last.write_bytes(ZIPPED[:-9])
    with pytest.raises(UserError, match=f"^{last} is cut off: delete it to start anew$"):
        check_resumed(resume_options(tmp_path))
    for age, (name, content) in enumerate(
        [("checkpoint3.pt", b""), ("checkpoint2.pt", ZIPPED), ("checkpoint1.pt", ZIPPED)]
    ):
        (tmp_path / name).write_bytes(content)
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    other = tmp_path / "checkpoint2.pt"
    with pytest.raises(
        UserError, match=f"anew, or resume from {other} with --restore-file {other}"
    ):
        check_resumed(resume_options(tmp_path))
    check_resumed(resume_options(tmp_path, restore_file=str(other)))
    with pytest.raises(UserError, match="there is no checkpoint 'nowhere.pt'"):
        check_resumed(resume_options(tmp_path, restore_file="nowhere.pt"))
    for content, message in ((LEGACY[:-9], "is cut off"), (POINTER, "run git lfs pull, or resume")):
        last.write_bytes(content)
        with pytest.raises(UserError, match=message):
            check_resumed(resume_options(tmp_path))


@pytest.mark.parametrize(
    "task,arch,given",
    [
        ("multilingual_adapter_translation", "adapter_transformer_tiny", {"lang_pairs": "de-en"}),
        ("hyperx", "hyperx_encoder_tiny", {"task_languages": "pos:de"}),
    ],
)
def test_both_tasks_check_it_first_by_both_commands(tmp_path, task, arch, given):
    (tmp_path / "checkpoint_last.pt").write_bytes(b"")
    words = [str(tmp_path), "--task", task, "--save-dir", str(tmp_path), "--arch", arch]
    for name, value in given.items():
        words += ["--" + name.replace("_", "-"), value]
    parser = options.get_training_parser()
    command_line = convert_namespace_to_omegaconf(options.parse_args_and_arch(parser, words))
    others = {name: section for name, section in command_line.items() if name != "task"}
    hydra = OmegaConf.create({**others, "task": {"_name": task, "data": str(tmp_path), **given}})
    for cfg in (command_line, hydra):
        with pytest.raises(UserError, match="checkpoint_last.pt is empty: delete it to start anew"):
            tasks.setup_task(cfg.task)
        with pytest.raises(UserError, match="corpus.yaml|dictionary"):
            tasks.setup_task(cfg.task, from_checkpoint=True)
