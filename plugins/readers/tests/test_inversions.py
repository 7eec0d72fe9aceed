"""CarbonTracker: prescribed fluxes and references of made files in its layout."""

import numpy as np
import pytest
import xarray as xr

from ccdas_framework.core.errors import Findings
from ccdas_framework.grids import grid_area
from ccdas_framework.io.reference_fields import read_reference

LATITUDE, LONGITUDE = np.arange(-85.0, 90.0, 10.0), np.arange(-175.0, 180.0, 10.0)
FLUXES = {"bio_flux_opt": -2e-8, "fire_flux_imp": 5e-9, "ocn_flux_opt": -1e-8,
          "fossil_flux_imp": 4e-8}  # mol m-2 s-1 everywhere  # fmt: skip
AREA = grid_area(np.arange(-90.0, 91.0, 10.0), np.arange(-180.0, 181.0, 10.0)).sum()
PGC_PER_YEAR = 0.012011 * AREA * 365.25 * 86400.0 / 1e12  # of 1 mol m-2 s-1 everywhere


def made(path, months=12, units="mol m-2 s-1", first=15.0, step=30.4, drop=(), east=0.0, **changes):
    shape = months, len(LATITUDE), len(LONGITUDE)
    data = xr.Dataset(
        {n: (("time", "latitude", "longitude"), np.full(shape, changes.get(n, v), "float32"),
             {"units": units}) for n, v in FLUXES.items() if n not in drop},
        {"time": ("time", first + step * np.arange(months), {"units": "days since 2010-01-01"}),
         "latitude": ("latitude", LATITUDE, {"units": "degrees_north"}),
         "longitude": ("longitude", LONGITUDE + east, {"units": "degrees_east"})},
    )  # fmt: skip
    data.to_netcdf(path)
    return path


def test_moles_become_carbon_in_prescribed_fluxes(imported, tmp_path):
    data = imported("carbontracker", made(tmp_path / "CT2022.flux1x1-monthly.nc"))
    assert set(data.data_vars) == {"fossil", "ocean"} and data.sizes["time"] == 12
    np.testing.assert_allclose(data.fossil.values, 4e-8 * 0.012011, rtol=1e-6)
    np.testing.assert_allclose(data.ocean.values, -1e-8 * 0.012011, rtol=1e-6)
    assert data.attrs["product_version"] == "CT2022" and data.fossil.units == "kgC m-2 s-1"


def test_rows_of_the_reference_sum_to_the_flux_of_the_globe(imported, tmp_path):
    imported("carbontracker", made(tmp_path / "CT2022.flux1x1-monthly.nc"), stream="reference")
    findings = Findings()
    reference = read_reference(imported.path, "PgC yr-1", findings)
    assert not findings and reference.names == ("CT2022",)
    expected = (-2e-8 + 5e-9) * PGC_PER_YEAR
    np.testing.assert_allclose(reference.values.sum(axis=2), expected, rtol=1e-6)
    assert str(reference.months[0]) == "2010-01" and reference.values.shape == (1, 12, 18)


def test_a_file_without_fires_has_the_land_alone(imported, tmp_path):
    path = made(tmp_path / "CT2022.nc", drop=("fire_flux_imp",))
    data = imported("carbontracker", path, stream="reference")
    np.testing.assert_allclose(data.amount.sum("latitude"), -2e-8 * PGC_PER_YEAR, rtol=1e-6)
    assert "without fires" in data.amount.long_name and "without fires" in imported.said
    data = imported("carbontracker", made(tmp_path / "CT2022.a.nc"), stream="reference")
    assert "with fires" in data.amount.long_name and "without fires" not in imported.said


@pytest.mark.parametrize(("months", "land", "accepted"), [
    (1, -30.0, True), (1, -70.0, False), (12, -30.0, False), (18, -30.0, False),
])  # fmt: skip
def test_the_limit_of_a_year_holds_for_whole_years(ccdas, tmp_path, months, land, accepted):
    path = made(tmp_path / "CT2022.nc", months=months, bio_flux_opt=land / PGC_PER_YEAR)
    code, _, error = ccdas("data", "import", "carbontracker", path, "--out", tmp_path / "x.nc",
                           "--stream", "reference")  # fmt: skip
    assert (code == 0) == accepted, error
    assert accepted or ccdas.findings == [("wrong-units", "CT2022.nc: land")]


@pytest.mark.parametrize("without", [0, 1])
def test_a_file_with_fires_and_one_without_are_refused(ccdas, tmp_path, without):
    paths = [
        made(tmp_path / f"CT2022.{n}.nc", months=6, first=15.0 + n * 6 * 30.4,
             drop=("fire_flux_imp",) if n == without else ())
        for n in (0, 1)
    ]  # fmt: skip
    code, _, error = ccdas("data", "import", "carbontracker", *paths, "--out", tmp_path / "x.nc",
                           "--stream", "reference")  # fmt: skip
    assert code == 2 and ccdas.findings == [("missing-variable", "CT2022.1.nc: fire")], error


def test_files_on_other_longitudes_are_refused(ccdas, tmp_path):
    one = made(tmp_path / "CT2022.a.nc", months=6)
    other = made(tmp_path / "CT2022.b.nc", months=6, first=15.0 + 6 * 30.4, east=2.0)
    code, _, error = ccdas("data", "import", "carbontracker", one, other, "--out",
                           tmp_path / "x.nc")  # fmt: skip
    assert code == 2 and ccdas.findings == [("wrong-grid", "CT2022.b.nc")], error


@pytest.mark.parametrize(
    ("name", "product", "version"),
    [("CT2022.nc", "CarbonTracker fluxes", "CT2022"),
     ("CTE2020.nc", "CarbonTracker Europe fluxes", "CTE2020"),
     ("x.nc", "fluxes in the layout of CarbonTracker", "not stated in the files")],
)  # fmt: skip
def test_the_product_is_that_of_its_file(imported, tmp_path, name, product, version):
    data = imported("carbontracker", made(tmp_path / name))
    assert (data.attrs["product"], data.attrs["product_version"]) == (product, version)
    is_noaa = any("NOAA" in str(text) for text in data.attrs.values())
    assert is_noaa == (version == "CT2022")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"units": "K"}, "wrong-units"),
        ({"units": "kgC m-2 month-1"}, "wrong-units"),
        ({"fossil_flux_imp": 4e-5}, "wrong-units"),
        ({"ocn_flux_opt": np.nan}, "all-missing"),
        ({"first": 43000.0}, "future-dates"),
        ({"step": 1.0}, "wrong-version"),
        ({"step": 61.0}, "missing-days"),
        ({"drop": ("fossil_flux_imp",)}, "missing-variable"),
    ],
)
def test_files_that_cannot_be_are_refused(ccdas, tmp_path, arguments, code):
    path = made(tmp_path / "CT2022.nc", **arguments)
    ended, _, error = ccdas("data", "import", "carbontracker", path, "--out", tmp_path / "x.nc")
    assert ended == 2 and ccdas.findings[0][0] == code, error


def test_the_same_months_twice_are_refused(ccdas, tmp_path):
    one, two = (made(tmp_path / f"CT2022.{n}.nc") for n in "ab")
    code, _, _ = ccdas("data", "import", "carbontracker", one, two, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "duplicate-times"
