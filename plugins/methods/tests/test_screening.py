"""Screening: indices of known functions, failed runs, constant outputs and random numbers."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from ccdas_methods.screen_command import result_values, table, write_screening
from ccdas_methods.screening import LOWEST, is_constant, screened
from scipy.stats import norm

from ccdas_framework import CcdasError, InvalidInput
from ccdas_framework.cli import main
from ccdas_framework.testing import KNOWN_PROBLEMS, known_problem


def simulated(problem, x):
    """The simulated values themselves as outputs."""
    values = problem.simulate_many(x)["y"]
    names = tuple(f"y{n}" for n in range(1, values.shape[1] + 1))
    return names, ("1",) * len(names), values


def linear(weights, **keys):
    n = len(weights)
    return known_problem([weights], [0.0], sd=1.0, prior_mean=np.zeros(n), **keys)


def run(known, method, draws, seed=1, outputs=simulated):
    problem = known.problem("autograd")
    return screened(problem, method, draws, np.random.default_rng(seed), outputs)


def test_one_parameter_has_all_of_the_variance_and_a_constant_output_none():
    result = run(KNOWN_PROBLEMS["constant_output"], "sobol", 256)
    for name in ("first_order", "total"):
        assert result.indices[name][0, 0] == pytest.approx(1.0, abs=0.02)
        assert np.isnan(result.indices[name][1]).all()
    assert result.constant == ("y2",)


def test_sobol_indices_of_a_sum_are_the_shares_of_its_variance():
    result = run(linear([3.0, 1.0, 0.0]), "sobol", 1024)
    for name in ("first_order", "total"):
        np.testing.assert_allclose(result.indices[name][0], [0.9, 0.1, 0.0], atol=0.02)
    assert result.runs == 1024 * 5


def test_sobol_sees_an_interaction_in_the_total_alone():
    product = known_problem(lambda p, xp: xp.reshape(p[0] * p[1], (1,)), [0.0], sd=1.0,
                            prior_mean=[0.0, 0.0])  # fmt: skip
    result = run(product, "sobol", 1024)
    np.testing.assert_allclose(result.indices["first_order"][0], 0.0, atol=0.05)
    np.testing.assert_allclose(result.indices["total"][0], 1.0, atol=0.05)


def test_morris_effects_of_a_sum_are_in_the_ratio_of_its_weights():
    """Levels 1/3 apart in probability; x is not linear in probability, the ratio is kept."""
    result = run(linear([4.0, -2.0, 0.0]), "morris", 400)
    effect, absolute = (result.indices[n][0] for n in ("mean_effect", "mean_absolute_effect"))
    assert effect[1] < 0.0 < effect[0]
    assert absolute[0] / absolute[1] == pytest.approx(2.0, rel=0.05)
    assert absolute[2] == 0.0


def test_parameters_vary_within_the_quantiles_of_the_prior_and_the_bounds():
    seen = []

    def outputs(problem, x):
        seen.append(x)
        return simulated(problem, x)

    run(linear([1.0, 1.0], bounds={"x2": (-0.5, 9.0)}), "sobol", 256, outputs=outputs)
    (x,) = seen
    assert np.abs(x[:, 0]).max() <= -norm.ppf(LOWEST)
    assert np.abs(x[:, 0]).max() > 2.2
    assert x[:, 1].min() >= -0.5


def test_outputs_are_the_cost_and_the_misfits():
    problem = linear([1.0, 2.0]).problem("autograd")
    result = screened(problem, "morris", 10, np.random.default_rng(1))
    assert result.outputs == ("cost", "misfit of y")
    assert all(np.isfinite(v).all() for v in result.indices.values())


@pytest.mark.parametrize(("method", "draws"), [("morris", 20), ("sobol", 32)])
def test_intervals_follow_from_the_generator(method, draws):
    curved = known_problem(lambda p, xp: xp.reshape(xp.exp(p[0]) * (3.0 + p[1]), (1,)), [0.0],
                           sd=1.0, prior_mean=[0.0, 0.0])  # fmt: skip
    results = []
    for state, seed in ((1, 5), (2, 5), (1, 6)):
        np.random.seed(state)
        before = np.random.get_state()[1].copy()
        results.append(run(curved, method, draws, seed).indices)
        assert np.array_equal(np.random.get_state()[1], before)
    for name, values in results[0].items():
        np.testing.assert_array_equal(results[1][name], values)
    assert any(not np.array_equal(results[2][n], v) for n, v in results[0].items())


def test_morris_leaves_out_each_trajectory_with_a_failed_run():
    """A fifth of the prior fails; trajectories of one step have two runs, some of which fail."""
    known = KNOWN_PROBLEMS["failing_model"]
    result = run(known, "morris", 40)
    assert 0 < result.left_out < 40
    assert np.isfinite(result.indices["mean_absolute_effect"]).all()
    assert any(str(result.left_out) in line for line in table(result))


def test_sobol_refuses_failed_runs_and_names_a_parameter():
    with pytest.raises(CcdasError) as refused:
        run(KNOWN_PROBLEMS["failing_model"], "sobol", 32)
    assert refused.value.code == "failed-runs"
    assert KNOWN_PROBLEMS["failing_model"].control.names[0] in str(refused.value)


def test_a_correlated_prior_is_refused():
    with pytest.raises(InvalidInput) as refused:
        run(KNOWN_PROBLEMS["unobserved_parameter"], "morris", 4)
    assert (refused.value.code, refused.value.where) == ("correlated-prior", "prior.correlations")


def test_sobol_needs_a_power_of_two():
    with pytest.raises(InvalidInput) as refused:
        run(linear([1.0]), "sobol", 30)
    assert refused.value.where == "--draws"


def test_rounding_is_no_sensitivity():
    assert is_constant(np.array([3.0, 3.0 * (1.0 + 1e-15), 3.0]))
    assert not is_constant(np.array([3.0, 3.0 * (1.0 + 1e-9), 3.0]))


def test_json_has_every_index_of_an_output_that_varies():
    result = run(KNOWN_PROBLEMS["constant_output"], "morris", 8)
    varies, constant = (result_values(result)["outputs"][name] for name in result.outputs)
    assert not varies["constant"] and constant["constant"] and not constant["parameters"]
    for p, name in enumerate(result.parameters):
        assert varies["parameters"][name] == {i: of[0, p] for i, of in result.indices.items()}


def test_the_command_prints_json_of_what_its_file_has(tmp_path, monkeypatch, capsys):
    import xarray as xr

    loaded = SimpleNamespace(build=lambda: linear([3.0, 1.0]).problem("autograd"))
    monkeypatch.setattr("ccdas_framework.load_experiment", lambda *_, **__: loaded)
    out = tmp_path / "screen"
    options = ("--method", "morris", "--draws", "8", "--out", str(out), "--json", "--quiet")
    monkeypatch.setattr(sys, "argv", ["ccdas", "screen", "any.toml", *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    printed = json.loads(capsys.readouterr().out)
    assert printed["file"] == str(out / "screening.nc") and printed["method"] == "morris"
    with xr.open_dataset(out / "screening.nc") as written:
        assert list(printed["outputs"]) == list(written["output"].values) == ["cost", "misfit of y"]
        assert printed["runs"] == int(written.attrs["runs"])
        for name, of in printed["outputs"]["misfit of y"]["parameters"].items():
            stored = written.sel(output="misfit of y", parameter=name)
            assert of["mean_effect"] == pytest.approx(float(stored["mean_effect"]))


def test_the_file_holds_every_index(tmp_path):
    import xarray as xr

    result = run(KNOWN_PROBLEMS["constant_output"], "morris", 8)
    write_screening(tmp_path / "screening.nc", result, "known", 1)
    with xr.open_dataset(tmp_path / "screening.nc") as written:
        for name, values in result.indices.items():
            np.testing.assert_array_equal(written[name].values, values)
        assert written["constant"].values.tolist() == [0, 1]
        assert "long_name" in written["mean_effect"].attrs
