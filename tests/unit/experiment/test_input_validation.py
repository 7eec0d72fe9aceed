"""`ccdas data FILE`: fit exactly where a run accepts the file."""

import numpy as np
import pytest
import xarray as xr
from findings import codes, raises_finding

from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.experiment.input_validation import described, prepared, validated, validated_in

EXPERIMENT = """
[inputs]
folder = "."
[model]
name = "bethy"
[grid]
cells = 3
[engine]
name = "autograd"
[time]
days = 40
spin_up_years = 0
[streams.sm]
scaling = "none"
"""
DAYS = {"units": "days since 2010-01-01"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Input files of the demonstration, and an experiment with them."""
    out = tmp_path_factory.mktemp("inputs")
    prepared("demo", out, None, {"start": "2010-01", "end": "2010-02"})
    (out / "mine.toml").write_text(EXPERIMENT)
    data = xr.load_dataset(out / "sm.nc", decode_times=False)
    data["observed"][:] = 0.3 + 0.01 * np.sin(np.arange(data.sizes["obs"]))
    data.to_netcdf(out / "sm.nc")
    return out


@pytest.fixture
def changed(made, tmp_path):
    """Path of a copy of a file with other variables."""

    def copy(name, **variables):
        data = xr.load_dataset(made / name, decode_times=False)
        for variable, change in variables.items():
            values = data[variable].values.astype(float)
            change(values)
            data[variable] = (data[variable].dims, values, data[variable].attrs)
        data.to_netcdf(tmp_path / name)
        return tmp_path / name

    return copy


def weekly(path, count=8):
    """CO2 of one station, once a week."""
    day = 7 * np.arange(count)
    columns = {
        "observed": ("obs", 390.0 + 0.1 * day, {"units": "ppm"}),
        "observed_sd": ("obs", np.full(count, 0.5), {"units": "ppm"}),
        "time": ("obs", day, DAYS),
        "latitude": ("obs", np.full(count, 19.5), {"units": "degrees_north"}),
        "longitude": ("obs", np.full(count, -155.6), {"units": "degrees_east"}),
        "label": ("obs", np.array(["MLO"] * count, dtype=object)),
    }
    xr.Dataset(columns).to_netcdf(path)
    return path


def to(value, where=...):
    """Sets these elements of an array."""

    def change(values):
        values[where] = value

    return change


def test_classes_that_the_model_lacks_are_refused(made, changed):
    file = changed("forcing.nc", column_class=to(77, 0))
    for model in ("bethy", "dalec"):
        assert "is fit" in validated(made / "forcing.nc", None, model, {})
        with pytest.raises(InvalidExperiment) as error:
            validated(file, None, model, {})
        assert [code for code, _ in codes(error)] == ["unknown-class"]


def test_hypothetical_observations_are_fit_for_designs_and_for_synthetic_ones(changed):
    line = validated(changed("sm.nc", observed=to(np.nan)), "sm", "bethy", {})
    assert "design" in line and "[truth]" in line


def test_missing_values_are_counted_as_a_run_counts_them(made, changed):
    count = xr.load_dataset(made / "sm.nc", decode_times=False).sizes["obs"]
    file = changed("sm.nc", observed=to(np.nan, slice(0, 5)))
    line = validated(file, "sm", "bethy", {})
    assert f": {count - 5} of {count} observations; dropped: 5 " in line
    in_run = validated_in(file, "sm", str(made / "mine.toml"), None, {})
    reason = line.split("dropped: ")[1].split(".")[0]
    assert reason in in_run and f"of {count} observations" in in_run
    assert f"{count} have no error" in validated(made / "sm.nc", "sm", "bethy", {})
    line = validated(changed("sm.nc", observed_sd=to(0.05)), "sm", "bethy", {})
    assert "have no error" not in line


def test_an_empty_file_is_refused(tmp_path):
    with raises_finding("no-observations", "streams.co2"):
        validated(weekly(tmp_path / "co2.nc", count=0), "co2", "bethy", {})


def test_observations_need_the_name_of_their_stream(made, tmp_path):
    file = weekly(tmp_path / "co2.nc")
    with raises_finding("missing-option", "--stream"):
        validated(file, None, "bethy", {})
    with raises_finding("missing-option", "--stream"):
        validated_in(file, None, str(made / "mine.toml"), None, {})


def test_keys_of_a_stream_count(tmp_path):
    file = weekly(tmp_path / "co2.nc")
    with raises_finding("several-in-interval", "co2.nc: observed") as error:
        validated(file, "ocean", "bethy", {"operator": "co2"})
    assert "[streams.ocean]" in str(error.value)
    assert ": 2 obs" in validated(file, "ocean", "bethy", {"operator": "co2", "average": True})
    with raises_finding("unknown-key", "streams.co2.averge"):
        validated(file, "co2", "bethy", {"averge": True})
    with raises_finding("wrong-value", "streams.co2.average"):
        validated(file, "co2", "bethy", {"average": 3})
    with raises_finding("unknown-component", "streams.ocean"):
        validated(file, "ocean", "bethy", {})


def test_units_follow_from_the_settings_of_the_operator():
    assert "'gC m-2 d-1'" in described("flux", "bethy", {})
    settings = {"operator": "flux", "quantities": ["latent_heat"]}
    assert "'W m-2'" in described("heat", "bethy", settings)


def test_an_experiment_shows_what_a_run_assimilates(made, changed):
    mine = str(made / "mine.toml")
    data = xr.load_dataset(made / "sm.nc", decode_times=False)
    line = validated_in(made / "sm.nc", "sm", mine, None, {})
    assert f"of {data.sizes['obs']} observations; dropped: " in line
    assert "outside the period" in line
    assert "2010-02-09" in validated_in(made / "forcing.nc", None, mine, None, {})
    elsewhere = changed("sm.nc", longitude=to(-30.0), latitude=to(0.0))  # ocean
    with raises_finding("no-observations", "streams.sm"):
        validated_in(elsewhere, "sm", mine, None, {})
    assert "is fit" in validated(elsewhere, "sm", "bethy", {})
    with pytest.raises(InvalidExperiment) as error:
        validated_in(changed("forcing.nc", column_class=to(77, 0)), None, mine, None, {})
    assert [code for code, _ in codes(error)] == ["unknown-class"]
    with raises_finding("window-outside-file", "forcing.nc: time"):
        validated_in(made / "sm.nc", "sm", mine, None, {"time.days": 400})
