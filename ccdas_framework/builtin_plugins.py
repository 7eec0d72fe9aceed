"""Components of the framework, registered through the public hooks."""

from __future__ import annotations

from .registry.hookspecs import hookimpl


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
