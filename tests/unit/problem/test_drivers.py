"""Drivers and tapes take the memory of a block and no more than the limit beside it."""

import numpy as np
import pytest
from attrs import evolve
from conftest import make_engine
from toy import Reservoir, toy_problem

from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.core.trees import tree_leaves
from ccdas_framework.problem.drivers import BlockDrivers, entry_of, stacked_trees, tree_bytes

X = np.linspace(-0.3, 0.3, 10)


@pytest.fixture(scope="module")
def jax_engine():
    return make_engine("jax")


def limited(problem, limit):
    """The same problem with other limits."""
    drivers = evolve(problem.forward.drivers, limit=limit)
    forward = evolve(problem.forward, drivers=drivers, held_bytes=limit)
    return evolve(problem, forward=forward)


class Counting(Reservoir):
    """The toy model, which counts the calls of `prepare`."""

    calls = 0

    def prepare(self, forcing):
        Counting.calls += 1
        return super().prepare(forcing)


def drivers_of(problem, model, limit):
    forward = problem.forward
    return BlockDrivers("toy", model, forward.blocks, forward.engine, limit)


def test_the_first_drivers_that_fit_are_held(autograd):
    problem = toy_problem(autograd, blocks=4)
    one = tree_bytes(problem.forward.drivers[0])
    drivers = drivers_of(problem, Counting(), 2.5 * one)
    for expected in (4, 2, 2):
        before = Counting.calls
        for b in range(4):
            for mine, other in zip(
                tree_leaves(drivers[b]), tree_leaves(problem.forward.drivers[b]), strict=True
            ):
                np.testing.assert_array_equal(mine, other)
        assert Counting.calls - before == expected


def test_drivers_of_a_group_are_prepared_once(jax_engine):
    problem = toy_problem(jax_engine, blocks=4)
    drivers = drivers_of(problem, Counting(), np.inf)
    before = Counting.calls
    drivers.prepare_all(((0, 1), (2, 3)))
    assert Counting.calls - before == 4
    assert drivers.stacked((0, 1)) is drivers.stacked((0, 1))
    for b in range(4):
        np.testing.assert_array_equal(drivers[b]["inflow"], problem.forward.drivers[b]["inflow"])
    assert Counting.calls - before == 4


@pytest.mark.parametrize("groups", [((0,), (1,), (2,), (3,)), ((0, 1), (2, 3))])
def test_no_limit_changes_a_bit(engine, groups):
    problem = toy_problem(engine, blocks=4)
    problem = evolve(problem, forward=evolve(problem.forward, gradient_groups=groups))
    cost, gradient = problem.value_and_gradient(X)
    weights = {name: np.ones(len(s.values)) for name, s in problem.streams.items()}
    for limit in (0, 5000):
        other = limited(problem, limit)
        assert other.cost(X) == problem.cost(X)
        other_cost, other_gradient = other.value_and_gradient(X)
        assert other_cost == cost
        np.testing.assert_array_equal(other_gradient, gradient)
        np.testing.assert_array_equal(other.jacobian(X), problem.jacobian(X))
        if problem.reverse_mode:
            np.testing.assert_array_equal(
                other.linearisation(X).adjoint(weights), problem.linearisation(X).adjoint(weights)
            )


def test_tapes_beyond_the_limit_are_made_again(autograd, monkeypatch):
    problem = toy_problem(autograd, blocks=4)
    runs, original = [], type(problem.forward).group_pullback

    def pulled(forward, x, group):
        runs.append(group)
        return original(forward, x, group)

    monkeypatch.setattr(type(problem.forward), "group_pullback", pulled)
    for limit, expected in ((np.inf, 4), (0, 4 + 3)):  # the last one is at hand
        runs.clear()
        forward = evolve(problem.forward, held_bytes=limit)
        weights = forward.contributions_and_pullback(X)
        weights[1]({name: np.ones_like(v) for name, v in weights[0].items()})
        assert len(runs) == expected


def test_the_tape_of_jax_holds_no_argument(jax_engine):
    """The day's inflow is most of what the adjoint needs, and an argument already."""
    xp = jax_engine.xp
    inflow = np.ones((1000, 50))

    def total(k, inflow):
        def step(water, today, k, xp):
            water = water + today * xp.exp(-k) - k * water
            return water, water.sum()

        return xp.scan(step, xp.zeros(50), inflow, k)[1]

    value, pull = jax_engine.pullback(total)(np.full(50, 0.1), inflow)
    assert pull.nbytes < 1.2 * inflow.nbytes  # the water of each day alone
    slope = pull(np.ones(1000))
    ahead = jax_engine.compile(total)(np.full(50, 0.1) + 1e-6 * np.eye(50)[0], inflow)
    assert slope[0] == pytest.approx((ahead - np.asarray(value)).sum() / 1e-6, rel=1e-4)


def test_stacked_trees_put_days_before_hours_first_and_give_their_entries_back():
    trees = [
        {"a": np.full((4, 5, 3), float(n)), "b": (np.arange(2) + n, 1.0 * n)} for n in range(2)
    ]
    stacked = stacked_trees(trees, 2)
    assert stacked["a"].shape == (4, 2, 5, 3) and stacked["b"][0].shape == (2, 2)
    for n, tree in enumerate(trees):
        entry = entry_of(stacked, n)
        np.testing.assert_array_equal(entry["a"], tree["a"])
        np.testing.assert_array_equal(entry["b"][0], tree["b"][0])
        assert entry["b"][1] == tree["b"][1]
    assert stacked_trees([*trees[:1], {"a": np.zeros((5, 3)), "b": trees[1]["b"]}], 2) is None


def test_an_error_of_prepare_comes_with_the_assembly(autograd):
    class Broken(Reservoir):
        def prepare(self, forcing):
            raise ValueError("no inflow")

    drivers = drivers_of(toy_problem(autograd, blocks=2), Broken(), 0)
    with pytest.raises(InvalidExperiment) as raised:
        drivers.prepare_all(((0,), (1,)))
    (finding,) = raised.value.findings
    assert (finding.code, finding.where) == ("invalid-input", "model 'toy'")
