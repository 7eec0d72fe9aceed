"""What is wrong with input is said in sentences, all of it, before a run starts."""

import shutil

import numpy as np
import pytest
import xarray as xr
from attrs import evolve, frozen
from findings import codes, raises_finding

from ccdas_framework import ObservationOperator, Prior, installed, load_experiment
from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.experiment.recipe_inputs import begin
from ccdas_framework.installed import registry

HEAD = """
[inputs]
folder = "{folder}"
[model]
n_h = 8
dayint = 5
[time]
spin_up_years = 0
[streams.sm]
scaling = "none"
mask_frozen = false
forest_fraction = 1.0
[engine]
name = "autograd"
[truth]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Input files of the demonstration for two months, cut to four cells."""
    folder = tmp_path_factory.mktemp("inputs")
    begin("demo", folder, None, {"start": "2010-06", "end": "2010-07"}).write_all()
    with xr.open_dataset(folder / "forcing.nc", decode_times=False) as whole:
        cells = np.arange(40, 44)
        cut = whole.isel(cell=cells, column=np.isin(whole["column_cell"], cells)).load()
    cut["column_cell"] = cut["column_cell"] - 40
    cut.to_netcdf(folder / "forcing.nc")
    return folder


@pytest.fixture
def inputs(made, tmp_path):
    """A copy of the files that may be spoilt, and an experiment that reads them."""
    folder = tmp_path / "inputs"
    shutil.copytree(made, folder)
    (tmp_path / "my.toml").write_text(HEAD.format(folder=folder.as_posix()))
    return folder


def rewritten(path, change):
    """Change a netCDF file in place."""
    with xr.open_dataset(path, decode_times=False) as dataset:
        loaded = dataset.load()
    changed = change(loaded)
    (loaded if changed is None else changed).to_netcdf(path)


def refused(ccdas, inputs, *arguments):
    """What `ccdas run` says of bad input: sentences, no traceback, exit code 2, no folder."""
    out = inputs.parent / "out"
    code, said, error = ccdas("run", inputs.parent / "my.toml", "--out", out, *arguments)
    assert code == 2
    assert "Traceback" not in error and said == ""
    assert not out.exists()
    return error


def findings_about(inputs, settings=None, **options):
    """Code and place of each finding about an experiment that cannot be loaded or built."""
    with pytest.raises(InvalidExperiment) as caught:
        load_experiment(inputs.parent / "my.toml", settings=settings, **options).build()
    return codes(caught)


def no_rain(data):
    return data.drop_vars("pr")


def rain_in_kelvin(data):
    data["pr"].attrs["units"] = "K"


def gap_on_land(data):
    data["tasmin"][4, 1] = np.nan


def negative(name):
    def change(data):
        data[name][2, 3] = -1.0

    return change


def cold_maximum(data):
    data["tasmax"][5, 0] = data["tasmin"][5, 0] - 1.0


def a_day_lost(data):
    return data.isel(time=np.delete(np.arange(data.sizes["time"]), 10))


def other_calendar(data):
    data["time"].attrs["calendar"] = "360_day"


def too_much_vegetation(data):
    data["column_fraction"][:] = 0.9


@pytest.mark.parametrize(
    ("change", "code", "variable"),
    [
        (no_rain, "missing-variable", "pr"),
        (rain_in_kelvin, "wrong-units", "pr"),
        (gap_on_land, "missing-values", "tasmin"),
        (negative("pr"), "out-of-range", "pr"),
        (negative("rsds"), "out-of-range", "rsds"),
        (cold_maximum, "wrong-order", "tasmin"),
        (a_day_lost, "missing-days", "time"),
        (other_calendar, "unsupported-calendar", "time"),
        (too_much_vegetation, "sum-above-one", "column_fraction"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_forcing_that_cannot_be_used(inputs, change, code, variable):
    rewritten(inputs / "forcing.nc", change)
    assert findings_about(inputs) == [(code, f"forcing.nc: {variable}")]


def test_the_command_reports_the_first_place_of_a_gap(ccdas, inputs):
    rewritten(inputs / "forcing.nc", gap_on_land)
    error = refused(ccdas, inputs)
    assert len(ccdas.findings) == 1
    assert str(inputs / "forcing.nc") in error and "2010-06-05" in error


@pytest.mark.parametrize("model", ["bethy", "dalec"])
def test_a_class_that_the_model_does_not_know(ccdas, inputs, model):
    def fourteen(data):
        data["column_class"][0] = 14

    rewritten(inputs / "forcing.nc", fourteen)
    settings = [] if model == "bethy" else ["--model", "dalec", "--obs", "vod"]
    error = refused(ccdas, inputs, *settings)
    assert len(ccdas.findings) == 1 and f"'{model}'" in error and "14" in error


def test_longitudes_0_to_360_are_handled(inputs):
    experiment = inputs.parent / "my.toml"
    before = load_experiment(experiment)

    def turned(data):
        data["longitude"] = data["longitude"] % 360.0

    rewritten(inputs / "forcing.nc", turned)
    after = load_experiment(experiment)
    grids = [e.forcing.domain.grid for e in (before, after)]
    assert grids[0].longitude.min() < 0.0
    np.testing.assert_allclose(grids[1].longitude, grids[0].longitude, atol=1e-12)


@pytest.mark.parametrize("sd", [0.0, -0.02])
def test_an_uncertainty_that_is_not_positive(inputs, sd):
    def change(data):
        data["observed_sd"][:] = 0.04
        data["observed_sd"][5] = sd

    rewritten(inputs / "sm.nc", change)
    assert findings_about(inputs) == [("not-positive", "sm.nc: observed_sd")]


def test_observations_that_do_not_exist(inputs):
    (inputs / "sm.nc").unlink()
    assert findings_about(inputs) == [("missing-file", "sm.nc")]


def test_a_window_outside_the_forcing(inputs):
    findings = findings_about(inputs, {"time.start": "2012-01-01"})
    assert findings == [("window-outside-file", "forcing.nc: time")]


def test_observations_outside_grid_and_period_are_dropped_and_counted(inputs):
    everything = load_experiment(inputs.parent / "my.toml", settings={"time.days": 30})
    stream = everything.build().streams["sm"]
    seen, grid = everything.observations["sm"], everything.forcing.domain.grid
    elsewhere = grid.locate(seen.latitude, seen.longitude) < 0
    late = ~elsewhere & (seen.end > np.datetime64("2010-06-30"))
    assert stream.dropped == {
        "outside the grid": int(elsewhere.sum()),
        "outside the period": int(late.sum()),
    }
    assert len(stream.values) == len(seen) - elsewhere.sum() - late.sum() > 0


def test_places_with_too_few_days_for_scaling_are_dropped_and_named(inputs):
    """Real values of 60 days; one cell keeps three of them."""
    experiment = inputs.parent / "my.toml"
    text = experiment.read_text().replace("[truth]", "").replace('"none"', '"mean_variance"')
    experiment.write_text(text)
    with xr.open_dataset(inputs / "forcing.nc") as forcing:
        latitude, longitude = forcing["latitude"].values, forcing["longitude"].values

    def change(data):
        here = (data["latitude"] == latitude[0]) & (data["longitude"] == longitude[0])
        poor = np.flatnonzero(here.values)[3:]
        data["observed"][:] = np.random.default_rng(1).uniform(0.1, 0.4, data.sizes["obs"])
        data["observed_sd"][:] = 0.04
        return data.isel(obs=np.delete(np.arange(data.sizes["obs"]), poor))

    rewritten(inputs / "sm.nc", change)
    settings = {"streams.sm.minimum_days": 10}
    stream = load_experiment(experiment, settings=settings).build().streams["sm"]
    (reason,) = [text for text in stream.dropped if "scaling" in text]
    assert "3 retained days, 10 needed for scaling" in reason
    assert stream.dropped[reason] == 3
    assert len(stream.values) > 0


def test_real_observations_without_values_are_refused(inputs):
    experiment = inputs.parent / "my.toml"
    experiment.write_text(experiment.read_text().replace("[truth]", ""))
    assert findings_about(inputs) == [("missing-values", "streams.sm")]


@pytest.mark.parametrize("synthetic", [True, False])
def test_a_stream_without_any_observation_left_is_refused(inputs, synthetic):
    experiment = inputs.parent / "my.toml"
    if not synthetic:
        experiment.write_text(experiment.read_text().replace("[truth]", ""))

    def moved(data):
        data["observed"][:] = 0.2
        data["time_start"] = data["time_start"] + 4000
        data["time_end"] = data["time_end"] + 4000

    rewritten(inputs / "sm.nc", moved)
    assert findings_about(inputs) == [("no-observations", "streams.sm")]


def test_a_transport_jacobian_on_another_grid(ccdas, inputs):
    from ccdas_transport import JacobianGrid, analytic_jacobian, write_jacobian

    with xr.open_dataset(inputs / "co2.nc") as seen:
        names, first = np.unique(seen["label"].values.astype(str), return_index=True)
        places = seen["latitude"].values[first], seen["longitude"].values[first]
    coarse = analytic_jacobian(
        list(names), *places, np.ones(len(names)), JacobianGrid(15.0, 20.0, memory_months=12)
    )
    write_jacobian(inputs / "coarse.nc", coarse, *places)
    options = ["--set", "streams.co2.jacobian=coarse.nc", "--set", "streams.co2.memory_months=12"]
    error = refused(ccdas, inputs, *options)
    assert len(ccdas.findings) == 1 and "'co2'" in error and "coarse.nc" in error


def test_a_missing_file_of_the_settings_of_an_operator_is_a_finding(inputs):
    findings = findings_about(inputs, {"streams.co2.jacobian": "none.nc"})
    assert findings == [("missing-file", "streams.co2.jacobian")]


def test_unknown_names_are_reported_together_with_the_nearest_ones():
    with pytest.raises(InvalidExperiment) as caught:
        load_experiment(
            "demo",
            observations=["co2", "smm"],
            model="bethi",
            engine="jaxx",
            optimiser="gauss_newtn",
            settings={"time.dais": 3, "grid.cells": 2, "time.days": 20, "prior.name": "gausian"},
        )
    assert codes(caught) == [
        ("unknown-key", "time.dais"),
        ("unknown-component", "streams.smm"),
        ("unknown-component", "model"),
        ("unknown-component", "optimiser"),
        ("unknown-component", "engine"),
        ("unknown-component", "prior.name"),
    ]
    text = str(caught.value)
    for name in ("days", "sm", "bethy", "gauss_newton", "jax", "gaussian"):
        assert f"Did you mean '{name}'?" in text
    operators = sorted(registry().components["observation_operators"])
    assert ", ".join(operators) in text


SHORT = {"grid.cells": 2, "time.days": 20, "time.spin_up_years": 0}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"model.dayintt": 3, "streams.sm.scalling": "none"},
            [("unknown-key", "streams.sm.scalling"), ("unknown-key", "model.dayintt")],
        ),
        (
            {
                'parameters."bethy.V_n".active': False,
                'parameters."sm.V_m[4]".active': False,
                "prior.run": "no/such/run",
            },
            [
                ("unknown-parameter", "parameters.bethy.V_n"),
                ("unknown-parameter", "parameters.sm.V_m[4]"),
                ("no-finished-run", "prior.run"),
            ],
        ),
        ({'parameters."bethy.f_s".mean': 3.0}, [("impossible-prior", "parameters.bethy.f_s")]),
    ],
)
def test_unknown_settings_and_impossible_parameters_are_reported_together(settings, expected):
    with pytest.raises(InvalidExperiment) as caught:
        load_experiment("demo", observations=["sm"], settings={**SHORT, **settings})
    assert codes(caught) == expected


def test_a_wrong_setting_of_a_component_is_a_finding(inputs):
    findings = findings_about(inputs, {"model.n_h": 7, "streams.sm.product": "smap"})
    assert findings == [("wrong-value", "streams.sm"), ("wrong-value", "model")]


def test_forcing_observations_and_configuration_are_told_together(ccdas, inputs):
    def spoilt(data):
        data["pr"][0, 0] = -1.0
        return data.drop_vars("rsds")

    def impossible(data):
        data["observed_sd"][:] = 0.0

    rewritten(inputs / "forcing.nc", spoilt)
    rewritten(inputs / "sm.nc", impossible)
    error = refused(ccdas, inputs, "--set", "time.dais=3", "--optimiser", "gaus_newton")
    assert len(ccdas.findings) == 5
    for words in ("'rsds'", "'pr'", "observed_sd", "time.dais", "gaus_newton"):
        assert words in error


def test_an_output_folder_that_exists_is_told_with_the_rest(ccdas, inputs):
    out = inputs.parent / "earlier"
    out.mkdir()
    (out / "result.nc").write_bytes(b"precious")
    code, _, _ = ccdas(
        "run", inputs.parent / "my.toml", "--out", out, "--set", "time.dais=3"
    )  # fmt: skip
    assert code == 2
    assert ccdas.findings == [("results-exist", str(out)), ("unknown-key", "time.dais")]
    assert (out / "result.nc").read_bytes() == b"precious"


def test_no_streams_at_all(ccdas, inputs):
    assert "--obs" in refused(ccdas, inputs, "--obs", "")
    assert findings_about(inputs, observations=[]) == [("no-streams", "streams")]


def test_an_unknown_setting_of_the_prior_is_a_finding(inputs):
    findings = findings_about(inputs, {"prior.correlation": []})
    assert findings == [("unknown-key", "prior.correlation")]


def test_a_correlation_that_names_no_parameter(ccdas, inputs):
    pair = 'prior.correlations=[["bethy.V_m[4]", "bethy.V_n[5]", 0.5]]'
    error = refused(ccdas, inputs, "--set", pair)
    assert "'bethy.V_n[5]'" in error


@pytest.mark.parametrize(
    ("key", "value", "finding"),
    [
        ("optimiser.name", 5, ("wrong-value", "optimiser.name")),
        ("evaluation.gpp.field", 3, ("wrong-value", "evaluation.gpp.field")),
        ("engine.name", ["jax"], ("wrong-value", "engine.name")),
        ("prior.name", 1, ("wrong-value", "prior.name")),
        ("optimiser.iterations", 2.5, ("wrong-value", "optimiser")),
        ("targets.fields", "gpp", ("wrong-value", "targets.fields")),
        ("output.fields", [1], ("wrong-value", "output.fields")),
        ("twin.variants", [], ("wrong-value", "twin.variants")),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_finding(inputs, key, value, finding):
    assert findings_about(inputs, {key: value}) == [finding]


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("targets.fields=gpp", "'targets.fields' in my.toml is 'gpp'"),
        ("prior.correlations=3", "prior 'gaussian' cannot be made with correlations = 3"),
        ('prior.correlations=[["bethy.V_m[4]", 0.5]]', "expected [name, name, correlation]"),
        ("streams.prior.operator=sm", "no stream can be named 'prior'"),
    ],
)
def test_a_wrong_value_of_the_command_line_ends_it(ccdas, inputs, pair, words):
    error = refused(ccdas, inputs, "--set", pair)
    assert words in error
    assert "None" not in error


def test_an_incomplete_operator_is_a_finding(monkeypatch):
    class Bare(ObservationOperator):  # no @frozen
        """Its author was in a hurry."""

    @frozen
    class Mute(Bare):
        """It declares nothing."""

        def prepare(self, observations, domain, prior_fields): ...

        def observe(self, fields, parameters, at, xp): ...

    found = registry()
    operators = {**found.components["observation_operators"], "bare": Bare, "mute": Mute}
    components = {**found.components, "observation_operators": operators}
    monkeypatch.setattr(installed, "_REGISTRY", [evolve(found, components=components)])
    with pytest.raises(InvalidExperiment) as caught:
        load_experiment("demo", observations=["bare", "mute"], settings={"grid.cells": 2})
    assert codes(caught)[0] == ("not-attrs", "streams.bare")
    assert ("missing-declaration", "streams.mute") in codes(caught)


def test_a_prior_without_its_constructor_is_a_finding(monkeypatch):
    found = registry()
    components = {**found.components, "priors": {**found.components["priors"], "odd": Prior}}
    monkeypatch.setattr(installed, "_REGISTRY", [evolve(found, components=components)])
    with raises_finding("undeclared", "prior.name", InvalidExperiment):
        load_experiment("demo", settings={"grid.cells": 2, "prior.name": "odd"})
