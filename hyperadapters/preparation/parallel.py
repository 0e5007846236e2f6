"""Work on all cores, in order and with bounded memory."""

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Callable, Deque, Iterable, Iterator, Optional, Tuple

from ..errors import UserError

AHEAD = 2  # tasks under way for each worker


class Workers:
    """Processes that apply functions to streams of tasks.

    Args:
        number: of processes; 1 works in this process. By default one for each core that this
            process may use.
    """

    def __init__(self, number: Optional[int] = None) -> None:
        self.number = number or available_cores()
        self.pool: Optional[ProcessPoolExecutor] = None

    def __enter__(self) -> "Workers":
        if self.number > 1:
            # forked workers share what is imported, and need no guard in the caller's main module
            methods = multiprocessing.get_all_start_methods()
            context = multiprocessing.get_context("fork" if "fork" in methods else None)
            self.pool = ProcessPoolExecutor(
                self.number, context, initializer=begin, initargs=(os.getpid(),)
            )
        return self

    def __exit__(self, *error: Any) -> None:
        if self.pool:
            self.pool.shutdown(cancel_futures=True)

    def map(
        self, function: Callable[[Any], Any], tasks: Iterable[Tuple[Any, Any]]
    ) -> Iterator[Tuple[Any, Any]]:
        """Yields `(key, function(task))` for every `(key, task)`, in order.

        Only a few tasks are read ahead, so memory does not grow with the number of tasks.
        """
        if not self.pool:
            yield from ((key, function(task)) for key, task in tasks)
            return
        under_way: Deque[Tuple[Any, Future]] = deque()
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
            raise UserError(
                "a worker process was killed, probably for want of memory: use fewer --workers"
            ) from error
        finally:
            for _, future in under_way:
                future.cancel()


def begin(parent: int) -> None:
    """Prepares a worker: its parent alone deals with Ctrl-C, and it ends when its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

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
