"""Log density of x: minus the cost, and zero density outside the bounds."""

import numpy as np
import pytest
from attrs import evolve
from conftest import make_engine
from findings import raises_finding
from toy import toy_problem

from ccdas_framework.priors import Flat
from ccdas_framework.problem.robust_errors import Huber
from ccdas_framework.testing.problems import Rise, small_problem

X = np.random.default_rng(3).normal(0.0, 0.5, 10)


def robust(problem):
    streams = {n: evolve(s, robust=Huber(0.5)) for n, s in problem.streams.items()}
    return problem.with_streams(streams, {})


def flat(problem):
    return problem.with_prior(Flat(problem.prior.mean))


@pytest.mark.parametrize("change", [lambda problem: problem, robust, flat])
@pytest.mark.parametrize("blocks", [1, 3])
def test_it_is_minus_the_cost(engine, blocks, change):
    problem = change(toy_problem(engine, blocks=blocks))
    cost, gradient = problem.value_and_gradient(X)
    assert problem.log_density(X) == -problem.cost(X)
    density, slope = problem.log_density_and_gradient(X)
    assert density == pytest.approx(-cost, rel=1e-12)
    np.testing.assert_allclose(slope, -gradient, rtol=1e-10, atol=1e-12 * np.abs(gradient).max())


def count_runs(monkeypatch):
    runs, run = [], Rise.run

    def counted(self, *arguments):
        runs.append(1)
        return run(self, *arguments)

    monkeypatch.setattr(Rise, "run", counted)
    return runs


def test_the_density_is_zero_outside_the_bounds_and_the_model_is_not_run(autograd, monkeypatch):
    problem = small_problem(autograd, rail=1.2)  # 0.4 prior sd above the mean
    runs = count_runs(monkeypatch)
    outside = np.array([0.5, 0.0, 0.0, 0.0])
    assert problem.log_density(outside) == -np.inf
    density, gradient = problem.log_density_and_gradient(outside)
    assert density == -np.inf
    np.testing.assert_array_equal(gradient, np.zeros(4))
    assert not runs
    assert np.isfinite(problem.log_density(0.5 * outside))
    assert runs


def test_an_infinite_x_is_outside(autograd):
    assert small_problem(autograd).log_density(np.array([0.0, np.inf, 0.0, 0.0])) == -np.inf


def test_the_density_is_zero_where_the_model_fails(engine):
    problem = small_problem(engine, breaks_at=1.2)
    broken = np.array([0.5, 0.0, 0.0, 0.0])
    assert np.isnan(problem.cost(broken))
    assert problem.log_density(broken) == -np.inf
    density, gradient = problem.log_density_and_gradient(broken)
    assert density == -np.inf
    np.testing.assert_array_equal(gradient, np.zeros(4))


@pytest.mark.parametrize("method", ["log_density", "log_density_and_gradient"])
def test_a_nan_is_refused_before_the_model_runs(autograd, monkeypatch, method):
    problem = small_problem(autograd)
    runs = count_runs(monkeypatch)
    with raises_finding("not-finite-control", problem.control.names[1]):
        getattr(problem, method)(np.array([0.0, np.nan, 0.0, 0.0]))
    assert not runs


# -- traced ---------------------------------------------------------------------------------------


@pytest.fixture
def jax():
    return pytest.importorskip("jax")


@pytest.fixture
def jax_engine(jax):
    return make_engine("jax")


@pytest.mark.parametrize("change", [lambda problem: problem, robust, flat])
@pytest.mark.parametrize("blocks", [1, 3])
def test_a_traced_density_has_the_value_and_gradient(jax, jax_engine, blocks, change):
    problem = change(toy_problem(jax_engine, blocks=blocks))
    traced = problem.traced_log_density()
    value, gradient = jax.jit(jax.value_and_grad(traced))(X)
    expected, slope = problem.log_density_and_gradient(X)
    assert float(value) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-9, atol=1e-11 * np.abs(slope).max())


def test_a_traced_density_can_be_vectorised_and_differentiated_twice(jax, jax_engine):
    problem = toy_problem(jax_engine, blocks=3)
    traced = problem.traced_log_density()
    members = np.stack([X, -X])
    np.testing.assert_allclose(
        jax.vmap(traced)(members), [problem.log_density(x) for x in members], rtol=1e-12
    )
    v = np.random.default_rng(4).normal(size=10)
    product = jax.jvp(jax.grad(traced), (X,), (v,))[1]
    np.testing.assert_allclose(-product, problem.hessian_vector(X, v), rtol=1e-8, atol=1e-8)


def test_blocks_of_different_shapes_are_summed(jax_engine):
    problem = toy_problem(jax_engine, blocks=3)
    forward = problem.forward
    drivers = [dict(d) for d in forward.drivers]
    drivers[0]["unused"] = np.zeros(2)
    drivers[1]["unused"] = np.zeros(3)
    drivers[2]["unused"] = np.zeros(4)
    uneven = evolve(problem, forward=evolve(forward, drivers=tuple(drivers)))
    value = float(uneven.traced_log_density()(X))
    assert value == pytest.approx(problem.log_density(X), rel=1e-12)


def test_a_traced_density_is_zero_outside_the_bounds(jax, jax_engine):
    problem = small_problem(jax_engine, rail=1.2, breaks_at=1.1)
    traced = jax.value_and_grad(problem.traced_log_density())
    outside, failing = np.array([[0.5, 0.0, 0.0, 0.0], [0.3, 0.0, 0.0, 0.0]])
    value, gradient = traced(outside)
    assert value == -np.inf
    np.testing.assert_array_equal(gradient, np.zeros(4))
    assert traced(failing)[0] == -np.inf


def test_other_engines_cannot_be_traced(autograd):
    with raises_finding("not-traceable", "engine"):
        toy_problem(autograd).traced_log_density()
