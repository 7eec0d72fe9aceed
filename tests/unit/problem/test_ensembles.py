"""Values, costs and gradients of many control vectors: those of each by itself."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from attrs import evolve
from findings import raises_finding
from toy import toy_problem

from ccdas_framework.engines.differences import DifferencesEngine
from ccdas_framework.problem.robust_errors import Huber
from ccdas_framework.testing.problems import small_problem

MEMBERS = np.random.default_rng(5).normal(0.0, 0.5, (11, 10))


@pytest.mark.parametrize("blocks", [1, 3])
def test_members_have_the_values_of_each_by_itself(engine, blocks):
    problem = toy_problem(engine, blocks=blocks)
    simulated = problem.simulate_many(MEMBERS)
    assert {name: np.shape(values) for name, values in simulated.items()} == {
        name: (11, len(stream.values)) for name, stream in problem.streams.items()
    }
    for number, x in enumerate(MEMBERS):
        for name, values in problem.simulate(x).items():
            np.testing.assert_allclose(simulated[name][number], values, rtol=1e-12)


@pytest.mark.parametrize("blocks", [1, 3])
def test_members_have_the_cost_and_gradient_of_each_by_itself(engine, blocks):
    problem = toy_problem(engine, blocks=blocks)
    costs, gradients = problem.gradients(MEMBERS)
    assert costs.shape == (11,)
    assert gradients.shape == MEMBERS.shape
    np.testing.assert_allclose(problem.costs(MEMBERS), costs, rtol=1e-12)
    for number, x in enumerate(MEMBERS):
        cost, gradient = problem.value_and_gradient(x)
        assert costs[number] == pytest.approx(cost, rel=1e-12)
        np.testing.assert_allclose(
            gradients[number], gradient, rtol=1e-9, atol=1e-11 * np.abs(gradient).max()
        )


def test_members_have_the_gradient_of_an_engine_without_reverse_mode():
    problem = small_problem(DifferencesEngine(), "curved")
    members = MEMBERS[:3, :4]
    costs, gradients = problem.gradients(members)
    for number, x in enumerate(members):
        cost, gradient = problem.value_and_gradient(x)
        assert costs[number] == cost
        np.testing.assert_array_equal(gradients[number], gradient)


def test_robust_errors_are_in_the_cost_of_a_member(engine):
    problem = toy_problem(engine)
    streams = {name: evolve(stream, robust=Huber(0.5)) for name, stream in problem.streams.items()}
    robust = problem.with_streams(streams, {})
    np.testing.assert_allclose(robust.costs(MEMBERS), [robust.cost(x) for x in MEMBERS], rtol=1e-12)
    assert (robust.costs(MEMBERS) != problem.costs(MEMBERS)).all()


def test_a_member_depends_on_no_other_member(engine):
    problem = toy_problem(engine)
    alone = problem.simulate_many(MEMBERS[:1])["water"][0]
    for others in (MEMBERS[1:2], MEMBERS[1:], np.repeat(MEMBERS, 4, axis=0)):
        together = problem.simulate_many(np.concatenate([MEMBERS[:1], others]))
        np.testing.assert_allclose(together["water"][0], alone, rtol=1e-12)


def test_the_same_members_give_the_same_bits(engine):
    problem = toy_problem(engine, blocks=2)
    np.testing.assert_array_equal(problem.costs(MEMBERS), problem.costs(MEMBERS))
    for first, second in zip(problem.gradients(MEMBERS), problem.gradients(MEMBERS), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_member_that_is_not_finite_has_a_row_of_nan_and_changes_no_other(engine):
    problem = small_problem(engine, "curved", breaks_at=1.5)
    members = 0.1 * MEMBERS[:4, :4]
    whole = problem.gradients(members)
    broken = np.concatenate([members, [[4.0, 0.0, 0.0, 0.0]]])[[0, 1, 4, 2, 3]]
    costs, gradients = problem.gradients(broken)
    assert np.flatnonzero(np.isnan(costs)).tolist() == [2]
    assert np.isnan(gradients).all(axis=1).tolist() == [False, False, True, False, False]
    finite = [0, 1, 3, 4]
    np.testing.assert_allclose(costs[finite], whole[0], rtol=1e-12)
    np.testing.assert_allclose(gradients[finite], whole[1], rtol=1e-10, atol=1e-11)
    np.testing.assert_array_equal(np.isnan(problem.costs(broken)), np.isnan(costs))
    simulated = problem.simulate_many(broken)["level"]
    assert np.isnan(simulated).any(axis=1).tolist() == [False, False, True, False, False]


def test_several_workers_give_the_bits_of_one(autograd):
    problem = toy_problem(autograd, blocks=2)
    with ThreadPoolExecutor(3) as executor:
        spread = evolve(problem, forward=evolve(problem.forward, executor=executor))
        np.testing.assert_array_equal(spread.costs(MEMBERS), problem.costs(MEMBERS))
        for first, second in zip(
            spread.gradients(MEMBERS), problem.gradients(MEMBERS), strict=True
        ):
            np.testing.assert_array_equal(first, second)


def test_targets_of_members_are_those_of_each_by_itself(engine):
    problem = toy_problem(engine)
    target = {"total": problem.streams["loss"]}
    with_target = problem.with_streams({"water": problem.streams["water"]}, target)
    values = with_target.targets_many(MEMBERS)
    for number, x in enumerate(MEMBERS):
        expected = with_target.values_of(x, with_target.targets)["total"]
        np.testing.assert_allclose(values["total"][number], expected, rtol=1e-12)


@pytest.mark.parametrize("method", ["simulate_many", "targets_many", "costs", "gradients"])
def test_a_nan_is_refused_before_a_run(autograd, method):
    problem = toy_problem(autograd)
    members = MEMBERS.copy()
    members[3, 2] = np.nan
    with raises_finding("not-finite-control", problem.control.names[2]):
        getattr(problem, method)(members)


@pytest.mark.parametrize("shape", [(10,), (0, 10), (4, 9), (2, 2, 10)])
def test_members_of_another_shape_are_refused(autograd, shape):
    with raises_finding("wrong-shape", "members"):
        toy_problem(autograd).costs(np.zeros(shape))
