"""Mole fractions in the output of GEOS-Chem and TM5: months, heights and units."""

import numpy as np
import pytest
import xarray as xr
from ccdas_transport.converters.field_sampling import ppm_factor
from ccdas_transport.converters.model_output import monthly_at_stations
from ccdas_transport.jacobian_grid import JacobianGrid
from ccdas_transport.stations import Stations

STATIONS = Stations(["ALT", "MLO"], [82.5, 19.5], [-62.3, -155.6], [210.0, 3397.0])
BOXES = JacobianGrid(60.0, 120.0, half_polar_boxes=True, centred_on_date_line=True).boxes


def output(path, values, time, extra):
    """Mole fractions (time, layer) that are the same everywhere, in ppm."""
    shape = (*np.shape(values), *BOXES.area.shape)
    field = np.broadcast_to(np.array(values, float)[:, :, None, None], shape)
    xr.Dataset(
        {"co2": (("time", "level", "latitude", "longitude"), field, {"units": "ppm"}), **extra},
        coords={
            "time": np.array(time, "datetime64[ns]"),
            "latitude": BOXES.latitude,
            "longitude": BOXES.longitude,
        },
    ).to_netcdf(path)
    return path


EDGES = {"at": ("boundary", [0.0, 0.0, 0.0]), "bt": ("boundary", [1.0, 0.5, 0.0])}


def test_output_of_any_step_is_averaged_over_calendar_months(tmp_path):
    """Three times in two files of January, one of February; the ground sees 1, 2, 6 and 5."""
    one = output(tmp_path / "1.nc", [[1, 9], [2, 9]], ["2014-01-05", "2014-01-31T21:00"], EDGES)
    two = output(tmp_path / "2.nc", [[6, 9], [5, 9]], ["2014-01-15", "2014-02-01"], EDGES)
    months, values, edges = monthly_at_stations([one, two], [("co2",)], STATIONS.take(["ALT"]))
    np.testing.assert_array_equal(months, np.array(["2014-01", "2014-02"], "datetime64[M]"))
    np.testing.assert_allclose(values[0, :, 0], [3.0, 5.0], rtol=1e-12)
    np.testing.assert_allclose(edges[0], BOXES.latitude_edges)


@pytest.mark.parametrize(
    ("extra", "responses"),
    [
        (EDGES, 1.0),  # MLO, at 668 hPa of 1013: below the middle of the column
        (EDGES | {"ps": (("time", "latitude", "longitude"), 1013e2, {"units": "Pa"})}, 1.0),
        (EDGES | {"ps": (("time", "latitude", "longitude"), 1400.0, {"units": "hPa"})}, 2.0),
        ({"pressure": ((), [1000e2, 700e2, 0.0], {"units": "Pa"})}, 2.0),
        ({"pressure": ((), [1000.0, 600.0, 0.0], {"units": "hPa"})}, 1.0),
    ],
)
def test_a_mountain_is_in_the_layer_of_its_pressure(tmp_path, extra, responses):
    shape = (1, *BOXES.area.shape)
    full = {}
    for name, (dims, values, *attributes) in extra.items():
        if name == "ps":
            values = np.full(shape, values)
        elif name == "pressure":
            dims = ("time", "boundary", "latitude", "longitude")
            values = np.array(values)[None, :, None, None] * np.ones((1, 1, *BOXES.area.shape))
        full[name] = (dims, values, *attributes)
    path = output(tmp_path / "1.nc", [[1, 2]], ["2014-01-05"], full)
    _, values, _ = monthly_at_stations([path], [("co2",)], STATIONS.take(["MLO"]))
    assert values[0, 0, 0] == pytest.approx(responses, rel=1e-12)


def test_files_of_different_grids_are_refused(tmp_path, refusal):
    one = output(tmp_path / "1.nc", [[1, 2]], ["2014-01-05"], EDGES)
    with xr.open_dataset(one) as data:
        data.assign_coords(longitude=data["longitude"] + 7.0).to_netcdf(tmp_path / "2.nc")
    with refusal("grids-differ", "2.nc"):
        monthly_at_stations([one, tmp_path / "2.nc"], [("co2",)], STATIONS)


def test_missing_mole_fractions_are_refused(tmp_path, refusal):
    path = output(tmp_path / "1.nc", [[np.nan, 2]], ["2014-01-05"], EDGES)
    with refusal("missing-values", "1.nc: co2"):
        monthly_at_stations([path], [("co2",)], STATIONS)


@pytest.mark.parametrize(
    ("units", "factor"),
    [("mol mol-1 dry", 1e6), ("ppb", 1e-3), ("ppm", 1.0), ("micromol mol-1", 1.0)],
)
def test_mole_fractions_in_other_units_are_converted(units, factor):
    assert ppm_factor(units, "x") == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize("units", [None, "1", "kg m-3", "kg kg-1", "spoons"])
def test_what_is_no_mole_fraction_is_refused(units, refusal):
    with refusal("wrong-units", "`co2` of x.nc"):
        ppm_factor(units, "`co2` of x.nc")
