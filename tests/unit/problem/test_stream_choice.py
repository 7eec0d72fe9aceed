"""A problem of some of its streams: the same numbers, and nothing of the model compiled again."""

import gc
import weakref
from collections import Counter

import numpy as np
import pytest
from attrs import evolve
from toy import toy_problem

from ccdas_framework.engines.autograd_engine import AutogradEngine


def test_a_problem_of_some_streams_gives_what_the_whole_one_gives_for_them(engine):
    problem = toy_problem(engine, blocks=2)
    x = 0.1 * np.arange(len(problem.control))
    values, jacobians = problem.derivatives(x)
    chosen = problem.with_streams({"loss": problem.streams["loss"]}, {})
    alone_values, alone = chosen.derivatives(x)
    assert list(alone) == ["loss"]
    np.testing.assert_allclose(alone_values["loss"], values["loss"], rtol=1e-12)
    np.testing.assert_allclose(alone["loss"], jacobians["loss"], rtol=1e-10, atol=1e-12)
    assert len(chosen.control) == len(problem.control)
    cost, gradient = chosen.value_and_gradient(x)
    assert np.isfinite(cost)
    misfit = problem.streams["loss"].values - values["loss"]
    expected = x - alone["loss"].T @ (misfit / problem.streams["loss"].sd ** 2)
    np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-11)


def test_the_derivatives_of_the_model_are_reused_where_no_further_field_is_needed(autograd):
    problem = toy_problem(autograd)
    chosen = problem.with_streams({"loss": problem.streams["loss"]}, {})
    assert chosen.forward.field_functions is problem.forward.field_functions
    assert chosen.forward.functions is not problem.forward.functions
    wider = chosen.with_streams(problem.streams, {})
    assert wider.forward.field_functions is problem.forward.field_functions


def test_the_compiled_model_is_reused_where_a_further_field_is_needed(autograd):
    none = toy_problem(autograd).with_streams({}, {})
    assert none.forward.field_functions.needed == ()
    problem = none.with_streams(toy_problem(autograd).streams, {})
    assert problem.forward.model_functions is none.forward.model_functions
    assert problem.forward.field_functions is not none.forward.field_functions


def test_another_prior_compiles_nothing_but_the_cost(autograd):
    problem = toy_problem(autograd)
    shifted = problem.with_prior(evolve(problem.prior, mean=np.ones(10)))
    assert shifted.forward is problem.forward
    x = np.zeros(10)
    assert shifted.cost(x) == pytest.approx(problem.cost(x) + 5.0, rel=1e-12)
    np.testing.assert_allclose(
        shifted.value_and_gradient(x)[1], problem.value_and_gradient(x)[1] - 1.0, rtol=1e-9
    )


class CountingEngine(AutogradEngine):
    """Counts the functions that are compiled or differentiated, by name."""

    def __init__(self):
        super().__init__()
        object.__setattr__(self, "counts", Counter())

    def compile(self, function):
        self.counts[f"compile {function.__name__}"] += 1
        return super().compile(function)

    def pullback(self, function):
        self.counts[f"pullback {function.__name__}"] += 1
        return super().pullback(function)

    def pushforward(self, function):
        self.counts[f"pushforward {function.__name__}"] += 1
        return super().pushforward(function)


def evaluate(problem):
    x = np.zeros(len(problem.control))
    problem.derivatives(x)
    problem.value_and_gradient(x)
    problem.cost(x)


def test_every_function_is_compiled_once(autograd):
    engine = CountingEngine()
    problem = toy_problem(engine)
    for _ in range(2):
        evaluate(problem)
    counts = Counter(engine.counts)
    counts.pop("pullback cost")  # by `value_and_grad` of this engine
    assert set(counts.values()) == {1}
    engine.counts.clear()
    evaluate(problem.with_prior(evolve(problem.prior, mean=np.ones(10))))
    assert set(engine.counts) == {"compile cost_terms", "pullback cost"}
    engine.counts.clear()
    evaluate(problem.with_streams({"loss": problem.streams["loss"]}, {}))
    assert not any("fields" in name for name in engine.counts)


@pytest.mark.parametrize("change", ["streams", "prior"])
def test_an_older_problem_and_its_functions_leave_the_memory(engine, change):
    problem = toy_problem(engine)
    evaluate(problem)
    if change == "streams":
        new = problem.with_streams({"loss": problem.streams["loss"]}, {})
        old = [weakref.ref(part) for part in (problem.forward, problem.forward.functions)]
    else:
        new = problem.with_prior(evolve(problem.prior, mean=np.ones(10)))
        old = [weakref.ref(problem.prior)]
    old += [weakref.ref(problem), weakref.ref(problem.cost_functions)]
    del problem
    evaluate(new)
    gc.collect()
    assert [reference() for reference in old] == [None] * len(old)


def test_two_sets_of_observations_of_one_operator_share_its_parameters(autograd):
    problem = toy_problem(autograd)
    x = 0.1 * np.arange(len(problem.control))
    water = problem.streams["water"]
    twice = problem.with_streams({"first": water, "second": evolve(water)}, {})
    values, jacobians = twice.derivatives(x)
    expected, of_water = problem.derivatives(x)
    for name in ("first", "second"):
        np.testing.assert_allclose(values[name], expected["water"], rtol=1e-12)
        np.testing.assert_allclose(jacobians[name], of_water["water"], rtol=1e-12, atol=1e-14)
    scale = problem.control.names.index("water.scale")
    assert np.all(jacobians["second"][:, scale] != 0.0)
