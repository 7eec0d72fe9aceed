"""Compiled kernels as targets of XLA."""

from __future__ import annotations

import warnings
from pathlib import Path
from threading import Lock

from ccdas_framework import CcdasError, CcdasWarning

from .compiler import WHERE, Compiler, Limits, library

_registered: dict[str, str] = {}  # key -> name of the target
_lock = Lock()


def target(source: str, compiler: Compiler, folder: Path, limits: Limits) -> str | None:
    """Name by which XLA calls a compiled source.

    Args:
        source: C++ without `kernel.hh`.
        compiler: with its flags.
        folder: of the compiled libraries.
        limits: of a compilation.

    Returns:
        The name, or None with a warning where the compiler fails.
    """
    import jax.ffi

    try:
        loaded, key = library(source, compiler, folder, limits)
    except (CcdasError, OSError) as error:
        code = getattr(error, "code", "unusable-library")
        message = (
            f"{str(error).rstrip('.')}. JAX runs the time loop instead, with the same results."
        )
        warnings.warn(CcdasWarning(message, code=code, where=WHERE), stacklevel=2)
        return None
    with _lock:
        if key not in _registered:
            handler = jax.ffi.pycapsule(loaded.ccdas_native)
            jax.ffi.register_ffi_target(f"ccdas_native_{key}", handler, platform="cpu")
            _registered[key] = f"ccdas_native_{key}"
    return _registered[key]
