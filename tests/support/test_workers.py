"""Worker processes that are killed or left."""

import multiprocessing
import os
import signal
import sys
import time

import pytest

from hyperadapters.support import workers
from hyperadapters.support.errors import UserError
from hyperadapters.support.workers import Workers, run_in_subprocess


def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def busy(file):
    file.with_suffix(".pid").write_text(f"{os.getpid()}\n")
    time.sleep(60)
    file.touch()


both_at_work = workers.context().Barrier(2)


def in_which(_):
    both_at_work.wait(60)  # so that each of two workers has a task
    return os.getpid()


def test_a_killed_process_is_an_error():
    with pytest.raises(UserError, match="killed, probably for want of memory"):
        run_in_subprocess(killed)
    with Workers(2) as pool, pytest.raises(UserError, match="fewer --workers"):
        list(pool.map(killed, [("a", 1), ("b", 2), ("c", 3)]))


def fail_beside_another(is_failing):
    """One of two processes fails while the other, which loses SIGTERM, has work for a long time."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    both_at_work.wait(60)
    if is_failing:
        raise LookupError("a bug")
    time.sleep(1000)


def test_an_error_ends_workers_that_lose_the_signal_to_end():
    with pytest.raises(LookupError), Workers(2) as pool:
        list(pool.map(fail_beside_another, enumerate([True, False])))
    assert not multiprocessing.active_children()


@pytest.fixture
def handler():
    """The handler that every command has."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    yield
    signal.signal(signal.SIGTERM, before)


def test_the_others_end_with_an_idle_worker_that_is_killed(tmp_path, handler):
    with Workers(2) as pool, pytest.raises(UserError, match="fewer --workers"):
        processes = {found for _, found in pool.map(in_which, enumerate(range(4)))}
        assert len(processes) == 2
        pool.pool.submit(busy, tmp_path / "done")
        started = tmp_path / "done.pid"
        while not (started.exists() and started.read_text().endswith("\n")):
            time.sleep(0.05)
        (idle,) = processes - {int(started.read_text())}
        os.kill(idle, signal.SIGKILL)
        list(pool.map(in_which, enumerate(range(4))))
    assert not (tmp_path / "done").exists() and not multiprocessing.active_children()


def test_an_interruption_does_not_wait_for_tasks(tmp_path, handler):
    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 2)
    with pytest.raises(KeyboardInterrupt), Workers(2) as pool:
        list(pool.map(busy, enumerate([tmp_path / "a", tmp_path / "b"])))
    signal.signal(signal.SIGALRM, before)
    assert not (tmp_path / "a").exists() and not multiprocessing.active_children()
