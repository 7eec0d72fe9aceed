"""Gaussian processes for the outputs of a model, by scikit-learn."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from attrs import frozen

VARIANCE_FLOOR = 1e-6  # of an emulated output, whose error variance is 1
CONSTANT = 1e-10  # sd relative to the size of the values, below which an output does not vary
AMPLITUDE = (1e-3, 1e4)  # variance of the smooth part, in that of what the trend leaves
LENGTH = (1e-2, 1e4)  # length scales, in prior sd
# variance of the rest. Of n values it exceeds the rounding error of the matrix, n 1e4 2e-16, so
# that the matrix stays positive definite
NOISE = (1e-8, 1.0)
MOST_SCALES = 8  # parameters up to which each has a length scale of its own


@frozen(eq=False)
class OutputProcess:
    """One output: a linear trend, and a Gaussian process of what remains.

    Args:
        trend: constant and slopes, shape (1 + control,).
        x: points of the runs, shape (run, control).
        process: fitted regressor of scikit-learn; None where the trend is exact.
        scale: sd of what remains.
    """

    trend: np.ndarray
    x: np.ndarray
    process: Any
    scale: float

    def predict(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance at points, shapes (point, control) -> (point,) each."""
        mean = self.trend[0] + points @ self.trend[1:]
        if self.process is None:
            return mean, np.full(len(points), VARIANCE_FLOOR)
        rest, variance = _conditional(self.process, points)
        return mean + self.scale * rest, np.maximum(self.scale**2 * variance, VARIANCE_FLOOR)


@frozen(eq=False)
class Emulator:
    """Gaussian processes of all outputs, which are independent of each other.

    Args:
        processes: one for each output.
        trial_mean, trial_sd: of the standardised errors at runs that were left out of a first fit.
        trial_runs: number of these runs.
        runs: number of runs of the final fit.
    """

    processes: tuple[OutputProcess, ...]
    trial_mean: float
    trial_sd: float
    trial_runs: int
    runs: int

    def predict(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of each output, shapes (point, control) -> (point, output) each."""
        each = [process.predict(points) for process in self.processes]
        return np.stack([m for m, _ in each], axis=1), np.stack([v for _, v in each], axis=1)

    @property
    def contradicted(self) -> bool:
        """Whether the errors at the left out runs contradict the variance of the emulator.

        The mean of n standardised errors has the sd 1 / sqrt(n), and their sd 1 / sqrt(2 n).
        Errors of the outputs of one run depend on each other, so that n is the number of runs.
        """
        n = self.trial_runs
        return abs(self.trial_mean) > 4.0 / np.sqrt(n) or self.trial_sd > 1.0 + 4.0 / np.sqrt(2 * n)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Code of the reason not to trust the emulator, if there is one."""
        return ("contradicted-emulator",) if self.contradicted else ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """A sentence where the emulator is contradicted."""
        if not self.contradicted:
            return ()
        return (
            f"The emulator is contradicted by {self.trial_runs} runs that were left out: its "
            f"standardised errors have mean {self.trial_mean:.3g} and sd {self.trial_sd:.3g}; "
            "expected 0 and 1. Give more runs.",
        )


def emulator(
    x: np.ndarray, outputs: np.ndarray, left_out: float, generator: np.random.Generator
) -> Emulator:
    """An emulator of all runs, tried on a share of them that a first fit leaves out.

    Args:
        x: points of the runs, shape (run, control).
        outputs: at these points, shape (run, output).
        left_out: share of the runs.
        generator: chooses the runs, and the starts of the search for length scales.
    """
    order = generator.permutation(len(x))
    count = max(round(left_out * len(x)), 2)
    trial, rest = order[:count], order[count:]
    seeds = generator.integers(2**31, size=outputs.shape[1])
    errors, processes = [], []
    for column, seed in zip(outputs.T, seeds, strict=True):
        first = output_process(x[rest], column[rest], int(seed))
        mean, variance = first.predict(x[trial])
        errors.append((column[trial] - mean) / np.sqrt(variance))
        processes.append(output_process(x, column, int(seed), first))
    standardised = np.concatenate(errors)
    size = float(np.sqrt(np.mean((standardised - standardised.mean()) ** 2)))
    return Emulator(tuple(processes), float(standardised.mean()), size, count, len(x))


def output_process(
    x: np.ndarray, values: np.ndarray, seed: int, earlier: OutputProcess | None = None
) -> OutputProcess:
    """A linear trend and a Gaussian process of one output.

    A constant output is taken as it is, and a linear one as its trend.

    Args:
        x: points of the runs, shape (run, control).
        values: at these points, shape (run,).
        seed: of the starts of the search for length scales.
        earlier: fit whose length scales are used again.

    Source: Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, section 2.7
    (trends) and 5.4 (length scales of largest likelihood).
    """
    size = max(float(np.abs(values).max()), 1.0)
    if np.ptp(values) <= CONSTANT * size:
        constant = np.concatenate([[values.mean()], np.zeros(x.shape[1])])
        return OutputProcess(constant, x, None, 0.0)
    design = np.column_stack([np.ones(len(x)), x])
    trend, *_ = np.linalg.lstsq(design, values, rcond=None)
    rest = values - design @ trend
    scale = float(rest.std())
    if scale <= CONSTANT * size:
        return OutputProcess(trend, x, None, 0.0)
    kernel = None if earlier is None or earlier.process is None else earlier.process.kernel_
    return OutputProcess(trend, x, _fitted(x, rest / scale, seed, kernel), scale)


def _fitted(x: np.ndarray, values: np.ndarray, seed: int, kernel: Any) -> Any:
    """Regressor with the length scales of largest likelihood, or those of a kernel."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    if kernel is not None:
        return GaussianProcessRegressor(kernel, optimizer=None).fit(x, values)
    length = np.ptp(x, axis=0) if x.shape[1] <= MOST_SCALES else float(np.ptp(x, axis=0).mean())
    kernel = ConstantKernel(1.0, AMPLITUDE) * RBF(length, LENGTH) + WhiteKernel(1e-6, NOISE)
    process = GaussianProcessRegressor(kernel, n_restarts_optimizer=1, random_state=seed)
    with warnings.catch_warnings():  # a length scale at its limit is that of a flat direction
        warnings.simplefilter("ignore", ConvergenceWarning)
        return process.fit(x, values)


def _conditional(process: Any, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of a fitted process; the variance is negative by rounding at most.

    The `predict` of scikit-learn warns of each negative variance.

    Source: Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, eqs 2.25, 2.26.
    """
    from scipy.linalg import solve_triangular

    smooth, noise = process.kernel_.k1, process.kernel_.k2.noise_level
    covariance = smooth(points, process.X_train_)
    explained = solve_triangular(process.L_, covariance.T, lower=True, check_finite=False)
    variance = smooth.diag(points) + noise - np.sum(explained**2, axis=0)
    return covariance @ process.alpha_, variance
