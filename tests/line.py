"""A truly linear model, a cell and a domain operator, and linear targets: closed forms exist."""

from __future__ import annotations

import numpy as np
from assembling import assemble
from attrs import frozen
from toy import toy_forcing

from ccdas_framework import (
    Dense,
    Diagonal,
    ObservationOperator,
    Observations,
    Parameter,
    ProcessModel,
    Stream,
    Variable,
    area_mean,
    by_cell,
    cell_stream,
)
from ccdas_framework.priors import Gaussian
from ccdas_framework.problem.stream_data import StreamData

LEVEL = Variable("level", "mm", ("time", "column"))


@frozen
class Line(ProcessModel):
    """level(day, column) = offset(class) + trend(class) * day / 100."""

    requires = (Variable("inflow", "mm d-1", ("time", "cell")),)
    provides = (LEVEL,)
    parameters = (
        Parameter("offset", "mm", (1.0, 2.0, 0.5), 0.5, index="class", groups=((1,), (2, 3), (4,))),
        Parameter("trend", "mm", (0.0, 0.1), 1.0, index="class", groups=((1, 2), (3, 4))),
    )

    def prepare(self, forcing):
        return {"day": 0.01 * np.arange(forcing.domain.days, dtype=float)[:, None]}

    def run(self, parameters, drivers, xp):
        return {"level": parameters["offset"] + parameters["trend"] * drivers["day"]}


@frozen
class CellLevel(ObservationOperator):
    """Mean level of a cell, with a bias of its own."""

    observes = Variable("level", "mm", ("obs",))
    requires = (LEVEL,)
    parameters = (Parameter("bias", "mm", 0.0, 0.2, in_loop=False),)
    scope = "cell"

    def prepare(self, observations, domain, prior_fields):
        return cell_stream(observations, domain)

    def observe(self, fields, parameters, at, xp):
        return area_mean(fields["level"], at, xp) + xp.mean(parameters["bias"])


@frozen
class TotalLevel(ObservationOperator):
    """Sum of the levels of all cells, weighted by their area."""

    observes = Variable("total", "mm", ("obs",))
    requires = (LEVEL,)
    scope = "domain"

    def prepare(self, observations, domain, prior_fields):
        grid = domain.grid
        return Stream(
            values=observations.values,
            covariance=Diagonal(observations.sd),
            at={
                "day": domain.day_index(observations.start),
                "area": grid.area,
                "fraction": grid.column_fraction,
                "cell": grid.column_cell,
            },
            labels=observations.label,
            index=np.arange(len(observations)),
        )

    def observe(self, fields, parameters, at, xp):
        cells = by_cell(fields["level"], at["fraction"], at["cell"], len(at["area"]), xp)
        return xp.matmul(cells[at["day"]], at["area"])


OPERATORS = {"level": CellLevel(), "total": TotalLevel()}


def observations(forcing, sd=0.3):
    """Levels of three cells and totals on some days."""
    grid = forcing.domain.grid
    cell = np.repeat([0, 2, 4], 4)
    start = np.datetime64("2010-01-02") + np.tile([0, 5, 10, 20], 3)
    days = np.datetime64("2010-01-03") + np.arange(0, 35, 7)
    nothing, nowhere = np.full(len(cell), np.nan), np.full(len(days), np.nan)
    values = np.random.default_rng(9)
    return {
        "level": Observations(
            values.normal(1.0, 1.0, len(cell)), np.full(len(cell), sd), start, start + 2,
            grid.latitude[cell], grid.longitude[cell], nothing,
            np.array([f"cell {c}" for c in cell]),
        ),
        "total": Observations(
            values.normal(6.0, 1.0, len(days)), np.full(len(days), 2.0 * sd), days, days,
            nowhere, nowhere, nowhere, np.array(["all"] * len(days)),
        ),
    }  # fmt: skip


def correlated_prior(control):
    """Not at 0, and with correlations."""
    count = len(control)
    apart = np.abs(np.arange(count)[:, None] - np.arange(count)[None, :])
    return Gaussian(0.1 * np.arange(count) - 0.2, Dense(0.5**apart))


def line_problem(engine, *, blocks=1, prior=correlated_prior, changes=None):
    """Assembled, with the level of single days over all cells as targets."""
    forcing = toy_forcing()

    def targets(cut):
        day = np.datetime64("2010-01-01") + np.array([3, 30])
        nowhere = np.full(2, np.nan)
        places = Observations(
            nowhere, np.ones(2), day, day, nowhere, nowhere, nowhere, np.array(["early", "late"])
        )
        operator = TotalLevel()
        parts = tuple(operator.prepare(places, b.domain, None) for b in cut)
        return {"sum": StreamData("sum", operator, places, parts, np.arange(2), {})}

    problem = assemble(
        model_name="line", model=Line(), operators=OPERATORS,
        observations=observations(forcing), forcing=forcing, engine=engine, prior=prior,
        blocks=blocks, changes=changes,
    )  # fmt: skip
    return problem.with_streams(problem.streams, targets(problem.blocks))


def closed_form(problem, names=("level", "total")):
    """Mean and covariance of the posterior of some streams. Tarantola (2005), eqs 3.37 and 3.38."""
    x_b, prior = problem.prior.mean, problem.prior.covariance.dense()
    precision, pull = np.linalg.inv(prior), np.zeros(len(x_b))
    values, jacobians = problem.derivatives(x_b)
    for name in names:
        stream, jacobian = problem.streams[name], jacobians[name]
        weighted = jacobian.T / stream.sd**2
        precision = precision + weighted @ jacobian
        pull = pull + weighted @ (stream.values - values[name])
    covariance = np.linalg.inv(precision)
    return x_b + covariance @ pull, covariance
