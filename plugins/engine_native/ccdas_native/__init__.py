"""Derivatives by JAX with the loop over time compiled from C++."""

from __future__ import annotations

from ccdas_framework import Engine, hookimpl


@hookimpl
def engines() -> dict[str, type[Engine]]:
    """The engine of this package, under the name a configuration uses."""
    from .engine import NativeEngine

    return {"native": NativeEngine}
