"""Interleaved timing, and ratios of what was timed."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping

import torch

Times = dict[str, list[float]]


def seconds(run: Callable[[], None], device: str) -> float:
    """Seconds that one call takes, work queued on a GPU included."""
    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def interleaved(
    runs: Mapping[str, Callable[[], None]], repeats: int, device: str, progress: Callable[[], None]
) -> Times:
    """Times several calls in turn, after one round that is not counted.

    Each round begins with another call (A B C, B C A, ...), so that what a call leaves behind for the
    next one (caches, freed memory) is not always the same one's burden.

    Args:
        runs: the calls by name.
        repeats: rounds that count.
        device: "cpu" or "cuda".
        progress: called after every call.
    Returns:
        the seconds of every round, by name.
    """
    times: Times = {name: [] for name in runs}
    collecting = gc.isenabled()
    gc.disable()
    try:
        names = list(runs)
        for number in range(repeats + 1):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                elapsed = seconds(runs[name], device)
                if number:
                    times[name].append(elapsed)
                progress()
            gc.collect()
    finally:
        if collecting:
            gc.enable()
    return times


def spread(values: list[float]) -> float:
    """The interquartile range."""
    if len(values) < 2:
        return 0.0
    lower, _, upper = statistics.quantiles(values, n=4, method="inclusive")
    return upper - lower


def ratio(times: Times, above: str, below: str) -> list[float]:
    """The ratios of two calls, one a round, so that slow moments of the machine cancel out."""
    return [a / b for a, b in zip(times[above], times[below])]
