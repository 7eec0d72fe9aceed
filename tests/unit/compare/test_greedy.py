"""Greedy choice: rank updates against the plain inverse."""

import numpy as np
import pytest

from ccdas_framework.compare.greedy_selection import condensed, greedy, updated

CONTROL = 6


def candidates(generator, count=5, rows=4):
    return {f"place {n}": generator.normal(size=(rows, CONTROL)) for n in range(count)}


def spread(generator):
    """A covariance with correlations."""
    root = generator.normal(size=(CONTROL, CONTROL))
    return root @ root.T + 0.1 * np.eye(CONTROL)


def inverse(covariance, *whitened):
    """(A^-1 + sum W^T W)^-1, the definition."""
    return np.linalg.inv(np.linalg.inv(covariance) + sum(w.T @ w for w in whitened))


@pytest.mark.parametrize("rows", [1, 4, 40])
def test_an_update_is_the_posterior_of_the_closed_form(rows):
    generator = np.random.default_rng(rows)
    covariance, whitened = spread(generator), generator.normal(size=(rows, CONTROL))
    expected = inverse(covariance, whitened)
    scale = np.sqrt(np.diag(covariance))
    difference = (updated(covariance, whitened) - expected) / np.outer(scale, scale)
    np.testing.assert_allclose(difference, 0.0, atol=1e-10)


@pytest.mark.parametrize("seed", range(20))
def test_further_observations_never_increase_a_variance(seed):
    generator = np.random.default_rng(seed)
    covariance = spread(generator)
    for _ in range(4):
        whitened = 10.0 ** generator.uniform(-3, 3) * generator.normal(size=(3, CONTROL))
        after = updated(covariance, whitened)
        assert np.all(np.diag(after) <= np.diag(covariance))
        covariance = after


def test_condensed_rows_say_the_same():
    whitened = np.random.default_rng(3).normal(size=(50, CONTROL))
    few = condensed(whitened)
    assert few.shape == (CONTROL, CONTROL)
    np.testing.assert_allclose(few.T @ few, whitened.T @ whitened, rtol=1e-12, atol=1e-12)
    assert condensed(few) is few


@pytest.mark.parametrize("seed", range(10))
def test_each_choice_is_the_best_of_all_by_the_plain_inverse(seed):
    generator = np.random.default_rng(seed)
    covariance, targets = spread(generator), generator.normal(size=(3, CONTROL))
    offered = candidates(generator)
    prior_sd = np.sqrt(np.diag(targets @ covariance @ targets.T))
    found = greedy(offered, covariance, targets, prior_sd, steps=3)

    taken = []
    for step in range(3):
        left = [name for name in offered if name not in taken]
        objectives = {}
        for name in left:
            after = inverse(covariance, *(offered[n] for n in [*taken, name]))
            variance = np.diag(targets @ after @ targets.T)
            objectives[name] = np.sum(variance / prior_sd**2)
            if step == 0:
                assert found.alone[name] == pytest.approx(objectives[name], rel=1e-10)
        best = min(objectives, key=objectives.get)
        assert found.chosen[step] == best
        taken.append(best)
        assert found.objective[step + 1] == pytest.approx(objectives[best], rel=1e-10)
        after = inverse(covariance, *(offered[n] for n in taken))
        sd = np.sqrt(np.diag(targets @ after @ targets.T))
        np.testing.assert_allclose(found.target_sd[step + 1], sd, rtol=1e-10)


def test_before_the_first_choice_nothing_is_known_but_the_prior():
    covariance, targets = np.eye(CONTROL), np.eye(2, CONTROL)
    found = greedy(candidates(np.random.default_rng(1)), covariance, targets, np.ones(2), 2)
    assert found.objective[0] == pytest.approx(2.0, rel=1e-14)
    np.testing.assert_allclose(found.target_sd[0], 1.0, rtol=1e-14)


def test_more_steps_than_candidates_take_them_all():
    offered = candidates(np.random.default_rng(2), count=3)
    found = greedy(offered, np.eye(CONTROL), np.eye(2, CONTROL), np.ones(2), 10)
    assert sorted(found.chosen) == sorted(offered)
    assert np.all(np.diff(found.objective) < 0.0)


def test_what_says_nothing_about_the_target_is_chosen_last():
    seen, unseen = np.zeros((1, CONTROL)), np.zeros((1, CONTROL))
    seen[0, 0], unseen[0, 1] = 0.1, 100.0
    targets = np.eye(1, CONTROL)
    found = greedy({"unseen": unseen, "seen": seen}, np.eye(CONTROL), targets, np.ones(1), 2)
    assert found.chosen == ("seen", "unseen")
    assert found.alone["unseen"] == pytest.approx(1.0, abs=1e-14)
