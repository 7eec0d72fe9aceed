"""Truths of known problems, drawn from the prior, and the exact answers that go with them."""

import numpy as np
import pytest
from findings import raises_finding

from ccdas_framework import Parameter
from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.testing import (
    KNOWN_PROBLEMS,
    has_exact_answer,
    has_truths,
    known_problem,
    minimiser_disagreements,
    with_drawn_truth,
)
from ccdas_framework.testing.known_curved_problems import FAILS_BELOW

LINEAR = [name for name, known in KNOWN_PROBLEMS.items() if has_exact_answer(known)]
DRAWABLE = [name for name, known in KNOWN_PROBLEMS.items() if has_truths(known)]


@pytest.mark.parametrize("name", LINEAR)
def test_errors_of_the_exact_answer_have_its_sd(name):
    generator, errors = np.random.default_rng(1), []
    for _ in range(400):
        known, truth = with_drawn_truth(KNOWN_PROBLEMS[name], generator)
        errors.append((known.answer.mean - truth) / known.answer.sd)
    # the mean of 400 squares of a standard normal number has the sd 0.07
    np.testing.assert_allclose(np.mean(np.square(errors), axis=0), 1.0, atol=4.0 * 0.071)
    np.testing.assert_allclose(np.mean(errors, axis=0), 0.0, atol=4.0 * 0.05)


@pytest.mark.parametrize("name", LINEAR)
def test_the_exact_answer_is_the_minimum_of_the_new_values(name):
    known, _ = with_drawn_truth(KNOWN_PROBLEMS[name], np.random.default_rng(2))
    assert not np.array_equal(known.values, KNOWN_PROBLEMS[name].values)
    x = known.answer.minima[0]
    cost = known.problem().cost(x)
    assert not minimiser_disagreements(known, x, cost)
    for n in range(len(x)):  # the cost rises as the square of the distance along each axis
        step = np.where(np.arange(len(x)) == n, 1e-3, 0.0)
        there = [known.problem().cost(x + sign * step) for sign in (-1.0, 1.0)]
        assert min(there) > cost
        assert there[0] - cost == pytest.approx(there[1] - cost, rel=1e-4)


def test_a_scaled_parameter_has_the_answer_in_control_space():
    stated = known_problem(
        [[2.0]], [1.0], sd=0.1, parameters=[Parameter("height", "m", 3.0, 0.5)], name="scaled"
    )
    known, truth = with_drawn_truth(stated, np.random.default_rng(3))
    # y = 2 (3 + 0.5 x) + e: the observation of x is y - 6 with the sd 0.1
    weight = 1.0 / (1.0 + 0.1**2)
    assert known.answer.mean == pytest.approx((known.values - 6.0) * weight)
    assert known.answer.sd == pytest.approx([np.sqrt(0.1**2 * weight)])
    assert abs(known.answer.mean[0] - truth[0]) < 0.5


@pytest.mark.parametrize("name", [name for name in DRAWABLE if name not in LINEAR])
def test_the_answer_of_another_problem_is_unknown_for_new_values(name):
    known, truth = with_drawn_truth(KNOWN_PROBLEMS[name], np.random.default_rng(4))
    assert known.answer.minima is None and not known.answer.quantities
    assert np.isfinite(known.problem().cost(truth))


LEAST = {"bound_at_optimum": 0.0, "failing_model": FAILS_BELOW, "raising_model": FAILS_BELOW}


def test_a_truth_lies_within_the_bounds_and_where_the_model_runs():
    for seed in range(30):
        for name, least in LEAST.items():
            _, truth = with_drawn_truth(KNOWN_PROBLEMS[name], np.random.default_rng(seed))
            assert truth[0] >= least, name


def test_robust_errors_have_no_draws():
    with raises_finding("no-truth", "heavy_tails", InvalidInput):
        with_drawn_truth(KNOWN_PROBLEMS["heavy_tails"], np.random.default_rng(1))


def test_a_prior_without_a_possible_truth_is_refused():
    far = known_problem([[1.0]], [1.0], sd=1.0, prior_mean=[0.0], bounds={"x1": (50.0, 60.0)})
    with raises_finding("impossible-truth", "", InvalidInput):
        with_drawn_truth(far, np.random.default_rng(1))
