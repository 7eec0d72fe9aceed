"""Checks of a prior."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from ..core.errors import CcdasError
from ..core.interfaces import Prior
from ..engines.namespace import numpy_namespace
from ..problem.component_results import prior_findings
from .check import (
    Check,
    CheckFailure,
    checks_of,
    require,
    require_close,
    require_finite,
    require_none,
    require_shape,
)
from .declaration_checks import is_a_frozen_record
from .derivative_checks import derivative_checks
from .differentiable_function import DifferentiableFunction
from .problems import small_control

XP = numpy_namespace()
DRAWS = 4000
DEVIATIONS = 6.0  # of the error of a sample's moments; a good prior misses it once in 10^8


def prior_checks(prior: Prior, engines: tuple[str, ...]) -> Iterator[Check]:
    """All checks of a prior, by name."""
    yield from checks_of(lambda: prior, (
        ("it is a frozen record of its settings", "loads", is_a_frozen_record),
        ("it can be made for a control vector", "metadata", for_control_works),
        ("mean and covariance belong together", "units and dims", shapes_agree),
        ("the covariance whitens to the unit matrix", "values", covariance_whitens),
        ("the density is that of its mean and covariance", "values", density_agrees),
        ("samples have its mean and covariance", "values", samples_agree),
        ("samples follow from the generator alone", "values", samples_repeat),
    ))  # fmt: skip
    yield from derivative_checks(cache(lambda: density_function(prior)), engines)


def _improper(prior: Prior) -> bool:
    """Whether it has no finite variances, as a flat prior."""
    return not bool(np.all(np.isfinite(prior.covariance.sd)))


def for_control_works(prior: Prior) -> None:
    """`for_control(control)`, which a configuration calls, gives one of the control's length."""
    kind = type(prior)
    require(
        hasattr(kind, "for_control"), "missing-method", "for_control",
        f"{kind.__name__} has no class method for_control(control, **settings); an experiment "
        "makes its prior with it.",
    )  # fmt: skip
    control = small_control()
    prior_of_control = kind.for_control(control)  # type: ignore[attr-defined]
    message = f"for_control returns {type(prior_of_control).__name__}."
    require(isinstance(prior_of_control, kind), "wrong-type", "for_control", message)
    shape = np.shape(prior_of_control.mean)
    message = f"for_control gives a mean of shape {shape} for {len(control)} elements."
    require(shape == (len(control),), "wrong-shape", "for_control", message)


def shapes_agree(prior: Prior) -> None:
    """A finite mean, and as many positive sd."""
    require_none(prior_findings(prior.mean, prior.covariance, np.size(prior.mean)), prior)


def covariance_whitens(prior: Prior) -> None:
    """L^-1 C L^-T = 1, C symmetric with the squares of sd on its diagonal, solve its inverse."""
    covariance, count, code = prior.covariance, len(prior.mean), "wrong-covariance"
    if _improper(prior):
        whitened = covariance.whiten(np.ones(count), XP)
        require_close(whitened, np.zeros(count), code, "whiten", "whitened and zero")
        return
    dense, whitening = covariance.dense(), covariance.whiten(np.eye(count), XP)
    text = "covariance and its transpose"
    require_close(dense, dense.T, code, "dense", text, 1e-10, 1e-12)
    text = "the square root of the diagonal and covariance.sd"
    require_close(np.sqrt(np.diag(dense)), covariance.sd, code, "sd", text, 1e-10)
    text, unit = "the whitened covariance and the unit matrix", whitening @ dense @ whitening.T
    require_close(unit, np.eye(count), code, "whiten", text, atol=1e-8)
    vector = np.linspace(1.0, 2.0, count)
    text, product = "C C^-1 v by covariance.solve, and v,", dense @ covariance.solve(vector)
    require_close(product, vector, code, "solve", text, 1e-8, 1e-10)


def density_agrees(prior: Prior) -> None:
    """J(x) - J(x_b) = |L^-1 (x - x_b)|^2 / 2, which Gauss-Newton relies on."""
    at_mean = float(prior.negative_log_density(prior.mean, XP))
    for x in _points(prior):
        whitened = prior.covariance.whiten(x - prior.mean, XP)
        require_close(
            float(prior.negative_log_density(x, XP)) - at_mean, 0.5 * float(whitened @ whitened),
            "wrong-density", "negative_log_density",
            "the rise of negative_log_density from the mean and |whiten(x - mean)|^2 / 2",
            1e-9, 1e-9,
        )  # fmt: skip


def samples_agree(prior: Prior) -> None:
    """Mean and covariance of many draws, within six errors of theirs."""
    generator, count = np.random.default_rng(17), len(prior.mean)
    if _improper(prior):
        try:
            prior.sample(generator, 2)
        except CcdasError:
            return  # an improper prior has no samples
        message = "sample draws from a prior of infinite variance."
        raise CheckFailure("improper-sample", "sample", message)
    draws = np.asarray(prior.sample(generator, DRAWS))
    require_shape(draws, (DRAWS, count), "sample")
    require_finite(draws, "samples")
    away = draws - prior.mean
    _require_near(away, np.zeros(count), "mean", "mean")
    products = (away[:, :, None] * away[:, None, :]).reshape(DRAWS, -1)
    _require_near(products, prior.covariance.dense().ravel(), "covariance", "covariance.dense()")


def _require_near(draws: np.ndarray, expected: np.ndarray, what: str, other: str) -> None:
    estimate, error = draws.mean(axis=0), draws.std(axis=0) / np.sqrt(len(draws))
    far = np.abs(estimate - expected) / (error + 1e-300)
    worst = int(np.argmax(far))
    scale = f", {estimate[worst] / expected[worst]:.3g} times" if expected[worst] else ""
    require(
        far[worst] <= DEVIATIONS, "wrong-samples", what,
        f"the {what} of {len(draws)} samples differs from {other} by {far[worst]:.0f} times its "
        f"error: element {worst} is {estimate[worst]:.4g} and {expected[worst]:.4g}{scale}.",
    )  # fmt: skip


def samples_repeat(prior: Prior) -> None:
    """The same generator gives the same draws, and no global state is touched."""
    if _improper(prior):
        return
    before = np.random.get_state()[1].copy()  # type: ignore[index]
    first, second = (prior.sample(np.random.default_rng(5), 3) for _ in range(2))
    message = "two generators of one seed give different samples."
    require(np.array_equal(first, second), "not-repeatable", "sample", message)
    same = np.array_equal(before, np.random.get_state()[1])  # type: ignore[index]
    message = "sample uses numpy's global random numbers."
    require(same, "global-random-numbers", "sample", message)


def _finite_sd(prior: Prior) -> np.ndarray:
    return np.where(np.isfinite(prior.covariance.sd), prior.covariance.sd, 1.0)


def _points(prior: Prior) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(23)
    for _ in range(3):
        yield prior.mean + _finite_sd(prior) * generator.normal(size=len(prior.mean))


def density_function(prior: Prior) -> DifferentiableFunction:
    """The negative log density as a function of x."""

    def of(xp: Any) -> Callable[..., Any]:
        return lambda x, nothing: xp.stack([prior.negative_log_density(x, xp)])

    return DifferentiableFunction(
        of, at=next(_points(prior)), change=_finite_sd(prior), constants={}
    )
