"""Comparison with observations that were not assimilated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import frozen

from ..core.aggregate import area_mean
from ..core.domain import Domain
from ..core.observations import Observations, stream_at_cells
from ..engines.namespace import numpy_namespace


@frozen(eq=False)
class Evaluation:
    """One set of observations with what the prior and the posterior give for it.

    Args:
        observations: kept ones, shape (obs,).
        prior, posterior: simulated, same shape.
    """

    observations: Observations
    prior: np.ndarray
    posterior: np.ndarray

    def scores(self) -> dict[str, dict[str, float]]:
        """Number, bias, root-mean-square error and correlation by place and over all."""
        places = {"all": np.ones(len(self.observations), dtype=bool)}
        for label in dict.fromkeys(self.observations.label.astype(str)):
            places[label] = self.observations.label.astype(str) == label
        return {place: self._score(mask) for place, mask in places.items()}

    def _score(self, mask: np.ndarray) -> dict[str, float]:
        seen = self.observations.values[mask]
        out: dict[str, float] = {"count": float(mask.sum())}
        for run, values in (("prior", self.prior[mask]), ("posterior", self.posterior[mask])):
            out[f"{run}_bias"] = float(np.mean(values - seen))
            out[f"{run}_rmse"] = float(np.sqrt(np.mean((values - seen) ** 2)))
            varies = len(seen) > 2 and np.std(values) > 0 and np.std(seen) > 0
            out[f"{run}_correlation"] = (
                float(np.corrcoef(values, seen)[0, 1]) if varies else float("nan")
            )
        return out


def evaluate(
    observations: Observations,
    domain: Domain,
    prior: np.ndarray,
    posterior: np.ndarray,
) -> Evaluation:
    """Cell means of a field on the days of the observations.

    Args:
        observations: inside the grid and the window, with values; others are left out.
        domain: of the whole grid.
        prior, posterior: the field, shape (time, column).
    """
    observations = observations.take(np.isfinite(observations.values))
    stream = stream_at_cells(observations, domain)
    xp = numpy_namespace()
    at: Mapping[str, np.ndarray] = stream.at
    return Evaluation(
        observations.take(stream.index), area_mean(prior, at, xp), area_mean(posterior, at, xp)
    )
