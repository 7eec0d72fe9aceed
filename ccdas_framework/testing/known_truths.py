"""Known problems with observations of a truth that is drawn from the prior.

The ranks of such truths in a right posterior are uniform, which tests methods (simulation-based
calibration, Talts et al. 2018, arXiv:1804.06788).
"""

from __future__ import annotations

import numpy as np
from attrs import evolve

from ..core.errors import FailedRun, InvalidInput
from ..engines.namespace import numpy_namespace
from ..priors import Gaussian
from .function_model import MatrixProduct
from .known_answers import KnownAnswer, gaussian_answer
from .known_problem_statement import KnownProblem

DRAWS = 1000  # most draws, of which the first that the problem allows is the truth


def has_truths(known: KnownProblem) -> bool:
    """Whether errors of the observations can be drawn: they are Gaussian."""
    return known.robust is None


def has_exact_answer(known: KnownProblem) -> bool:
    """Whether the posterior is a closed form for any observed values: that of a linear problem."""
    return (
        isinstance(known.function, MatrixProduct)
        and isinstance(known.prior, Gaussian)
        and known.robust is None
        and all(p.transform == "identity" for p in known.parameters)
        and not np.isfinite(known.control.bounds).any()
    )


def with_drawn_truth(
    known: KnownProblem, generator: np.random.Generator
) -> tuple[KnownProblem, np.ndarray]:
    """The problem with other observed values, and the truth that they come from.

    The truth is the first draw from the prior within the bounds at which the model gives a finite
    result, so that it is a draw from what the prior allows. The errors are drawn from R. The exact
    answer is that of the new values where the problem is linear, and otherwise unknown.

    Args:
        known: problem with Gaussian errors.
        generator: random numbers of truth and errors.

    Returns:
        The problem, and the control vector of the truth, shape (control,).

    Raises:
        InvalidInput: the errors are robust, or no draw of the prior is possible.
    """
    if not has_truths(known):
        raise InvalidInput(
            f"the known problem '{known.name}' has robust errors, which have no draws; "
            "take another problem for truths from the prior.",
            code="no-truth",
            where=known.name,
        )
    control = known.control
    lower, upper = control.bounds
    for x in known.prior.sample(generator, DRAWS):
        physical = control.physical(x)
        if not ((lower <= physical) & (physical <= upper)).all():
            continue
        simulated = _simulated(known, physical)
        if np.isfinite(simulated).all():
            break
    else:
        raise InvalidInput(
            f"none of {DRAWS} draws from the prior of the known problem '{known.name}' lies within "
            "its bounds with a finite result of the model; widen the bounds or move the prior.",
            code="impossible-truth",
            where=known.name,
        )
    values = simulated
    if known.errors is not None:
        normal = generator.standard_normal(len(simulated))
        values = simulated + np.linalg.cholesky(known.errors.dense()) @ normal
    anew = evolve(known, values=values, answer=KnownAnswer(methods=known.answer.methods))
    if has_exact_answer(anew):
        anew = anew.with_answer(_linear_answer(anew))
    return anew, np.asarray(x, float)


def _simulated(known: KnownProblem, physical: np.ndarray) -> np.ndarray:
    """h(p), shape (obs,); NaN where the model fails."""
    if known.function is None:
        return known.values
    try:
        with np.errstate(all="ignore"):  # of values that are not finite
            return np.asarray(known.function(physical, numpy_namespace()), float)
    except FailedRun:
        return np.full(len(known.values), np.nan)


def _linear_answer(known: KnownProblem) -> KnownAnswer:
    """Posterior of a linear problem by the QR factors of its whitened equations.

    Source: Tarantola (2005), Inverse Problem Theory, eqs 3.37 and 3.38.
    """
    assert isinstance(known.function, MatrixProduct) and known.errors is not None
    control, prior = known.control, known.prior
    matrix = known.function.matrix * control.step
    misfit = known.values - known.function.matrix @ control.centre - matrix @ prior.mean
    count = len(control)
    columns = [
        np.concatenate([prior.covariance.whiten(unit, np), known.errors.whiten(matrix @ unit, np)])
        for unit in np.eye(count)
    ]
    right = np.concatenate([np.zeros(count), known.errors.whiten(misfit, np)])
    whitened = np.stack(columns, axis=1)
    q, r = np.linalg.qr(whitened)
    increment = np.linalg.solve(r, q.T @ right)
    sd = np.linalg.norm(np.linalg.inv(r), axis=1)
    residual = right - whitened @ increment
    mean = prior.mean + increment
    return gaussian_answer(mean.tolist(), sd.tolist(), 0.5 * float(residual @ residual))
