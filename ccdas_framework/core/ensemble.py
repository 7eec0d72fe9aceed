"""Results of a sampler: an ensemble of control vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from attrs import field, frozen

from .control import Control
from .observations import floats

EnsembleStatus = Literal["completed", "budget spent", "interrupted", "ruled out", "failed"]
LARGEST_R_HAT = 1.01  # Vehtari et al. (2021), Bayesian Analysis 16, 667-718, section 5
LEAST_EFFECTIVE_SIZE = 400.0  # the same, section 4.1: 50 for each of 8 half chains


@frozen(eq=False)
class SamplingStart:
    """Where a sampler starts: N(mean, covariance) near the posterior, or the prior itself.

    Args:
        mean: shape (control,).
        covariance: shape (control, control).
        point: "optimum" or "prior".
    """

    mean: np.ndarray = field(converter=floats)
    covariance: np.ndarray = field(converter=floats)
    point: Literal["optimum", "prior"] = "prior"


@frozen(eq=False)
class Ensemble:
    """Control vectors that a sampler drew.

    A method that draws no chains has one chain, whose draws are the members of its ensemble.

    Args:
        control: names, units and transforms of x.
        x: control vectors, shape (chain, draw, control).
        log_density: -J of each, shape (chain, draw), NaN where it is not known.
        exact: whether the draws are asymptotically those of the posterior.
        status: why it ended.
        message: the same in a sentence.
        counts: evaluations by kind.
        failed: runs of the model that failed.
        statistics: further numbers of each draw by name, shape (chain, draw).
        diagnostics: numbers of each element of x by name, shape (control,), such as "r_hat" and
            "effective_sample_size"; NaN where one is not defined.
        numbers: further numbers of the whole ensemble by name, such as the time that an ensemble
            Kalman inversion reached.
        remarks: sentences on what a reader of the ensemble should know.
        doubts: codes of reasons, besides its diagnostics, not to trust the draws, such as
            "divergences" or "stuck-walkers"; a remark says each in words.
        observed: observations by stream, shape (obs,).
        state: arrays by name that the sampler needs to continue from this ensemble.
    """

    control: Control
    x: np.ndarray = field(converter=floats)
    log_density: np.ndarray = field(converter=floats)
    exact: bool
    status: EnsembleStatus = "completed"
    message: str = ""
    counts: Mapping[str, int] = field(factory=dict)
    failed: int = 0
    statistics: Mapping[str, np.ndarray] = field(factory=dict)
    diagnostics: Mapping[str, np.ndarray] = field(factory=dict)
    numbers: Mapping[str, float] = field(factory=dict)
    remarks: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    observed: Mapping[str, np.ndarray] = field(factory=dict)
    state: Mapping[str, np.ndarray] = field(factory=dict)

    @property
    def draws(self) -> np.ndarray:
        """All draws of all chains, shape (draw, control)."""
        return self.x.reshape(-1, self.x.shape[-1])

    @property
    def mean(self) -> np.ndarray:
        """Mean of x, shape (control,); NaN without draws."""
        if not len(self.draws):
            return np.full(len(self.control), np.nan)
        return np.asarray(self.draws.mean(axis=0))

    @property
    def covariance(self) -> np.ndarray:
        """Sample covariance of x, shape (control, control); NaN for fewer than two draws."""
        if len(self.draws) < 2:
            return np.full((len(self.control),) * 2, np.nan)
        return np.atleast_2d(np.cov(self.draws, rowvar=False))

    @property
    def sd(self) -> np.ndarray:
        """Sample standard deviation of x, shape (control,); NaN for fewer than two draws."""
        if len(self.draws) < 2:
            return np.full(len(self.control), np.nan)
        return np.asarray(self.draws.std(axis=0, ddof=1))

    @property
    def parameters(self) -> np.ndarray:
        """Physical values of x, shape (chain, draw, control)."""
        physical = np.array([self.control.physical(x) for x in self.draws])
        return physical.reshape(self.x.shape)

    @property
    def mixed(self) -> bool | None:
        """Whether the chains mixed: R-hat and effective sample size of every element suffice.

        An ensemble with `doubts` did not mix, and neither did one of which either number is too
        bad. None where a number is not defined, as for one chain, or where the sampler is not
        exact.
        """
        r_hat = _defined(self.diagnostics.get("r_hat"))
        size = _defined(self.diagnostics.get("effective_sample_size"))
        if not self.exact:
            return None
        if self.doubts or (r_hat > LARGEST_R_HAT).any() or (size < LEAST_EFFECTIVE_SIZE).any():
            return False
        return True if len(r_hat) and len(size) else None

    def to_xarray(self) -> Any:
        """The ensemble as a DataTree with the groups of ArviZ: `posterior`, `sample_stats`,
        `observed_data`.

        `posterior` holds the physical value of each parameter under its full name, shape (chain,
        draw), and `x`, shape (chain, draw, control).
        """
        import xarray as xr

        dims = ("chain", "draw")
        physical = self.parameters
        posterior = {
            name: (dims, physical[..., n], {"units": unit})
            for n, (name, unit) in enumerate(
                zip(self.control.names, self.control.units, strict=True)
            )
        }
        coordinates = {
            "chain": np.arange(self.x.shape[0]),
            "draw": np.arange(self.x.shape[1]),
            "control": list(self.control.names),
        }
        statistics = {"lp": (dims, self.log_density)}
        statistics |= {name: (dims, values) for name, values in self.statistics.items()}
        observed = {name: (f"{name}_obs", values) for name, values in self.observed.items()}
        return xr.DataTree.from_dict(
            {
                "posterior": xr.Dataset(
                    {**posterior, "x": ((*dims, "control"), self.x)}, coordinates
                ),
                "sample_stats": xr.Dataset(statistics, {name: coordinates[name] for name in dims}),
                "observed_data": xr.Dataset(observed),
            }
        )


def _defined(values: np.ndarray | None) -> np.ndarray:
    if values is None:
        return np.zeros(0)
    return np.asarray(values[~np.isnan(values)])
