"""Compiled kernels as targets of XLA."""

from __future__ import annotations

import warnings
from multiprocessing import parent_process
from pathlib import Path
from threading import Lock

from ccdas_framework import CcdasError, CcdasWarning

from .compiler import WHERE, Compiler, Limits, is_cached, library

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

    Raises:
        CcdasError: this is a worker, and other processes use the kernel that it cannot.
    """
    import jax.ffi

    try:
        loaded, key = library(source, compiler, folder, limits)
    except (CcdasError, OSError) as error:
        code = getattr(error, "code", "unusable-library")
        _require_alike(source, compiler, folder, error)
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


def _require_alike(source: str, compiler: Compiler, folder: Path, error: Exception) -> None:
    """Refuse that a worker computes its blocks in another way than those that have the kernel.

    Raises:
        CcdasError: the cache has the kernel, and this process is a worker.
    """
    if parent_process() is not None and is_cached(source, compiler, folder):
        raise CcdasError(
            f"{str(error).rstrip('.')}. Other processes of the run use this kernel, and all blocks "
            "of a run are computed alike. Repair that machine, or use --engine jax.",
            code="other-engine",
            where=WHERE,
        ) from error
