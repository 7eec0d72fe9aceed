"""Robust errors: closed-form locations, posteriors and derivatives, and one minimum for all."""

import numpy as np
import pytest
from assembling import assemble
from attrs import evolve
from findings import raises_finding
from line import CellLevel, Line, observations
from toy import toy_forcing, toy_problem

from ccdas_framework.core.errors import InvalidExperiment, InvalidInput
from ccdas_framework.diagnostics import chi_squared, diagnose, fits_of
from ccdas_framework.diagnostics.influence import attributed_shifts
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.posterior import (
    PosteriorSettings,
    estimate,
    exact_hessian,
    gauss_newton_posterior,
    information,
    whitened_by_stream,
)
from ccdas_framework.posterior.sensitivity import sensitivity_to_observations
from ccdas_framework.priors import Flat, Gaussian
from ccdas_framework.problem.robust_errors import Huber, StudentT

FORCING = toy_forcing()
SD, COUNT, OUTLIER = 0.3, 9, 4
NEAR = 1e-6  # x where a cost of 700 has no digits left: sqrt(700 eps)
ERRORS = [Huber(), StudentT()]
OPTIMISERS = [
    GaussNewton(gradient_reduction=1e-13, cost_change=0.0, iterations=100),
    Lbfgsb(gradient_reduction=1e-9),
]
ONLY_BIAS = {"line.offset": {"active": False}, "line.trend": {"active": False, "mean": 0.0}}


def located(engine, errors, distance=50.0, prior=Gaussian.for_control):
    """Nine levels of one cell, one of them far away, and their bias as the only parameter.

    The simulated level is a constant plus 0.2 x, so that the problem is one of location.
    """
    record = observations(FORCING, SD)["level"].take(np.zeros(COUNT, dtype=int))
    start = np.datetime64("2010-01-02") + np.arange(COUNT)
    record = evolve(record, start=start, end=start)
    robust = {} if errors is None else {"level": errors}
    problem = assemble(
        model_name="line", model=Line(), operators={"level": CellLevel()},
        observations={"level": record}, forcing=FORCING, engine=engine, prior=prior,
        changes=ONLY_BIAS, robust=robust,
    )  # fmt: skip
    values = problem.simulate(np.zeros(1))["level"] + SD * np.linspace(-0.5, 0.5, COUNT)
    values[OUTLIER] += distance * SD
    stream = problem.streams["level"].with_values(values)
    return problem.with_streams({"level": stream}, {})


def minimised(problem, optimiser):
    result = optimiser.minimise(problem, problem.prior.mean, lambda _: None)
    assert result.status in ("converged", "stalled"), result.message
    return result


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=["gauss_newton", "lbfgsb"])
def test_the_robust_location_has_a_closed_form(engine, optimiser):
    """sum over inliers of r + k = x: an outlier pulls by k sd wherever it lies."""
    gain, errors = 0.2 / SD, Huber()
    for distance in (50.0, 500.0):
        problem = located(engine, errors, distance)
        r = problem.residuals(np.zeros(1))
        inliers = np.delete(r, OUTLIER)
        expected = gain * (inliers.sum() + errors.threshold) / (1.0 + len(inliers) * gain**2)
        x = minimised(problem, optimiser).x
        assert np.abs(np.delete(problem.residuals(x), OUTLIER)).max() < errors.threshold
        assert x[0] == pytest.approx(expected, abs=NEAR)
    squares = located(engine, None, distance=20.0)
    mean = gain * squares.residuals(np.zeros(1)).sum() / (1.0 + COUNT * gain**2)
    assert minimised(squares, optimiser).x[0] == pytest.approx(mean, abs=NEAR)


def test_the_t_location_solves_its_weighted_equation(autograd):
    """Lange, Little and Taylor (1989): each residual has the weight (n + 1) / (n + r^2)."""
    problem, gain = located(autograd, StudentT()), 0.2 / SD
    x = minimised(problem, OPTIMISERS[0]).x
    r = problem.residuals(x)
    weight = 5.0 / (4.0 + r**2)
    assert x[0] == pytest.approx(gain * np.sum(weight * r), abs=NEAR)
    assert weight[OUTLIER] < 0.003


def test_the_posterior_of_a_location_has_a_closed_form(autograd):
    """Exact: the outlier on the straight line adds no precision; Gauss-Newton: psi'^2."""
    problem, gain, k = located(autograd, Huber()), 0.2 / SD, Huber().threshold
    optimum = minimised(problem, OPTIMISERS[0])
    r = problem.residuals(optimum.x)[OUTLIER]
    slope = k**2 / (2.0 * k * r - k**2)
    for hessian, precision in (("exact", 8.0), ("gauss_newton", 8.0 + slope), ("lanczos", None)):
        settings = PosteriorSettings(hessian=hessian)
        posterior = estimate(
            problem, optimum, information(problem, optimum.x, settings), settings
        ).posterior
        expected = 1.0 / (1.0 + (precision or 8.0 + slope) * gain**2)
        assert posterior.covariance[0, 0] == pytest.approx(expected, rel=1e-9)


def toy(engine, errors, blocks=1):
    """A twin of the toy with two wrong values of water and robust errors of both streams."""
    problem = toy_problem(engine, blocks=blocks)
    truth = np.random.default_rng(8).normal(0.0, 0.3, len(problem.control))
    noise, streams = np.random.default_rng(9), {}
    for name, values in problem.simulate(truth).items():
        stream = problem.streams[name]
        order = np.argsort(stream.index)
        values = values.copy()
        values[order] += stream.sd[order] * noise.standard_normal(len(order))
        if name == "water":
            values[order[[3, 11]]] += [2.5, -1.0]  # 50 and 20 sd
        streams[name] = evolve(stream.with_values(values), robust=errors)
    return problem.with_streams(streams, {})


@pytest.mark.parametrize("errors", ERRORS, ids=str)
def test_both_optimisers_end_at_one_minimum(engine, errors):
    problem = toy(engine, errors)
    newton = minimised(problem, GaussNewton(gradient_reduction=1e-7, cost_change=0.0))
    quasi = minimised(problem, Lbfgsb(gradient_reduction=1e-7))
    assert newton.cost == pytest.approx(problem.cost(newton.x), rel=1e-12)
    assert newton.cost == pytest.approx(quasi.cost, rel=1e-8)
    np.testing.assert_allclose(newton.x, quasi.x, atol=1e-4)
    assert np.all(np.diff([i.cost for i in newton.iterations]) < 0.0)
    gradient = problem.value_and_gradient(newton.x)[1]
    np.testing.assert_allclose(newton.gradient, gradient, atol=1e-8)


@pytest.mark.parametrize("errors", ERRORS, ids=str)
def test_gradient_and_hessian_are_those_of_the_cost(engine, errors):
    require_derivatives(toy(engine, errors))


@pytest.mark.parametrize("errors", [Huber(0.7), StudentT(1.5)], ids=str)
def test_derivatives_of_two_blocks_are_those_of_the_cost(autograd, errors):
    require_derivatives(toy(autograd, errors, blocks=2))


def require_derivatives(problem):
    """Gradient against differences of the cost, Hessian against those of the gradient."""
    x = 0.1 * np.arange(10) - 0.4
    along = np.random.default_rng(3).standard_normal(10) / 3.0
    cost, gradient = problem.value_and_gradient(x)
    assert cost == pytest.approx(problem.cost(x), rel=1e-13)
    h = 1e-5
    before, after = (problem.value_and_gradient(x + s * h * along) for s in (-1.0, 1.0))
    assert gradient @ along == pytest.approx((after[0] - before[0]) / (2.0 * h), rel=1e-6)
    change = (after[1] - before[1]) / (2.0 * h)
    product = problem.hessian_vector(x, along)
    np.testing.assert_allclose(product, change, atol=1e-5 * np.abs(change).max())
    hessian, asymmetry = exact_hessian(problem, x)
    assert asymmetry < 1e-9 and hessian.shape == (10, 10)


def test_the_gauss_newton_hessian_neglects_second_derivatives_alone(autograd):
    """Where no residual is beyond the threshold, it is that of Gaussian errors."""
    problem = toy(autograd, Huber(1e3))
    x = np.zeros(10)
    simulated, jacobians = problem.derivatives(x)
    rows = whitened_by_stream(problem, jacobians, simulated)
    plain = toy(autograd, None)
    for name, expected in whitened_by_stream(plain, jacobians).items():
        np.testing.assert_allclose(rows[name], expected, rtol=1e-12)


def test_leading_directions_are_those_of_the_robust_hessian(autograd):
    problem = toy(autograd, StudentT())
    x = minimised(problem, GaussNewton()).x
    full = information(problem, x, PosteriorSettings())
    leading = information(problem, x, PosteriorSettings(hessian="lanczos", rank=9))
    largest = np.linalg.eigvalsh(sum(rows.T @ rows for rows in full.values()))[::-1][:9]
    found = np.linalg.eigvalsh(sum(rows.T @ rows for rows in leading.values()))[::-1][:9]
    np.testing.assert_allclose(found, largest, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("errors", [Huber(), StudentT()], ids=str)
def test_the_parts_of_the_streams_add_up_to_the_increment(autograd, errors):
    problem = toy(autograd, errors)
    x_b = problem.prior.mean
    x = minimised(problem, GaussNewton(gradient_reduction=1e-10, cost_change=0.0)).x
    simulated, jacobians = problem.derivatives(x)
    rows = whitened_by_stream(problem, jacobians, simulated)
    fits = fits_of(problem, problem.simulate(x_b), simulated, rows)
    posterior = gauss_newton_posterior(x, problem.prior, rows)
    np.testing.assert_allclose(
        sum(attributed_shifts(fits, posterior, x_b).values()), x - x_b, atol=1e-6
    )
    terms = problem.cost_terms(x)
    for fit in fits:
        term = chi_squared(fit, posterior)
        assert term.value == pytest.approx(2.0 * terms[fit.name], rel=1e-10)
        assert np.isnan(term.expected) and not term.contradicted
    diagnosis = diagnose(fits, posterior, x_b)
    assert ("large-misfits", "streams.water") in [(w.code, w.where) for w in diagnosis.warnings]
    (sentence,) = diagnosis.missing
    assert "water, loss" in sentence


def test_sensitivities_to_observations_are_refused(autograd):
    problem = toy(autograd, Huber())
    simulated, jacobians = problem.derivatives(np.zeros(10))
    rows = whitened_by_stream(problem, jacobians, simulated)
    posterior = gauss_newton_posterior(np.zeros(10), problem.prior, rows)
    with raises_finding("robust-errors", "streams.water.robust", InvalidInput):
        sensitivity_to_observations(problem, posterior, jacobians)
    with raises_finding("missing-values", "simulated", InvalidInput):
        whitened_by_stream(problem, jacobians)


def test_a_flat_prior_gives_the_location_alone(autograd):
    """The sum of the clipped residuals is zero."""
    problem = located(autograd, Huber(), prior=lambda control: Flat(np.zeros(len(control))))
    x = minimised(problem, OPTIMISERS[0]).x
    r = problem.residuals(x)
    assert np.clip(r, -1.345, 1.345).sum() == pytest.approx(0.0, abs=1e-8)


def test_correlated_errors_are_refused(autograd):
    from ccdas_framework import Dense

    class Correlated(CellLevel):
        def prepare(self, observations, domain, prior_fields):
            stream = super().prepare(observations, domain, prior_fields)
            return evolve(stream, covariance=Dense(np.diag(stream.covariance.sd**2)))

    records = {"level": observations(FORCING, SD)["level"]}
    with raises_finding("correlated-errors", "streams.level.robust", InvalidExperiment):
        assemble(
            model_name="line", model=Line(), operators={"level": Correlated()},
            observations=records, forcing=FORCING, engine=autograd,
            prior=Gaussian.for_control, robust={"level": Huber()},
        )  # fmt: skip
