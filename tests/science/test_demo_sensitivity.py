"""Background of CO2 and scaling of soil moisture in the demonstration: what they do to GPP."""

import numpy as np
import pytest
from attrs import evolve
from cuts import few_parameters

from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.posterior import gauss_newton_posterior, whitened_by_stream
from ccdas_framework.posterior.fixed_inputs import sensitivity_to_fixed_input
from ccdas_framework.posterior.sensitivity import sensitivity_to_scaling

OPTIMISER = GaussNewton(gradient_reduction=1e-9, cost_change=0.0)


def optimum(problem, x0):
    return OPTIMISER.minimise(problem, x0, lambda _: None).x


@pytest.fixture(scope="module")
def solved():
    # without noise: Gauss-Newton neglects second derivatives times residuals
    experiment = few_parameters(("co2", "sm"), targets__fields=["gpp"], truth__noise=False)
    problem = experiment.build()
    x = optimum(problem, problem.prior.mean)
    values, jacobians = problem.derivatives(x)
    posterior = gauss_newton_posterior(x, problem.prior, whitened_by_stream(problem, jacobians))
    return experiment, problem, posterior, values, jacobians


def moved(problem, x, name, change, step):
    """The change of GPP with a stream changed by +-step, from optima found anew."""
    ends = []
    for by in (-step, step):
        streams = {**problem.streams, name: change(by)}
        ends.append(optimum(problem.with_streams(streams, problem.targets), x))
    gpp = [problem.values_of(end, problem.targets)["gpp"] for end in ends]
    return (gpp[1] - gpp[0]) / (2.0 * step)


def test_fossil_emissions_move_gpp(solved):
    """Directions of any size: here what fossil emissions add to each station and month."""
    experiment, problem, posterior, _, _ = solved
    stream = problem.streams["co2"]
    without = evolve(stream.operator, fossil=False)
    given = (experiment.observations["co2"], problem.blocks[0].domain, None)
    fossil = stream.parts[0].at["background"] - without.prepare(*given).at["background"]
    assert np.all(fossil > 10.0)  # ppm, of four years
    dx = sensitivity_to_fixed_input(problem, posterior, "co2", "background", fossil[None])[:, 0]

    def change(by):
        at = stream.parts[0].at
        part = evolve(stream.parts[0], at={**at, "background": at["background"] + by * fossil})
        return evolve(stream, parts=(part,))

    again = moved(problem, posterior.x, "co2", change, 0.01)
    found = problem.target_derivatives(posterior.x)[1]["gpp"] @ dx
    np.testing.assert_allclose(found[-1], again[-1], rtol=0.01)


def test_the_mean_that_soil_moisture_was_given_moves_gpp(solved):
    _, problem, posterior, values, jacobians = solved
    stream = problem.streams["sm"]
    places, offset, _ = sensitivity_to_scaling(stream, posterior, jacobians["sm"], values["sm"])
    here = stream.labels == places[0]

    def change(by):
        return stream.with_values(stream.values + by * here)

    again = moved(problem, posterior.x, "sm", change, 0.01)
    found = problem.target_derivatives(posterior.x)[1]["gpp"] @ offset[:, 0]
    np.testing.assert_allclose(found[-1], again[-1], rtol=0.01)


def test_the_spread_that_soil_moisture_was_given_moves_gpp(solved):
    """Values and errors are stretched together, as the scaling to the prior run does."""
    _, problem, posterior, values, jacobians = solved
    stream = problem.streams["sm"]
    known = (posterior, jacobians["sm"], values["sm"])
    places, _, stretch = sensitivity_to_scaling(stream, *known)
    here = stream.labels == places[0]
    mean = stream.values[here].mean()

    def change(by):
        y = np.where(here, mean + (1.0 + by) * (stream.values - mean), stream.values)
        sd = stream.sd * np.where(here, 1.0 + by, 1.0)
        covariance = type(stream.parts[0].covariance)(sd)
        part = evolve(stream.parts[0], covariance=covariance)
        return evolve(stream, parts=(part,)).with_values(y)

    again = moved(problem, posterior.x, "sm", change, 0.01)
    found = problem.target_derivatives(posterior.x)[1]["gpp"] @ stretch[:, 0]
    np.testing.assert_allclose(found[-1], again[-1], rtol=0.01)
