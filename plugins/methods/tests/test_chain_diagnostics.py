"""R-hat and effective sample size: known processes, walkers that depend on each other, blanks."""

import numpy as np
import pytest
from ccdas_methods.chain_diagnostics import (
    chain_diagnostics,
    separate_walkers,
    undefined_reasons,
    walker_diagnostics,
)

SHARE = 0.7  # of the last value in the next one


def processes(shape, seed=1, steps_axis=1):
    """x_t = a x_(t-1) + e_t along an axis, from its stationary distribution."""
    noise = np.random.default_rng(seed).normal(size=shape)
    noise = np.moveaxis(noise, steps_axis, 0)
    x = np.empty_like(noise)
    x[0] = noise[0]
    for t in range(1, len(x)):
        x[t] = SHARE * x[t - 1] + np.sqrt(1.0 - SHARE**2) * noise[t]
    return np.moveaxis(x, 0, steps_axis)


def test_the_size_of_a_first_order_process_is_known():
    """F = N (1 - a) / (1 + a)."""
    found = chain_diagnostics(processes((4, 5000, 2)))
    exact = 20000 * (1.0 - SHARE) / (1.0 + SHARE)
    np.testing.assert_allclose(found["effective_sample_size_bulk"], exact, rtol=0.15)
    assert np.all(found["r_hat"] < 1.01)
    smaller = np.minimum(found["effective_sample_size_bulk"], found["effective_sample_size_tail"])
    np.testing.assert_array_equal(found["effective_sample_size"], smaller)


def test_independent_walkers_count_as_independent_chains():
    x = processes((2, 4000, 6, 1))
    found = walker_diagnostics(x)
    exact = 2 * 6 * 4000 * (1.0 - SHARE) / (1.0 + SHARE)
    np.testing.assert_allclose(found["effective_sample_size_bulk"], exact, rtol=0.25)


def test_walkers_that_move_together_count_as_one():
    """As many walkers in step with each other are worth no more than one of them."""
    one = processes((2, 4000, 1, 1))
    found = walker_diagnostics(np.repeat(one, 6, axis=2))
    exact = 2 * 4000 * (1.0 - SHARE) / (1.0 + SHARE)
    np.testing.assert_allclose(found["effective_sample_size_bulk"], exact, rtol=0.25)


def test_r_hat_is_between_ensembles_and_not_between_walkers():
    x = processes((2, 1000, 8, 1))
    walkers_apart = x + 5.0 * np.arange(8)[:, None]
    assert walker_diagnostics(walkers_apart)["r_hat"][0] < 1.01
    ensembles_apart = x + np.array([0.0, 2.0])[:, None, None, None]
    assert walker_diagnostics(ensembles_apart)["r_hat"][0] > 1.3


@pytest.mark.parametrize("share", [1, 4])
def test_walkers_that_no_walker_passes_are_separate_however_few(share):
    x = 0.05 * processes((2, 300, 16, 2))
    assert not separate_walkers(x).any()
    x[:, :, :share, 1] -= 3.0
    assert separate_walkers(x).tolist() == [False, True]


def test_an_ensemble_that_drifts_has_not_mixed():
    x = processes((2, 1000, 8, 1)) + np.linspace(0.0, 4.0, 1000)[:, None, None]
    assert walker_diagnostics(x)["r_hat"][0] > 1.1


@pytest.mark.parametrize("diagnostics", [chain_diagnostics, walker_diagnostics])
def test_a_constant_element_is_blank_and_the_others_are_not(diagnostics):
    x = processes((2, 200, 4, 2)) if diagnostics is walker_diagnostics else processes((4, 200, 2))
    x[..., 1] = 3.0
    for values in diagnostics(x).values():
        assert np.isnan(values).tolist() == [False, True]


def test_one_chain_has_a_size_and_no_r_hat():
    found = chain_diagnostics(processes((1, 500, 1)))
    assert np.isnan(found["r_hat"][0]) and found["effective_sample_size"][0] > 50


def test_chains_that_never_move_are_not_mixed_rather_than_blank():
    x = np.broadcast_to(np.arange(3.0)[:, None, None], (3, 100, 1))
    assert chain_diagnostics(x)["r_hat"][0] == np.inf


def test_too_few_draws_are_blank():
    assert all(np.isnan(v).all() for v in chain_diagnostics(processes((4, 7, 2))).values())
    assert all(np.isnan(v).all() for v in walker_diagnostics(processes((2, 7, 9, 2))).values())


def test_each_blank_has_its_reason():
    x = processes((1, 200, 2))
    x[..., 0] = 1.0
    one, constant = undefined_reasons(x, ("m.a", "m.b"))
    assert "one chain" in one and "m.a" in constant and "m.b" not in constant
    (few,) = undefined_reasons(processes((2, 5, 2)), ("m.a", "m.b"))
    assert "5 draws" in few
    assert undefined_reasons(processes((2, 200, 2)), ("m.a", "m.b")) == ()
