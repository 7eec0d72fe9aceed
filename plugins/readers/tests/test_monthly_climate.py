"""CRU TS: real files by hand, and the rules that make days of months."""

import netCDF4
import numpy as np
import pytest
from ccdas_readers.forcing.monthly import (
    days_of_months,
    light_at_top,
    light_under_clouds,
    on_wet_days,
    smooth_days,
)

TMP, PRE = "cru_ts/cru_ts4.04.1901.2019.tmp.dat.nc", "cru_ts/cru_ts4.04.1901.2019.pre.dat.nc"
WET = "cru_ts/cru_ts4.06.1901.2021.wet.dat.nc.gz"
MONTHS = np.arange("2000-01", "2004-01", dtype="datetime64[M]")


def monthly(values, days):
    month = days.astype("datetime64[M]")
    return np.array([values[month == m].mean(axis=0) for m in np.unique(month)])


def by_hand(path, name, year):
    """Values of a year at the cells with values, (month, cell)."""
    with netCDF4.Dataset(path) as file:
        first = 12 * (year - 1901)
        values = np.ma.filled(file[name][first : first + 12].astype(float), np.nan)
    flat = values.reshape(12, -1)
    return flat[:, np.isfinite(flat).all(axis=0)]


def test_days_keep_the_monthly_temperatures_of_a_real_file(products, imported):
    data = imported("cru_ts", products / TMP, years="2001,2002", diurnal_range=8)
    mean = 0.5 * (data.tasmin.values + data.tasmax.values)
    days = data.time.values.astype("datetime64[D]")
    expected = by_hand(products / TMP, "tmp", 2001)
    np.testing.assert_allclose(monthly(mean, days)[:12], expected, atol=1e-5)
    np.testing.assert_allclose(data.tasmax.values - data.tasmin.values, 8.0, atol=1e-5)
    assert data.sizes == {"time": 730, "cell": 6}
    assert data.latitude_half_width.values[0] == 0.25  # of the product, although cells are thinned


def test_days_keep_the_monthly_rain_of_a_real_file(products, imported):
    data = imported("cru_ts", products / PRE, products / WET, years="2005,2005")
    days = data.time.values.astype("datetime64[D]")
    sums = (
        monthly(data.pr.values, days)
        * np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[:, None]
    )
    rain = by_hand(products / PRE, "pre", 2005)
    np.testing.assert_allclose(sums, rain, atol=1e-4)
    # the file of wet days is packed by gzip: count them in July in the cell with most rain
    july = days.astype("datetime64[M]") == np.datetime64("2005-07")
    wet = (data.pr.values[july] > 0.0).sum(axis=0)
    assert wet.min() >= 1 and wet.max() <= 31 and len(np.unique(wet)) > 1


def test_means_of_days_without_extremes_are_refused(products, ccdas, tmp_path):
    code, _, _ = ccdas("data", "import", "cru_ts", products / TMP, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "missing-variable"
    code, _, _ = ccdas("data", "import", "cru_ts", products / WET, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "missing-variable"


def test_a_year_beyond_the_file_is_refused(products, ccdas, tmp_path):
    code, _, _ = ccdas("data", "import", "cru_ts", products / PRE, "--out", tmp_path / "x.nc",
                       "--set=years=2020,2021")  # fmt: skip
    assert code == 2 and ccdas.findings[0][0] == "missing-days"


def test_smooth_days_keep_means_and_change_little_from_day_to_day():
    season = 10.0 * np.cos(2 * np.pi * (np.arange(48) - 6) / 12)[:, None]
    days = days_of_months(MONTHS)
    values = smooth_days(season, MONTHS)
    np.testing.assert_allclose(monthly(values, days), season, atol=1e-10)
    assert np.abs(np.diff(values, axis=0)).max() < 0.25  # degC a day; months differ by up to 5
    np.testing.assert_allclose(smooth_days(np.full((48, 2), 3.0), MONTHS), 3.0)


@pytest.mark.parametrize("wet", [0.2, 1.0, 7.0, 12.4, 31.0])
def test_rain_falls_on_the_wet_days_alone(wet):
    rain = np.full((48, 1), 60.0)
    values = on_wet_days(rain, np.full((48, 1), wet), MONTHS)[:, 0]
    month = days_of_months(MONTHS).astype("datetime64[M]")
    for m in MONTHS:
        part = values[month == m]
        assert part.sum() == pytest.approx(60.0)
        assert (part > 0).sum() == min(max(round(wet), 1), len(part))


def test_light_at_the_top_of_the_air_is_that_of_the_source():
    """FAO-56, example 8: 20 S on 3 September, 32.2 MJ m-2 d-1."""
    value = light_at_top(np.array([-20.0]), np.array(["2001-09-03"], dtype="datetime64[D]"))
    assert value[0, 0] * 0.0864 == pytest.approx(32.2, abs=0.1)
    polar = light_at_top(np.array([80.0]), np.array(["2001-12-21"], dtype="datetime64[D]"))
    assert polar[0, 0] == 0.0


def test_light_under_clouds_is_that_of_the_source():
    """FAO-56, example 10: Rio de Janeiro in May, 7.1 of 10.9 hours, 14.5 MJ m-2 d-1."""
    day = np.array(["2001-05-15"], dtype="datetime64[D]")
    value = light_under_clouds(np.array([[1.0 - 7.1 / 10.9]]), np.array([-22.9]), day)
    assert value[0, 0] * 0.0864 == pytest.approx(14.5, abs=0.1)
