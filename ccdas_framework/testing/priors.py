"""Checks of a prior."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from ..core.errors import CcdasError
from ..core.interfaces import Prior
from ..engines.namespace import numpy_namespace
from .check import Check, CheckFailure, require, require_close, require_finite
from .declaration_checks import is_a_frozen_record
from .derivative_checks import derivative_checks
from .differentiable_function import DifferentiableFunction
from .problems import small_control

XP = numpy_namespace()
DRAWS = 4000
DEVIATIONS = 6.0  # of the error of a sample's moments; a good prior misses it once in 10^8


def prior_checks(prior: Prior, engines: tuple[str, ...]) -> Iterator[Check]:
    """All checks of a prior, by name."""
    for name, stage, run in (
        ("it is a frozen record of its settings", "loads", is_a_frozen_record),
        ("it can be made for a control vector", "metadata", is_made_for_control),
        ("mean and covariance belong together", "units and dims", shapes_agree),
        ("the covariance whitens to the unit matrix", "values", covariance_whitens),
        ("the density is that of its mean and covariance", "values", density_agrees),
        ("samples have its mean and covariance", "values", samples_agree),
        ("samples follow from the generator alone", "values", samples_repeat),
    ):
        yield Check(name, stage, lambda r=run: r(prior))  # type: ignore[misc]
    yield from derivative_checks(cache(lambda: density_function(prior)), engines)


def _improper(prior: Prior) -> bool:
    """Whether it has no finite variances, as a flat prior."""
    return not bool(np.all(np.isfinite(prior.covariance.sd)))


def is_made_for_control(prior: Prior) -> None:
    """`for_control(control)`, which a configuration calls, gives one of the control's length."""
    make: Callable[..., Any] | None = getattr(type(prior), "for_control", None)
    require(
        make is not None, "missing-method", "for_control",
        f"{type(prior).__name__} has no class method for_control(control, **settings); an "
        "experiment makes its prior with it.",
    )  # fmt: skip
    assert make is not None
    control = small_control()
    prior_of_control = make(control)
    require(
        isinstance(prior_of_control, type(prior)), "wrong-type", "for_control",
        f"for_control gives {type(prior_of_control).__name__}.",
    )  # fmt: skip
    require(
        np.shape(prior_of_control.mean) == (len(control),), "wrong-shape", "for_control",
        f"for_control gives a mean of shape {np.shape(prior_of_control.mean)} for {len(control)} "
        "elements.",
    )  # fmt: skip


def shapes_agree(prior: Prior) -> None:
    """A finite mean, and as many positive sd."""
    mean = np.asarray(prior.mean)
    require(
        mean.ndim == 1, "wrong-shape", "mean", f"mean has shape {mean.shape}; expected (control,)."
    )
    require_finite(mean, "mean")
    sd = np.asarray(prior.covariance.sd)
    require(
        sd.shape == mean.shape, "wrong-shape", "covariance.sd",
        f"covariance.sd has shape {sd.shape}, mean {mean.shape}.",
    )  # fmt: skip
    require(
        np.all(sd > 0.0), "wrong-error", "covariance.sd",
        f"{int(np.sum(~(sd > 0.0)))} of {len(sd)} sd are not positive.",
    )  # fmt: skip


def covariance_whitens(prior: Prior) -> None:
    """L^-1 C L^-T = 1, C symmetric with the squares of sd on its diagonal, solve its inverse."""
    covariance, count = prior.covariance, len(prior.mean)
    if _improper(prior):
        whitened = covariance.whiten(np.ones(count), XP)
        require_close(
            whitened, np.zeros(count), rtol=0.0, atol=0.0, code="wrong-covariance", where="whiten",
            what="whitened and zero",
        )  # fmt: skip
        return
    dense = covariance.dense()
    whitening = covariance.whiten(np.eye(count), XP)
    require_close(
        dense, dense.T, rtol=1e-10, atol=1e-12, code="wrong-covariance", where="dense",
        what="covariance and its transpose",
    )  # fmt: skip
    require_close(
        np.sqrt(np.diag(dense)), covariance.sd, rtol=1e-10, atol=0.0, code="wrong-covariance",
        where="sd", what="the square root of the diagonal and covariance.sd",
    )  # fmt: skip
    require_close(
        whitening @ dense @ whitening.T, np.eye(count), rtol=0.0, atol=1e-8,
        code="wrong-covariance", where="whiten",
        what="the whitened covariance and the unit matrix",
    )  # fmt: skip
    vector = np.linspace(1.0, 2.0, count)
    require_close(
        dense @ covariance.solve(vector), vector, rtol=1e-8, atol=1e-10, code="wrong-covariance",
        where="solve", what="C C^-1 v by covariance.solve, and v,",
    )  # fmt: skip


def density_agrees(prior: Prior) -> None:
    """J(x) - J(x_b) = |L^-1 (x - x_b)|^2 / 2, which Gauss-Newton relies on."""
    at_mean = float(prior.negative_log_density(prior.mean, XP))
    for x in _points(prior):
        whitened = prior.covariance.whiten(x - prior.mean, XP)
        require_close(
            float(prior.negative_log_density(x, XP)) - at_mean, 0.5 * float(whitened @ whitened),
            rtol=1e-9, atol=1e-9, code="wrong-density", where="negative_log_density",
            what="the rise of negative_log_density from the mean and |whiten(x - mean)|^2 / 2",
        )  # fmt: skip


def samples_agree(prior: Prior) -> None:
    """Mean and covariance of many draws, within six errors of theirs."""
    generator, count = np.random.default_rng(17), len(prior.mean)
    if _improper(prior):
        try:
            prior.sample(generator, 2)
        except CcdasError:
            return  # nothing to draw from, said in a sentence
        raise CheckFailure(
            "improper-sample", "sample", "sample draws from a prior of infinite variance."
        )
    draws = np.asarray(prior.sample(generator, DRAWS))
    require(
        draws.shape == (DRAWS, count), "wrong-shape", "sample",
        f"sample gives shape {draws.shape}; expected (draws, control) = {(DRAWS, count)}.",
    )  # fmt: skip
    require_finite(draws, "samples")
    away = draws - prior.mean
    _near(away, np.zeros(count), "mean", "mean")
    products = (away[:, :, None] * away[:, None, :]).reshape(DRAWS, -1)
    _near(products, prior.covariance.dense().ravel(), "covariance", "covariance.dense()")


def _near(draws: np.ndarray, expected: np.ndarray, what: str, other: str) -> None:
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
    require(
        np.array_equal(first, second), "not-repeatable", "sample",
        "two generators of one seed give different samples.",
    )  # fmt: skip
    after = np.random.get_state()[1]  # type: ignore[index]
    require(
        np.array_equal(before, after), "global-random-numbers", "sample",
        "sample uses numpy's global random numbers.",
    )  # fmt: skip


def _points(prior: Prior) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(23)
    sd = np.where(np.isfinite(prior.covariance.sd), prior.covariance.sd, 1.0)
    for _ in range(3):
        yield prior.mean + sd * generator.normal(size=len(prior.mean))


def density_function(prior: Prior) -> DifferentiableFunction:
    """The negative log density as a function of x."""
    sd = np.where(np.isfinite(prior.covariance.sd), prior.covariance.sd, 1.0)

    def of(xp: Any) -> Callable[..., Any]:
        return lambda x, nothing: xp.stack([prior.negative_log_density(x, xp)])

    return DifferentiableFunction(
        of=of, at=next(_points(prior)), change=sd, constants={}, relative=1e-6, absolute=1e-6,
    )  # fmt: skip
