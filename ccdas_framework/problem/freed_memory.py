"""Memory that the C library keeps after it was freed."""

from __future__ import annotations

import ctypes
import os
import sys

LARGE = 4 * 2**20  # bytes of an array with pages of its own
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD of malloc.h
_CHOICE_OF_USER = "MALLOC_MMAP_THRESHOLD_"  # environment variable of the GNU C library


def return_large_arrays() -> None:
    """Give each array above 4 MiB back to the system when it is freed.

    The C library of Linux does so from 128 kB, and raises this limit up to 32 MB when larger arrays
    are freed. Arrays below it share memory, and many threads then keep several times of what they
    use. Elsewhere nothing happens, nor where the user has set MALLOC_MMAP_THRESHOLD_.
    """
    if sys.platform == "linux" and _CHOICE_OF_USER not in os.environ:
        options = getattr(ctypes.CDLL(None), "mallopt", None)
        if options is not None:
            options(_MMAP_THRESHOLD, LARGE)
            options(_TRIM_THRESHOLD, 2 * LARGE)  # as the library does: small ones cost no pages


def release_freed_memory() -> None:
    """Give freed memory back to the system, after a stage with large arrays of its own.

    The C library of Linux keeps it for the thread that freed it, where other threads cannot use it.
    Elsewhere nothing happens.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
