"""Methods by problems: every minimiser on every known problem, with the tolerances of its class.

A further minimiser joins by a line of `MINIMISERS`. Searches without derivatives, ensembles and
samplers have tables of their own, with `search_disagreements` and its like in place of
`minimiser_disagreements`.
"""

import warnings

import numpy as np
import pytest
from attrs import frozen

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.posterior import PosteriorSettings, estimate, information
from ccdas_framework.problem.counted_problem import CountedProblem
from ccdas_framework.testing import KNOWN_PROBLEMS, known_problem, minimiser_disagreements


@frozen(eq=False)
class Minimiser:
    """A method with its shipped settings, and problems that it refuses or leaves before the end.

    `refused`: problem -> code of the error. `stopped`: problem -> status other than "converged".
    """

    method: object
    refused: dict
    stopped: dict


MINIMISERS = {
    # reads mean and covariance of the prior, which describe no funnel
    "gauss_newton": Minimiser(
        GaussNewton(gradient_reduction=1e-5), {"funnel": "prior-not-gaussian"}, {}
    ),
    # the minimum lies 7.5 prior sd from the mean, and the search ends at 6
    "lbfgsb": Minimiser(Lbfgsb(), {}, {"funnel": "stalled"}),
}
PAIRS = [
    (minimiser, problem)
    for minimiser in MINIMISERS
    for problem, known in KNOWN_PROBLEMS.items()
    if "minimiser" in known.answer.methods
]


def minimised(minimiser, known, engine, start=None):
    """The counted problem of a run, and the result from the listed start or from another."""
    problem = CountedProblem(known.problem(engine))
    x0 = known.start if start is None else np.asarray(start, float)
    return problem, minimiser.minimise(problem, x0, lambda point: None)


def posterior_of(problem, result, hessian):
    settings = PosteriorSettings(hessian=hessian)
    return estimate(problem, result, information(problem, result.x, settings), settings)


@pytest.mark.parametrize(("name", "problem"), PAIRS)
def test_the_exact_minimum_is_reached_or_the_status_says_not(name, problem, autograd):
    minimiser, known = MINIMISERS[name], KNOWN_PROBLEMS[problem]
    if problem in minimiser.refused:
        with pytest.raises(InvalidInput) as refusal:
            minimised(minimiser.method, known, autograd)
        assert refusal.value.code == minimiser.refused[problem]
        return
    assembled, result = minimised(minimiser.method, known, autograd)
    assert result.status == minimiser.stopped.get(problem, "converged"), result.message
    assert result.at_bound == known.answer.at_bound
    assert result.cost == pytest.approx(assembled.cost(result.x), rel=1e-14)
    if result.status != "converged":
        assert result.cost >= known.answer.cost
        return
    assert minimiser_disagreements(known, result.x, result.cost) == []
    for hessian in ("exact", "gauss_newton"):
        found = posterior_of(assembled, result, hessian)
        assert found.posterior is not None, found.message
        sd = found.posterior.sd
        assert minimiser_disagreements(known, result.x, result.cost, sd, hessian) == []
        assert found.at_bound == known.answer.at_bound


@pytest.mark.parametrize("name", MINIMISERS)
def test_listed_correlations_and_sums_are_those_of_the_posterior(name, autograd):
    for known in KNOWN_PROBLEMS.values():
        if not known.label or not known.answer.correlations:
            continue
        problem, result = minimised(MINIMISERS[name].method, known, autograd)
        posterior = posterior_of(problem, result, "gauss_newton").posterior
        for (first, second), value in known.answer.correlations.items():
            i, j = int(first[1:]) - 1, int(second[1:]) - 1
            assert posterior.correlation[i, j] == pytest.approx(value, abs=1e-6)
        for label, quantity in known.answer.quantities.items():
            if "+" in label or "-" in label:
                weights = quantity.function.weights
                _, sd = posterior.target_sd(weights[None])
                assert sd[0] == pytest.approx(quantity.sd, rel=1e-3)


@pytest.mark.parametrize("name", MINIMISERS)
@pytest.mark.parametrize("problem", ["failing_model", "raising_model"])
@pytest.mark.parametrize("start", [-0.84, 0.9, 3.0])
def test_a_minimum_beside_runs_that_fail_is_found_from_anywhere(name, problem, start, autograd):
    known = KNOWN_PROBLEMS[problem]
    _, result = minimised(MINIMISERS[name].method, known, autograd, [start])
    assert result.status == "converged"
    assert minimiser_disagreements(known, result.x, result.cost) == []
    assert all(np.isfinite(point.cost) for point in result.iterations)


@pytest.mark.parametrize("name", MINIMISERS)
def test_a_log_normal_parameter_is_at_its_median(name, autograd):
    """Neither at its mean, 3.1878168, nor at its mode, 3.0376308."""
    known = KNOWN_PROBLEMS["log_normal_log_observed"]
    problem, result = minimised(MINIMISERS[name].method, known, autograd)
    assert problem.control.physical(result.x) == pytest.approx([3.1369474], rel=1e-4)


@pytest.mark.parametrize("name", MINIMISERS)
def test_very_unequal_errors_lose_no_digit(name, autograd):
    """B^-1 + H' R^-1 H inverted as it is misses x1 + x2 = 2 by 0.9e-6."""
    known = KNOWN_PROBLEMS["unequal_errors"]
    _, result = minimised(MINIMISERS[name].method, known, autograd)
    assert result.x.sum() == pytest.approx(2.0, abs=1e-8)
    assert result.cost == pytest.approx(1.0223880597, abs=1e-6)


@pytest.mark.parametrize("name", MINIMISERS)
@pytest.mark.parametrize("start", [-2.5, -0.7, -1e-3, 1e-3, 0.3, 2.5])
def test_one_of_two_minima_is_found_from_any_start_but_the_maximum(name, start, autograd):
    known = KNOWN_PROBLEMS["two_minima"]
    _, result = minimised(MINIMISERS[name].method, known, autograd, [start])
    assert result.status == "converged"
    assert minimiser_disagreements(known, result.x, result.cost) == []


@pytest.mark.parametrize("start", [[0.0] * 6, [1.0, 0.3, -0.5, 0.2, 0.9, -1.0]])
def test_the_minimum_of_the_funnel_is_found_in_a_wider_box_or_not_claimed(start, autograd):
    known = KNOWN_PROBLEMS["funnel"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # exp(-v) overflows on the way
        problem, result = minimised(Lbfgsb(box=10.0), known, autograd, start)
        if result.status == "converged":
            sd = posterior_of(problem, result, "exact").posterior.sd
            assert minimiser_disagreements(known, result.x, result.cost, sd) == []
    assert result.status == "converged" or any(start)


@pytest.mark.parametrize("name", MINIMISERS)
def test_the_gradient_of_a_stiff_direction_hides_no_other(name, autograd):
    """From the prior mean the gradient falls a million times where one direction is solved."""
    known = known_problem([[1e4, 0.0], [0.0, 1.0]], [1e4, 1.0], sd=1.0, prior_mean=[0, 0])
    problem = known.problem(autograd)
    result = MINIMISERS[name].method.minimise(problem, known.start, lambda point: None)
    exact = np.array([1e8 / (1e8 + 1.0), 0.5])
    np.testing.assert_allclose(result.x, exact, atol=1e-3 * 0.7)
