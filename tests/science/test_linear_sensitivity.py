"""What moves the optimum: on a linear problem it can be solved again and compared."""

import numpy as np
import pytest
from assembling import assemble
from attrs import evolve, frozen
from line import OPERATORS, Line, TotalLevel, closed_form, correlated_prior, line_problem
from line import observations as line_observations
from toy import toy_forcing

from ccdas_framework import CcdasError, Dense, Diagonal
from ccdas_framework.posterior import gauss_newton_posterior, whitened_by_stream
from ccdas_framework.posterior.fixed_inputs import sensitivity_to_fixed_input
from ccdas_framework.posterior.sensitivity import (
    increments,
    sensitivity_to_errors,
    sensitivity_to_observations,
    sensitivity_to_prior,
    sensitivity_to_scaling,
)
from ccdas_framework.priors import Gaussian

EXACT = {"rtol": 1e-10, "atol": 1e-10}


@frozen
class Prescribed(TotalLevel):
    """The total plus a background, times a factor: one only added, one that changes K."""

    def prepare(self, observations, domain, prior_fields):
        stream = super().prepare(observations, domain, prior_fields)
        count = len(stream.values)
        given = {"background": 0.1 * np.arange(count), "factor": np.array([1.2])}
        return evolve(stream, at={**stream.at, **given})

    def complete(self, simulated, parameters, at, xp):
        return at["factor"][0] * simulated + at["background"]


def problem_with(engine, blocks=1):
    forcing = toy_forcing()
    return assemble(
        model_name="line", model=Line(), operators={**OPERATORS, "total": Prescribed()},
        observations=line_observations(forcing), forcing=forcing, engine=engine,
        prior=correlated_prior, blocks=blocks,
    )  # fmt: skip


def solved(problem):
    x, _ = closed_form(problem)
    values, jacobians = problem.derivatives(x)
    posterior = gauss_newton_posterior(x, problem.prior, whitened_by_stream(problem, jacobians))
    return posterior, values, jacobians


def with_stream(problem, name, stream):
    return problem.with_streams({**problem.streams, name: stream}, problem.targets)


def with_given(problem, name, key, values):
    stream = problem.streams[name]
    parts = tuple(evolve(part, at={**part.at, key: values}) for part in stream.parts)
    return with_stream(problem, name, evolve(stream, parts=parts))


@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize("name", ["level", "total"])
def test_an_observation_moves_the_optimum_as_solving_again_has_it(autograd, blocks, name):
    problem = line_problem(autograd, blocks=blocks)
    posterior, _, jacobians = solved(problem)
    gain = sensitivity_to_observations(problem, posterior, jacobians)[name]
    values = problem.streams[name].values
    for n in (0, len(values) - 1):
        moved = problem.streams[name].with_values(values + np.eye(len(values))[n])
        again, _ = closed_form(with_stream(problem, name, moved))
        np.testing.assert_allclose(gain[:, n], again - posterior.x, **EXACT)


def test_correlated_errors_take_part(autograd):
    problem = line_problem(autograd)
    stream = problem.streams["total"]
    matrix = 0.36 * 0.5 ** np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    parts = tuple(evolve(part, covariance=Dense(matrix)) for part in stream.parts)
    problem = with_stream(problem, "total", evolve(stream, parts=parts))
    _, jacobians = problem.derivatives(problem.prior.mean)
    x = problem.prior.mean
    posterior = gauss_newton_posterior(x, problem.prior, whitened_by_stream(problem, jacobians))
    gain = sensitivity_to_observations(problem, posterior, jacobians)["total"]
    expected = posterior.covariance @ jacobians["total"].T @ np.linalg.inv(matrix)
    np.testing.assert_allclose(gain, expected, **EXACT)


def test_the_prior_mean_moves_the_optimum(autograd):
    problem = line_problem(autograd)
    posterior, _, _ = solved(problem)
    gain = sensitivity_to_prior(posterior, problem.prior)
    for n in range(len(problem.control)):
        mean = problem.prior.mean + np.eye(len(problem.control))[n]
        moved = evolve(problem, prior=Gaussian(mean, problem.prior.covariance))
        np.testing.assert_allclose(gain[:, n], closed_form(moved)[0] - posterior.x, **EXACT)


@pytest.mark.parametrize("blocks", [1, 3])
def test_a_background_moves_the_optimum_as_solving_again_has_it(engine, blocks):
    problem = problem_with(engine, blocks)
    posterior, _, jacobians = solved(problem)
    found = sensitivity_to_fixed_input(problem, posterior, "total", "background")
    gain = sensitivity_to_observations(problem, posterior, jacobians)["total"]
    np.testing.assert_allclose(found, -gain, **EXACT)  # what is added is taken from the values
    background = problem.streams["total"].parts[0].at["background"]
    for n in (0, 3):
        again = with_given(problem, "total", "background", background + np.eye(5)[n])
        np.testing.assert_allclose(found[:, n], closed_form(again)[0] - posterior.x, **EXACT)


def test_what_changes_the_jacobian_needs_both_terms(autograd):
    problem = problem_with(autograd)
    posterior, _, _ = solved(problem)
    both = sensitivity_to_fixed_input(problem, posterior, "total", "factor", step=1e-4)[:, 0]
    one = sensitivity_to_fixed_input(problem, posterior, "total", "factor")[:, 0]
    ends = [
        closed_form(with_given(problem, "total", "factor", np.array([1.2 + by])))[0]
        for by in (-1e-4, 1e-4)
    ]
    again = (ends[1] - ends[0]) / 2e-4
    np.testing.assert_allclose(both, again, rtol=1e-6)  # differences of order step^2
    assert np.max(np.abs(one - again)) > 1e-3 * np.max(np.abs(again))  # the test can fail


def test_directions_add_up(autograd):
    problem = problem_with(autograd, blocks=2)
    posterior, _, _ = solved(problem)
    each = sensitivity_to_fixed_input(problem, posterior, "total", "background")
    direction = np.linspace(-1.0, 2.0, 5)
    one = sensitivity_to_fixed_input(problem, posterior, "total", "background", direction[None])
    np.testing.assert_allclose(one[:, 0], each @ direction, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("stream", "key", "directions", "code", "place"),
    [
        ("total", "day", None, "unknown-input", "total.day"),
        ("totl", "background", None, "unknown-stream", "totl"),
        ("total", "background", np.ones((1, 4)), "wrong-shape", "total.background"),
    ],
)
def test_an_impossible_fixed_input_is_refused(autograd, stream, key, directions, code, place):
    problem = problem_with(autograd)
    posterior, _, _ = solved(problem)
    with pytest.raises(CcdasError) as caught:
        sensitivity_to_fixed_input(problem, posterior, stream, key, directions)
    assert (caught.value.code, caught.value.where) == (code, place)


@pytest.mark.parametrize("blocks", [1, 3])
def test_what_observations_moved_adds_up_to_the_whole_way(autograd, blocks):
    problem = line_problem(autograd, blocks=blocks)
    posterior, values, jacobians = solved(problem)
    moved = increments(problem, posterior, values, jacobians)
    total = sum(own.sum(axis=1) for own in moved.values())
    np.testing.assert_allclose(total, posterior.x - problem.prior.mean, **EXACT)


def test_errors_of_prior_and_observations_make_the_posterior(autograd):
    """A = G R G^T summed over streams + (A B^-1) B (A B^-1)^T."""
    problem = line_problem(autograd)
    posterior, _, jacobians = solved(problem)
    of_prior = sensitivity_to_prior(posterior, problem.prior)
    total = of_prior @ posterior.prior_covariance @ of_prior.T
    for name, gain in sensitivity_to_observations(problem, posterior, jacobians).items():
        total = total + (gain * problem.streams[name].sd ** 2) @ gain.T
    np.testing.assert_allclose(total, posterior.covariance, **EXACT)


def test_assumed_errors_move_the_optimum(autograd):
    problem = line_problem(autograd)
    posterior, values, jacobians = solved(problem)
    stream = problem.streams["level"]
    found = sensitivity_to_errors(stream, posterior, jacobians["level"], values["level"])
    ends = []
    for by in (-1e-4, 1e-4):
        sd = stream.sd * np.exp(by * np.eye(len(stream.sd))[2])
        parts = (evolve(stream.parts[0], covariance=Diagonal(sd)),)
        ends.append(closed_form(with_stream(problem, "level", evolve(stream, parts=parts)))[0])
    # differences of order step^2
    np.testing.assert_allclose(found[:, 2], (ends[1] - ends[0]) / 2e-4, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("blocks", [1, 2])
def test_the_scaling_of_a_place_moves_the_optimum(autograd, blocks):
    problem = line_problem(autograd, blocks=blocks)
    posterior, values, jacobians = solved(problem)
    stream = problem.streams["level"]
    places, offset, stretch = sensitivity_to_scaling(
        stream, posterior, jacobians["level"], values["level"]
    )
    assert places.tolist() == ["cell 0", "cell 2", "cell 4"]
    here = stream.labels == "cell 2"
    raised = stream.with_values(stream.values + here)
    again, _ = closed_form(with_stream(problem, "level", raised))
    np.testing.assert_allclose(offset[:, 1], again - posterior.x, **EXACT)

    def stretched(by):
        mean = stream.values[here].mean()
        y = np.where(here, mean + (1.0 + by) * (stream.values - mean), stream.values)
        ends = np.cumsum([len(part.values) for part in stream.parts])[:-1]
        sd = np.split(stream.sd * np.where(here, 1.0 + by, 1.0), ends)
        parts = tuple(
            evolve(part, covariance=Diagonal(own)) if len(own) else part
            for part, own in zip(stream.parts, sd, strict=True)
        )
        moved = evolve(stream, parts=parts).with_values(y)
        return closed_form(with_stream(problem, "level", moved))[0]

    again = (stretched(1e-4) - stretched(-1e-4)) / 2e-4
    np.testing.assert_allclose(stretch[:, 1], again, rtol=1e-6, atol=1e-9)  # order step^2
