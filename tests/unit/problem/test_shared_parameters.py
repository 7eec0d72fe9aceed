"""Two streams that share a parameter: one element of x, and its column in both."""

import pickle

import numpy as np
import pytest
from attrs import evolve
from toy import CellWater, Reservoir, TotalLoss, toy_forcing, toy_observations

from ccdas_framework.core.control import Control
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.priors import Gaussian
from ccdas_framework.problem.assembly import assemble

SHARES = {("late", "offset"): ("loss", "offset"), ("late_water", "scale"): ("water", "scale")}
EARLY, LATE = [0, 1, 2], [3, 4, 5]  # observations of the loss
FIRST, LAST = np.arange(12), np.arange(12, 25)  # observations of water


def problem_of(engine, streams, shares=None, blocks=1, changes=None):
    """The toy with streams of its two operators, {name: (of, positions of observations)}."""
    forcing, model = toy_forcing(), Reservoir()
    record, kinds = toy_observations(forcing), {"water": CellWater(), "loss": TotalLoss()}
    operators = {name: kinds[of] for name, (of, _) in streams.items()}
    owners = {"reservoir": model.parameters}
    owners |= {name: operator.parameters for name, operator in operators.items()}
    control = Control.of(owners, changes, shares)
    return assemble(
        model_name="reservoir", model=model, operators=operators, control=control, engine=engine,
        observations={name: record[of].take(np.array(at)) for name, (of, at) in streams.items()},
        forcing=forcing, prior=Gaussian.for_control(control), blocks=blocks,
    )  # fmt: skip


def split(engine, shares=SHARES, **options):
    """Each operator with two streams."""
    streams = {
        "water": ("water", FIRST), "loss": ("loss", EARLY),
        "late": ("loss", LATE), "late_water": ("water", LAST),
    }  # fmt: skip
    return problem_of(engine, streams, shares, **options)


def joined(engine, **options):
    """The same observations in one stream of each operator."""
    streams = {"water": ("water", np.arange(25)), "loss": ("loss", EARLY + LATE)}
    return problem_of(engine, streams, **options)


X = np.random.default_rng(6).normal(0.0, 0.5, 10)


def test_a_shared_parameter_has_no_element_of_its_own(autograd):
    assert split(autograd).control.names == joined(autograd).control.names
    apart = split(autograd, shares=None).control.names
    assert set(apart) - set(joined(autograd).control.names) == {"late.offset", "late_water.scale"}


@pytest.mark.parametrize("blocks", [1, 2])
def test_values_and_jacobian_are_those_of_one_stream(engine, blocks):
    values, jacobians = split(engine, blocks=blocks).derivatives(X)
    expected, whole = joined(engine).derivatives(X)
    streams = split(engine, blocks=blocks).streams
    for pair, of in ((("water", "late_water"), "water"), (("loss", "late"), "loss")):
        start = np.concatenate([streams[name].start for name in pair])
        label = np.concatenate([streams[name].labels for name in pair])
        order = np.lexsort((label, start))
        one = joined(engine).streams[of]
        order_of_one = np.lexsort((one.labels, one.start))
        for found, of_one in ((values, expected), (jacobians, whole)):
            both = np.concatenate([found[name] for name in pair])[order]
            np.testing.assert_allclose(both, of_one[of][order_of_one], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("blocks", [1, 3])
def test_the_shared_column_is_in_both_streams_and_agrees_with_differences(engine, blocks):
    problem = split(engine, blocks=blocks)
    _, jacobians = problem.derivatives(X)
    offset, scale = (problem.control.names.index(n) for n in ("loss.offset", "water.scale"))
    for name in ("loss", "late"):
        np.testing.assert_allclose(jacobians[name][:, offset], 1.0, rtol=1e-12)  # sd 1, identity
        np.testing.assert_array_equal(jacobians[name][:, scale], 0.0)
    for name in ("water", "late_water"):
        assert (jacobians[name][:, scale] != 0.0).all()
    for column, e in enumerate(1e-5 * np.eye(len(X))):
        ahead, behind = problem.simulate(X + e), problem.simulate(X - e)
        for name, jacobian in jacobians.items():
            np.testing.assert_allclose(
                jacobian[:, column], (ahead[name] - behind[name]) / 2e-5, rtol=1e-6, atol=1e-8
            )


@pytest.mark.parametrize("chosen", ["late", "late_water"])
def test_a_stream_alone_keeps_the_parameter_that_it_shares(autograd, chosen):
    problem = split(autograd)
    _, jacobians = problem.derivatives(X)
    alone = problem.with_streams({chosen: problem.streams[chosen]}, {})
    np.testing.assert_allclose(alone.derivatives(X)[1][chosen], jacobians[chosen], rtol=1e-12)
    gradient = alone.value_and_gradient(X)[1]
    misfit = alone.whitened_misfits(alone.simulate(X))
    expected = X - alone.whitened(alone.jacobian(X)).T @ misfit
    np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-9)


def test_the_cost_and_its_derivatives_are_those_of_one_stream(engine):
    two, one = split(engine, blocks=2), joined(engine)
    cost, gradient = two.value_and_gradient(X)
    expected, slope = one.value_and_gradient(X)
    assert cost == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(
        two.hessian_vector(X, X), one.hessian_vector(X, X), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("optimiser", [GaussNewton(), Lbfgsb(gradient_reduction=1e-6)])
def test_the_minimum_is_that_of_one_stream(engine, optimiser):
    results = [
        optimiser.minimise(problem, np.zeros(10), lambda _: None)
        for problem in (split(engine), joined(engine))
    ]
    assert [result.status for result in results] == ["converged"] * 2
    assert results[0].cost == pytest.approx(results[1].cost, rel=1e-10)
    np.testing.assert_allclose(results[0].x, results[1].x, atol=1e-5)


def test_a_fixed_parameter_is_shared_too(autograd):
    changes = {"loss.offset": {"active": False, "mean": 2.0}}
    at_two, at_zero = (
        split(autograd, changes=changes),
        split(autograd, changes={"loss.offset": {"active": False}}),
    )
    x = np.delete(X, at_two.control.names.index("water.scale"))[:9]
    shift = {n: at_two.simulate(x)[n] - at_zero.simulate(x)[n] for n in ("loss", "late")}
    for values in shift.values():
        np.testing.assert_allclose(values, 2.0, rtol=1e-12)
    moved = at_two.control.with_fixed({"loss.offset": 3.0})
    assert moved.shares == at_two.control.shares


def test_a_copy_shares_as_well(autograd):
    problem = split(autograd)
    copied = pickle.loads(pickle.dumps(problem))
    assert copied.cost(X) == problem.cost(X)
    values = evolve(problem.streams["late"])
    assert problem.with_streams({"late": values}, {}).control is problem.control
