"""On a linear Gaussian problem optimum and posterior have a closed form."""

import numpy as np
import pytest
from assembling import assemble
from attrs import frozen
from toy import toy_forcing

from ccdas_framework import (
    Dense,
    ObservationOperator,
    Observations,
    Parameter,
    ProcessModel,
    Variable,
    area_mean,
    cell_stream,
)
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.posterior import gauss_newton_posterior, whitened_by_stream
from ccdas_framework.priors import Gaussian


@frozen
class Line(ProcessModel):
    """level(day, column) = offset(class) + trend * day."""

    requires = (Variable("inflow", "mm d-1", ("time", "cell")),)
    provides = (Variable("level", "mm", ("time", "column")),)
    parameters = (
        Parameter("offset", "mm", (1.0, 2.0), 0.5, index="class", groups=((1, 2), (3, 4))),
        Parameter("trend", "mm d-1", 0.0, 0.1),
    )

    def prepare(self, forcing):
        return {"day": np.arange(forcing.domain.days, dtype=float)[:, None]}

    def run(self, parameters, drivers, xp):
        return {"level": parameters["offset"] + parameters["trend"] * drivers["day"]}


@frozen
class Level(ObservationOperator):
    """Mean level of a cell."""

    observes = Variable("level", "mm", ("obs",))
    requires = (Variable("level", "mm", ("time", "column")),)
    scope = "cell"

    def prepare(self, observations, domain, prior_fields):
        return cell_stream(observations, domain)

    def observe(self, fields, parameters, at, xp):
        return area_mean(fields["level"], at, xp)


def linear(engine, correlation=0.0, cells=(0, 2, 4), sd=0.3):
    forcing = toy_forcing()
    grid = forcing.domain.grid
    cell = np.repeat(cells, 4)
    start = np.datetime64("2010-01-02") + np.tile([0, 5, 10, 20], len(cells))
    nothing = np.full(len(cell), np.nan)
    observations = Observations(
        values=np.random.default_rng(9).normal(1.0, 1.0, len(cell)),
        sd=np.full(len(cell), sd),
        start=start,
        end=start + 2,
        latitude=grid.latitude[cell],
        longitude=grid.longitude[cell],
        altitude=nothing,
        label=cell.astype(str),
    )

    def prior(control):
        matrix = np.eye(3) + correlation * (1 - np.eye(3))
        return Gaussian(np.array([0.2, 0.0, -0.1]), Dense(matrix))

    return assemble(
        model_name="line", model=Line(), operators={"level": Level()},
        observations={"level": observations}, forcing=forcing, engine=engine, prior=prior,
    )  # fmt: skip


def closed_form(problem):
    """Tarantola (2005), eqs 3.37 and 3.38."""
    jacobian = problem.jacobian(np.zeros(3))
    precision = np.diag(1.0 / problem.streams["level"].sd ** 2)
    prior = problem.prior.covariance.dense()
    covariance = np.linalg.inv(np.linalg.inv(prior) + jacobian.T @ precision @ jacobian)
    misfit = problem.streams["level"].values - problem.simulate(problem.prior.mean)["level"]
    x = problem.prior.mean + covariance @ jacobian.T @ precision @ misfit
    return x, covariance


def posterior_at(problem, x):
    whitened = whitened_by_stream(problem, problem.derivatives(x)[1])
    return gauss_newton_posterior(x, problem.prior, whitened)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_gauss_newton_ends_at_the_closed_form_after_one_full_step(engine, correlation):
    problem = linear(engine, correlation)
    x, _ = closed_form(problem)
    optimiser = GaussNewton(damping=0.0, longest_step=1e6, gradient_reduction=1e-10)
    result = optimiser.minimise(problem, problem.prior.mean, lambda _: None)
    assert result.status == "converged"
    assert len(result.iterations) == 2
    np.testing.assert_allclose(result.x, x, atol=1e-10)


def test_lbfgsb_ends_at_the_closed_form(autograd):
    problem = linear(autograd, 0.3)
    x, _ = closed_form(problem)
    optimiser = Lbfgsb(gradient_reduction=1e-10, box=100.0)
    result = optimiser.minimise(problem, problem.prior.mean, lambda _: None)
    np.testing.assert_allclose(result.x, x, atol=1e-7)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_posterior_covariance_is_the_closed_form(autograd, correlation):
    problem = linear(autograd, correlation)
    x, covariance = closed_form(problem)
    posterior = posterior_at(problem, x)
    np.testing.assert_allclose(posterior.covariance, covariance, rtol=1e-10, atol=1e-12)


def test_adding_observations_never_increases_a_posterior_variance(autograd):
    few, many = linear(autograd, cells=(0,)), linear(autograd, cells=(0, 2))
    x = np.zeros(3)
    before = posterior_at(few, x).sd
    after = posterior_at(many, x).sd
    assert np.all(after <= before * (1 + 1e-12))


def test_more_precise_observations_shrink_the_posterior(autograd):
    rough, precise = linear(autograd, sd=0.3), linear(autograd, sd=0.1)
    x = np.zeros(3)
    before = posterior_at(rough, x).sd
    after = posterior_at(precise, x).sd
    assert np.all(after < before)


def test_without_observations_of_a_class_its_offset_keeps_its_prior(autograd):
    problem = linear(autograd, cells=(1,))  # one column, of class 4
    posterior = posterior_at(problem, np.zeros(3))
    assert posterior.uncertainty_reduction[0] == pytest.approx(0.0, abs=1e-12)
    assert posterior.uncertainty_reduction[1] > 0.1
