"""FAPAR of tower records, from synthetic records in a folder of the same layout."""

import numpy as np
import pytest
import xarray as xr
from ccdas_obs_fapar.tower_fapar import fapar_of_leaves, monthly_mean, tower_fapar

from ccdas_framework import InvalidInput, RecipeDomain

DAYS = np.arange(np.datetime64("2010-01-01"), np.datetime64("2010-04-01"))


@pytest.fixture
def folder(tmp_path):
    """A folder of records: AA has FAPAR and leaf area, BB leaf area alone, CC neither."""
    records = tmp_path / "land" / "site_daily"
    records.mkdir(parents=True)
    of = {
        "AA": {"fapar": np.full(90, 0.6), "lai": np.full(90, 4.0)},
        "BB": {"lai": np.r_[np.full(31, 2.0), np.full(28, np.nan), np.full(31, 1.0)]},
        "CC": {"pr": np.zeros(90)},
    }
    for name, values in of.items():
        columns = {key: ("time", series) for key, series in values.items()}
        position = {"site_id": name, "latitude": 0.0, "longitude": 0.0}
        record = xr.Dataset(columns, {"time": DAYS.astype("datetime64[ns]")}, position)
        record.to_netcdf(records / f"{name}.nc")
    return tmp_path


def places(*names):
    number = np.arange(len(names), dtype=float)
    return RecipeDomain(number, number, number, list(names), DAYS)


def test_fapar_of_a_record_takes_precedence_over_leaf_area(folder):
    record = tower_fapar(places("AA", "BB", "CC"), folder)
    observations = record.observations
    assert list(observations.label) == ["AA"] * 3 + ["BB"] * 2
    np.testing.assert_allclose(observations.values[:3], 0.6, rtol=1e-12)
    expected = 0.95 * (1.0 - np.exp([-1.0, -0.5]))
    np.testing.assert_allclose(observations.values[3:], expected, rtol=1e-12)
    np.testing.assert_array_equal(observations.sd, [0.1] * 3 + [0.15] * 2)
    months = np.array(["2010-01", "2010-03"], "datetime64[M]")
    np.testing.assert_array_equal(observations.start[3:], months.astype("datetime64[D]"))
    parts = record.synthetic.split("; ")
    assert [part.rsplit(maxsplit=1)[-1] for part in parts] == ["AA", "BB"]


def test_towers_without_leaves_are_refused(folder):
    with pytest.raises(InvalidInput) as caught:
        tower_fapar(places("CC"), folder)
    assert caught.value.code == "no-observations"
    with pytest.raises(InvalidInput) as caught:
        tower_fapar(places("DD"), folder)
    assert (caught.value.code, caught.value.where) == ("missing-file", "land/site_daily/DD.nc")


def test_a_month_with_few_days_has_no_mean():
    values = np.r_[np.full(19, 0.5), np.full(12, np.nan), np.full(59, 0.25)]
    months = np.array(["2010-01", "2010-02", "2010-05"], "datetime64[M]")
    np.testing.assert_array_equal(monthly_mean(DAYS, values, months), [np.nan, 0.25, np.nan])


def test_fapar_of_leaves_lies_between_0_and_95_per_cent():
    np.testing.assert_allclose(fapar_of_leaves(np.array([0.0, 1e3])), [0.0, 0.95], atol=1e-15)
