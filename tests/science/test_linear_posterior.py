"""On a linear Gaussian problem all that is said of the posterior has a closed form."""

import numpy as np
import pytest
from attrs import evolve
from line import closed_form, line_problem
from scipy.stats import chi2

from ccdas_framework.core.covariance import Diagonal
from ccdas_framework.core.result import Iteration, OptimisationResult
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.posterior import (
    PosteriorSettings,
    degrees_of_freedom,
    estimate,
    exact_hessian,
    exact_spectrum,
    gauss_newton_posterior,
    leading_jacobian,
    newton_decrement,
    null_space_of,
    whitened_by_stream,
)
from ccdas_framework.priors.flat import Flat

CLOSE = {"rtol": 1e-10, "atol": 1e-12}
FULL_STEP = GaussNewton(damping=0.0, longest_step=1e6, gradient_reduction=1e-10)


def known(problem, x=None):
    """Posterior at the closed form's mean, and R^-1/2 K by stream."""
    x = closed_form(problem)[0] if x is None else x
    whitened = whitened_by_stream(problem, problem.derivatives(x)[1])
    return gauss_newton_posterior(x, problem.prior, whitened), whitened


def ended(problem, x, status="converged"):
    """What an optimiser that ended at x would return."""
    cost, gradient = problem.value_and_gradient(x)
    first = Iteration(0, x, cost, {}, 10.0)
    last = Iteration(1, x, cost, {}, float(np.linalg.norm(gradient)))
    return OptimisationResult(x, status, "", (first, last), gradient=gradient)


@pytest.fixture(scope="module")
def problem(autograd):
    return line_problem(autograd, blocks=2)


def test_covariance_sd_and_correlation_are_the_closed_form(problem):
    posterior, _ = known(problem)
    _, covariance = closed_form(problem)
    sd = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(posterior.covariance, covariance, **CLOSE)
    np.testing.assert_allclose(posterior.sd, sd, **CLOSE)
    np.testing.assert_allclose(posterior.correlation, covariance / np.outer(sd, sd), **CLOSE)
    prior = np.sqrt(np.diag(problem.prior.covariance.dense()))
    np.testing.assert_allclose(posterior.uncertainty_reduction, 1.0 - sd / prior, **CLOSE)


def test_eigenvalues_are_those_of_prior_covariance_times_hessian(problem):
    posterior, _ = known(problem)
    product = problem.prior.covariance.dense() @ np.linalg.inv(closed_form(problem)[1])
    expected = np.sort(np.linalg.eigvals(product).real)[::-1]
    np.testing.assert_allclose(posterior.eigenvalues, expected, **CLOSE)
    assert posterior.constrained == int(np.sum(expected > 2.0)) > 0


def test_degrees_of_freedom_add_up_to_the_trace_of_the_averaging_kernel(problem):
    posterior, whitened = known(problem)
    _, covariance = closed_form(problem)
    found = degrees_of_freedom(posterior, whitened)
    for name, stream in problem.streams.items():
        jacobian = problem.derivatives(posterior.x)[1][name]
        expected = np.trace(covariance @ (jacobian.T / stream.sd**2) @ jacobian)
        assert found[name] == pytest.approx(expected, rel=1e-10)
    prior = problem.prior.covariance.dense()
    kernel = np.eye(len(prior)) - covariance @ np.linalg.inv(prior)
    assert sum(found.values()) == pytest.approx(np.trace(kernel), rel=1e-10)
    assert sum(found.values()) == pytest.approx(
        np.sum(1.0 - 1.0 / posterior.eigenvalues), rel=1e-10
    )


@pytest.mark.parametrize("names", [("level",), ("total",), ()])
def test_a_subset_of_the_streams_is_a_subset_of_the_mapping(problem, names):
    _, whitened = known(problem)
    x, covariance = closed_form(problem, names)
    posterior = gauss_newton_posterior(x, problem.prior, {n: whitened[n] for n in names})
    np.testing.assert_allclose(posterior.covariance, covariance, **CLOSE)


def test_targets_have_the_covariance_of_the_closed_form(problem):
    posterior, _ = known(problem)
    sensitivity = problem.target_derivatives(posterior.x)[1]["sum"]
    prior, found = posterior.target_covariance(sensitivity)
    B, A = problem.prior.covariance.dense(), closed_form(problem)[1]
    np.testing.assert_allclose(prior, sensitivity @ B @ sensitivity.T, **CLOSE)
    np.testing.assert_allclose(found, sensitivity @ A @ sensitivity.T, **CLOSE)


# -- other Hessians -------------------------------------------------------------------------------


def test_the_exact_hessian_is_the_gauss_newton_one(engine):
    problem = line_problem(engine, blocks=2)
    x, covariance = closed_form(problem)
    hessian, asymmetry = exact_hessian(problem, x)
    assert asymmetry <= 1e-10
    np.testing.assert_allclose(hessian, np.linalg.inv(covariance), **CLOSE)
    posterior = exact_spectrum(problem, x)[0].posterior(x, "exact")
    np.testing.assert_allclose(posterior.covariance, covariance, **CLOSE)
    assert posterior.method == "exact"


@pytest.mark.parametrize(
    ("names", "rank"), [(("total",), 2), (("total",), 5), (("level", "total"), 6),
                        (("level", "total"), 50)],
)  # fmt: skip
def test_leading_directions_give_the_whole_posterior_where_they_are_enough(problem, names, rank):
    """The total of all levels sees two directions, an offset and a trend; both streams see six."""
    _, whitened = known(problem)
    x, covariance = closed_form(problem, names)
    chosen = problem.with_streams({n: problem.streams[n] for n in names}, problem.targets)
    found = gauss_newton_posterior(x, problem.prior, leading_jacobian(chosen, x, rank))
    np.testing.assert_allclose(found.covariance, covariance, **CLOSE)
    expected = gauss_newton_posterior(x, problem.prior, {n: whitened[n] for n in names})
    np.testing.assert_allclose(found.eigenvalues, expected.eigenvalues, **CLOSE)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_directions_left_out_make_variances_too_large_by_no_more_than_is_said(problem, rank):
    posterior, whitened = known(problem)
    rows = leading_jacobian(problem, posterior.x, rank)
    found = gauss_newton_posterior(posterior.x, problem.prior, rows)
    assert {name: r.shape for name, r in rows.items()} == {n: w.shape for n, w in whitened.items()}
    assert np.linalg.matrix_rank(np.concatenate(list(rows.values()))) == rank
    np.testing.assert_allclose(found.eigenvalues[:rank], posterior.eigenvalues[:rank], **CLOSE)
    excess = np.diag(found.covariance) - np.diag(posterior.covariance)
    least = found.eigenvalues[rank - 1]
    assert np.all(excess >= -1e-12)
    assert np.all(excess <= (1.0 - 1.0 / least) * np.diag(posterior.prior_covariance) + 1e-12)


def test_products_without_a_matrix_are_those_with_the_jacobian(engine):
    problem = line_problem(engine, blocks=2)
    posterior, whitened = known(problem)
    linear = problem.linearisation(posterior.x)
    v = np.random.default_rng(5).normal(size=len(posterior.x))
    moved = linear.tangent(np.stack([v, 2.0 * v]))
    for name, rows in whitened.items():
        np.testing.assert_allclose(moved[name], [rows @ v, 2.0 * rows @ v], **CLOSE)
        only = {n: (n == name) * np.ones(len(r)) for n, r in whitened.items()}
        np.testing.assert_allclose(linear.adjoint(only), rows.sum(axis=0), **CLOSE)


# -- the minimum ----------------------------------------------------------------------------------


def test_the_newton_decrement_is_the_distance_to_the_minimum(problem):
    x, covariance = closed_form(problem)
    away = x + np.linspace(-0.3, 0.2, len(x))
    cost, gradient = problem.value_and_gradient(away)
    found = newton_decrement(gradient, covariance)
    step = away - x
    assert found == pytest.approx(np.sqrt(step @ np.linalg.inv(covariance) @ step), rel=1e-10)
    assert 0.5 * found**2 == pytest.approx(cost - problem.cost(x), rel=1e-8)


def test_a_run_that_made_no_step_with_tiny_errors_has_no_posterior(problem):
    streams = {}
    for name, stream in problem.streams.items():
        parts = [evolve(p, covariance=Diagonal(1e-12 * p.covariance.sd)) for p in stream.parts]
        streams[name] = evolve(stream, parts=tuple(parts))
    precise = problem.with_streams(streams, {})
    x = problem.prior.mean
    _, whitened = known(precise, x)
    found = estimate(precise, ended(precise, x, "stalled"), whitened, PosteriorSettings())
    assert found.posterior is None
    assert found.distance.decrement > 1e9


@pytest.mark.parametrize("hessian", ["gauss_newton", "exact", "lanczos"])
def test_a_minimum_has_a_posterior_and_another_point_has_none(problem, hessian):
    x, covariance = closed_form(problem)
    settings = PosteriorSettings(hessian=hessian)
    _, whitened = known(problem)
    found = estimate(problem, ended(problem, x), whitened, settings)
    np.testing.assert_allclose(found.posterior.covariance, covariance, **CLOSE)
    assert found.posterior.method == hessian
    assert found.distance.decrement < 1e-10
    sd = np.sqrt(np.diag(covariance))
    far = x + 3.0 * sd / np.sqrt(len(x))
    gone = estimate(problem, ended(problem, far, "iteration limit"), whitened, settings)
    assert gone.posterior is None and not gone.degrees_of_freedom
    away = np.sqrt((far - x) @ np.linalg.inv(covariance) @ (far - x))
    assert gone.distance.decrement == pytest.approx(away, rel=1e-10)
    assert f"{away:.2g} posterior sd from the minimum (1 is accepted" in gone.message
    assert "There is no posterior" in gone.message and "iteration limit" in gone.message
    near = PosteriorSettings(hessian=hessian, largest_distance=2.0 * away)
    assert estimate(problem, ended(problem, far), whitened, near).posterior is not None


# -- no prior -------------------------------------------------------------------------------------


def test_a_flat_prior_leaves_the_posterior_to_the_observations(autograd):
    problem = line_problem(autograd, prior=Flat.for_control)
    x = FULL_STEP.minimise(problem, problem.prior.mean, lambda _: None).x
    _, jacobians = problem.derivatives(x)
    hessian = sum((jacobians[n].T / s.sd**2) @ jacobians[n] for n, s in problem.streams.items())
    for settings in (PosteriorSettings(), PosteriorSettings(hessian="exact")):
        found = estimate(
            problem, ended(problem, x), whitened_by_stream(problem, jacobians), settings
        ).posterior
        expected = np.linalg.inv(hessian)
        np.testing.assert_allclose(found.covariance, expected, **CLOSE)
        assert np.all(found.uncertainty_reduction == 1.0)
        assert found.constrained == len(x)
        prior, after = found.target_sd(problem.target_derivatives(x)[1]["sum"])
        assert np.all(np.isinf(prior)) and np.all(np.isfinite(after))


@pytest.mark.parametrize("hessian", ["gauss_newton", "exact", "lanczos"])
def test_a_flat_prior_has_no_posterior_where_observations_leave_directions_open(autograd, hessian):
    problem = line_problem(autograd, prior=Flat.for_control)
    problem = problem.with_streams({"total": problem.streams["total"]}, problem.targets)
    _, jacobians = problem.derivatives(problem.prior.mean)
    whitened = whitened_by_stream(problem, jacobians)
    minimum = -np.linalg.pinv(jacobians["total"]) @ (
        problem.simulate(np.zeros(6))["total"] - problem.streams["total"].values
    )
    found = estimate(problem, ended(problem, minimum), whitened, PosteriorSettings(hessian=hessian))
    assert found.distance.reached and found.posterior is None
    assert "the prior is flat" in found.message
    # the sum of all levels has an offset and a trend: two directions of six
    assert "leave 4 of 6 directions undetermined" in found.message
    assert "led by level.bias" in found.message


# -- what is not seen -----------------------------------------------------------------------------


def test_the_null_space_of_the_jacobian_is_found(autograd):
    problem = line_problem(autograd)
    _, whitened = known(problem)
    found = null_space_of({"total": whitened["total"]}, 6)
    assert found.parameters(problem.control.names) == ("level.bias",)
    assert len(found.combinations) == 3  # five parameters, of which an offset and a trend are seen
    np.testing.assert_allclose(whitened["total"] @ found.combinations.T, 0.0, atol=1e-10)
    np.testing.assert_allclose(np.linalg.norm(found.combinations, axis=1), 1.0, rtol=1e-12)
    assert np.linalg.matrix_rank(found.combinations) == 3
    words = found.described(problem.control.names)
    assert all("line.offset" in w or "line.trend" in w for w in words)
    assert not len(null_space_of(whitened, 6).combinations)


# -- chance ---------------------------------------------------------------------------------------

SURE = 1e-4  # chance that a test with another seed would fail for no reason


def check_law(deviations, covariance):
    """Deviations (draw, control) are those of N(0, C): chi-squared as a whole and one by one."""
    count, size = deviations.shape
    distance = np.einsum("di,ij,dj->", deviations, np.linalg.inv(covariance), deviations)
    low, high = chi2.ppf([SURE / 2, 1.0 - SURE / 2], count * size)
    assert low < distance < high
    ratio = np.sum(deviations**2, axis=0) / np.diag(covariance)
    low, high = chi2.ppf([SURE / 2 / size, 1.0 - SURE / 2 / size], count)
    assert np.all((low < ratio) & (ratio < high))


def test_draws_have_mean_and_covariance_of_the_posterior(problem):
    posterior, _ = known(problem)
    drawn = posterior.draws(np.random.default_rng(7), 2000)
    check_law(drawn - posterior.x, posterior.covariance)
    mean = (drawn.mean(axis=0) - posterior.x) * np.sqrt(2000)
    distance = mean @ np.linalg.inv(posterior.covariance) @ mean
    assert distance < chi2.ppf(1.0 - SURE, len(mean))
    ratio = np.cov(drawn.T) / np.outer(posterior.sd, posterior.sd) - posterior.correlation
    assert np.abs(ratio).max() < 5.0 / np.sqrt(2000)


def test_an_ensemble_of_perturbed_twins_spreads_as_the_covariance_says(problem):
    """Truth fixed; prior mean and observations drawn around it: x_a - x_t ~ N(0, A)."""
    posterior, whitened = known(problem)
    generator = np.random.default_rng(8)
    truth = np.linspace(-1.0, 1.0, 6)
    simulated = problem.simulate(truth)
    found = []
    for _ in range(100):
        mean = truth + problem.prior.sample(generator, 1)[0] - problem.prior.mean
        values = {n: simulated[n] + s.sd * generator.normal(size=len(s.values))
                  for n, s in problem.streams.items()}  # fmt: skip
        prior = evolve(problem.prior, mean=mean)
        misfit = {
            n: s.whiten(values[n] - problem.simulate(mean)[n], np)
            for n, s in problem.streams.items()
        }
        pull = sum(whitened[n].T @ misfit[n] for n in whitened)
        found.append(prior.mean + posterior.covariance @ pull - truth)
    check_law(np.array(found), posterior.covariance)
