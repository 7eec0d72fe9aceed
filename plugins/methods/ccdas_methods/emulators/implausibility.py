"""Implausibility of points: the distance of emulated outputs from the observations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from .gaussian_process import Emulator
from .outputs import Outputs


@frozen(eq=False)
class WaveRuns:
    """Runs of all waves so far that can be used.

    Args:
        x: points, shape (run, control).
        residuals: whitened, shape (run, obs).
        wave: number of the wave of each run, shape (run,).
    """

    x: np.ndarray
    residuals: np.ndarray
    wave: np.ndarray


@frozen(eq=False)
class Wave:
    """Emulator of one wave.

    Args:
        outputs: what is emulated, residuals with an error variance of 1.
        emulator: of these outputs.
        discrepancy: sd of the model discrepancy, in sd of the observation error.
    """

    outputs: Outputs
    emulator: Emulator
    discrepancy: float

    def implausibilities(self, points: np.ndarray) -> np.ndarray:
        """Implausibility by output, shapes (point, control) -> (point, output).

            I = |y - E(H)| / sqrt(var(observation) + var(emulator) + var(discrepancy))

        Source: Vernon, Goldstein and Bower (2010), Bayesian Anal. 5, 619-669, eq. 13.
        """
        mean, variance = self.emulator.predict(points)
        return np.asarray(np.abs(mean) / np.sqrt(1.0 + variance + self.discrepancy**2))


def ruled_out_most(implausibilities: np.ndarray, cutoff: float, names: Sequence[str]) -> str:
    """Name of the output that alone rules out most points.

    Of several that rule out as many it is the one with the largest least implausibility.

    Args:
        implausibilities: shape (point, output).
        cutoff: above which a point is ruled out.
        names: of the outputs.
    """
    shares = np.mean(implausibilities > cutoff, axis=0)
    least = implausibilities.min(axis=0)
    return names[max(range(len(names)), key=lambda n: (shares[n], least[n]))]
