"""Commands such as trainings, run unless they are done, several at a time."""

import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from tqdm import tqdm

from ..support.errors import Problems, UserError, did_you_mean
from ..support.files import write_text
from ..support.workers import available_cores
from .log import logged


@dataclass(frozen=True)
class Job:
    """A command to run.

    Args:
        name: what messages and the progress bar call it.
        command: its words; a training resumes from its last checkpoint.
        log: file that its output is appended to.
        after: names of the jobs that must be done before it.
        marker: file that says, once the job is done, which command did it; a job that has none
            always runs.
        any_settings: whether a marker of the same job with other settings counts as done.
    """

    name: str
    command: Sequence[str]
    log: Path
    after: Sequence[str] = ()
    marker: Path | None = None
    any_settings: bool = False

    @property
    def settings(self) -> str:
        """The command, wherever its program and the plug-in are installed."""
        program, *words = self.command
        if "--user-dir" in words:
            position = words.index("--user-dir")
            del words[position : position + 2]
        return shlex.join([Path(program).name, *words])

    @property
    def updates(self) -> int | None:
        """The updates of a training; None of other commands."""
        pairs = zip(self.command, self.command[1:])
        numbers = [value for option, value in pairs if option == "--max-update"]
        return int(numbers[-1]) if numbers else None

    def is_done(self) -> bool:
        """Whether the job was done before, with whatever settings."""
        return self.marker is not None and self.marker.exists()

    def has_other_settings(self) -> bool:
        """Whether the job was done before with other settings; an empty marker has any."""
        text = self.marker.read_text(encoding="utf-8").strip() if self.is_done() else ""
        return text not in ("", self.settings)


class JobRunner:
    """Runs jobs that are not done yet, several at a time, each after those that it names.

    Args:
        at_a_time: how many; by default one on each GPU, or one on each core if there is no GPU.
        gpus: the GPUs to use, as CUDA_VISIBLE_DEVICES names them: one job on each at a time.
        keep_going: whether a failure leaves the other jobs running, as in `make --keep-going`.
        report: takes a line about each job that is skipped or started; by default it goes to
            standard error.
    """

    def __init__(
        self,
        at_a_time: int | None = None,
        gpus: Sequence[str] = (),
        keep_going: bool = False,
        report: Callable[[str], None] | None = None,
    ) -> None:
        if at_a_time is None and not gpus:
            gpus = visible_gpus()
        self.slots = len(gpus) or at_a_time or available_cores()
        self.free_slots: SimpleQueue[dict[str, str]] = SimpleQueue()
        for number in range(self.slots):
            self.free_slots.put({"CUDA_VISIBLE_DEVICES": gpus[number]} if gpus else {})
        self.keep_going = keep_going
        self.report = report or partial(print, file=sys.stderr, flush=True)
        self.processes: list[subprocess.Popen] = []
        self.stopped = False
        self.starting = threading.Lock()

    def run(self, jobs: Iterable[Job]) -> None:
        """Runs jobs.

        Args:
            jobs: in an order in which they could run one by one.
        Raises:
            UserError: before anything runs, if a job was done with other settings or names an
                unknown one; or if a job fails.
        """
        jobs = list(jobs)
        check_names(jobs)
        done_names = self.finished_before(jobs)
        waiting = [job for job in jobs if job.name not in done_names]
        with ThreadPoolExecutor(self.slots) as pool:
            try:
                self.run_all(pool, waiting, done_names)
            except BaseException:
                self.stop()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def finished_before(self, jobs: Iterable[Job]) -> set[str]:
        """Reports and returns the jobs that are done.

        Raises:
            UserError: naming every one that was done with other settings.
        """
        problems, done_names = Problems(), set()
        for job in jobs:
            other = (
                f" with other settings (they are in {job.marker})"
                if job.has_other_settings()
                else ""
            )
            if other and not job.any_settings:
                problems.add(
                    f"{job.name} was trained{other}: delete that file to go on from its last "
                    "checkpoint with these, or name another folder"
                )
            elif job.is_done():
                note = f"{other}, used as it is" if other else ""
                self.report(f"== {job.name}: finished before{note}")
                done_names.add(job.name)
        problems.raise_if_any()
        return done_names

    def run_all(self, pool: ThreadPoolExecutor, waiting: list[Job], done_names: set[str]) -> None:
        """Runs each job as soon as those that it names are done."""
        running: dict[Future, Job] = {}
        failures = Problems()
        while True:
            for job in [job for job in waiting if done_names.issuperset(job.after)]:
                waiting.remove(job)
                running[pool.submit(self.run_job, job)] = job
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                try:
                    future.result()
                    done_names.add(job.name)
                except UserError as error:
                    if not self.keep_going:
                        raise
                    failures.add(str(error))
        if waiting:
            failures.add(f"therefore not run: {', '.join(job.name for job in waiting)}")
        failures.raise_if_any()

    def run_job(self, job: Job) -> None:
        """Runs one job and shows the progress of a training.

        Raises:
            UserError: if it fails, with its last line.
        """
        self.report(f"== {job.name} (log: {job.log})")
        job.log.parent.mkdir(parents=True, exist_ok=True)
        slot = self.free_slots.get()
        try:
            process = self.start(job.command, slot)
            output = Output(process.stdout, job.log)
            with tqdm(total=job.updates, desc=job.name, disable=not job.updates) as bar:
                for figures in logged(output, "train_inner"):
                    bar.update(int(figures["num_updates"]) - bar.n)
                    bar.set_postfix(loss=figures["loss"], wps=figures["wps"])
            # a thread of fairseq's can end the process with an error after everything is saved
            if process.wait() and not output.training_done:
                raise UserError(f"{job.command[0]} failed ({output.last}): see {job.log}")
        finally:
            self.free_slots.put(slot)
        if job.marker:
            write_text(job.marker, job.settings + "\n")

    def start(self, command: Sequence[str], slot: dict[str, str]) -> subprocess.Popen:
        """Starts a process, unless all were stopped.

        Raises:
            UserError: if they were, or there is no such program.
        """
        # one thread on each core: with one core a job, runs repeat to the last digit
        threads = {"OMP_NUM_THREADS": str(max(1, available_cores() // self.slots))}
        environment = {**(threads if self.slots > 1 else {}), **os.environ, **slot}
        with self.starting:
            if self.stopped:
                raise UserError("stopped")
            try:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", env=environment,
                )  # fmt: skip
            except OSError as error:
                raise UserError(f"cannot run '{command[0]}' ({error.strerror})") from error
            self.processes.append(process)
        return process

    def stop(self) -> None:
        """Ends every process, and starts none any more."""
        with self.starting:
            self.stopped = True
            for process in self.processes:
                process.terminate()


class Output:
    """The output of a process, line by line, copied to its log.

    Attributes:
        last: the last line that is not empty.
        training_done: whether fairseq-train has said that it is done.
    """

    def __init__(self, lines: Iterable[str], log: Path) -> None:
        self.lines, self.log = lines, log
        self.last, self.training_done = "", False

    def __iter__(self) -> Iterator[str]:
        with open(self.log, "a", encoding="utf-8", buffering=1) as file:
            for line in self.lines:
                file.write(line)
                self.last = line.strip() or self.last
                self.training_done = self.training_done or "| done training in " in line
                yield line


def check_names(jobs: Iterable[Job]) -> None:
    """Raises:
    UserError: naming every job whose name is taken, or that is after one that is no job before it.
    """
    problems, names = Problems(), []
    for job in jobs:
        if job.name in names:
            problems.add(f"two jobs are called '{job.name}': give each a name of its own")
        for name in job.after:
            if name not in names:
                problems.add(
                    f"{job.name} is after '{name}', no job before it: {did_you_mean(name, names)}"
                )
        names.append(job.name)
    problems.raise_if_any()


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    import torch

    count = torch.cuda.device_count()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return visible.split(",")[:count] if visible else [str(number) for number in range(count)]
