"""Comparison with observations that were not assimilated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import frozen

from ..core.aggregate import area_mean
from ..core.domain import Domain
from ..core.errors import CcdasError, InvalidInput
from ..core.interfaces import ObservationOperator
from ..core.observations import Observations, cell_stream
from ..core.variables import Variable
from ..diagnostics.variability import VARIABILITY, variability
from ..engines.namespace import numpy_namespace
from ..outputs.simulated_datasets import Simulated
from ..problem.assembled_problem import Problem
from ..problem.assembly import prior_fields_of, stream_of

WITHHELD = "evaluation:"  # before the name of an evaluation where streams are compiled


@frozen(eq=False)
class Evaluation(Simulated):
    """Observations that were not assimilated, simulated with the prior and the posterior."""

    def scores(self) -> dict[str, dict[str, float]]:
        """Number, bias, root-mean-square error, correlation and variability by place and of all."""
        labels = self.observations.label.astype(str)
        places = {"all": np.ones(len(labels), dtype=bool)}
        places |= {label: labels == label for label in dict.fromkeys(labels)}
        return {place: self._score(mask) for place, mask in places.items()}

    def _score(self, mask: np.ndarray) -> dict[str, float]:
        observed = self.observations.values[mask]
        out: dict[str, float] = {"count": float(mask.sum())}
        if not len(observed):  # of the places, none lies in the grid
            names = ("bias", "rmse", "correlation", *VARIABILITY)
            return out | {
                f"{run}_{name}": np.nan for run in ("prior", "posterior") for name in names
            }
        for run, values in (("prior", self.prior[mask]), ("posterior", self.posterior[mask])):
            out[f"{run}_bias"] = float(np.mean(values - observed))
            out[f"{run}_rmse"] = float(np.sqrt(np.mean((values - observed) ** 2)))
            varies = len(observed) > 2 and np.std(values) > 0 and np.std(observed) > 0
            out[f"{run}_correlation"] = np.corrcoef(values, observed)[0, 1] if varies else np.nan
            start, label = self.observations.start[mask], self.observations.label[mask]
            scores = variability(observed, values, start, label.astype(str))
            out |= {f"{run}_{score}": value for score, value in scores.items()}
        return out


@frozen(eq=False)
class AtPlaces:
    """Observations to compare a field of the model with, at their cells.

    Args:
        variable: the field.
        observations: those without values, or outside the grid or the window, are left out.
        domain: of the undivided grid.
    """

    variable: Variable
    observations: Observations
    domain: Domain

    def prepared(self, problem: Problem) -> Callable[[np.ndarray, np.ndarray], Evaluation]:
        """The comparison of two points x."""

        def compare(x0: np.ndarray, x: np.ndarray) -> Evaluation:
            return self.compared(*(problem.fields(p)[self.variable.name] for p in (x0, x)))

        return compare

    def compared(self, prior: np.ndarray, posterior: np.ndarray) -> Evaluation:
        """Cell means of two fields of shape (time, column) on the days of the observations."""
        observations = self.observations.take(np.isfinite(self.observations.values))
        stream = cell_stream(observations, self.domain)
        means = (area_mean(values, stream.at, numpy_namespace()) for values in (prior, posterior))
        return Evaluation(self.variable, observations.take(stream.index), *means)


@frozen(eq=False)
class ThroughStream:
    """Withheld observations, simulated by the operator of a stream with its parameters.

    Args:
        name: of the evaluation.
        stream: whose operator it is.
    """

    name: str
    stream: str
    operator: ObservationOperator
    observations: Observations

    def prepared(self, problem: Problem) -> Callable[[np.ndarray, np.ndarray], Evaluation]:
        """The comparison of two points x.

        Raises:
            InvalidInput: the operator refuses these observations, or none is in the period.
        """
        observations = self.observations.take(np.isfinite(self.observations.values))
        where = f"evaluation.{self.name}"
        try:
            data = stream_of(
                self.stream, self.operator, observations, problem, prior_fields_of(problem)
            )
        except (CcdasError, ValueError) as error:
            message = f"[{where}] {error}"
            raise InvalidInput(message, code="refused-observations", where=where) from error
        if not len(data.values):
            raise InvalidInput(
                f"[{where}] none of its {len(self.observations)} observations is left "
                f"({data.reasons or 'they have no values'}). Give some of the window and the grid.",
                code="no-observations",
                where=where,
            )
        name = f"{WITHHELD}{self.name}"
        streams = {name: data}

        def compare(x0: np.ndarray, x: np.ndarray) -> Evaluation:
            simulated = (problem.values_of(point, streams)[name] for point in (x0, x))
            return Evaluation.of(data, *simulated)

        return compare
