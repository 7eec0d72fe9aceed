"""A small nonlinear model and two operators: everything the core can be asked, in milliseconds."""

from __future__ import annotations

import numpy as np
from attrs import evolve, frozen

from ccdas_framework import (
    Diagonal,
    Domain,
    Forcing,
    Grid,
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


@frozen
class Reservoir(ProcessModel):
    """Water of each column: inflow shared by `gain`, outflow rate k (1 + w)^shape."""

    couples: str = "column"
    requires = (Variable("inflow", "mm d-1", ("time", "cell")),)
    provides = (
        Variable("water", "mm", ("time", "column")),
        Variable("outflow", "mm d-1", ("time", "column")),
        Variable("loss", "mm d-1", ("time", "column")),
    )
    parameters = (
        Parameter("k", "d-1", (0.1, 0.2, 0.3), (0.02, 0.04, 0.06), "log", index="class",
                  groups=(1, 2, (3, 4)), otherwise=0.1),
        Parameter("gain", "1", 0.5, 0.1, "logit", (0.0, 1.0)),
        Parameter("base", "mm d-1", (0.1, 0.2), 0.05, index="class", groups=(1, (2, 3))),
        Parameter("wet", "1", 0.3, 0.1, index="class", groups=(4,), otherwise=0.0),
        Parameter("share", "1", 1.5, 0.75, "shifted_log", (1.0, np.inf), in_loop=False),
    )  # fmt: skip

    def prepare(self, forcing):
        grid = forcing.domain.grid
        return {
            "inflow": forcing.fields["inflow"][:, grid.column_cell],
            "same_cell": (grid.column_cell[:, None] == grid.column_cell[None, :]) * 1.0,
        }

    def run(self, parameters, drivers, xp):
        coupling = self.couples == "cell"

        def step(carry, today, parameters, xp):
            water = carry["water"]
            outflow = parameters["k"] * water * (1.0 + 0.1 * xp.tanh(water)) + parameters["base"]
            if coupling:
                outflow = outflow + 0.01 * xp.matmul(today["same_cell"], water)
            water = water + parameters["gain"] * today["inflow"] * (1 + parameters["wet"]) - outflow
            return {"water": water}, {"water": water, "outflow": outflow}

        days = len(drivers["inflow"])
        xs = {"inflow": drivers["inflow"]}
        if coupling:
            xs["same_cell"] = xp.stack([drivers["same_cell"]] * days)
        loop = {name: parameters[name] for name in ("k", "gain", "base", "wet")}
        start = {"water": 1.0 + 0.0 * (parameters["k"] + parameters["gain"])}
        _, out = xp.scan(step, start, xs, loop)
        return {**out, "loss": out["outflow"] * parameters["share"]}


@frozen
class CellWater(ObservationOperator):
    """Saturating function of the cell's mean water."""

    observes = Variable("water", "mm", ("obs",))
    requires = (Variable("water", "mm", ("time", "column")),)
    parameters = (Parameter("scale", "1", 1.0, 0.2, "log"),)
    scope = "cell"

    def prepare(self, observations, domain, prior_fields):
        return cell_stream(observations, domain)

    def observe(self, fields, parameters, at, xp):
        return xp.arctan(parameters["scale"] * area_mean(fields["water"], at, xp))


@frozen
class TotalLoss(ObservationOperator):
    """Area-weighted loss of all cells, with an offset."""

    observes = Variable("loss", "mm d-1", ("obs",))
    requires = (Variable("loss", "mm d-1", ("time", "column")),)
    parameters = (Parameter("offset", "mm d-1", 0.0, 1.0),)
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
        cells = by_cell(fields["loss"], at["fraction"], at["cell"], len(at["area"]), xp)
        return xp.matmul(cells[at["day"]], at["area"])

    def complete(self, simulated, parameters, at, xp):
        return simulated + parameters["offset"]


def toy_forcing(days: int = 40, lead: int = 10) -> Forcing:
    """Five cells of one to three columns, four classes."""
    generator = np.random.default_rng(1)
    cells = np.array([0, 0, 0, 1, 2, 2, 3, 4, 4])
    grid = Grid(
        latitude=10.0 * np.arange(5),
        longitude=np.zeros(5),
        area=np.array([1.0, 2.0, 1.5, 0.5, 1.0]),
        region=np.array(["south"] * 3 + ["north"] * 2),
        half_width=np.full((5, 2), 4.0),
        column_cell=cells,
        column_fraction=np.array([0.5, 0.3, 0.2, 0.9, 0.5, 0.4, 1.0, 0.6, 0.4]),
        column_class=np.array([1, 2, 3, 4, 1, 3, 2, 4, 1]),
    )
    time = np.datetime64("2009-12-22") + np.arange(days + lead)
    month = np.maximum((time.astype("datetime64[M]") - np.datetime64("2010-01")).astype(int), -1)
    domain = Domain(
        grid=grid,
        time=time,
        lead=lead,
        day_of_year=np.arange(days + lead) % 365 + 1,
        month=month,
        month_of_year=month % 12 + 1,
        year=np.where(month < 0, -1, 0),
        year_number=np.where(month < 0, 2009, 2010),
    )
    return Forcing(domain, {"inflow": generator.gamma(2.0, 1.0, (days + lead, 5))}, {})


def toy_observations(forcing: Forcing) -> dict[str, Observations]:
    """Water of every cell on several days and over ranges of days, and the total loss."""
    grid = forcing.domain.grid
    generator = np.random.default_rng(2)
    start = np.datetime64("2010-01-03") + np.repeat(np.arange(0, 30, 6), grid.cells)
    length = np.repeat([0, 5, 0, 10, 0], grid.cells)
    cells = np.tile(np.arange(grid.cells), 5)
    count = len(start)
    days = np.datetime64("2010-01-05") + np.arange(0, 30, 5)
    return {
        "water": Observations(
            values=generator.uniform(1.0, 1.4, count), sd=np.full(count, 0.05), start=start,
            end=start + length, latitude=grid.latitude[cells], longitude=grid.longitude[cells],
            altitude=np.full(count, np.nan), label=np.array([f"cell {c}" for c in cells]),
        ),
        "loss": Observations(
            values=generator.uniform(4.0, 8.0, len(days)), sd=np.full(len(days), 0.5), start=days,
            end=days, latitude=np.zeros(len(days)), longitude=np.zeros(len(days)),
            altitude=np.zeros(len(days)), label=np.array(["all"] * len(days)),
        ),
    }  # fmt: skip


def with_model(problem, model):
    """The problem with another model."""
    return evolve(problem, forward=problem.forward.with_model(model=model))


def toy_problem(engine, *, blocks: int = 1, couples: str = "column", changes=None):
    """The assembled toy."""
    from assembling import assemble

    from ccdas_framework.priors import Gaussian

    forcing = toy_forcing()
    return assemble(
        model_name="reservoir",
        model=Reservoir(couples=couples),
        operators={"water": CellWater(), "loss": TotalLoss()},
        observations=toy_observations(forcing),
        forcing=forcing,
        engine=engine,
        prior=Gaussian.for_control,
        changes=changes,
        blocks=blocks,
    )
