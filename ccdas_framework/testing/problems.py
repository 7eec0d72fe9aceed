"""Small assembled problems: a linear one whose minimum is known, and a curved one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import field, frozen, validators

from ..core.aggregate import area_mean
from ..core.control import Control
from ..core.domain import Domain, Forcing
from ..core.interfaces import Engine, Namespace, ObservationOperator, Parameters, ProcessModel
from ..core.observations import Observations, Stream, cell_stream
from ..core.parameters import Parameter
from ..core.variables import Variable
from ..priors import Gaussian
from ..problem.assembled_problem import Problem
from ..problem.assembly import assemble
from .test_case import small_domain

LEVEL = Variable("level", "mm", ("time", "column"))
CLASSES = (1, 2, 3)


@frozen
class Rise(ProcessModel):
    """level = offset + trend t, or offset exp(trend t), t in units of a month.

    Args:
        shape: "straight" or "curved".
        breaks_at: offset (mm) above which the level is NaN.
    """

    shape: str = field(default="straight", validator=validators.in_(("straight", "curved")))
    breaks_at: float = np.inf
    requires = ()
    provides = (LEVEL,)
    parameters = (
        Parameter("offset", "mm", 1.0, 0.5, index="class", groups=CLASSES),
        Parameter("trend", "1", 0.2, 0.3),
    )

    def prepare(self, forcing: Forcing) -> Mapping[str, Any]:
        return {"month": np.arange(forcing.domain.days)[:, None] / 30.0}

    def run(self, parameters: Parameters, drivers: Any, xp: Namespace) -> dict[str, Any]:
        offset, growth = parameters["offset"], parameters["trend"] * drivers["month"]
        broken = xp.where(offset > self.breaks_at, np.nan, 0.0)
        level = offset + growth if self.shape == "straight" else offset * xp.exp(growth)
        return {"level": level + broken}


@frozen
class Gauge(ObservationOperator):
    """The mean level of a cell."""

    observes = Variable("level", "mm", ("obs",))
    requires = (LEVEL,)
    scope = "cell"

    def prepare(self, observations: Observations, domain: Domain, prior_fields: Any) -> Stream:
        return cell_stream(observations, domain)

    def observe(self, fields: Any, parameters: Parameters, at: Any, xp: Namespace) -> Any:
        return area_mean(fields["level"], at, xp)


def small_control() -> Control:
    """Control vector of a small problem: four elements of one owner."""
    return Control.of({"rise": Rise().parameters})


def small_problem(
    engine: Engine, shape: str = "straight", breaks_at: float = np.inf, rail: float = np.inf
) -> Problem:
    """Fifteen observations of three cells, and the four elements of `small_control`.

    `rail` is the upper bound of the offsets (mm); for `shape` and `breaks_at` see `Rise`.
    """
    domain = small_domain(Rise().parameters, 31, 0)
    cell, day = (part.ravel() for part in np.meshgrid(np.arange(3), np.arange(2, 31, 6)))
    # the truth, at which the curved model bends upwards, lies above the prior
    level = 1.0 + np.array([0.6, 0.3, 0.8])[cell] + 0.5 * day / 30.0
    noise = np.random.default_rng(3).normal(0.0, 0.1, len(cell))
    start = domain.time[0] + day
    observations = Observations(
        values=level + noise, sd=np.full(len(cell), 0.1), start=start, end=start,
        latitude=domain.grid.latitude[cell], longitude=domain.grid.longitude[cell],
        altitude=np.full(len(cell), np.nan), label=np.array([f"cell {c}" for c in cell]),
    )  # fmt: skip
    model = Rise(shape, breaks_at)
    changes = {"rise.offset": {"bounds": (-np.inf, rail)}}
    control = Control.of({"rise": model.parameters}, changes)
    return assemble(
        model_name="rise", model=model, operators={"level": Gauge()},
        observations={"level": observations}, forcing=Forcing(domain, {}, {}), engine=engine,
        control=control, prior=Gaussian.for_control(control),
    )  # fmt: skip


def minimum_of(problem: Problem) -> np.ndarray:
    """x of least cost of a linear problem. Tarantola (2005), Inverse Problem Theory, eq. 3.37."""
    x = problem.prior.mean
    jacobian = problem.whitened(problem.jacobian(x))
    hessian = np.linalg.inv(problem.prior.covariance.dense()) + jacobian.T @ jacobian
    return np.asarray(x + np.linalg.solve(hessian, jacobian.T @ problem.residuals(x)))
