"""Direction of fluxes by standard name and `positive`, and the sign of observations and forcing."""

import numpy as np
import pytest
import xarray as xr
from findings import codes

from ccdas_framework import CcdasWarning, Variable, flux_direction
from ccdas_framework.core.errors import Findings
from ccdas_framework.io import read_observations

from .files import cells_file

NEE = Variable("nee", "gC m-2 d-1", ("obs",), direction="upward")
CARBON = "mass_flux_of_carbon_dioxide_expressed_as_carbon"


@pytest.mark.parametrize(
    ("attributes", "direction"),
    [
        ({"standard_name": f"surface_upward_{CARBON}"}, "upward"),
        ({"standard_name": f"surface_net_downward_{CARBON}_due_to_all_land_processes"}, "downward"),
        ({"standard_name": f"surface_downward_{CARBON}"}, "downward"),
        ({"standard_name": "surface_upwelling_shortwave_flux_in_air"}, "upward"),
        ({"standard_name": "toa_outgoing_longwave_flux"}, "upward"),
        ({"positive": "down"}, "downward"),
        ({"positive": "up"}, "upward"),
        ({"standard_name": "gross_primary_productivity_of_biomass_expressed_as_carbon"}, ""),
        ({"standard_name": "soil_layer_upwards"}, ""),
        ({}, ""),
    ],
)
def test_direction_of_attributes(attributes, direction):
    assert flux_direction(attributes) == direction


def observations(attributes):
    columns = {
        "observed": ("obs", [1.0, -2.0], {"units": "gC m-2 d-1", **attributes}),
        "observed_sd": ("obs", [0.1, 0.2], {"units": "gC m-2 d-1"}),
        "latitude": ("obs", [10.0, 20.0], {"units": "degrees_north"}),
        "longitude": ("obs", [0.0, 0.0], {"units": "degrees_east"}),
        "time": ("obs", [0, 1], {"units": "days since 2010-01-01"}),
    }
    return xr.Dataset(columns)


@pytest.mark.parametrize(
    "attributes", [{"standard_name": f"surface_downward_{CARBON}"}, {"positive": "down"}]
)
def test_observations_of_the_other_direction_are_turned_with_a_warning(tmp_path, attributes):
    path = tmp_path / "nee.nc"
    observations(attributes).to_netcdf(path)
    with pytest.warns(CcdasWarning) as caught:
        found = read_observations(path, NEE, Findings())
    assert [(w.message.code, w.message.where) for w in caught] == [
        ("turned-sign", "nee.nc: observed")
    ]
    np.testing.assert_array_equal(found.values, [-1.0, 2.0])
    np.testing.assert_array_equal(found.sd, [0.1, 0.2])


@pytest.mark.parametrize("direction", ["", "downward"])
def test_observations_of_the_same_direction_or_none_are_as_in_the_file(tmp_path, direction):
    path = tmp_path / "gpp.nc"
    observations({"standard_name": f"surface_downward_{CARBON}"}).to_netcdf(path)
    gpp = Variable("gpp", "gC m-2 d-1", ("obs",), direction=direction)
    np.testing.assert_array_equal(read_observations(path, gpp, Findings()).values, [1.0, -2.0])


def test_a_direction_of_several_quantities_is_refused(tmp_path):
    path, findings = tmp_path / "flux.nc", Findings()
    observations({"positive": "down"}).to_netcdf(path)
    both = Variable("gpp", "gC m-2 d-1", ("obs",), direction="several")
    assert read_observations(path, both, findings) is None
    assert codes(findings) == [("wrong-direction", "flux.nc: observed")]


def test_radiation_of_the_other_direction_is_refused(finding_about):
    dataset = cells_file(30)
    dataset["rsds"].attrs["standard_name"] = "surface_upwelling_shortwave_flux_in_air"
    assert finding_about(dataset) == ("wrong-direction", "forcing.nc: rsds")
