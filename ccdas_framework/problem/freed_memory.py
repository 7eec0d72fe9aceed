"""Memory that the C library keeps after it was freed."""

from __future__ import annotations

import ctypes
import sys


def release_freed_memory() -> None:
    """Give freed memory back to the system, after a stage with large arrays of its own.

    The C library of Linux keeps it for the thread that freed it, where other threads cannot use it.
    Elsewhere nothing happens.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
