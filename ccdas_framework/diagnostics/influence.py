"""Influence of each stream on the parameters and on the targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from ..posterior import Posterior, degrees_of_freedom
from .fit import StreamFit


def signal(fit: StreamFit, posterior: Posterior) -> float:
    """Degrees of freedom for signal of a stream: trace of its block of the hat matrix K A K^T.

    Divided by the number of values it is their mean self-sensitivity, the change of a fitted value
    by that of its observation.

    Source: Cardinali, Pezzulli and Andersson (2004), Q. J. R. Meteorol. Soc. 130, 2767-2786.
    """
    return degrees_of_freedom(posterior, {fit.name: fit.sensitivity})[fit.name]


def attributed_shifts(
    fits: Sequence[StreamFit], posterior: Posterior, x_b: np.ndarray
) -> dict[str, np.ndarray]:
    """The part of x_a - x_b that each stream causes.

        dx_s = A K_s^T R_s^-1 (y_s - H_s(x_a) + K_s (x_a - x_b))

    At a minimum these add up to x_a - x_b, also in a nonlinear problem, because the gradient
    B^-1 (x_a - x_b) - sum K_s^T R_s^-1 (y_s - H_s(x_a)) vanishes. With robust errors residuals and
    K_s are the modified ones. In a linear one the bracket is
    the innovation y_s - H_s(x_b), and dx_s = A K_s^T R_s^-1 (y_s - H_s(x_b)).

    Returns:
        stream -> its part, shape (control,).
    """
    increment = posterior.x - x_b
    return {
        fit.name: posterior.covariance
        @ (fit.sensitivity.T @ (fit.modified + fit.sensitivity @ increment))
        for fit in fits
    }


def nonlinearity(fit: StreamFit, increment: np.ndarray) -> float:
    """Root-mean-square of R^-1/2 (H(x_a) - H(x_b) - K (x_a - x_b)): departure from linearity.

    Args:
        increment: x_a - x_b, shape (control,).
    """
    if not len(fit):
        return np.nan
    remainder = fit.innovation - fit.residual - fit.linear @ increment
    return float(np.sqrt(np.mean(remainder**2)))


@frozen(eq=False)
class TargetChange:
    """Targets of one quantity at the prior and at the optimum; arrays of shape (target,).

    Args:
        quantity: such as 'npp'.
        region: name of each.
        units: of the values.
        prior, posterior: t(x_b) and t(x_a).
        sensitivity: T = dt/dx at x_a, shape (target, control).
        period: of the targets, '' for the window.
    """

    quantity: str
    region: Sequence[str]
    units: str
    prior: np.ndarray
    posterior: np.ndarray
    sensitivity: np.ndarray
    period: str = field(default="")


def target_shifts(
    targets: Sequence[TargetChange], shifts: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """Change of each target by each stream, T dx_s, and the unexplained rest.

    Returns:
        Columns of shape (target,), with names as in `diagnostics.nc`. `target_shift` has shape
        (stream, target). `target_rest` is t(x_a) - t(x_b) less all of these, the nonlinear part.
    """
    prior = np.concatenate([t.prior for t in targets])
    posterior = np.concatenate([t.posterior for t in targets])
    by_stream = [np.concatenate([t.sensitivity @ dx for t in targets]) for dx in shifts.values()]
    return {
        "quantity": [t.quantity for t in targets for _ in t.region],
        "region": [region for t in targets for region in t.region],
        "period": [t.period for t in targets for _ in t.region],
        "target_units": [t.units for t in targets for _ in t.region],
        "target_prior": prior,
        "target_posterior": posterior,
        "target_rest": posterior - prior - sum(by_stream),
        "target_shift": np.array(by_stream),
    }
