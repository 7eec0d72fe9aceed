"""Wording of messages: the problem, the place, what was expected and the remedy."""

import re

import numpy as np
import pytest
import xarray as xr
from ccdas_transport.flux_file import read_flux
from ccdas_transport.grid import TransportGrid
from ccdas_transport.jacobian_grid import JacobianGrid
from ccdas_transport.run import component_from_settings
from ccdas_transport.station_locations import StationLocations, check_locations

from ccdas_framework import InvalidInput

LATITUDE, LONGITUDE = np.arange(-82.5, 90.0, 15.0), np.arange(15.0, 360.0, 30.0)


def flux_file(path, columns=12):
    """A file of zero fluxes with one fill value."""
    values = np.zeros((1, len(LATITUDE), columns))
    values[0, 0, 1] = -999.0
    xr.Dataset(
        {"co2_flux": (("time", "latitude", "longitude"), values, {"units": "kgC m-2 s-1"})},
        coords={
            "time": np.array(["2010-04-01"], "datetime64[ns]"),
            "latitude": LATITUDE,
            "longitude": LONGITUDE[:columns],
        },
    ).to_netcdf(path)
    return path


def test_a_fill_value_is_reported_with_number_place_and_month(tmp_path):
    words = r"has 1 of 144 numbers .* first -999 at -82.5 N, 45 E in 2010-04\."
    with pytest.raises(InvalidInput, match=words):
        read_flux(flux_file(tmp_path / "f.nc"), TransportGrid())


def test_stations_at_two_locations_are_reported_with_both():
    observed = StationLocations(["ALT"], [82.45], [-62.51], [5000.0])
    of_file = StationLocations(["ALT"], [82.45], [-62.51], [200.0])
    words = "'ALT' lies at 82.45, -62.51, 5000 m in the observations and at 82.45, -62.51, 200 m in"
    with pytest.raises(InvalidInput, match=re.escape(words)):
        check_locations(observed, of_file, "the file")


def test_an_unknown_setting_is_reported_with_the_nearest_one():
    with pytest.raises(InvalidInput, match=r"Did you mean 'latitude_step'\?"):
        component_from_settings(JacobianGrid, {"latitude_stp": 10.0})


def test_a_step_that_does_not_divide_the_globe_is_reported_with_its_value():
    with pytest.raises(ValueError, match="'latitude_step' is 7 degrees and does not divide 180"):
        TransportGrid(7.0, 10.0)
