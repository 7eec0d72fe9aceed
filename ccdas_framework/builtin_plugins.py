"""Components of the framework, registered through the public hooks."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from .registry.hookspecs import hookimpl

# of layers above the registry, imported by name as entry points are
PLOTS, SECTIONS = "ccdas_framework.plots", "ccdas_framework.report.result_sections"


@hookimpl
def priors() -> dict[str, type]:
    """Gaussian in control space (default), or none."""
    from .priors import Flat, Gaussian

    return {"gaussian": Gaussian, "flat": Flat}


@hookimpl
def optimisers() -> dict[str, type]:
    """Gauss-Newton (default) and L-BFGS-B."""
    from .optimisers.gauss_newton import GaussNewton
    from .optimisers.lbfgsb import Lbfgsb

    return {"gauss_newton": GaussNewton, "lbfgsb": Lbfgsb}


@hookimpl
def engines() -> dict[str, type]:
    """autograd, JAX (extra `jax`) and differences."""
    from .engines.autograd_engine import AutogradEngine
    from .engines.differences import DifferencesEngine
    from .engines.jax_engine import JaxEngine

    return {"autograd": AutogradEngine, "jax": JaxEngine, "differences": DifferencesEngine}


@hookimpl
def plots() -> dict[str, Callable[..., Any]]:
    """The functions of `ccdas_framework.plots`."""
    public = import_module(PLOTS)
    return {name: getattr(public, name) for name in public.__all__}


@hookimpl
def report_sections() -> dict[str, Callable[..., Any]]:
    """Result, fluxes, fit, parameters, diagnostics and provenance, in this order."""
    return dict(import_module(SECTIONS).SECTIONS)
