"""Peak memory of training, measured in a process of its own."""

import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch

from .options import BenchmarkOptions


def peak_memory(name: str, options: BenchmarkOptions, directions: int) -> int:
    """Bytes at the peak of building a system and training it for three updates.

    On a GPU: what torch allocated there. On a CPU: the growth of the process's resident memory.

    Args:
        name: a name in `systems.SYSTEMS`.
        options: the benchmark's sizes.
        directions: distinct directions in the batches.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(measure, name, options, directions, torch.get_num_threads()).result()


def measure(name: str, options: BenchmarkOptions, directions: int, threads: int) -> int:
    """What `peak_memory` runs in its process."""
    from .. import register

    register()
    from .batches import batch_of
    from .systems import build, quiet

    torch.set_num_threads(threads)
    before = peak_resident() or 0
    system = build(name, options)
    with quiet():
        for _ in range(3):
            system.train(batch_of(system, options, options.rows, directions))
    if options.device == "cuda":
        return torch.cuda.max_memory_allocated()
    return (peak_resident() or 0) - before


def peak_resident() -> int | None:
    """The largest resident memory of this process so far, in bytes."""
    try:
        with open("/proc/self/status") as status:  # unlike getrusage, not inherited from the parent
            peak = next(line for line in status if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024
    except (OSError, StopIteration):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
