"""How this process gets memory from the system."""

import ctypes

TRIM_THRESHOLD, MMAP_MAX = -1, -4  # parameters of glibc's mallopt, as in malloc.h
NEVER, NONE = -1, 0


def disable_malloc_trim() -> None:
    """Keeps freed memory for what is allocated next, where the C library is glibc.

    It else returns large blocks to the system, and taking them anew costs page faults
    (docs/performance.md). For processes that do the like again and again until they end.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(TRIM_THRESHOLD, NEVER)
        mallopt(MMAP_MAX, NONE)
