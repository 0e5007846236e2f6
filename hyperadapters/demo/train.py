"""Running fairseq-train with progress bars, several trainings at a time."""

import os
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence

import torch
from tqdm import tqdm

from ..evaluation.training_log import logged
from ..support.errors import UserError
from ..support.resumable import StepLog
from ..support.workers import available_cores


@dataclass(frozen=True)
class Job:
    """One run of fairseq-train.

    Args:
        name: what its step and its progress bar are called.
        command: the command, which resumes from its last checkpoint.
        log: file that its output is appended to.
        updates: updates in all, for the progress bar.
        after: the job that must be done first, or empty.
    """

    name: str
    command: List[str]
    log: Path
    updates: int
    after: str = ""


def executable(name: str) -> str:
    """The path of a command that is installed beside this Python."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name


class Trainer:
    """Runs trainings that are not done yet, as many at a time as there are cores; one on a GPU.

    Args:
        steps: remembers what is done.
        settings: all that the trainings depend on, as plain data.
    """

    def __init__(self, steps: StepLog, settings: Any) -> None:
        self.steps, self.settings = steps, settings
        self.processes: List[subprocess.Popen] = []
        self.stopped = False
        self.starting = threading.Lock()

    def run(self, jobs: Sequence[Job]) -> None:
        """Runs jobs, each after the one that it names.

        Args:
            jobs: in an order in which they could run one by one.
        Raises:
            UserError: if one fails; the others are stopped, and resume when run again.
        """
        futures: Dict[str, Future] = {}
        # a training uses every GPU that it finds
        with ThreadPoolExecutor(1 if torch.cuda.is_available() else available_cores()) as pool:
            try:
                for job in jobs:
                    futures[job.name] = pool.submit(self.run_job, job, futures.get(job.after))
                for future in as_completed(futures.values()):
                    future.result()
            except BaseException:
                self.stop()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def run_job(self, job: Job, first: Optional[Future]) -> None:
        """Waits for the job before it, then runs one unless it is done."""
        if first:
            first.result()
        with self.steps.step(f"training: {job.name}", self.settings) as todo:
            if todo:
                self.train(job)

    def train(self, job: Job) -> None:
        """Runs one job and shows its progress.

        Raises:
            UserError: if it fails, with its last line.
        """
        job.log.parent.mkdir(parents=True, exist_ok=True)
        process = self.start(job.command)
        last, finished = "", False

        def copied() -> Iterator[str]:
            nonlocal last, finished
            with open(job.log, "a", encoding="utf-8") as file:
                for line in process.stdout:
                    file.write(line)
                    last = line.strip() or last
                    finished = finished or "| done training in " in line
                    yield line

        with tqdm(total=job.updates, desc=job.name) as bar:
            for figures in logged(copied(), "train_inner"):
                bar.update(int(figures["num_updates"]) - bar.n)
                bar.set_postfix(loss=figures["loss"], wps=figures["wps"])
        # a thread of fairseq's can end the process with an error after everything is saved
        if process.wait() and not finished:
            raise UserError(f"{job.command[0]} failed ({last}): see {job.log}")

    def start(self, command: List[str]) -> subprocess.Popen:
        """Starts a process, unless all were stopped.

        Raises:
            UserError: if they were.
        """
        # one thread: runs repeat to the last digit, and the other cores are for other trainings
        environment = {"OMP_NUM_THREADS": "1", **os.environ}
        with self.starting:
            if self.stopped:
                raise UserError("stopped")
            process = subprocess.Popen(
                [executable(command[0]), *command[1:]],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
            )  # fmt: skip
            self.processes.append(process)
        return process

    def stop(self) -> None:
        """Ends every process, and starts none any more."""
        with self.starting:
            self.stopped = True
            for process in self.processes:
                process.terminate()
