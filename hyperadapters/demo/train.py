"""Running fairseq-train with a progress bar."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List

from tqdm import tqdm

from ..errors import UserError
from ..evaluation.training_log import logged


def executable(name: str) -> str:
    """The path of a command that is installed beside this Python."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name


def train(command: List[str], log: Path, updates: int) -> None:
    """Runs fairseq-train, which resumes from its last checkpoint, and shows its progress.

    Args:
        command: the command.
        log: file that its output is appended to.
        updates: updates in all, for the progress bar.
    Raises:
        UserError: if it fails, with its last line.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    # one thread: runs repeat to the last digit, and busy cores cost no more than their share
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    process = subprocess.Popen(
        [executable(command[0]), *command[1:]],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
    )  # fmt: skip
    last, finished = "", False

    def copied() -> Iterator[str]:
        nonlocal last, finished
        with open(log, "a", encoding="utf-8") as file:
            for line in process.stdout:
                file.write(line)
                last = line.strip() or last
                finished = finished or "| done training in " in line
                yield line

    try:
        with tqdm(total=updates, desc="updates") as bar:
            for figures in logged(copied(), "train_inner"):
                bar.update(int(figures["num_updates"]) - bar.n)
                bar.set_postfix(loss=figures["loss"], wps=figures["wps"])
    finally:
        if process.poll() is None and sys.exc_info()[0]:
            process.terminate()
    # a thread of fairseq's can end the process with an error after everything is saved
    if process.wait() and not finished:
        raise UserError(f"{command[0]} failed ({last}): see {log}")
