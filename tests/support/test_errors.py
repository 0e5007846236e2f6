"""How errors reach the user: one line for what they can mend, a traceback for a mistake of ours."""

import errno
import os
import pickle
import subprocess
import sys
import time
from multiprocessing import active_children
from pathlib import Path

import pytest
import torch
from torch.multiprocessing.spawn import ProcessRaisedException

from hyperadapters.checkpoints.export.baked_checkpoint import write
from hyperadapters.cli.main import main
from hyperadapters.support import files
from hyperadapters.support.errors import Problems, UserError, one_line, show_user_errors_as_one_line
from hyperadapters.support.workers import Workers, run_in_subprocess

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")


class Unsendable(Exception):
    """An error that a process cannot make again from its arguments."""

    def __init__(self, first, second):
        super().__init__(first)


def raise_it(error):
    raise error


def raise_unsendable(_):
    raise Unsendable("a bug", 2)


def run_in_pool(function, task):
    with Workers(2) as pool:
        list(pool.map(function, [("a", task), ("b", task)]))


def run_in_broken_pool(function, task):
    others = set(active_children())

    def tasks():
        yield "a", task
        # once a process has ended, the pool is broken and refuses the next task; the other process
        # may live on, as one that has just been forked can lose SIGTERM
        while len(set(active_children()) - others) == 2:
            time.sleep(0.01)
        yield "b", task

    with Workers(2) as pool:
        list(pool.map(function, tasks()))


def write_half(path):
    files.write_text(path, "x" * 100_000)


@pytest.mark.parametrize(
    "error,line",
    [
        (FileNotFoundError(errno.ENOENT, "", "a.txt"), "a.txt: no such file or directory: check"),
        (IsADirectoryError(errno.EISDIR, "", "out"), "out: is a directory: name a file"),
        (OSError(errno.EROFS, "", "out", None, "b"), "b: read-only file system: name another"),
        (OSError(errno.ENOSPC, "", "out/x"), "no space left on out: make room"),
        (OSError(errno.ENOSPC, ""), "no space left on the disk"),
        (UnicodeDecodeError("utf-8", b"s\xe9es", 1, 2, ""), r"b's\xe9es': convert the input"),
        (UnicodeEncodeError("ascii", "fü", 1, 2, ""), r"write '\xfc' as ascii: set PYTHONUTF8=1"),
        (ConnectionError(errno.ECONNREFUSED, "refused"), ""),
        (LookupError("a bug"), ""),
    ],
)
def test_what_the_user_can_mend_is_one_line(error, line):
    shown = one_line(error)
    assert line in shown and "\n" not in shown and bool(shown) == bool(line)


def test_a_process_of_fairseq_reports_its_error_of_a_file():
    trace = (
        "Traceback ...\nOSError: [Errno 28] No space left on device\n\nand then\nRuntimeError: x"
    )
    assert "no space left" in one_line(ProcessRaisedException(trace, 1, 42))
    trace = "Traceback ...\nFileNotFoundError: [Errno 2] No such file or directory: 'a.txt'\n"
    assert "a.txt: no such file" in one_line(ProcessRaisedException(trace, 1, 42))
    assert one_line(ProcessRaisedException(trace + "KeyError: 'a bug'\n", 1, 42)) == ""


def test_commands_and_the_hook_have_the_same_rule(monkeypatch, capsys):
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    show_user_errors_as_one_line()
    for error in (UserError("do this"), PermissionError(errno.EACCES, "", "x")):
        monkeypatch.setattr(
            "hyperadapters.cli.user_dir.run", lambda _, error=error: raise_it(error)
        )
        assert main(["user-dir"]) == 2
        line = capsys.readouterr().err
        sys.excepthook(type(error), error, None)
        assert capsys.readouterr().err == line and line.startswith("error: ")
    monkeypatch.setattr("hyperadapters.cli.user_dir.run", lambda _: {}["a bug"])
    with pytest.raises(KeyError):
        main(["user-dir"])


@needs_full
def test_output_that_nobody_reads_ends_the_command_quietly_and_a_full_disk_does_not():
    words = [str(Path(sys.executable).with_name("hyperadapters")), "user-dir"]
    reader, writer = os.pipe()
    os.close(reader)
    closed = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (closed.returncode, closed.stderr) == (141, "")
    with open(FULL, "w") as out:
        full = subprocess.run(words, stdout=out, stderr=subprocess.PIPE, text=True)
    assert full.returncode == 2 and full.stderr.startswith("error: no space left")
    assert len(full.stderr.splitlines()) == 1


@needs_full
@pytest.mark.parametrize(
    "action", [write_half, lambda path: write(path, {"model": {"a": torch.zeros(9999)}})]
)
def test_a_full_disk_is_named_and_nothing_is_left(tmp_path, action):
    path = tmp_path / "result"
    (tmp_path / f".result.{os.getpid()}").symlink_to(FULL)  # what is written before it is renamed
    with pytest.raises(UserError, match=f"no space left on {tmp_path}: make room"):
        action(path)
    assert not list(tmp_path.iterdir())
    action(path)
    assert path.stat().st_size > 9999


def test_a_full_disk_is_named_for_files_that_grow(tmp_path):
    with (
        pytest.raises(UserError, match=f"no space left on {tmp_path}"),
        files.exclusive_lock(tmp_path),
    ):
        raise OSError(errno.ENOSPC, "")
    with pytest.raises(RuntimeError, match="a bug"), files.exclusive_lock(tmp_path):
        raise RuntimeError("a bug")


def test_the_error_of_a_process_keeps_its_reason():
    full, bug = OSError(errno.ENOSPC, "full", "x"), LookupError("a bug")
    for error in (UserError("do this"), full, bug):
        with pytest.raises(type(error), match=str(error).replace("[", r"\[")):
            run_in_subprocess(raise_it, error)
        with pytest.raises(type(error)):
            run_in_pool(raise_it, error)
    for run in (run_in_subprocess, run_in_pool, run_in_broken_pool):
        with pytest.raises(Exception) as raised:
            run(raise_unsendable, None)
        assert not isinstance(raised.value, UserError) and not one_line(raised.value)


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
    trace = "Process 1 terminated:\nTraceback ...\nhyperadapters.support.errors.UserError: do this\n\nand that"
    assert one_line(ProcessRaisedException(trace, 1, 42)) == "do this"
    assert one_line(ProcessRaisedException("ValueError: a bug", 1, 42)) == ""
