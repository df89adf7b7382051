"""How the C library keeps memory: a worker's many threads must not each hold on to their peak."""

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Numbers of glibc's `mallopt` (malloc.h)."""

PICTURE_BYTES = 128 << 10
"""Blocks from this size on, pictures and their like, go back to the machine as soon as freed."""
SPARE_BYTES = 1 << 20
"""So much that is free may stay at the end of the heap."""


def give_back_freed_memory() -> None:
    """Have freed memory returned to the machine, by all threads, from now on.

    By itself glibc keeps a heap for each thread, and after the first freed picture keeps all
    freed pictures in them. Other C libraries are left as they are.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for setting, value in (
        (_M_ARENA_MAX, 1),
        (_M_MMAP_THRESHOLD, PICTURE_BYTES),
        (_M_TRIM_THRESHOLD, SPARE_BYTES),
    ):
        mallopt(setting, value)
