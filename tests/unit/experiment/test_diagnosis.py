"""`diagnostics.nc` of a run holds what its other files say too."""

import numpy as np
import pytest
import xarray as xr

from ccdas_framework.experiment.run_diagnostics import diagnosis_of
from ccdas_framework.experiment.target_uncertainty import target_tables


@pytest.fixture(scope="module")
def at_the_prior(problem):
    """Everything a diagnosis is made from, at the prior mean: no iteration needed."""
    from ccdas_framework.posterior import whitened_by_stream

    x = problem.prior.mean
    values, jacobians = problem.derivatives(x)
    before = problem.values_of(x, problem.targets)
    targets = target_tables(problem, before, *problem.target_derivatives(x))
    return problem, x, values, values, whitened_by_stream(problem, jacobians), targets


@pytest.fixture(scope="module")
def written(finished):
    with xr.open_dataset(finished[0].folder / "diagnostics.nc") as dataset:
        return dataset.load()


def test_terms_are_twice_those_of_the_cost(written, finished):
    terms = finished[0].optimisation.iterations[-1].terms
    found = dict(zip(written["term"].values, written["twice_cost"].values, strict=True))
    assert set(terms) <= {*found, "prior"}
    for name in set(found) & set(terms):
        assert found[name] == pytest.approx(2.0 * terms[name], rel=1e-8)


def test_warnings_of_the_file_are_those_of_the_result(written, finished):
    assert written.attrs["warnings"].splitlines() == [
        str(finding) for finding in finished[0].diagnosis.warnings
    ]
    assert written.attrs["missing"].splitlines() == list(finished[0].diagnosis.missing)
    assert written.attrs["synthetic_observations"] == "yes"


def test_degrees_of_freedom_are_those_of_the_posterior(at_the_prior):
    from ccdas_framework.posterior import degrees_of_freedom, gauss_newton_posterior

    problem, x, _, _, whitened, _ = at_the_prior
    table = diagnosis_of(*at_the_prior).tables["stream"]
    expected = degrees_of_freedom(gauss_newton_posterior(x, problem.prior, whitened), whitened)
    found = dict(zip(table["stream"], table["degrees_of_freedom"], strict=True))
    assert found == pytest.approx(expected, rel=1e-12)


def test_every_target_is_attributed_to_every_stream(at_the_prior):
    problem = at_the_prior[0]
    table = diagnosis_of(*at_the_prior).tables["target"]
    count = sum(len(t.labels) for t in problem.targets.values())
    assert table["target_shift"].shape == (len(problem.streams), count)
    assert set(table["quantity"]) == {name.split()[0] for name in problem.targets}
    assert np.abs(table["target_shift"]).max() > 0.0


def test_what_streams_would_do_from_the_prior_is_one_gauss_newton_step(at_the_prior):
    problem, x, _, _, whitened, _ = at_the_prior
    table = diagnosis_of(*at_the_prior).tables["control"]
    gradient = problem.value_and_gradient(x)[1]
    hessian = np.eye(len(x)) + sum(rows.T @ rows for rows in whitened.values())
    # nothing moved, so that all of it is still to come
    step = table["control_shift"].sum(axis=0)
    np.testing.assert_allclose(step, -np.linalg.solve(hessian, gradient), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(table["control_rest"], -step, atol=1e-12)


def test_no_minimum_gives_no_expectation(at_the_prior):
    found = diagnosis_of(*at_the_prior, minimum=False)
    assert set(found.tables) == {"term", "stream", "place"}
    assert {finding.code for finding in found.warnings} <= {"large-misfits"}
