"""An interrupted minimisation goes on and ends where it would have."""

import numpy as np
import pytest
from toy import toy_problem

from ccdas_framework import Optimiser
from ccdas_framework.optimisers.counted_search import minimise
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb

NEWTON = GaussNewton(gradient_reduction=1e-9, longest_step=0.5)  # short steps: more of them
START = np.full(10, 1.5)


@pytest.fixture(scope="module")
def problem(autograd):
    return toy_problem(autograd)


@pytest.fixture(scope="module")
def undivided(problem):
    result = NEWTON.minimise(problem, START, lambda _: None)
    assert len(result.iterations) > 5
    return result


def cut(optimiser, problem, last):
    """The points up to `last`, as a checkpoint keeps them: state and counts of the last only."""

    def stop(iteration):
        if iteration.number == last:
            raise KeyboardInterrupt

    actual = optimiser.minimise(problem, START, stop)
    assert actual.status == "interrupted" and len(actual.iterations) == last + 1
    return actual.iterations


@pytest.mark.parametrize("last", [0, 2, 5])
def test_gauss_newton_ends_exactly_where_it_would_have(problem, undivided, last):
    heard = []
    again = NEWTON.minimise(problem, START, heard.append, cut(NEWTON, problem, last))
    np.testing.assert_allclose(again.x, undivided.x, rtol=0.0, atol=1e-12)
    assert again.status == undivided.status
    assert [i.cost for i in again.iterations] == pytest.approx(
        [i.cost for i in undivided.iterations], rel=1e-12
    )
    assert [i.number for i in heard] == list(range(last + 1, len(undivided.iterations)))
    assert again.counts == undivided.counts


def test_one_cut_after_its_last_point_ends_at_once(problem, undivided):
    heard = []
    again = NEWTON.minimise(problem, START, heard.append, undivided.iterations)
    assert not heard and again.status == undivided.status
    np.testing.assert_array_equal(again.x, undivided.x)


def test_the_iterations_before_count_towards_the_limit(problem):
    earlier = cut(NEWTON, problem, 2)
    for optimiser in (GaussNewton(iterations=3, gradient_reduction=1e-12), Lbfgsb(iterations=3)):
        again = optimiser.minimise(problem, START, lambda _: None, earlier)
        assert again.status == "iteration limit"
        assert len(again.iterations) == 4


def test_lbfgsb_finds_the_same_minimum_by_another_way(problem):
    optimiser = Lbfgsb(gradient_reduction=1e-8)
    through = optimiser.minimise(problem, START, lambda _: None)
    earlier = cut(optimiser, problem, 3)
    again = optimiser.minimise(problem, START, lambda _: None, earlier)
    assert again.status == through.status == "converged"
    # the prior alone gives the cost a curvature of 1, so |x - minimum| <= |gradient| near it
    left = sum(r.iterations[-1].gradient_norm for r in (again, through))
    assert np.linalg.norm(again.x - through.x) <= left < 1e-3
    assert [i.cost for i in again.iterations[:4]] == [i.cost for i in earlier]
    assert [i.number for i in again.iterations] == list(range(len(again.iterations)))


class Plain(Optimiser):
    """Goes half the way to the prior mean three times, and knows nothing of earlier points."""

    needs = frozenset({"simulate"})

    def minimise(self, problem, x0, callback):
        from ccdas_framework.optimisers.minimisation_record import MinimisationRecord

        record = MinimisationRecord(problem, callback)
        for n in range(4):
            x = x0 * 0.5**n
            record.accept(x, problem.cost_terms(x), x)
        return record.result("iteration limit", "three steps made")


def test_an_optimiser_that_cannot_go_on_starts_anew_from_the_last_point(problem):
    earlier = Plain().minimise(problem, START, lambda _: None).iterations[:3]
    heard = []
    again = minimise(Plain(), problem, START, heard.append, earlier)
    assert [i.number for i in again.iterations] == list(range(6))
    assert [i.number for i in heard] == [3, 4, 5]
    np.testing.assert_array_equal(again.x, START * 0.5**5)
