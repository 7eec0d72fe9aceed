"""Posteriors of runs: on request, by other Hessians, and where there is none."""

import numpy as np
import pytest
import xarray as xr
from cuts import few_parameters, only
from findings import raises_finding

from ccdas_framework.core.errors import InvalidExperiment, InvalidInput
from ccdas_framework.experiment.build import posterior_as_prior
from ccdas_framework.problem.assembled_problem import Problem
from ccdas_framework.terminal.run_summary import summary

STREAMS = ("sm", "vod")
KINDS = ("bethy.f_leaf", "vod.D_0")


@pytest.fixture(autouse=True)
def without_report(monkeypatch):
    """Figures take longer than such a run."""
    monkeypatch.setattr("ccdas_framework.experiment.run.report", lambda folder: None)


def run(out, kinds=KINDS, **settings):
    experiment = few_parameters(STREAMS, **{**only((), STREAMS), **opened(kinds), **settings})
    return experiment, experiment.run(out)


def opened(kinds):
    return {f'parameters."{kind}".active': True for kind in kinds}


def test_draws_are_those_of_the_posterior_with_their_fields(tmp_path):
    experiment, result = run(tmp_path / "out", posterior__draws=3, optimiser__iterations=2)
    with xr.open_dataset(tmp_path / "out" / "draws.nc") as draws:
        x, physical = draws["control_draw"].values, draws["parameter_draw"].values
        assert dict(draws.sizes)["draw"] == 3
        assert draws["gpp"].dims == ("draw", "time", "cell")
        assert list(draws["control"].values) == list(result.problem.control.names)
        assert draws.attrs["drawn_again"] >= 0
        gpp = draws["gpp"].values
        lai = draws["lai"].values
    generator = np.random.default_rng([1, 4])
    expected = result.posterior.draws(generator, 3)
    inside = [not result.problem.control.outside(row) for row in expected]
    np.testing.assert_array_equal(x[: sum(inside)], expected[inside])
    for row, values in zip(x, physical, strict=True):
        np.testing.assert_allclose(values, result.problem.control.physical(row), rtol=1e-14)
    from ccdas_framework.outputs.monthly_fields import monthly_fields

    again, _, _ = monthly_fields(result.problem, x[1], ["gpp", "lai"])
    np.testing.assert_allclose(gpp[1], again["gpp"], rtol=1e-12)
    np.testing.assert_allclose(lai[1], again["lai"], rtol=1e-12)
    told = summary(experiment, result)
    assert "degrees of freedom" in told


def test_draws_of_a_call_are_those_of_the_configuration(tmp_path):
    _, first = run(tmp_path / "first", posterior__draws=2, optimiser__iterations=3)
    experiment = few_parameters(
        STREAMS, **{**only((), STREAMS), **opened(KINDS), "optimiser__iterations": 3}
    )
    experiment.run(tmp_path / "second", draws=2)
    with (
        xr.open_dataset(tmp_path / "first" / "draws.nc") as one,
        xr.open_dataset(tmp_path / "second" / "draws.nc") as two,
    ):
        xr.testing.assert_equal(one, two)
    assert first.estimate.message == "Gauss-Newton Hessian."


@pytest.fixture(scope="module")
def at_bound(tmp_path_factory):
    """A run whose minimum is at the lower bound of groups of one parameter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ccdas_framework.experiment.run.report", lambda folder: None)
        out = tmp_path_factory.mktemp("at_bound") / "out"
        settings = {
            "streams__vod__priors": "ccdas",  # a prior of D_0 without a limit of its own
            "streams__vod__leaf_groups": "life_form",
            "truth__bounds": {"vod.D_0": [0.0, np.inf]},
            "truth__seed": 4,
            'parameters."vod.D_0".bounds': [0.0, 100.0],
            "posterior__draws": 3,
            "optimiser__gradient_reduction": 0.02,
        }
        return run(out, ("vod.D_0",), **settings)


def test_a_parameter_at_its_bound_is_named_and_has_no_sd(at_bound):
    experiment, result = at_bound
    optimum, control = result.optimisation, result.problem.control
    assert (optimum.status, result.estimate.distance.reached) == ("converged", True)
    names = optimum.at_bound
    held = np.isin(control.names, names)
    assert names and {name.partition("[")[0] for name in names} == {"vod.D_0"}
    assert held.sum() == len(names)
    with xr.open_dataset(result.folder / "result.nc") as written:
        assert written.attrs["parameters_at_bound"] == ", ".join(names)
        assert written.attrs["message"].startswith(f"converged at a bound: {', '.join(names)}; ")
        for variable in ("parameter_posterior_sd", "uncertainty_reduction"):
            np.testing.assert_array_equal(np.isnan(written[variable].values), held)
        covariance = written["posterior_covariance"].values
        np.testing.assert_array_equal(np.isnan(covariance), held[:, None] | held)
        assert np.isnan(written["hessian_eigenvalue"].values).sum() == len(names)
    prior_sd = np.array([element.parameter.sd for element in control.active])[held]
    assert np.all(np.abs(control.physical(optimum.x)[held]) <= 2.0**-52 * prior_sd)  # rounding
    assert "nan" not in summary(experiment, result)
    with xr.open_dataset(result.folder / "draws.nc") as draws:
        np.testing.assert_array_equal(
            draws["parameter_draw"].values[:, held],
            np.tile(control.physical(optimum.x)[held], (3, 1)),
        )
        assert np.ptp(draws["parameter_draw"].values[:, ~held], axis=0).all()


def test_a_run_that_ended_at_a_bound_is_no_prior(at_bound):
    _, result = at_bound
    with raises_finding("at-bound", "result.nc: posterior_covariance", InvalidInput):
        posterior_as_prior(result.folder, result.problem.control)


def gauss_newton_products(problem, x, directions):
    """In place of second derivatives, which take autograd a minute here."""
    K = problem.whitened(problem.jacobian(x))
    return directions + directions @ K.T @ K


@pytest.mark.parametrize("hessian", ["exact", "lanczos"])
def test_a_run_takes_the_hessian_that_is_asked_for(tmp_path, monkeypatch, hessian):
    monkeypatch.setattr(Problem, "hessian_vectors", gauss_newton_products)
    _, result = run(
        tmp_path / "out", posterior__method=hessian, posterior__largest_distance=1e3,
        optimiser__iterations=1,
    )  # fmt: skip
    with xr.open_dataset(tmp_path / "out" / "result.nc") as written:
        assert written.attrs["posterior_method"] == hessian
        assert written.attrs["stationary"] == "yes"
        covariance = written["posterior_covariance"].values
        assert written["hessian_eigenvalue"].size == len(result.problem.control)
    K = result.problem.whitened(result.problem.jacobian(result.optimisation.x))
    linear = np.linalg.inv(np.eye(K.shape[1]) + K.T @ K)
    np.testing.assert_allclose(covariance, linear, rtol=1e-8, atol=1e-10 * np.max(linear))


def test_a_flat_prior_that_leaves_directions_open_names_their_parameters(tmp_path):
    experiment, result = run(tmp_path / "out", prior__name="flat", optimiser__iterations=2)
    assert result.posterior is None
    told = summary(experiment, result)
    assert "the prior is flat and the observations leave" in told
    assert "led by bethy.f_leaf" in told or "led by vod.D_0" in told
    with xr.open_dataset(tmp_path / "out" / "result.nc") as written:
        assert "posterior_covariance" not in written and "seen" in written
        assert "directions undetermined" in written.attrs["posterior"]


def test_leading_directions_without_a_prior_are_refused_before_the_run():
    with raises_finding("unsuitable-prior", "posterior.method", InvalidExperiment):
        few_parameters(STREAMS, posterior__method="lanczos", prior__name="flat")


@pytest.mark.parametrize(
    ("setting", "value"),
    [("method", "newton"), ("rank", 0), ("largest_distance", 0.0), ("draws", -1)],
)
def test_impossible_settings_are_refused(setting, value):
    with raises_finding("wrong-value", f"posterior.{setting}", InvalidExperiment):
        few_parameters(STREAMS, **{f"posterior__{setting}": value})


def test_draws_that_cannot_be_are_refused_by_the_call(tmp_path):
    with raises_finding("wrong-value", "posterior.draws", InvalidExperiment):
        few_parameters(STREAMS).run(tmp_path / "out", draws=-2)
    assert not (tmp_path / "out").exists()


# -- singular priors ------------------------------------------------------------------------------


def test_a_singular_posterior_is_refused_as_a_prior(tmp_path):
    _, result = run(tmp_path / "out", optimiser__iterations=3)
    path = tmp_path / "out" / "result.nc"
    with xr.open_dataset(path) as held:
        broken = held.load()
    broken["posterior_covariance"][:2, :2] = 1.0
    broken.to_netcdf(path)
    where = "result.nc: posterior_covariance"
    with raises_finding("not-positive-definite", where, InvalidInput):
        posterior_as_prior(tmp_path / "out", result.problem.control)


def test_a_run_without_a_posterior_is_refused_as_a_prior(tmp_path):
    _, result = run(tmp_path / "out", optimiser__iterations=1, posterior__largest_distance=1e-12)
    assert result.posterior is None
    with raises_finding("missing-variable", "result.nc: posterior_covariance", InvalidInput):
        posterior_as_prior(tmp_path / "out", result.problem.control)


def test_singular_correlations_are_refused():
    experiment = few_parameters(STREAMS, prior__correlations=[["bethy.V_m[1]", "bethy.V_m[2]", 1]])
    with pytest.raises(InvalidInput, match="prior correlations"):
        experiment.build()
