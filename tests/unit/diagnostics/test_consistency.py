"""Chi-squared and error estimates of a linear Gaussian problem are those of its closed form."""

import numpy as np
import pytest
from findings import codes

from ccdas_framework.diagnostics import (
    ChiSquared,
    chi_squared,
    diagnose,
    error_estimates,
    innovation_statistics,
    prior_chi_squared,
    signal,
    total_chi_squared,
)

from .linear import COUNTS, SDS, X_B, Linear

DRAWS = 400


def terms_of(fits, posterior):
    terms = [prior_chi_squared(posterior, X_B), *(chi_squared(f, posterior) for f in fits)]
    return {t.name: t for t in [*terms, total_chi_squared(terms)]}


@pytest.fixture(scope="module")
def drawn():
    """Terms of many problems that are as assumed."""
    linear, generator = Linear(), np.random.default_rng(0)
    return [terms_of(*linear.solved(linear.draw(generator))) for _ in range(DRAWS)]


@pytest.mark.parametrize("name", ["prior", "a", "b", "total"])
def test_expectation_of_each_term_is_exact(name):
    linear = Linear()
    actual = [terms_of(*linear.solved(root))[name] for root in linear.roots()]
    assert sum(t.value for t in actual) == pytest.approx(actual[0].expected, rel=1e-10)


def test_the_whole_cost_is_expected_to_be_half_the_number_of_observations():
    linear = Linear()
    terms = terms_of(*linear.solved(linear.draw(np.random.default_rng(1))))
    count = sum(COUNTS.values())
    assert terms["total"].expected == count
    assert terms["total"].sd == pytest.approx(np.sqrt(2.0 * count))
    parts = sum(terms[name].expected for name in ("prior", "a", "b"))
    assert parts == pytest.approx(count, rel=1e-10)


@pytest.mark.parametrize("name", ["prior", "a", "b", "total"])
def test_mean_and_spread_over_draws_are_those_expected(drawn, name):
    values = np.array([terms[name].value for terms in drawn])
    term = drawn[0][name]
    # four standard errors of the mean; the variance of a variance of chi-squared-like values
    # is at most (2 + 12 / degrees) / draws of its square
    assert abs(values.mean() - term.expected) < 4.0 * term.sd / np.sqrt(DRAWS)
    spread = 4.0 * np.sqrt((2.0 + 12.0 / term.expected) / DRAWS)
    assert values.var() == pytest.approx(term.sd**2, rel=spread)


@pytest.mark.parametrize("name", ["prior", "a", "b", "total"])
def test_one_in_a_hundred_draws_is_outside_its_range(drawn, name):
    outside = sum(not t[name].lower <= t[name].value <= t[name].upper for t in drawn)
    assert outside <= 12  # 4 expected; 13 or more have a probability of 3e-4


def test_the_range_of_independent_values_is_that_of_chi_squared():
    linear = Linear()
    fits, posterior = linear.solved(linear.draw(np.random.default_rng(1)))
    total = terms_of(fits, posterior)["total"]
    assert total.lower == pytest.approx(67.3276, abs=1e-3)  # chi-squared of 100, 0.5 and 99.5 %
    assert total.upper == pytest.approx(140.1695, abs=1e-3)


def test_degrees_of_freedom_add_up_to_the_averaging_kernel():
    linear = Linear()
    fits, posterior = linear.solved(linear.draw(np.random.default_rng(1)))
    kernel = np.eye(len(X_B)) - linear.A @ np.linalg.inv(linear.B)
    total = sum(signal(fit, posterior) for fit in fits)
    assert total == pytest.approx(np.trace(kernel), rel=1e-10)


@pytest.mark.parametrize("name", ["a", "b"])
def test_expectation_of_each_error_estimate_is_exact(name):
    linear, index = Linear(), list(COUNTS).index(name)
    k, a, r = linear.jacobian[name], linear.A, SDS[name] ** 2
    actual = []
    for root in linear.roots():
        fits, posterior = linear.solved(root)
        actual.append(error_estimates(fits[index], posterior))
    error, prior, posterior = (
        sum(getattr(e, key) for e in actual) for key in ("error", "prior", "posterior")
    )
    assert error == pytest.approx(1.0, rel=1e-10)
    assert prior == pytest.approx(np.trace(k @ linear.B @ k.T) / r / len(k), rel=1e-10)
    assert posterior == pytest.approx(np.trace(k @ a @ k.T) / r / len(k), rel=1e-10)
    assert actual[0].prior_assumed == pytest.approx(prior, rel=1e-10)
    assert actual[0].posterior_assumed == pytest.approx(posterior, rel=1e-10)
    assert actual[0].error_sd_assumed == SDS[name]


@pytest.mark.parametrize(("name", "factor"), [("a", 2.0), ("a", 0.5), ("b", 2.0), ("b", 0.5)])
def test_a_wrong_error_is_found_again_but_for_the_share_that_the_fit_takes(name, factor):
    linear, index = Linear({name: factor}), list(COUNTS).index(name)
    actual = [error_estimates(linear.solved(root)[0][index], None).error for root in linear.roots()]
    fits, posterior = linear.solved(linear.draw(np.random.default_rng(0)))
    # Desroziers et al. (2005): R_a D_a^-1 D_t, D the covariance of innovations, is R_t but for a
    # share of at most DFS / n of the difference to R_a
    share = signal(fits[index], posterior) / COUNTS[name]
    assert sum(actual) == pytest.approx(factor**2, abs=share * abs(factor**2 - 1.0) + 1e-10)
    assert sum(actual) == pytest.approx(expected_estimate(linear, name), rel=1e-10)


def expected_estimate(linear, name):
    """trace(R_a D_a^-1 D_t) / (n R_a) over the values of a stream, written out with matrices."""
    k = np.concatenate(list(linear.jacobian.values()))
    assumed = np.concatenate([np.full(c, SDS[n] ** 2) for n, c in COUNTS.items()])
    true = np.concatenate([np.full(c, (linear.scale[n] * SDS[n]) ** 2) for n, c in COUNTS.items()])
    signal_ = k @ linear.B @ k.T
    share = np.linalg.solve(signal_ + np.diag(assumed), signal_ + np.diag(true))
    return np.mean(np.diag(share)[slice(0, 60) if name == "a" else slice(60, 100)])


@pytest.mark.parametrize(("name", "factor"), [("a", 2.0), ("a", 0.5), ("b", 2.0), ("b", 0.5)])
def test_a_wrong_error_raises_its_warning(name, factor):
    linear, generator = Linear({name: factor}), np.random.default_rng(6)
    finding = ("errors-too-small" if factor > 1.0 else "errors-too-large", f"streams.{name}")
    warned = 0
    for _ in range(100):
        warnings = codes(diagnose(*linear.solved(linear.draw(generator)), X_B).warnings)
        about_size = [w for w in warnings if w[0] in ("errors-too-small", "errors-too-large")]
        assert set(about_size) <= {finding}
        warned += bool(about_size)
    # the ratio is 2 with an sd of 2 / sqrt(2 n), 0.22 where n is 40: 1.5 is 2.2 of these away
    assert warned >= 95


def test_right_errors_raise_no_alarm():
    linear, generator = Linear(), np.random.default_rng(7)
    warned = [diagnose(*linear.solved(linear.draw(generator)), X_B).warnings for _ in range(200)]
    assert sum(bool(w) for w in warned) < 4  # 2 %


def test_a_prior_that_is_far_too_narrow_is_named():
    linear = Linear(prior_scale=10.0)
    warnings = diagnose(*linear.solved(linear.draw(np.random.default_rng(8))), X_B).warnings
    assert ("prior-too-narrow", "prior") in codes(warnings)


def test_normalised_innovations_have_unit_variance():
    linear = Linear()
    square = np.zeros(2)
    for root in linear.roots():
        fits, posterior = linear.solved(root)
        for n, fit in enumerate(fits):
            told = innovation_statistics(fit, posterior.prior_covariance)
            square[n] += told["normalised_sd"] ** 2 + told["normalised_mean"] ** 2
    np.testing.assert_allclose(square, 1.0, rtol=1e-10)


def test_a_term_needs_both_reasons_to_be_contradicted():
    def term(value, lower, upper):
        return ChiSquared("a", 100, value, 100.0, 1.0, lower, upper).contradicted

    assert term(300.0, 90.0, 110.0)
    assert term(30.0, 90.0, 110.0)
    assert not term(200.0, 90.0, 110.0)  # significant, but less than 1.5 times
    assert not term(300.0, 30.0, 310.0)  # more than 1.5 times, but may be chance


def test_values_that_all_follow_the_parameters_say_nothing_of_errors():
    assert not ChiSquared("a", 3, 0.0, expected=1e-9, sd=0.0).contradicted


def residual_covariance(linear):
    """(I - K G) D (I - K G)^T of all whitened values, written out with matrices."""
    k = np.concatenate([linear.jacobian[n] / SDS[n] for n in COUNTS])
    left = np.eye(len(k)) - k @ linear.A @ k.T
    return left @ (k @ linear.B @ k.T + np.eye(len(k))) @ left.T


@pytest.mark.parametrize("values", [slice(0, 60), slice(60, 100), slice(0, 3), slice(70, 74)])
def test_the_sd_of_a_term_is_that_of_its_quadratic_form(values):
    linear = Linear()
    fits, posterior = linear.solved(linear.draw(np.random.default_rng(0)))
    fit, first = (fits[0], 0) if values.stop <= 60 else (fits[1], 60)
    here = np.isin(np.arange(len(fit)) + first, np.arange(100)[values])
    spread = residual_covariance(linear)[values, values]
    actual = chi_squared(fit.take(here), posterior)
    assert actual.expected == pytest.approx(np.trace(spread), rel=1e-10)
    assert actual.sd**2 == pytest.approx(2.0 * np.trace(spread @ spread), rel=1e-10)


def test_the_sd_of_the_prior_term_is_that_of_its_quadratic_form():
    linear = Linear()
    _, posterior = linear.solved(linear.draw(np.random.default_rng(0)))
    form = np.linalg.solve(linear.B, linear.B - linear.A)
    actual = prior_chi_squared(posterior, X_B)
    assert actual.expected == pytest.approx(np.trace(form), rel=1e-10)
    assert actual.sd**2 == pytest.approx(2.0 * np.trace(form @ form), rel=1e-10)
