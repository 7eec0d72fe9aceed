"""A derivative that is not finite is never success: its element, owner and day are named."""

import numpy as np
import pytest
from attrs import evolve, frozen
from findings import codes
from toy import CellWater, Reservoir, toy_problem, with_model

from ccdas_framework.core.errors import NotANumber
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.posterior import PosteriorSettings, information

OPTIMISERS = [GaussNewton(), Lbfgsb()]
START = np.zeros(10)


@pytest.fixture(autouse=True)
def without_numpy_warnings():
    """Autograd divides by zero in these derivatives."""
    with np.errstate(all="ignore"):
        yield


def silent(_):
    """No callback."""


@frozen
class Rooted(CellWater):
    """Adds a root of max(water - above, 0); observation 7 has no derivative, because it is dry."""

    guard: bool = False

    def observe(self, fields, parameters, at, xp):
        simulated = super().observe(fields, parameters, at, xp)
        wet = simulated - np.where(np.arange(25) == 7, 1e6, -1.0)
        if self.guard:
            return simulated + xp.where(wet > 0.0, xp.sqrt(wet), 0.0)
        return simulated + xp.sqrt(xp.maximum(wet, 0.0))


@frozen
class RootedModel(Reservoir):
    """Adds a root of limit - gain to the water of one day and column, of 10 - gain elsewhere."""

    limit: float = 0.0
    clip: bool = True

    def run(self, parameters, drivers, xp):
        fields = super().run(parameters, drivers, xp)
        place = (np.arange(50)[:, None] == 20) & (np.arange(9)[None] == 4)
        beyond = np.where(place, self.limit, 10.0) - parameters["gain"]
        root = xp.sqrt(xp.maximum(beyond, 0.0) if self.clip else beyond)
        return {**fields, "water": fields["water"] + 1e-3 * root}


def with_operator(problem, operator):
    """The problem with another operator of the stream 'water'."""
    stream = evolve(problem.streams["water"], operator=operator)
    return problem.with_streams({**problem.streams, "water": stream}, {})


def message_of(problem, optimiser):
    with pytest.raises(NotANumber) as error:
        optimiser.minimise(problem, START, silent)
    return codes(error), str(error.value)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_an_operator_without_a_derivative_is_named_with_element_and_day(engine, optimiser):
    problem = with_operator(toy_problem(engine), Rooted())
    finding, text = message_of(problem, optimiser)
    assert finding == [("not-a-number", "stream 'water'")]
    names = problem.control.names
    assert any(f"'{name}'" in text for name in names)
    assert "'cell 2' on 2010-01-09" in text  # the place and day of observation 7
    assert "ccdas check" in text


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize(("limit", "clip"), [(0.5, False), (0.4, True)])
def test_a_model_without_a_derivative_is_named_with_element_and_day(engine, optimiser, limit, clip):
    # the derivative is infinite at 0.5, the prior mean, and NaN where gain exceeds 0.4
    problem = with_model(toy_problem(engine), RootedModel(limit=limit, clip=clip))
    finding, text = message_of(problem, optimiser)
    assert finding == [("not-a-number", "model 'reservoir'")]
    assert ("'reservoir.gain'" if not clip else "'reservoir.") in text
    assert "field 'water'" in text
    assert str(problem.blocks[0].domain.time[20]) in text
    assert "class 1" in text


def test_a_reverse_sweep_that_fails_alone_is_named(engine):
    problem = with_operator(toy_problem(engine), Rooted(guard=True))
    finding, _ = message_of(problem, Lbfgsb())
    assert finding == [("not-a-number", "stream 'water'")]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_derivative_that_turns_bad_on_the_way_ends_before_it(autograd, optimiser):
    twin = toy_problem(autograd)
    position = list(twin.control.names).index("reservoir.gain")
    minimum = GaussNewton().minimise(twin, START, silent)
    ends = twin.control.physical(minimum.x)[position]
    limit = 0.5 * (0.5 + ends)
    sign = 1.0 if ends > 0.5 else -1.0
    assert sign > 0.0, "the limit lies above the start"
    problem = with_model(twin, RootedModel(limit=limit))
    result = optimiser.minimise(problem, START, silent)
    assert not result.stationary
    assert "not finite" in result.message and "'reservoir." in result.message
    assert np.isfinite(result.gradient).all()
    assert np.isfinite([i.gradient_norm for i in result.iterations]).all()
    if result.jacobian is not None:
        np.testing.assert_array_equal(result.jacobian, problem.jacobian(result.x))


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_gradient_too_large_for_a_number_is_refused(autograd, optimiser):
    problem = toy_problem(autograd)
    stream = problem.streams["water"]
    parts = tuple(
        evolve(p, covariance=evolve(p.covariance, sd=np.full(len(p.values), 1e-170)))
        for p in stream.parts
    )
    streams = {**problem.streams, "water": evolve(stream, parts=parts)}
    finding, text = message_of(problem.with_streams(streams, {}), optimiser)
    assert finding == [("not-a-number", "starting point")]
    assert "'water'" in text


def test_a_posterior_of_derivatives_that_are_not_finite_is_refused(autograd):
    problem = with_operator(toy_problem(autograd), Rooted())
    with pytest.raises(NotANumber) as error:
        information(problem, START, PosteriorSettings())
    assert codes(error) == [("not-a-number", "stream 'water'")]
