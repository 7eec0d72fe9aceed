"""Both optimisers on the toy problem: they find the same minimum, and say how they stopped."""

import numpy as np
import pytest
from attrs import evolve
from toy import Reservoir, toy_problem, with_model

from ccdas_framework.core.errors import CcdasError, NotANumber
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb


def silent(_):
    """No callback."""


@pytest.fixture(scope="module")
def twin(autograd):
    """The toy with noise-free observations of a known truth."""
    problem = toy_problem(autograd)
    truth = np.random.default_rng(8).normal(0.0, 0.3, len(problem.control))
    truth[list(problem.control.names).index("reservoir.gain")] = 1.0
    values = problem.simulate(truth)
    streams = {n: s.with_values(values[n]) for n, s in problem.streams.items()}
    return problem.with_streams(streams, {})


@pytest.mark.parametrize(
    "optimiser",
    [GaussNewton(gradient_reduction=1e-9, cost_change=0.0), Lbfgsb(gradient_reduction=1e-6)],
)
def test_the_minimum_is_stationary(twin, optimiser):
    result = optimiser.minimise(twin, np.zeros(10), silent)
    assert result.status == "converged", result.message
    first, last = result.iterations[0], result.iterations[-1]
    assert last.gradient_norm <= optimiser.gradient_reduction * first.gradient_norm
    _, gradient = twin.value_and_gradient(result.x)
    assert np.linalg.norm(gradient) == pytest.approx(last.gradient_norm, rel=1e-6, abs=1e-10)
    assert result.cost == pytest.approx(twin.cost(result.x), rel=1e-12)


def test_both_find_the_same_minimum(twin):
    newton = GaussNewton(gradient_reduction=1e-9).minimise(twin, np.zeros(10), silent)
    quasi = Lbfgsb(gradient_reduction=1e-8).minimise(twin, np.zeros(10), silent)
    np.testing.assert_allclose(quasi.x, newton.x, atol=1e-5)
    assert newton.counts["jacobian"] < quasi.counts["gradient"]


def test_cost_never_rises(twin):
    result = GaussNewton().minimise(twin, np.full(10, 1.5), silent)
    assert np.all(np.diff([i.cost for i in result.iterations]) < 0)
    for iteration in result.iterations:
        assert iteration.cost == pytest.approx(sum(iteration.terms.values()), rel=1e-14)


@pytest.mark.parametrize("last", [0, 2])
@pytest.mark.parametrize("optimiser", [GaussNewton(), Lbfgsb()])
def test_interruption_returns_the_best_point(twin, optimiser, last):
    def stop(iteration):
        if iteration.number == last:
            raise KeyboardInterrupt

    result = optimiser.minimise(twin, np.zeros(10), stop)
    assert result.status == "interrupted"
    assert len(result.iterations) == last + 1
    assert result.cost == pytest.approx(twin.cost(result.x), rel=1e-14)
    assert not result.stationary
    assert "before a minimum (interrupted)" in result.distance_from_minimum


@pytest.mark.parametrize("optimiser", [GaussNewton(iterations=1), Lbfgsb(iterations=1)])
def test_the_iteration_limit_is_said(twin, optimiser):
    result = optimiser.minimise(twin, np.zeros(10), silent)
    assert result.status == "iteration limit"
    assert len(result.iterations) == 2


def nan_beyond(limit):
    """The toy's model, which breaks down where `gain` exceeds a limit."""

    class Fragile(Reservoir):
        def run(self, parameters, drivers, xp):
            fields = super().run(parameters, drivers, xp)
            broken = xp.where(parameters["gain"] > limit, np.nan, 0.0)
            return {name: values + broken for name, values in fields.items()}

    return Fragile()


@pytest.mark.parametrize("optimiser", [GaussNewton(), Lbfgsb()])
def test_trial_points_that_give_nan_are_stepped_back_from(twin, optimiser):
    free = optimiser.minimise(twin, np.zeros(10), silent)
    gain = list(twin.control.names).index("reservoir.gain")
    limit = twin.control.physical(free.x)[gain] - 0.002
    assert limit > 0.5, "the wall has to lie between start and minimum"
    fragile = with_model(twin, nan_beyond(limit))
    result = optimiser.minimise(fragile, np.zeros(10), silent)
    assert all(np.isfinite(i.cost) for i in result.iterations)
    assert twin.control.physical(result.x)[gain] <= limit
    assert result.cost < result.iterations[0].cost


def test_a_start_that_gives_nan_is_refused_with_the_place(twin):
    fragile = with_model(twin, nan_beyond(0.1))
    with pytest.raises(NotANumber, match=r"field '\w+' of model 'reservoir' is nan on 20"):
        GaussNewton().minimise(fragile, np.zeros(10), silent)


def ended(status):
    """Optimisers with callbacks that end in this way."""
    if status == "stalled":  # no further than rounding allows
        yield GaussNewton(gradient_reduction=1e-300, cost_change=0.0), silent
    elif status == "interrupted":
        yield from ((optimiser, interrupting) for optimiser in (GaussNewton(), Lbfgsb()))
    elif status == "iteration limit":
        yield from ((kind(iterations=1), silent) for kind in (GaussNewton, Lbfgsb))
    else:
        yield from ((kind(gradient_reduction=1e-3), silent) for kind in (GaussNewton, Lbfgsb))


def interrupting(iteration):
    if iteration.number == 1:
        raise KeyboardInterrupt


@pytest.mark.parametrize("status", ["converged", "stalled", "interrupted", "iteration limit"])
def test_every_message_says_how_far_the_gradient_fell(twin, status):
    for optimiser, callback in ended(status):
        result = optimiser.minimise(twin, np.zeros(10), callback)
        assert result.status == status
        first, last = (result.iterations[n].gradient_norm for n in (0, -1))
        assert f"gradient reduced {first / last:.3g} times" in result.message
        assert f"reduced {first / last:.3g} times" in result.distance_from_minimum
        assert result.stationary == (status == "converged")


@pytest.mark.parametrize("kind", [GaussNewton, Lbfgsb])
def test_iterations_are_whole(kind):
    with pytest.raises(TypeError, match="iterations"):
        kind(iterations=2.5)


def test_the_box_lies_around_the_prior_mean(twin):
    shifted = twin.with_prior(evolve(twin.prior, mean=np.full(10, 1.5)))
    actual = Lbfgsb(gradient_reduction=1e-6, box=1.0).minimise(shifted, np.full(10, 1.5), silent)
    assert np.all(np.abs(actual.x - 1.5) <= 1.0)
    assert np.any(actual.x > 1.0)  # which a box around zero forbids


def test_guard_rails_are_never_crossed(autograd):
    rail = {"reservoir.base": {"bounds": (0.0, 0.21)}}
    problem = toy_problem(autograd, changes=rail)
    result = GaussNewton().minimise(problem, np.zeros(10), silent)
    for iteration in result.iterations:
        assert problem.control.outside(iteration.x) == ()


@pytest.mark.parametrize("optimiser", [GaussNewton(), Lbfgsb()])
def test_a_start_outside_the_guard_rails_is_refused(autograd, optimiser):
    problem = toy_problem(autograd, changes={"reservoir.base": {"bounds": (0.0, 0.21)}})
    x = np.zeros(10)
    x[list(problem.control.names).index("reservoir.base[1]")] = 9.0
    with pytest.raises(CcdasError, match=r"outside the bounds of reservoir\.base\[1\]"):
        optimiser.minimise(problem, x, silent)


def test_it_stops_within_the_distance_asked_for(twin):
    far = GaussNewton(distance=0.5).minimise(twin, np.zeros(10), silent)
    near = GaussNewton(gradient_reduction=1e-10, cost_change=0.0)
    minimum = near.minimise(twin, np.zeros(10), silent)
    assert far.status == "converged" and "posterior sd away" in far.message
    assert len(far.iterations) < len(minimum.iterations)
    _, jacobian = twin.simulate_and_jacobian(minimum.x)
    whitened = twin.whitened(jacobian)
    hessian = np.eye(10) + whitened.T @ whitened
    away = far.x - minimum.x
    assert 0.0 < np.sqrt(away @ hessian @ away) <= 0.6  # the quadratic form holds to a fifth
