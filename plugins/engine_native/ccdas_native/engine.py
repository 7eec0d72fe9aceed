"""Engine 'native'."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from attrs import field, frozen

from ccdas_framework import CcdasError, CcdasWarning
from ccdas_framework.engines.jax_engine import JaxEngine, cache_folder, jax_namespace, jax_scan
from ccdas_framework.engines.namespace import Namespace

from .compiler import Compiler, find_compiler, library
from .flat import Unsupported
from .loop import native_scan

_registered: set[str] = set()
_lock = Lock()


def _target(source: str, compiler: Compiler, folder: Path, seconds: float) -> str | None:
    """Name by which XLA calls a compiled source, or None with a warning."""
    import jax.ffi

    try:
        loaded, key = library(source, compiler, folder, seconds)
    except CcdasError as error:
        warnings.warn(f"{error} JAX runs the time loop instead.", CcdasWarning, stacklevel=2)
        return None
    name = f"ccdas_native_{key}"
    with _lock:
        if name not in _registered:
            handler = jax.ffi.pycapsule(loaded.ccdas_native)
            jax.ffi.register_ffi_target(name, handler, platform="cpu")
            _registered.add(name)
    return name


def _scan(compile: Callable[[str], str | None], *arguments: Any) -> Any:
    try:
        return native_scan(*arguments, compile=compile)
    except Unsupported as reason:
        warnings.warn(
            f"engine 'native' cannot translate a step ({reason}). JAX runs its time loop instead.",
            CcdasWarning, stacklevel=3,
        )  # fmt: skip
        return jax_scan(*arguments)


@frozen(eq=False)
class NativeEngine(JaxEngine):
    """Derivatives by JAX, with the loop over time compiled from C++.

    Args:
        compiler: name or path of a C++ compiler; empty for $CXX, c++, g++ or clang++.
        compile_seconds: how long a compilation may take before JAX runs the loop instead.
    """

    compiler: str = field(default="")
    compile_seconds: float = field(default=120.0)
    xp: Namespace = field(init=False)

    @xp.default
    def _namespace(self) -> Namespace:
        found = find_compiler(self.compiler)
        plain = jax_namespace()
        folder = cache_folder() / "native"
        compile = partial(_target, compiler=found, folder=folder, seconds=self.compile_seconds)
        return Namespace(plain.module, partial(_scan, compile), plain.erf, plain.segment_sum)
