"""The folder of a run: exactly the files, names and dimensions that other tools rely on."""

import copy
import json
import pickle
import tomllib

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from cuts import few_parameters, only
from findings import raises_finding

from ccdas_framework import load_experiment
from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.experiment.forward import run_forward
from ccdas_framework.experiment.run_outputs import dropped_lines
from ccdas_framework.terminal.run_summary import summary

FILES = {
    "result.nc", "simulated.nc", "fields.nc", "targets.nc", "experiment.toml", "provenance.json",
    "log.jsonl", "report.html", "checkpoint.npz", "diagnostics.nc",
    "run.log",
}  # fmt: skip


@pytest.fixture(scope="module")
def opened(finished):
    """Open a file of the finished run, or one of its groups."""

    def open_(name, group=None):
        with xr.open_dataset(finished[0].folder / name, group=group) as dataset:
            return dataset.load()

    return open_


def test_the_folder_holds_these_files_and_no_others(finished):
    assert {path.name for path in finished[0].folder.iterdir()} == FILES


@pytest.mark.parametrize("way", [lambda r: pickle.loads(pickle.dumps(r)), copy.deepcopy])
def test_a_result_is_copied_and_pickled(finished, way):
    copied, original = way(finished[0]), finished[0]
    x = original.optimisation.x
    np.testing.assert_array_equal(copied.optimisation.x, x)
    np.testing.assert_array_equal(copied.posterior.covariance, original.posterior.covariance)
    assert copied.problem.cost(x) == original.problem.cost(x)


def test_result_has_every_name_and_dimension(opened, finished):
    result, found = opened("result.nc"), finished[0]
    count, points = len(found.problem.control), len(found.optimisation.iterations)
    assert dict(result.sizes) == {
        "control": count, "control2": count, "iteration": points, "term": 4,
        "eigenvalue": count, "stream": 3, "evaluation": 2,
    }  # fmt: skip
    for name in (
        "control_prior", "control_posterior", "parameter_prior", "parameter_prior_sd",
        "parameter_posterior", "parameter_posterior_sd", "uncertainty_reduction", "parameter_unit",
        "control_scale_mean", "control_scale_sd", "seen",
    ):  # fmt: skip
        assert result[name].dims == ("control",)
    for name in ("posterior_covariance", "posterior_correlation"):
        assert result[name].dims == ("control", "control2")
    assert result["hessian_eigenvalue"].dims == ("eigenvalue",)
    assert result["degrees_of_freedom"].dims == ("stream",)
    assert list(result["stream"].values) == ["co2", "sm", "vod"]
    assert result["cost"].dims == result["gradient_norm"].dims == ("iteration",)
    assert result["cost_term"].dims == ("iteration", "term")
    assert list(result["term"].values) == ["prior", "co2", "sm", "vod"]
    assert list(result["control"].values) == list(found.problem.control.names)
    assert result.attrs["status"] == "iteration limit" and result.attrs["message"]


def test_result_holds_what_was_found(opened, finished):
    result, found = opened("result.nc"), finished[0]
    x, control = found.optimisation.x, found.problem.control
    np.testing.assert_array_equal(result["control_posterior"], x)
    np.testing.assert_array_equal(result["control_prior"], 0.0)
    np.testing.assert_allclose(result["parameter_posterior"], control.physical(x), rtol=1e-14)
    np.testing.assert_allclose(result["parameter_prior"], control.prior_mean, rtol=1e-13)
    np.testing.assert_array_equal(result["control_scale_mean"], control.prior_mean)
    np.testing.assert_array_equal(result["control_scale_sd"], control.prior_sd)
    # p(1) - p(0) is s0 but for rounding of p(0), at most 400 s0 here
    np.testing.assert_allclose(result["parameter_prior_sd"], control.prior_sd, rtol=1e-12)
    assert list(result["parameter_unit"].values) == list(control.units)
    process = dict(zip(control.names, result["parameter_process"].values, strict=True))
    assert process["bethy.V_m[1]"] == "photosynthesis"
    assert process["co2.c_0"].startswith("observation of ")
    name = dict(zip(control.names, result["parameter_name"].values, strict=True))
    assert name["bethy.V_m[1]"].endswith("at 25 °C, tropical broadleaf evergreen tree")
    np.testing.assert_allclose(result["cost_term"].sum("term"), result["cost"], rtol=1e-12)
    assert float(result["cost"][-1]) == pytest.approx(found.problem.cost(x), rel=1e-10)
    sd = np.sqrt(np.diag(result["posterior_covariance"]))
    np.testing.assert_allclose(result["uncertainty_reduction"], 1.0 - sd, atol=1e-12)
    assert np.all(result["uncertainty_reduction"] > -1e-12)


def test_result_says_what_the_data_tell(opened, finished):
    result, found = opened("result.nc"), finished[0]
    K = found.problem.whitened(found.problem.jacobian(found.optimisation.x))
    expected = 1.0 + np.linalg.eigvalsh(K.T @ K)[::-1]
    np.testing.assert_allclose(result["hessian_eigenvalue"], expected, rtol=1e-8)
    assert result.attrs["constrained_directions"] == int(np.sum(expected > 2.0))
    np.testing.assert_allclose(
        float(result["degrees_of_freedom"].sum()), np.sum(1.0 - 1.0 / expected), rtol=1e-8
    )
    covariance = result["posterior_covariance"].values
    scale = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(
        result["posterior_correlation"], covariance / np.outer(scale, scale), rtol=1e-10, atol=1e-12
    )
    zero = np.all(K == 0.0, axis=0)
    assert zero.any()  # classes that are in none of the cells
    np.testing.assert_array_equal(result["seen"].values == 1, ~zero)
    unseen = result.attrs["unseen_parameters"].split(", ")
    assert unseen == [n for n, z in zip(result["control"].values, zero, strict=True) if z]
    assert result.attrs["posterior_method"] == "gauss_newton"


def test_the_posterior_is_that_of_the_dense_formula(finished):
    found = finished[0]
    K = found.problem.whitened(found.problem.jacobian(found.optimisation.x))
    expected = np.linalg.inv(np.eye(K.shape[1]) + K.T @ K)
    np.testing.assert_allclose(found.posterior.covariance, expected, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize(("stream", "place"), [("co2", "station"), ("sm", "cell"), ("vod", "cell")])
def test_simulated_has_a_group_for_each_stream(opened, finished, stream, place):
    group, data = opened("simulated.nc", stream), finished[0].problem.streams[stream]
    for name in (
        "time", "latitude", "longitude", place, "observed", "observed_sd", "prior", "posterior",
    ):  # fmt: skip
        assert group[name].dims == ("obs",)
    assert group.sizes["obs"] == len(data.values)
    np.testing.assert_array_equal(group["observed"], data.values)
    np.testing.assert_array_equal(group["observed_sd"], data.sd)
    problem, x = finished[0].problem, finished[0].optimisation.x
    np.testing.assert_allclose(group["posterior"], problem.simulate(x)[stream], rtol=1e-10)
    prior = problem.simulate(np.zeros(len(x)))[stream]
    np.testing.assert_allclose(group["prior"], prior, rtol=1e-10)
    assert group["observed"].attrs["units"] == data.operator.observes.units
    assert group.attrs["synthetic"] == "yes"
    assert "outside the period" in group.attrs["dropped"]
    assert group.attrs["observations_read"] == len(data.values) + sum(data.dropped.values())


def test_fields_are_monthly_maps_of_both_runs(opened):
    fields = opened("fields.nc")
    assert list(fields["run"].values) == ["prior", "posterior"]
    assert (fields.sizes["time"], fields.sizes["cell"]) == (2, 3)
    for name in ("gpp", "npp", "nep", "lai", "fapar", "soil_moisture", "vod"):
        assert fields[name].dims == ("run", "time", "cell")
        assert "units" in fields[name].attrs
    assert np.all(fields["gpp"] >= 0.0)


def test_targets_have_regions_and_quantities(opened, finished):
    targets = opened("targets.nc")
    assert list(targets["quantity"].values) == ["gpp", "npp", "nep"]
    assert "Global" in targets["region"].values
    for name in ("prior", "prior_sd", "posterior", "posterior_sd", "uncertainty_reduction"):
        assert targets[name].dims == ("region", "quantity")
    assert targets["prior"].attrs["units"] == "PgC yr-1"
    gpp = targets.sel(region="Global", quantity="gpp")
    assert float(gpp["posterior"]) == pytest.approx(
        finished[0].targets["gpp"]["posterior"][-1], rel=1e-14
    )
    assert 0.0 < float(gpp["posterior_sd"]) <= float(gpp["prior_sd"])
    assert float(gpp["uncertainty_reduction"]) == pytest.approx(
        1.0 - float(gpp["posterior_sd"] / gpp["prior_sd"]), rel=1e-12
    )


def test_a_region_adds_up_to_the_globe(opened):
    prior = opened("targets.nc")["prior"]
    regions = [r for r in prior["region"].values if r != "Global"]
    total = prior.sel(region=regions).sum("region")
    np.testing.assert_allclose(total, prior.sel(region="Global"), rtol=1e-10, atol=1e-12)


def test_the_experiment_as_run_is_complete(finished):
    config = tomllib.loads((finished[0].folder / "experiment.toml").read_text())
    assert config["optimiser"]["iterations"] == 2
    assert set(config["streams"]) == {"co2", "sm", "vod"}
    assert config["experiment"]["seed"] == 1


def test_the_experiment_as_run_gives_the_same_cost_again(finished):
    found = finished[0]
    again = load_experiment(found.folder / "experiment.toml").build()
    for iteration in (found.optimisation.iterations[0], found.optimisation.iterations[-1]):
        assert again.cost(iteration.x) == pytest.approx(iteration.cost, rel=1e-13)


def test_provenance_says_what_was_read_and_with_what(finished):
    found = json.loads((finished[0].folder / "provenance.json").read_text())
    assert found["seed"] == 1
    assert found["cells"] == 3 and found["observations"]["co2"] == 10
    assert found["plugins"]["models_bethy"]["distribution"] == "ccdas-models-bethy"
    assert found["framework"]["version"] and found["engine"] == "AutogradEngine"
    # made by a recipe in a temporary folder, whose name means nothing later
    assert set(found["inputs"]) == {"forcing.nc", "co2.nc", "sm.nc", "vod.nc"}
    assert all(len(checksum) == 64 for checksum in found["inputs"].values())


def test_the_log_has_a_line_for_each_iteration(finished):
    lines = [
        json.loads(line) for line in (finished[0].folder / "log.jsonl").read_text().splitlines()
    ]
    numbers = [line["iteration"] for line in lines if "iteration" in line]
    assert numbers == [0, 1, 2]
    assert set(lines[0]["terms"]) == {"prior", "co2", "sm", "vod"}
    assert lines[-1]["event"] == "finished"
    stages = lines[-1]["stages"]
    assert list(stages) == [
        "assembling the problem",
        "optimising",
        "posterior uncertainty",
        "fields",
    ]
    assert min(stages.values()) > 0.0
    assert sum(stages.values()) == pytest.approx(lines[-1]["seconds"], rel=0.05)


def test_the_report_stands_alone(finished):
    html = (finished[0].folder / "report.html").read_text()
    assert 'src="http' not in html and 'href="http' not in html.replace('href="https', "")
    assert "synthetic" in html


def test_the_monitor_hears_of_every_stage_and_iteration(finished):
    _, heard = finished
    assert heard.stages[0] == "assembling the problem" and heard.stages[-1] == "report"
    assert [i.number for i in heard.iterations] == [0, 1, 2]
    assert heard.iterations[-1].cost < heard.iterations[0].cost


# -- forward runs ---------------------------------------------------------------------------------


def test_forward_with_the_posterior_reproduces_its_simulated_values(
    finished, opened, tmp_path, cut
):
    run_forward(cut, tmp_path / "given", finished[0].folder)
    for stream in ("co2", "sm", "vod"):
        with xr.open_dataset(tmp_path / "given" / "simulated.nc", group=stream) as again:
            # parameters go through their physical values and back: 1e-10
            np.testing.assert_allclose(
                again["prior"], opened("simulated.nc", stream)["posterior"], rtol=1e-10
            )
    with xr.open_dataset(tmp_path / "given" / "targets.nc") as again:
        expected = opened("targets.nc")["posterior"]
        np.testing.assert_allclose(again["prior"], expected, rtol=1e-9, atol=1e-12)
    with xr.open_dataset(tmp_path / "given" / "fields.nc") as again:
        assert list(again["run"].values) == ["given"]
        expected = opened("fields.nc")["gpp"].sel(run="posterior")
        np.testing.assert_allclose(again["gpp"][0], expected, rtol=1e-9, atol=1e-12)


def test_forward_without_parameters_is_the_prior(opened, tmp_path, cut):
    text = run_forward(cut, tmp_path / "prior").text
    with xr.open_dataset(tmp_path / "prior" / "simulated.nc", group="vod") as again:
        np.testing.assert_allclose(
            again["prior"], opened("simulated.nc", "vod")["prior"], rtol=1e-12
        )
        for name in ("dropped", "observations_read", "synthetic"):
            assert again.attrs[name] == opened("simulated.nc", "vod").attrs[name]
        read = again.attrs["observations_read"]
    assert "GPP" in text and str(tmp_path / "prior") in text
    recorded = json.loads((tmp_path / "prior" / "provenance.json").read_text())
    assert recorded["observations_read"]["vod"] == read
    assert recorded["observations"]["vod"] + sum(recorded["dropped"]["vod"].values()) == read


def test_forward_and_run_say_what_they_dropped(tmp_path, cut, finished):
    result, _ = finished
    lines = dropped_lines(result.problem)
    assert [line.split(":")[0] for line in lines] == list(result.problem.streams)
    for line, stream in zip(lines, result.problem.streams.values(), strict=True):
        assert f"{sum(stream.dropped.values())} of {stream.read}" in line
        assert all(reason in line for reason in stream.dropped)
        assert line in summary(cut, result)
    text = run_forward(cut, tmp_path / "prior").text
    assert text.splitlines()[: len(lines)] == lines
    none = {name: evolve(s, dropped={}) for name, s in result.problem.streams.items()}
    assert dropped_lines(result.problem.with_streams(none, {})) == []


def test_forward_takes_physical_values_by_name(problem, tmp_path, cut):
    from ccdas_framework.experiment.parameter_values import control_values, parameter_values

    (tmp_path / "p.toml").write_text('"bethy.V_m[4]" = 7e-5\n"co2.c_0" = 381.0\n')
    x = control_values(parameter_values(tmp_path / "p.toml"), problem.control)
    physical = dict(zip(problem.control.names, problem.control.physical(x), strict=True))
    assert physical["bethy.V_m[4]"] == pytest.approx(7e-5, rel=1e-12)
    assert physical["co2.c_0"] == pytest.approx(381.0, rel=1e-14)
    assert np.count_nonzero(x) == 2


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ('"bethy.V_n[4]" = 1.0', "unknown-parameter", "bethy.V_n[4]"),
        ('"bethy.V_m[4]" = "much"', "not-numeric", "p.toml"),
        ("[bethy", "not-numeric", "p.toml"),
        ('"bethy.V_m[4]" = -1e-5', "out-of-range", "bethy.V_m[4]"),
        ('"bethy.f_s" = 3.0', "out-of-range", "bethy.f_s"),
    ],
)
def test_parameters_that_cannot_be_used_are_refused(cut, tmp_path, text, code, where):
    (tmp_path / "p.toml").write_text(text)
    with raises_finding(code, where, InvalidInput):
        run_forward(cut, tmp_path / "out", tmp_path / "p.toml")
    assert not (tmp_path / "out").exists()


def test_given_values_of_fixed_parameters_count_too(finished, opened, tmp_path):
    # V_m is fixed here, and the result has it optimised
    kinds = ("bethy.f_leaf", "bethy.Q10s", "co2.c_0", "vod.D_0")
    fewer = few_parameters(**only(kinds))
    assert not any("V_m" in name for name in fewer.build().control.names)
    run_forward(fewer, tmp_path / "given", finished[0].folder)
    for stream in ("co2", "sm", "vod"):
        with xr.open_dataset(tmp_path / "given" / "simulated.nc", group=stream) as again:
            # through physical values and back, as above
            np.testing.assert_allclose(
                again["prior"], opened("simulated.nc", stream)["posterior"], rtol=1e-10
            )
