"""On a linear problem, streams one after the other tell what they tell together."""

import numpy as np
import pytest
from attrs import evolve
from line import closed_form, line_problem

from ccdas_framework.experiment.build import posterior_as_prior
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.outputs.result_datasets import result_dataset
from ccdas_framework.outputs.run_folder import RunFolder
from ccdas_framework.posterior import gauss_newton_posterior, whitened_by_stream

FULL_STEP = GaussNewton(damping=0.0, longest_step=1e6, gradient_reduction=1e-10)


def assimilated(problem, names):
    """Optimum and posterior with some of the streams."""
    chosen = problem.with_streams({n: problem.streams[n] for n in names}, problem.targets)
    x = FULL_STEP.minimise(chosen, chosen.prior.mean, lambda _: None).x
    whitened = whitened_by_stream(chosen, chosen.derivatives(x)[1])
    return chosen, gauss_newton_posterior(x, chosen.prior, whitened)


def written(problem, posterior, folder):
    """The `result.nc` of a run that found this posterior."""
    control = problem.control
    with RunFolder(folder) as run:
        run.write(
            "result.nc",
            result_dataset(
                control=control.names,
                control_prior=problem.prior.mean,
                control_posterior=posterior.x,
                parameter_prior=control.physical(problem.prior.mean),
                parameter_prior_sd=control.prior_sd,
                control_scale_mean=control.prior_mean,
                control_scale_sd=control.prior_sd,
                parameter_posterior=control.physical(posterior.x),
                parameter_unit=control.units,
                posterior_covariance=posterior.covariance,
            ),
        )
    return folder


@pytest.mark.parametrize("order", [("level", "total"), ("total", "level")])
def test_two_stages_are_one_in_mean_and_covariance(autograd, tmp_path, order):
    problem = line_problem(autograd, blocks=2)
    x, covariance = closed_form(problem)
    _, at_once = assimilated(problem, ("level", "total"))
    np.testing.assert_allclose(at_once.x, x, atol=1e-10)

    first, after_first = assimilated(problem, order[:1])
    folder = written(first, after_first, tmp_path / "first")
    prior = posterior_as_prior(folder, problem.control)
    _, after_both = assimilated(evolve(problem, prior=prior), order[1:])
    np.testing.assert_allclose(after_both.x, x, atol=1e-10)
    np.testing.assert_allclose(after_both.covariance, covariance, atol=1e-10)
    assert np.max(np.abs(after_first.x - x)) > 0.01  # the second stage had something to say
    sensitivity = problem.target_derivatives(x)[1]["sum"]
    np.testing.assert_allclose(
        after_both.target_sd(sensitivity)[1], at_once.target_sd(sensitivity)[1], rtol=1e-10
    )


def test_a_stage_without_covariances_between_parameters_would_differ(autograd, tmp_path):
    problem = line_problem(autograd)
    x, _ = closed_form(problem)
    first, after = assimilated(problem, ("total",))
    diagonal = evolve(after, covariance=np.diag(np.diag(after.covariance)))
    prior = posterior_as_prior(written(first, diagonal, tmp_path / "first"), problem.control)
    _, found = assimilated(evolve(problem, prior=prior), ("level",))
    assert np.max(np.abs(found.x - x)) > 0.01


def test_parameters_that_only_the_second_stage_has_are_free_in_it(autograd, tmp_path):
    fixed = {"line.trend": {"active": False}}
    small = line_problem(autograd, changes=fixed)
    first, after = assimilated(small, ("total",))
    folder = written(first, after, tmp_path / "first")
    problem = line_problem(autograd, prior=lambda control: posterior_as_prior(folder, control))
    prior = problem.prior.covariance.dense()
    names = list(problem.control.names)
    new = [names.index(n) for n in names if n not in small.control.names]
    old = [names.index(n) for n in small.control.names]
    assert len(new) == 2
    np.testing.assert_array_equal(prior[np.ix_(new, new)], np.eye(2))
    np.testing.assert_array_equal(prior[np.ix_(new, old)], 0.0)
    np.testing.assert_allclose(prior[np.ix_(old, old)], after.covariance, atol=1e-15)
    x, covariance = closed_form(problem, ("level",))
    _, found = assimilated(problem, ("level",))
    np.testing.assert_allclose(found.x, x, atol=1e-10)
    np.testing.assert_allclose(found.covariance, covariance, atol=1e-10)
    assert np.all(found.sd[new] < 1.0)
