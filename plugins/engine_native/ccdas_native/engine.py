"""Engine `native`: JAX with a compiled loop over time."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from attrs import evolve, field, frozen
from attrs.validators import instance_of

from ccdas_framework import CcdasError, CcdasWarning, JaxEngine, cache_folder, in_range

from .agreement import Agreement, received
from .compiler import COUNTS, WHERE, Compiler, Limits, find_compiler, recorded_compiler
from .flat import Unsupported
from .kernel_files import KernelFiles
from .native_scan import has_no_days, native_scan
from .targets import target


def _scan(
    plain: Any,
    compile: Any,
    files: KernelFiles,
    step: Any,
    carry: Any,
    xs: Any,
    parameters: Any,
    xp: Any,
) -> Any:
    """`xp.scan` by a compiled loop, by that of JAX where a step has no translation."""
    if has_no_days(xs):
        return plain.scan(step, carry, xs, parameters)
    try:
        return native_scan(step, carry, xs, parameters, plain, compile, files)
    except Unsupported as reason:
        name = getattr(step, "__name__", "step")
        message = (
            f"engine 'native' cannot translate step '{name}': {reason}. JAX runs its time loop "
            "instead, with the same results."
        )
        warning = CcdasWarning(message, code="no-translation", where=f"step '{name}'")
        warnings.warn(warning, stacklevel=3)
        return plain.scan(step, carry, xs, parameters)


@frozen(eq=False)
class NativeEngine(JaxEngine):
    """Derivatives by JAX, with the loop over time compiled from C++.

    Args:
        compiler: name or path of a C++ compiler; empty for $CXX, c++, g++ or clang++.
        compile_seconds: longest compilation (s). After it JAX runs the loop instead.
        compile_gigabytes: most address space of a compilation (GiB), likewise.
    """

    auto_rank: ClassVar[float | None] = 3.0
    gradient_columns: ClassVar[int] = 1  # small blocks cost no more than large ones
    compiler: str = field(default="", validator=instance_of(str))
    compile_seconds: float = field(default=120.0, validator=in_range(1.0, 3600.0))
    compile_gigabytes: float = field(default=8.0, validator=in_range(0.001, 1000.0))
    agreement: Agreement = field(init=False)
    cxx: Compiler = field(init=False)
    xp: Any = field(init=False)

    @agreement.default
    def _agreement(self) -> Agreement:
        return Agreement.of_process(_folder())

    @cxx.default
    def _compiler(self) -> Compiler:
        try:
            return find_compiler(self.compiler)
        except CcdasError:
            recorded = None if self.compiler else recorded_compiler(_folder())
            if recorded is None:
                raise
            return recorded

    @xp.default
    def _namespace(self) -> Any:
        plain, folder = JaxEngine().xp, _folder()
        limits = Limits(self.compile_seconds, self.compile_gigabytes)
        compile = partial(
            target, compiler=self.cxx, folder=folder, limits=limits, agreement=self.agreement
        )
        return evolve(plain, scan=partial(_scan, plain, compile, KernelFiles(folder)))

    def __reduce__(self) -> tuple[Any, ...]:
        """With the run, so that the processes of a run agree."""
        return received, (self.agreement.run_to_send(), *JaxEngine.__reduce__(self))

    def require_gain(self) -> None:
        """See `Engine`."""
        import jax

        if jax.default_backend() != "cpu":
            raise CcdasError(
                f"JAX computes on {jax.default_backend()}, for which no kernel is compiled.",
                code="accelerator",
                where=WHERE,
            )

    def compilations(self) -> dict[str, dict[str, float]]:
        """As of JAX, with the kernels."""
        return {**JaxEngine.compilations(self), "kernels": COUNTS.summary}

    def provenance(self) -> dict[str, Any]:
        """Compiler and flags."""
        return {
            "compiler": self.cxx.version,
            "compiler_path": " ".join((self.cxx.path, *self.cxx.words)),
            "flags": " ".join(self.cxx.flags),
            **({"processor": self.cxx.processor} if self.cxx.processor else {}),
        }


def _folder() -> Path:
    """Folder of compiled libraries."""
    return cache_folder() / "native"


def native_error() -> CcdasError | None:
    """Why the engine cannot be used here, or None where it can."""
    try:
        NativeEngine()
    except CcdasError as error:
        return error
    return None
