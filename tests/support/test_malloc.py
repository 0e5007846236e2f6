"""Memory that a process keeps."""

import ctypes
import sys

import pytest
import torch

from hyperadapters.support.errors import UserError
from hyperadapters.support.malloc import disable_malloc_trim
from hyperadapters.support.workers import run_in_subprocess

SIZE = 64 << 20  # bytes
FREE = 8  # position of `fordblks` in glibc's struct mallinfo2


class MallocInfo(ctypes.Structure):
    _fields_ = [(f"field_{number}", ctypes.c_size_t) for number in range(10)]


def free_bytes():
    """What the C library keeps for the next allocation."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = MallocInfo
    return getattr(mallinfo2(), f"field_{FREE}")


def report():
    disable_malloc_trim()
    before = free_bytes()
    torch.ones((before + SIZE) // 4)  # more than fits into what is free
    raise UserError(str(free_bytes() - before))


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="glibc's memory"
)
def test_freed_memory_is_kept_for_what_comes_next():
    with pytest.raises(UserError) as found:
        run_in_subprocess(report)
    assert int(str(found.value)) > SIZE // 2
