"""Two processes train as one with twice the update frequency does, and take over from each other."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tagging_corpus import cell_arguments, train_cells, write_corpus
from toy import USER_DIR, train, train_arguments

# An odd number of batches, each of one direction: languages are absent from one worker's batch and
# from both, and the last update of an epoch leaves the second worker without a batch.
COMMON = (
    "--lang-pairs", "en-de,de-en,en-fr", "--one-direction-a-batch", "--max-tokens", "300",
    "--dropout", "0", "--lr", "0.03", "--weight-decay", "0.1", "--batch-size-valid", "7",
)  # fmt: skip
CUT, WHOLE = "5", "20"  # the cut is inside an epoch of 8 updates
BIN = str(Path(sys.executable).parent)


def figures(log):
    """Losses by number of updates, and the last validation loss, in fairseq's JSON log."""
    found = [json.loads(line) for line in re.findall(r'\{"epoch".*\}', log.read_text())]
    losses = {int(f["num_updates"]): float(f["loss"]) for f in found if "loss" in f}
    return losses, [float(f["valid_loss"]) for f in found if "valid_loss" in f][-1]


def one_process(toy, save, source, until, *extra):
    """One process whose every update takes two batches; returns its losses and checkpoint."""
    log = save.with_suffix(f".{until}.log")
    words = ["--adapter-source", source, "--max-update", until, "--update-freq", "2"]
    checkpoint = train(toy, save, *COMMON, *words, "--log-file", str(log), *extra)
    return *figures(log), checkpoint


def run_script(name, *words, **variables):
    """Runs one of `scripts/` with the commands of this environment."""
    path = os.pathsep.join([*variables.pop("path", []), BIN, os.environ["PATH"]])
    return subprocess.run(
        [str(USER_DIR.parent / "scripts" / name), *words],
        env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", **variables},
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip


def two_processes(toy, save, source, until, script="train_distributed.sh", **variables):
    """The same in two processes."""
    log = save.with_suffix(f".{until}.log")
    words = ["--adapter-source", source, "--max-update", until, "--log-file", str(log)]
    words = train_arguments(toy, save, *COMMON, "--distributed-backend", "gloo", *words)
    result = run_script(script, *words, PROCESSES="2", **variables)
    assert result.returncode == 0, result.stderr[-3000:]
    return *figures(log), save / "checkpoint_last.pt"


def same(found, wanted):
    """Asserts that losses, validation loss and weights agree within rounding."""
    (losses, valid, checkpoint), (wanted_losses, wanted_valid, wanted_checkpoint) = found, wanted
    assert losses and losses == pytest.approx(
        {update: wanted_losses[update] for update in losses}, abs=0.002
    )
    assert valid == pytest.approx(wanted_valid, abs=0.002)
    states = [
        torch.load(path, weights_only=True)["model"] for path in (checkpoint, wanted_checkpoint)
    ]
    for name, tensor in states[1].items():
        if "k_proj.bias" not in name:  # its gradient is nothing but rounding
            torch.testing.assert_close(states[0][name], tensor, atol=2e-3, rtol=0, msg=name)


@pytest.fixture
def slurm(tmp_path):
    """What a job of two tasks finds on a SLURM node, played by two small scripts."""
    (tmp_path / "slurm").mkdir()
    for name, text in {
        "scontrol": "echo 127.0.0.1",
        "srun": 'export SLURM_PROCID SLURM_LOCALID; SLURM_PROCID=1 SLURM_LOCALID=1 "$@" & '
        'SLURM_PROCID=0; SLURM_LOCALID=0; "$@" && wait',
    }.items():
        (tmp_path / "slurm" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "slurm" / name).chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    return {
        "path": [str(tmp_path / "slurm")], "PORT": port, "SLURM_JOB_NODELIST": "a", "SLURM_NTASKS": "2",
    }  # fmt: skip


def test_two_slurm_tasks_train_hyper_adapters_as_one_process_does(toy, tmp_path, slurm):
    wanted = one_process(toy, tmp_path / "one", "hyper", WHOLE)
    found = two_processes(toy, tmp_path / "two", "hyper", WHOLE, "train_slurm.sh", **slurm)
    assert len(found[0]) == int(WHOLE)
    same(found, wanted)


def test_one_process_goes_on_where_two_stopped(toy, tmp_path):
    wanted = one_process(toy, tmp_path / "one", "language", WHOLE)
    cut = two_processes(toy, tmp_path / "two", "language", CUT)
    found = one_process(toy, tmp_path / "two", "language", WHOLE)
    assert len(cut[0]) == int(CUT) and min(found[0]) == int(CUT) + 1
    same(({**cut[0], **found[0]}, *found[1:]), wanted)


def test_two_processes_go_on_where_one_stopped(toy, tmp_path):
    wanted = one_process(toy, tmp_path / "one", "pair", WHOLE)
    one_process(toy, tmp_path / "two", "pair", CUT)
    found = two_processes(toy, tmp_path / "two", "pair", WHOLE)
    assert min(found[0]) == int(CUT) + 1
    same(found, wanted)


def test_two_processes_train_cells_as_one_does(tmp_path):
    corpus = write_corpus(tmp_path / "corpus")
    words = (
        "--adapter-source", "task", "--one-cell-a-batch", "--dropout", "0", "--max-tokens", "200",
        "--weight-decay", "0.1", "--batch-size-valid", "7", "--validate-interval-updates", "10",
    )  # fmt: skip
    cells = "pos:qaa,ner:qba,mlm:qab"

    def score(log):
        return float(re.findall(r'"valid_score": "([0-9.]+)"', log.read_text())[-1])

    one = train_cells(
        corpus, tmp_path / "one", *words, "--max-update", "10", "--update-freq", "2",
        "--log-file", str(tmp_path / "one.log"), cells=cells,
    )  # fmt: skip
    two = [
        *cell_arguments(corpus, tmp_path / "two", *words, cells=cells), "--max-update", "10",
        "--log-file", str(tmp_path / "two.log"), "--distributed-backend", "gloo",
    ]  # fmt: skip
    result = run_script("train_distributed.sh", *two, PROCESSES="2")
    assert result.returncode == 0, result.stderr[-3000:]
    found = (*figures(tmp_path / "two.log"), tmp_path / "two" / "checkpoint_last.pt")
    same(found, (*figures(tmp_path / "one.log"), one))
    assert score(tmp_path / "two.log") == pytest.approx(score(tmp_path / "one.log"), abs=0.5)


def test_the_scripts_explain_themselves():
    usage = run_script("train_distributed.sh")
    assert usage.returncode == 0 and usage.stdout.startswith("usage: ")
    several = run_script("train_distributed.sh", "data", NODES="2")
    assert several.returncode == 2 and "RENDEZVOUS=HOST:PORT" in several.stderr
    slurm = run_script("train_slurm.sh")
    assert slurm.returncode == 2 and slurm.stderr.startswith("usage: ")
