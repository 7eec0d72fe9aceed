"""Problems are copied and pickled by their fields, whatever they have compiled."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from attrs import evolve
from toy import toy_problem

from ccdas_framework.engines.differences import DifferencesEngine

X = np.full(10, 0.2)
WAYS = {
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_problem_that_has_run_is_copied(engine, way):
    problem = toy_problem(engine, blocks=2)
    with ThreadPoolExecutor(2) as executor:
        problem = evolve(problem, forward=evolve(problem.forward, executor=executor))
        cost, gradient = problem.value_and_gradient(X)
        copied = way(problem)
        assert copied.engine is not problem.engine or way is copy.copy
    copied = evolve(copied, forward=evolve(copied.forward, executor=None))
    cost_of_copy, gradient_of_copy = copied.value_and_gradient(X)
    assert cost_of_copy == cost
    np.testing.assert_array_equal(gradient_of_copy, gradient)
    np.testing.assert_array_equal(copied.jacobian(X), problem_without(problem).jacobian(X))


def problem_without(problem):
    """The problem without its executor, which has ended."""
    return evolve(problem, forward=evolve(problem.forward, executor=None))


def test_a_copy_mixes_up_no_streams(autograd):
    """Functions are stored by the identity of streams, which a copy does not share."""
    problem = toy_problem(autograd)
    problem.simulate(X)
    copied = pickle.loads(pickle.dumps(problem))
    for name, values in problem.simulate(X).items():
        np.testing.assert_array_equal(copied.simulate(X)[name], values)


def test_an_engine_is_copied_with_its_settings(engine):
    copied = copy.deepcopy(engine)
    assert type(copied) is type(engine) and copied.xp is not engine.xp
    assert pickle.loads(pickle.dumps(DifferencesEngine(step=1e-3))).step == 1e-3
