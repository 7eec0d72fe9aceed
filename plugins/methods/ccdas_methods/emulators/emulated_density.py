"""Log density of a problem whose outputs are emulated."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from .gaussian_process import Emulator
from .outputs import Outputs


@frozen(eq=False)
class EmulatedProblem:
    """A problem for a sampler that needs the log density, without a run of the model.

    Args:
        problem: control, prior and observations.
        outputs: what is emulated, residuals with an error variance of 1.
        emulator: of these outputs.
    """

    problem: Any
    outputs: Outputs
    emulator: Emulator

    @property
    def control(self) -> Any:
        """Names, units, bounds and transforms of x."""
        return self.problem.control

    @property
    def prior(self) -> Any:
        """x_b and B."""
        return self.problem.prior

    @property
    def streams(self) -> Any:
        """Observations by name."""
        return self.problem.streams

    def log_density(self, x: np.ndarray) -> float:
        """Of one point; see `log_densities`."""
        return float(self.log_densities(np.asarray(x)[None])[0])

    def log_densities(self, members: np.ndarray) -> np.ndarray:
        """Emulated log density, -inf outside the bounds, (member, control) -> (member,).

            -J_prior(x) - sum over outputs of (m(x)^2 / (1 + v(x)) + ln(1 + v(x))) / 2

        m and v are mean and variance of the emulated residuals, whose error variance is 1.

        Source: Kennedy and O'Hagan (2001), J. R. Stat. Soc. B 63, 425-464, section 4.
        """
        members = np.asarray(members, float)
        lower, upper = self.control.limits
        inside = ((members >= lower) & (members <= upper)).all(axis=1)
        density = np.full(len(members), -np.inf)
        if inside.any():
            mean, variance = self.emulator.predict(members[inside])
            total = 1.0 + variance
            misfit = 0.5 * np.sum(mean**2 / total + np.log(total), axis=1)
            away = self.prior.covariance.whiten((members[inside] - self.prior.mean).T, np)
            density[inside] = -misfit - 0.5 * np.sum(np.asarray(away) ** 2, axis=0)
        return density
