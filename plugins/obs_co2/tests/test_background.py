"""Prescribed emissions: totals without data, and files that are read or refused."""

import numpy as np
import pytest
import xarray as xr
from ccdas_obs_co2.background import default_emissions, read_emissions
from ccdas_transport.grid import TransportGrid

from ccdas_framework import CcdasWarning
from ccdas_framework.grids import grid_area

GRID = TransportGrid()
KINDS = ("fossil", "ocean")


def emitted(*arguments):
    """All kinds of a file together (kgC per month)."""
    return sum(read_emissions(*arguments).values())


def months(first, last):
    return np.arange(np.datetime64(first), np.datetime64(last) + 1)


@pytest.fixture
def write(tmp_path):
    """A function: a file of constant fluxes on a 10-degree grid, 2008 to 2011, 0..360 east."""

    def make(kinds=KINDS, first="2008-01", last="2011-12", units="kgC m-2 s-1", season=False):
        latitude, longitude = np.arange(85.0, -90.0, -10.0), np.arange(5.0, 360.0, 10.0)
        time = months(first, last)
        shape = (len(time), len(latitude), len(longitude))
        of_month = 1.0 + season * (time.astype(int) % 12)
        base = np.broadcast_to(of_month[:, None, None], shape)
        data = xr.Dataset(
            {
                kind: (("time", "latitude", "longitude"), 1e-9 * (n + 1) * base, {"units": units})
                for n, kind in enumerate(kinds)
            },
            coords={
                "time": time.astype("datetime64[ns]"),
                "latitude": latitude,
                "longitude": longitude,
            },
        )
        path = tmp_path / "fluxes.nc"
        data.to_netcdf(path)
        return path

    return make


def test_round_numbers_sum_to_their_yearly_totals():
    """PgC yr-1 of 2010: 9.1 fossil, -2.6 ocean, 1.0 land use."""
    year = months("2010-01", "2010-12")
    for kind, total in (("fossil", 9.1), ("ocean", -2.6), ("land_use", 1.0)):
        result = default_emissions((kind,), year, GRID)[kind].sum() / 1e12
        assert result == pytest.approx(total, rel=1e-12)


def test_fluxes_of_a_file_keep_their_mass(write):
    result = emitted(write(), KINDS, months("2009-01", "2009-12"), GRID)
    area = grid_area(GRID.latitude_edges, GRID.longitude_edges).sum()
    assert result.sum() == pytest.approx(3e-9 * area * 365 * 86400, rel=1e-6)
    np.testing.assert_allclose(result[0].sum() / result[1].sum(), 31 / 28, rtol=1e-12)


def test_fluxes_on_a_grid_with_half_boxes_at_the_poles_keep_their_mass(write, tmp_path):
    """GEOS-Chem 4 by 5: an even flux is that flux times the area of the Earth."""
    with xr.open_dataset(write()) as data:
        theirs = TransportGrid(4.0, 5.0, half_polar_boxes=True, centred_on_date_line=True)
        shape = (data.sizes["time"], *theirs.area.shape)
        flux = xr.Dataset(
            {k: (("time", "lat", "lon"), np.full(shape, 1e-9), data[k].attrs) for k in KINDS},
            coords={"time": data["time"], "lat": theirs.latitude, "lon": theirs.longitude},
        )
        flux.to_netcdf(tmp_path / "half.nc")
    result = emitted(tmp_path / "half.nc", KINDS, months("2009-01", "2009-01"), GRID)
    np.testing.assert_allclose(result[0], 2e-9 * 31 * 86400 * GRID.area, rtol=1e-9)


def test_only_what_is_switched_on_counts(write):
    year = months("2009-01", "2009-12")
    both = emitted(write(), KINDS, year, GRID)
    one = emitted(write(), ("fossil",), year, GRID)
    np.testing.assert_allclose(both, 3.0 * one, rtol=1e-12)


def test_a_late_start_repeats_the_first_year_and_says_so(write):
    path = write(season=True)
    with pytest.warns(UserWarning):
        result = emitted(path, KINDS, months("2006-01", "2009-12"), GRID)
    assert result[5].sum() == pytest.approx(result[24 + 5].sum(), rel=1e-12)
    assert result[5].sum() != pytest.approx(result[6].sum(), rel=1e-2)


def test_a_file_that_ends_too_early_is_refused(write, refusal):
    with refusal("months-missing", "fluxes.nc: time"):
        emitted(write(), KINDS, months("2008-01", "2012-06"), GRID)


def test_an_absent_kind_is_refused_with_the_switch_to_use(write, refusal):
    with refusal("missing-variable", "fluxes.nc: land_use"):
        emitted(write(), (*KINDS, "land_use"), months("2008-01", "2008-12"), GRID)


def test_another_unit_is_converted_or_refused(write, refusal):
    year = months("2008-01", "2008-12")
    by_second = emitted(write(), KINDS, year, GRID)
    by_day = emitted(write(units="gC m-2 d-1"), KINDS, year, GRID)
    np.testing.assert_allclose(by_day * 86400e3, by_second, rtol=1e-12)
    with refusal("wrong-units", "fluxes.nc: fossil"):
        emitted(write(units="K"), KINDS, year, GRID)


def test_fluxes_without_a_time_axis_are_refused(write, tmp_path, refusal):
    with xr.open_dataset(write()) as data:
        data.isel(time=0, drop=True).to_netcdf(tmp_path / "once.nc")
    with refusal("missing-time-axis", "once.nc: time"):
        emitted(tmp_path / "once.nc", KINDS, months("2008-01", "2008-12"), GRID)


def test_months_that_are_missing_are_refused(write, tmp_path, refusal):
    with xr.open_dataset(write()) as data:
        data.isel(time=[i for i in range(48) if i != 20]).to_netcdf(tmp_path / "gap.nc")
    with refusal("months-not-consecutive", "gap.nc: time"):
        emitted(tmp_path / "gap.nc", KINDS, months("2008-01", "2008-12"), GRID)


def test_numbers_that_are_no_flux_are_refused_by_kind_and_place(write, tmp_path, refusal):
    with xr.open_dataset(write()) as data:
        data = data.load()
    data["ocean"].values[2, 0, 1] = -999.0
    data.to_netcdf(tmp_path / "filled.nc")
    with refusal("not-a-flux", "filled.nc: ocean"):
        emitted(tmp_path / "filled.nc", KINDS, months("2008-01", "2008-12"), GRID)


def test_a_plain_mass_is_of_carbon_unless_its_standard_name_says_co2(write, tmp_path):
    year = months("2008-01", "2008-12")
    of_carbon = emitted(write(), KINDS, year, GRID)
    np.testing.assert_array_equal(emitted(write(units="kg m-2 s-1"), KINDS, year, GRID), of_carbon)
    name = "tendency_of_atmosphere_mass_content_of_carbon_dioxide"
    with xr.open_dataset(write(units="kg m-2 s-1")) as data:
        for kind in KINDS:
            data[kind].attrs["standard_name"] = name
        data.to_netcdf(tmp_path / "co2.nc")
    of_co2 = emitted(tmp_path / "co2.nc", KINDS, year, GRID)
    np.testing.assert_allclose(of_co2, of_carbon * 12.011 / 44.009, rtol=1e-12)


def test_fluxes_to_the_surface_are_turned_with_a_warning(write, tmp_path):
    year = months("2008-01", "2008-12")
    upward = emitted(write(), ("ocean",), year, GRID)
    with xr.open_dataset(write()) as data:
        data["ocean"].attrs["positive"] = "down"
        data.to_netcdf(tmp_path / "down.nc")
    with pytest.warns(CcdasWarning, match="") as caught:
        downward = emitted(tmp_path / "down.nc", ("ocean",), year, GRID)
    assert "turned-sign" in [w.message.code for w in caught]
    np.testing.assert_array_equal(downward, -upward)
