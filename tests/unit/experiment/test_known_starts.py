"""Starts of problems with known minima: distinct ones, and one at a bound."""

import numpy as np
import pytest

from ccdas_framework.experiment.minima_summary import minima_summary
from ccdas_framework.experiment.starts import Start, Starts
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.posterior import PosteriorSettings, estimate, information
from ccdas_framework.testing import known_problem, known_problem_named

both = pytest.mark.parametrize("minimiser", [GaussNewton(distance=1e-4), Lbfgsb()])


def summarised(known, minimiser, starts, engine):
    problem = known.problem(engine)
    ended = tuple(
        Start(number, np.array(x), result=minimiser.minimise(problem, np.array(x), lambda p: None))
        for number, x in enumerate(starts, 1)
    )
    done, settings = Starts(ended), PosteriorSettings()
    whitened = information(problem, done.best.x, settings)
    posterior = estimate(problem, done.best, whitened, settings).posterior
    return minima_summary(done, problem, posterior, whitened)


@both
def test_two_minima_of_one_cost_are_distinct(minimiser, autograd):
    known = known_problem_named("two_minima")
    found = summarised(known, minimiser, [[-0.9], [0.5], [1.7], [-1.5]], autograd)
    assert [m.numbers for m in found.minima] in ([(1, 4), (2, 3)], [(2, 3), (1, 4)])
    assert not found.unconverged
    assert found.cost < 1e-6


@both
def test_starts_that_end_at_a_bound_are_one_minimum(minimiser, autograd):
    known = known_problem_named("bound_at_optimum")
    found = summarised(known, minimiser, [[0.5, 0.0], [0.0, 2.0], [1.5, -1.0]], autograd)
    assert [m.numbers for m in found.minima] == [(1, 2, 3)]
    assert all(np.isfinite(list(found.parameters.values())))


@both
def test_a_minimum_at_a_bound_is_distinct_from_one_inside(minimiser, autograd):
    """h = x^2 with y = 2 and x above -1: one minimum at the bound, one at 1.3982131."""
    known = known_problem(
        lambda p, xp: p**2, [2], sd=0.3, prior_mean=[0], bounds={"x1": (-1.0, np.inf)}
    )
    found = summarised(known, minimiser, [[-0.9], [1.7]], autograd)
    assert [m.numbers for m in found.minima] == [(2,), (1,)]
