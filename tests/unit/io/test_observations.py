import netCDF4
import numpy as np
import pytest
import xarray as xr
from findings import codes

from ccdas_framework import ObservationRecord, Observations, Variable
from ccdas_framework.core.errors import Findings
from ccdas_framework.io import read_observations, write_observation_record

SM = Variable("sm", "m3 m-3", ("obs",), long_name="surface soil moisture")
CO2 = Variable("co2", "ppm", ("obs",))


def made_up(values=(0.1, 0.2, 0.3), sd=(0.02, 0.03, np.nan)):
    count = len(values)
    return Observations(
        values=values,
        sd=sd,
        start=np.arange("2010-01-01", "2010-01-04", dtype="M8[D]")[:count],
        end=np.arange("2010-01-31", "2010-02-03", dtype="M8[D]")[:count],
        latitude=[50.0, -10.0, 0.0][:count],
        longitude=[6.0, 350.0, -60.0][:count],
        altitude=[np.nan, 20.0, 3397.0][:count],
        label=np.array(["BE-Vie", "b", "c"])[:count],
        extra={
            "porosity": np.array([0.4, 0.5, 0.6])[:count],
            "sensor": np.array(["x", "y", "z"])[:count],
        },
    )


def write(path, observations, units="m3 m-3"):
    """A file of observations in these units."""
    record = ObservationRecord(observations, units, "made up", "none", "yes: all")
    write_observation_record(path, record, "a test")


@pytest.fixture
def refused(tmp_path):
    """Code and place of the only finding about a wrong file."""

    def read(change, variable=SM):
        path = tmp_path / "sm.nc"
        write(path, made_up())
        dataset = xr.load_dataset(path, decode_times=False)
        dataset = change(dataset)
        other = tmp_path / "wrong.nc"
        dataset.to_netcdf(other)
        findings = Findings()
        assert read_observations(other, variable, findings) is None
        (finding,) = codes(findings)
        return finding

    return read


def test_what_is_written_is_read_back(tmp_path):
    path, findings = tmp_path / "sm.nc", Findings()
    expected = made_up((0.1, 0.2, np.nan))
    write(path, expected)
    found = read_observations(path, SM, findings, keep_missing=True)
    assert not findings
    for name in ("values", "sd", "start", "end", "latitude", "altitude", "label"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert found.longitude.tolist() == [6.0, -10.0, -60.0]
    assert found.extra["porosity"].tolist() == [0.4, 0.5, 0.6]
    assert found.extra["sensor"].tolist() == ["x", "y", "z"]
    with xr.open_dataset(path) as dataset:
        assert dataset.attrs["title"] == "made up"
        assert dataset.attrs["Conventions"] == "CF-1.8"
        assert dataset.attrs["history"] == "a test"
        assert dataset.observed.attrs["units"] == "m3 m-3"


def test_units_of_values_and_uncertainty_are_converted(tmp_path):
    path = tmp_path / "sm.nc"
    write(path, made_up([10.0, 20.0], [2.0, 3.0]), "%")
    found = read_observations(path, SM, Findings())
    np.testing.assert_allclose(found.values, [0.1, 0.2], rtol=1e-12)
    np.testing.assert_allclose(found.sd, [0.02, 0.03], rtol=1e-12)


def test_an_uncertainty_without_units_has_those_of_the_values(tmp_path):
    path = tmp_path / "co2.nc"
    write(path, made_up([380e-6], [1e-6]), "mol mol-1")
    dataset = xr.load_dataset(path, decode_times=False)
    del dataset["observed_sd"].attrs["units"]
    dataset.to_netcdf(tmp_path / "without.nc")
    found = read_observations(tmp_path / "without.nc", CO2, Findings())
    assert found.sd[0] == pytest.approx(1.0, rel=1e-12)


def test_single_days_need_only_time(tmp_path):
    write(tmp_path / "a.nc", made_up())
    dataset = xr.load_dataset(tmp_path / "a.nc", decode_times=False)
    dataset = dataset.rename(time_start="time").drop_vars(["time_end", "altitude", "label"])
    dataset.to_netcdf(tmp_path / "b.nc")
    found = read_observations(tmp_path / "b.nc", SM, Findings())
    assert np.array_equal(found.start, found.end)
    assert np.isnan(found.altitude).all()
    assert found.label[0] == "50.00N 6.00E"


@pytest.mark.parametrize("bad", [0.0, -0.01])
def test_zero_and_negative_uncertainties_are_refused(refused, bad):
    def change(dataset):
        dataset["observed_sd"][1] = bad
        return dataset

    assert refused(change) == ("not-positive", "wrong.nc: observed_sd")


def test_a_missing_variable_is_named(refused):
    finding = refused(lambda dataset: dataset.rename(observed_sd="observed_std"))
    assert finding == ("missing-variable", "wrong.nc: observed_sd")


def test_units_that_cannot_be_converted_are_refused(refused):
    def change(dataset):
        dataset["observed"].attrs["units"] = "m"
        return dataset

    assert refused(change) == ("wrong-units", "wrong.nc: observed")


def test_a_period_that_ends_before_it_starts_is_refused(refused):
    def change(dataset):
        dataset["time_end"][0] = 0
        return dataset

    assert refused(change) == ("reversed-period", "wrong.nc: time_end")


def test_other_dimensions_are_refused(refused):
    def change(dataset):
        dataset["latitude"] = ("place", [1.0])
        return dataset

    assert refused(change) == ("wrong-dimensions", "wrong.nc: latitude")


def written(path, change):
    """Observations of a file after a change to its dataset, and the findings."""
    write(path / "sm.nc", made_up())
    dataset = change(xr.load_dataset(path / "sm.nc", decode_times=False))
    dataset.to_netcdf(path / "changed.nc")
    findings = Findings()
    return read_observations(path / "changed.nc", SM, findings), codes(findings)


@pytest.mark.parametrize("units", ["degrees_west", "radians"])
def test_places_are_read_in_their_units(tmp_path, units):
    def change(dataset):
        longitude = dataset["longitude"].values
        values = np.radians(longitude) if units == "radians" else 360.0 - longitude
        return dataset.assign(longitude=("obs", values, {"units": units}))

    found, findings = written(tmp_path, change)
    assert findings == []
    np.testing.assert_allclose(found.longitude, [6.0, -10.0, -60.0], atol=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("latitude", 95.0), ("latitude", np.nan), ("latitude", -999.0),
        ("longitude", -9999.0), ("longitude", np.nan), ("longitude", 9.97e36),
        ("altitude", -999.0), ("altitude", -9999.0), ("altitude", 9.97e36), ("altitude", np.inf),
    ],
)  # fmt: skip
def test_places_off_the_globe_are_refused(refused, name, value):
    def change(dataset):
        dataset[name][1] = value
        return dataset

    assert refused(change) == ("out-of-range", f"wrong.nc: {name}")


@pytest.mark.parametrize("name", ["latitude", "longitude", "altitude"])
def test_units_that_are_no_place_are_refused(refused, name):
    def change(dataset):
        dataset[name].attrs["units"] = "kg"
        return dataset

    assert refused(change) == ("wrong-units", f"wrong.nc: {name}")


@pytest.mark.parametrize(
    ("name", "attribute", "value"),
    [
        ("altitude", "standard_name", "height"), ("altitude", "positive", "down"),
        ("latitude", "standard_name", "grid_latitude"), ("longitude", "standard_name", "latitude"),
    ],
)  # fmt: skip
def test_coordinates_of_another_kind_are_refused(refused, name, attribute, value):
    def change(dataset):
        dataset[name].attrs[attribute] = value
        return dataset

    assert refused(change) == ("wrong-coordinate", f"wrong.nc: {name}")


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["SPO       ", "  b", "c\t"], dtype=object),
        np.array([b"SPO       ", b"b         ", b"c         "]),
        np.array([b"SPO\0\0\0", b"b", b" c"]),
    ],
)
def test_blanks_around_labels_do_not_count(tmp_path, labels):
    found, findings = written(
        tmp_path, lambda dataset: dataset.drop_vars("label").assign(label=("obs", labels))
    )
    assert findings == [] and found.label.tolist() == ["SPO", "b", "c"]


def test_labels_of_single_characters_are_joined(tmp_path):
    write(tmp_path / "sm.nc", made_up())
    xr.load_dataset(tmp_path / "sm.nc", decode_times=False).drop_vars("label").to_netcdf(
        tmp_path / "characters.nc"
    )
    with netCDF4.Dataset(tmp_path / "characters.nc", "a") as file:
        file.createDimension("text", 4)
        label = file.createVariable("label", "S1", ("obs", "text"))
        label[:] = np.array([list("SPO "), list("b   "), list("c   ")], "S1")
    found = read_observations(tmp_path / "characters.nc", SM, Findings())
    assert found.label.tolist() == ["SPO", "b", "c"]


@pytest.mark.parametrize("name", ["label", "sensor"])
def test_text_that_is_not_utf_8_is_refused(refused, name):
    text = np.array(["Zürich".encode("latin-1")] * 3)
    finding = refused(lambda dataset: dataset.drop_vars(name).assign({name: ("obs", text)}))
    assert finding == ("wrong-encoding", f"wrong.nc: {name}")


def test_text_in_utf_8_is_read(tmp_path):
    text = np.array(["Zürich".encode()] * 3)
    found, findings = written(
        tmp_path, lambda dataset: dataset.drop_vars("label").assign(label=("obs", text))
    )
    assert findings == [] and set(found.label) == {"Zürich"}


def test_text_with_a_declared_encoding_is_read(tmp_path):
    write(tmp_path / "sm.nc", made_up())
    dataset = xr.load_dataset(tmp_path / "sm.nc", decode_times=False).drop_vars("label")
    dataset.to_netcdf(tmp_path / "latin.nc")
    with netCDF4.Dataset(tmp_path / "latin.nc", "a") as file:
        file.createDimension("text", 6)
        file.set_auto_chartostring(False)
        label = file.createVariable("label", "S1", ("obs", "text"))
        label.setncattr("_Encoding", "latin-1")
        text = np.array(["Zürich".encode("latin-1"), b"Bern", b"Basel"], "S6")
        label[:] = text.view("S1").reshape(3, 6)
    found = read_observations(tmp_path / "latin.nc", SM, Findings())
    assert found.label.tolist() == ["Zürich", "Bern", "Basel"]


def test_a_station_variable_names_the_places_where_there_is_no_label(tmp_path):
    found, findings = written(tmp_path, lambda dataset: dataset.rename(label="station"))
    assert findings == [] and found.label.tolist() == ["BE-Vie", "b", "c"]


def test_a_blank_label_is_the_place(tmp_path):
    labels = np.array(["", "  ", "c"], dtype=object)
    found, _ = written(tmp_path, lambda dataset: dataset.assign(label=("obs", labels)))
    assert found.label.tolist() == ["50.00N 6.00E", "-10.00N -10.00E", "c"]


@pytest.mark.parametrize("name", ["label", "station", "altitude"])
def test_ragged_arrays_are_refused(refused, name):
    def change(dataset):
        dataset = dataset.drop_vars(["label", "altitude"])
        values = [10.0, 20.0] if name == "altitude" else np.array(["b", "c"], dtype=object)
        units = {"units": "m"} if name == "altitude" else {"cf_role": "timeseries_id"}
        index = ("obs", [0, 0, 1], {"instance_dimension": "station"})
        return dataset.assign({name: ("station", values, units), "stationIndex": index})

    assert refused(change) == ("wrong-dimensions", f"wrong.nc: {name}")


@pytest.mark.parametrize("units", ["mg m-3", "kg m-3", "mg kg-1"])
def test_a_density_of_a_gas_is_refused(refused, units):
    def change(dataset):
        dataset["observed"].attrs["units"] = units
        dataset["observed_sd"].attrs["units"] = "ppm"
        return dataset

    assert refused(change, CO2) == ("wrong-units", "wrong.nc: observed")
