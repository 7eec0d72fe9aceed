"""Errors of prescribed fluxes: mass, shape, means and what the published settings leave out."""

import numpy as np
import pytest
from ccdas_obs_co2.background import read_emissions
from ccdas_obs_co2.operator import Co2Transport
from ccdas_obs_co2.prescribed_errors import OCEAN_BANDS, band_emissions
from ccdas_transport.grid import TransportGrid
from ccdas_transport.land_cover import land_share

from ccdas_framework.engines.namespace import numpy_namespace

XP = numpy_namespace()
PGC_PER_PPM = 2.124
PRIOR = {
    "c_0": np.array(380.0),
    "fossil_scale": np.array(1.0),
    "ocean_adjustment": np.zeros(3),
    "land_use_scale": np.array(1.0),
}


@pytest.fixture
def prescribed(make_domain, monthly):
    """Operator, its inputs at stations over two years, and a function: CO2 without any land."""
    operator = Co2Transport()
    at = operator.prepare(monthly(["2010-01", "2011-12"]), make_domain(), None).at

    def simulated(**changes):
        return operator.complete(np.zeros(6), PRIOR | changes, at, XP)

    return operator, at, simulated


def test_the_bands_hold_one_petagram_a_year_each_and_all_of_it_at_sea():
    grid, year = TransportGrid(), np.arange(np.datetime64("2010-01"), np.datetime64("2011-01"))
    mass = band_emissions(year, grid)
    np.testing.assert_allclose(mass.sum(axis=(1, 2, 3)), 1e12, rtol=1e-12)
    assert np.all(mass[:, :, land_share(grid) == 1.0] == 0.0)
    reaches = [grid.latitude[band.any(axis=(0, 2))] for band in mass]
    for latitude, (south, north, _) in zip(reaches, OCEAN_BANDS.values(), strict=True):
        assert south < latitude.min() and latitude.max() < north


def test_independent_errors_of_the_bands_add_up_to_that_of_the_carbon_budget():
    """0.5 PgC yr-1 of the ocean, Le Quere et al. (2016), Earth Syst. Sci. Data 8, 605-649."""
    ocean = next(p for p in Co2Transport().parameters if p.name == "ocean_adjustment")
    assert np.sqrt(np.sum(np.square(ocean.sd))) == pytest.approx(0.5, abs=0.02)


def test_at_the_prior_the_prescribed_fluxes_are_as_prescribed(prescribed):
    _, at, simulated = prescribed
    np.testing.assert_allclose(simulated(), at["background"] + 380.0, rtol=1e-14)
    assert (at["fossil"] + at["land_use"] > at["background"]).all()  # the ocean takes carbon up


def test_factors_scale_their_part_of_the_background(prescribed):
    _, at, simulated = prescribed
    of_ocean = at["background"] - at["fossil"] - at["land_use"]
    twice = simulated(fossil_scale=np.array(2.0), land_use_scale=np.array(2.0))
    np.testing.assert_allclose(twice - 380.0, 2.0 * at["background"] - of_ocean, rtol=1e-12)


def test_an_addition_to_the_ocean_grows_to_its_mass_and_more_near_it(prescribed):
    """1 PgC yr-1 of 30 N to 70 N: 23 months more of it at the end than at the start."""
    _, _, simulated = prescribed
    northern = np.array([0.0, 0.0, 1.0])
    rise = (simulated(ocean_adjustment=northern) - simulated()).reshape(3, 2)  # ALT, MLO, SPO
    np.testing.assert_allclose(rise[:, 1] - rise[:, 0], 2.0 * 23 / 24 / PGC_PER_PPM, rtol=0.05)
    assert rise[0, 1] > rise[1, 1] > rise[2, 1] > 5.0 / PGC_PER_PPM


def test_the_budget_holds_the_prescribed_means_and_follows_the_parameters(prescribed):
    """2010 and 2011 without data: fossil 9.1 and 9.5, ocean -2.6, land use 1.0 PgC yr-1."""
    operator, at, _ = prescribed
    prior = operator.quantify(PRIOR, at, XP)
    assert prior == pytest.approx({"fossil": 9.3, "ocean": -2.6, "land_use": 1.0}, rel=1e-12)
    moved = PRIOR | {
        "fossil_scale": np.array(1.1),
        "ocean_adjustment": np.array([0.1, -0.3, 0.5]),
        "land_use_scale": np.array(0.5),
    }
    after = operator.quantify(moved, at, XP)
    assert after == pytest.approx({"fossil": 10.23, "ocean": -2.3, "land_use": 0.5}, rel=1e-12)
    assert set(prior) == {variable.name for variable in operator.scalars}


def test_a_flux_that_does_not_count_has_no_error():
    names = [p.name for p in Co2Transport(ocean=False, land_use=False).parameters]
    assert names == ["c_0", "fossil_scale"]
    assert [v.name for v in Co2Transport(fossil=False, land_use=False).scalars] == ["ocean"]


def test_the_published_control_vector_has_no_errors_of_prescribed_fluxes():
    """Rayner et al. (2005) optimise the offset alone."""
    parameters = Co2Transport(prescribed_errors=False).parameters
    assert [p.name for p in parameters if p.active] == ["c_0"]
    assert all(p.active for p in Co2Transport().parameters)


def test_no_error_costs_a_run_of_the_model():
    assert not any(p.in_loop for p in Co2Transport().parameters)


def test_kinds_of_a_file_are_apart(tmp_path):
    import xarray as xr

    month = np.arange(np.datetime64("2010-01"), np.datetime64("2011-01"))
    latitude, longitude = np.arange(-85.0, 90.0, 10.0), np.arange(-175.0, 180.0, 10.0)
    dims, shape = ("time", "latitude", "longitude"), (12, 18, 36)
    flux = {
        kind: (dims, np.full(shape, rate), {"units": "kgC m-2 s-1"})
        for kind, rate in (("fossil", 3e-9), ("ocean", -1e-9))
    }
    coordinates = {
        "time": month.astype("datetime64[ns]"), "latitude": latitude, "longitude": longitude,
    }  # fmt: skip
    xr.Dataset(flux, coords=coordinates).to_netcdf(tmp_path / "fluxes.nc")
    read = read_emissions(tmp_path / "fluxes.nc", ("fossil", "ocean"), month, TransportGrid())
    np.testing.assert_allclose(read["fossil"], -3.0 * read["ocean"], rtol=1e-12)
