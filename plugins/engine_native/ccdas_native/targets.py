"""Compiled kernels as targets of XLA."""

from __future__ import annotations

import warnings
from pathlib import Path
from threading import Lock

from ccdas_framework import CcdasError, CcdasWarning

from .agreement import JAX, KERNEL, Agreement
from .compiler import WHERE, Compiler, Limits, is_cached, library

_registered: dict[str, str] = {}  # key -> name of the target
_lock = Lock()


def target(
    source: str, compiler: Compiler, folder: Path, limits: Limits, agreement: Agreement
) -> str | None:
    """Name by which XLA calls a compiled source.

    Args:
        source: C++ without `kernel.hh`.
        compiler: with its flags.
        folder: of the compiled libraries.
        limits: of a compilation.
        agreement: choices of the run.

    Returns:
        The name, or None where JAX computes the loop in the whole run: with a warning where the
        kernel fails here, without one where it failed before.

    Raises:
        CcdasError: the run uses the kernel, which fails here.
    """
    import jax.ffi

    if agreement.choice(source) == JAX:
        return None
    try:
        loaded, key = library(source, compiler, folder, limits)
    except (CcdasError, OSError) as error:
        code = getattr(error, "code", "unusable-library")
        choice = agreement.chosen(source, JAX)
        if choice == KERNEL or (not choice and is_cached(source, compiler, folder)):
            raise _other_engine(error) from error
        message = (
            f"{str(error).rstrip('.')}. JAX runs the time loop instead, with the same results."
        )
        warnings.warn(CcdasWarning(message, code=code, where=WHERE), stacklevel=2)
        return None
    if agreement.chosen(source, KERNEL) == JAX:
        return None
    with _lock:
        if key not in _registered:
            handler = jax.ffi.pycapsule(loaded.ccdas_native)
            jax.ffi.register_ffi_target(f"ccdas_native_{key}", handler, platform="cpu")
            _registered[key] = f"ccdas_native_{key}"
    return _registered[key]


def _other_engine(error: Exception) -> CcdasError:
    """Refusal of a process that would compute its blocks in another way than the run."""
    return CcdasError(
        f"{str(error).rstrip('.')}. Other processes of the run use this kernel, and all blocks of "
        "a run are computed alike. Repair that machine, or use --engine jax.",
        code="other-engine",
        where=WHERE,
    )
