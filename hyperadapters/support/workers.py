"""Work on all cores, in order and with bounded memory."""

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from .errors import UserError

AHEAD = 2  # tasks under way for each worker
KILLED = "a process was killed, probably for want of memory"

inherited: Callable[[Any], Any] | None = None  # what a worker was forked with


class Workers:
    """Processes that apply functions to streams of tasks.

    Args:
        number: of processes; 1 works in this process. By default one for each core that this
            process may use.
        function: what `apply` applies. Forked processes have it with all that belongs to it, which
            may be too large to go with each task.
    """

    def __init__(
        self, number: int | None = None, function: Callable[[Any], Any] | None = None
    ) -> None:
        self.number = number or available_cores()
        self.function = function
        self.pool: ProcessPoolExecutor | None = None
        self.others: list[Any] = []

    def __enter__(self) -> "Workers":
        if self.number > 1:
            self.start()
        return self

    def start(self) -> None:
        """Makes the processes."""
        self.others = multiprocessing.active_children()
        self.pool = ProcessPoolExecutor(
            self.number, context(), initializer=init_worker, initargs=(os.getpid(), self.function)
        )

    def __exit__(self, kind: Any, *error: Any) -> None:
        if not self.pool:
            return
        if kind:  # what is under way is of no use any more
            for process in multiprocessing.active_children():
                if process not in self.others:
                    # one that has just been forked can lose SIGTERM, and wait for a lock of another
                    process.kill()
        self.pool.shutdown(cancel_futures=True)

    def apply(self, tasks: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
        """As `map`, with the function that the processes have."""
        return self.map(apply_inherited if self.pool else self.function, tasks)

    def map(
        self, function: Callable[[Any], Any], tasks: Iterable[tuple[Any, Any]]
    ) -> Iterator[tuple[Any, Any]]:
        """Yields `(key, function(task))` for every `(key, task)`, in order.

        Only a few tasks are read ahead, so memory does not grow with the number of tasks.

        Raises:
            UserError: if a process is killed; what `function` raises is raised here.
        """
        if not self.pool:
            yield from ((key, function(task)) for key, task in tasks)
            return
        under_way: deque[tuple[Any, Future]] = deque()
        try:
            for key, task in tasks:
                under_way.append((key, self.pool.submit(function, task)))
                if len(under_way) >= AHEAD * self.number:
                    first, future = under_way.popleft()
                    yield first, future.result()
            while under_way:
                first, future = under_way.popleft()
                yield first, future.result()
        except BrokenProcessPool as error:
            # what is under way tells why the pool broke, also where the next task was refused for it
            reasons = (error, *(future.exception() for _, future in under_way))
            reason = next((each for each in reasons if each and each.__cause__), None)
            if reason:  # an error of the program, such as a result that cannot be sent
                raise reason from reason.__cause__
            raise UserError(f"{KILLED}: use fewer --workers") from error
        finally:
            for _, future in under_way:
                future.cancel()


def apply_inherited(task: Any) -> Any:
    """Applies what this worker was forked with."""
    return inherited(task)


def context() -> Any:
    """How processes are started: forked ones share what is imported, and need no guard in the
    caller's main module."""
    methods = multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("fork" if "fork" in methods else None)


def run_in_subprocess(function: Callable[..., None], *arguments: Any) -> None:
    """Calls a function in a process of its own: its memory is free afterwards, Ctrl-C ends it at once.

    Raises:
        UserError: if the process is killed; what the function raises is raised here.
    """
    with Workers(1) as worker:
        worker.start()
        try:
            worker.pool.submit(function, *arguments).result()
        except BrokenProcessPool as error:
            if error.__cause__:
                raise
            raise UserError(f"{KILLED} or an error of {function.__module__}") from error


def init_worker(parent: int, function: Callable[[Any], Any] | None = None) -> None:
    """Makes a worker ready: its parent alone deals with Ctrl-C, and it ends when its parent is gone."""
    global inherited
    inherited = function
    gc.freeze()  # the collector would search, and so copy, all that is shared with the parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # the parent's handler would make an error of a task of it, and the worker would live on
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def available_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
