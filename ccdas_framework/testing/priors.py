"""What a prior has to be true to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from ..core.errors import CcdasError
from ..core.interfaces import Prior
from ..engines.namespace import numpy_namespace
from .check import Check, require, require_close, require_finite
from .declarations import is_a_frozen_record
from .derivatives import derivative_checks
from .differentiated import Differentiated
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
    yield from derivative_checks(cache(lambda: differentiated(prior)), engines)


def _improper(prior: Prior) -> bool:
    """Whether it has no finite variances, as a flat prior."""
    return not bool(np.all(np.isfinite(prior.covariance.sd)))


def is_made_for_control(prior: Prior) -> None:
    """`for_control(control)`, which a configuration calls, gives one of the control's length."""
    make: Callable[..., Any] | None = getattr(type(prior), "for_control", None)
    require(
        make is not None,
        f"{type(prior).__name__} has no class method for_control(control, **settings); an "
        "experiment makes its prior with it.",
    )
    assert make is not None
    control = small_control()
    made = make(control)
    require(isinstance(made, type(prior)), f"for_control gives {type(made).__name__}.")
    require(
        np.shape(made.mean) == (len(control),),
        f"for_control gives a mean of shape {np.shape(made.mean)} for {len(control)} elements.",
    )


def shapes_agree(prior: Prior) -> None:
    """A finite mean, and as many positive sd."""
    mean = np.asarray(prior.mean)
    require(mean.ndim == 1, f"mean has shape {mean.shape}; expected (control,).")
    require_finite(mean, "mean")
    sd = np.asarray(prior.covariance.sd)
    require(sd.shape == mean.shape, f"covariance.sd has shape {sd.shape}, mean {mean.shape}.")
    require(np.all(sd > 0.0), f"{int(np.sum(~(sd > 0.0)))} of {len(sd)} sd are not positive.")


def covariance_whitens(prior: Prior) -> None:
    """L^-1 C L^-T = 1, C symmetric with the squares of sd on its diagonal, solve its inverse."""
    covariance, count = prior.covariance, len(prior.mean)
    if _improper(prior):
        found = covariance.whiten(np.ones(count), XP)
        require_close(found, np.zeros(count), rtol=0.0, atol=0.0, what="whitened and zero")
        return
    dense = covariance.dense()
    whitening = covariance.whiten(np.eye(count), XP)
    require_close(dense, dense.T, rtol=1e-10, atol=1e-12, what="covariance and its transpose")
    require_close(
        np.sqrt(np.diag(dense)), covariance.sd, rtol=1e-10, atol=0.0,
        what="the square root of the diagonal and covariance.sd",
    )  # fmt: skip
    require_close(
        whitening @ dense @ whitening.T, np.eye(count), rtol=0.0, atol=1e-8,
        what="the whitened covariance and the unit matrix",
    )  # fmt: skip
    vector = np.linspace(1.0, 2.0, count)
    require_close(
        dense @ covariance.solve(vector), vector, rtol=1e-8, atol=1e-10,
        what="C C^-1 v by covariance.solve, and v,",
    )  # fmt: skip


def density_agrees(prior: Prior) -> None:
    """J(x) - J(x_b) = |L^-1 (x - x_b)|^2 / 2, which Gauss-Newton relies on."""
    at_mean = float(prior.negative_log_density(prior.mean, XP))
    for x in _points(prior):
        whitened = prior.covariance.whiten(x - prior.mean, XP)
        require_close(
            float(prior.negative_log_density(x, XP)) - at_mean, 0.5 * float(whitened @ whitened),
            rtol=1e-9, atol=1e-9,
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
        raise AssertionError("sample draws from a prior of infinite variance.")
    draws = np.asarray(prior.sample(generator, DRAWS))
    require(
        draws.shape == (DRAWS, count),
        f"sample gives shape {draws.shape}; expected (draws, control) = {(DRAWS, count)}.",
    )
    require_finite(draws, "samples")
    away = draws - prior.mean
    _near(away, np.zeros(count), "mean", "mean")
    products = (away[:, :, None] * away[:, None, :]).reshape(DRAWS, -1)
    _near(products, prior.covariance.dense().ravel(), "covariance", "covariance.dense()")


def _near(draws: np.ndarray, expected: np.ndarray, what: str, other: str) -> None:
    found, error = draws.mean(axis=0), draws.std(axis=0) / np.sqrt(len(draws))
    far = np.abs(found - expected) / (error + 1e-300)
    worst = int(np.argmax(far))
    scale = f", {found[worst] / expected[worst]:.3g} times" if expected[worst] else ""
    require(
        far[worst] <= DEVIATIONS,
        f"the {what} of {len(draws)} samples differs from {other} by {far[worst]:.0f} times its "
        f"error: element {worst} is {found[worst]:.4g} and {expected[worst]:.4g}{scale}.",
    )


def samples_repeat(prior: Prior) -> None:
    """The same generator gives the same draws, and no global state is touched."""
    if _improper(prior):
        return
    before = np.random.get_state()[1].copy()  # type: ignore[index]
    first, second = (prior.sample(np.random.default_rng(5), 3) for _ in range(2))
    require(np.array_equal(first, second), "two generators of one seed give different samples.")
    after = np.random.get_state()[1]  # type: ignore[index]
    require(np.array_equal(before, after), "sample uses numpy's global random numbers.")


def _points(prior: Prior) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(23)
    sd = np.where(np.isfinite(prior.covariance.sd), prior.covariance.sd, 1.0)
    for _ in range(3):
        yield prior.mean + sd * generator.normal(size=len(prior.mean))


def differentiated(prior: Prior) -> Differentiated:
    """The negative log density as a function of x."""
    sd = np.where(np.isfinite(prior.covariance.sd), prior.covariance.sd, 1.0)

    def of(xp: Any) -> Callable[..., Any]:
        return lambda x, nothing: xp.stack([prior.negative_log_density(x, xp)])

    return Differentiated(
        of=of, at=next(_points(prior)), change=sd, constants={}, relative=1e-6, absolute=1e-6,
    )  # fmt: skip
