"""Assimilated and withheld months of towers never mix, and weather keeps the months of its cell."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from ccdas_recipes import flux_errors, flux_months, monthly_fluxes, ten_sites, towers_149, weather
from ccdas_recipes.flux_months import ASSIMILATED, WITHHELD, FluxMonths

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.experiment.recipe_inputs import begin

SITES = ["DE-Geb", "DE-Tha", "DE-Kli", "US-SRG"]  # crops, needle-leaf, crops 7 km away, C4 grass
PERIOD = {"start": "2008-01", "end": "2015-12", "sites": SITES}
FIELDS = {"gpp": ("gpp", 1.0), "nep": ("nee", -1.0), "evapotranspiration": ("et", 1.0)}


@pytest.fixture
def record():
    """Two made towers of six months; the second tower lacks a month of evaporation."""
    months = np.arange("2003-01", "2003-07", dtype="datetime64[M]")
    production = np.stack(
        [[1.0, 2.0, 4.0, 8.0, 10.0, 12.0], [0.5, 1.0, 2.0, 3.0, 4.0, 5.0]], axis=1
    )
    evaporation = production / 4.0
    evaporation[1, 1] = np.nan
    return FluxMonths(
        names=np.array(["AA-One", "BB-Two"]),
        latitude=np.array([50.0, 10.0]),
        longitude=np.array([10.0, 20.0]),
        land_cover=np.array(["DBF", "SAV"]),
        months=months,
        weather={name: np.ones((6, 2)) for name in flux_months.WEATHER},
        co2=np.full(6, 375.0),
        fluxes={"gpp": production, "nee": -0.5 * production, "et": evaporation},
        errors={name: np.full((6, 2), 0.7) for name in flux_months.FLUXES},
        split=np.array([[1, 1], [1, 1], [1, 0], [2, 2], [2, 2], [0, 2]]),
    )


def keys(observations):
    """Place, quantity and month of each observation."""
    quantity = observations.extra["quantity"]
    return set(zip(observations.label, quantity, observations.start.astype(str), strict=True))


def test_a_month_is_assimilated_or_withheld_or_neither(record):
    height = np.zeros(2)
    for name in flux_months.FLUXES:
        assimilated, withheld = (
            monthly_fluxes.monthly_values(record, name, role, height)
            for role in (ASSIMILATED, WITHHELD)
        )
        assert len(assimilated) == (4 if name == "et" else 5)
        assert len(withheld) == 5
        assert not keys(assimilated) & keys(withheld)
        assert assimilated.start.max() < np.datetime64("2003-04-01") <= withheld.start.min()


def test_streams_hold_assimilated_months_alone(record):
    height = np.zeros(2)
    carbon = monthly_fluxes.carbon_record(record, height).observations
    assert sorted(set(carbon.extra["quantity"])) == ["gpp", "nee"]
    assert len(carbon) == 10
    for stream in (carbon, monthly_fluxes.water_record(record, height).observations):
        row = np.searchsorted(record.months, stream.start.astype("datetime64[M]"))
        column = np.searchsorted(record.names, stream.label)
        assert np.all(record.split[row, column] == ASSIMILATED)


def test_error_is_the_spread_of_the_class_and_a_share_of_its_mean():
    """Three towers of a class in one month: sd^2 = (0.15 mean)^2 + spread^2 for all of them."""
    gpp = np.array([[2.0, 6.0, 10.0]])
    errors = flux_errors.flux_errors(
        {"gpp": gpp, "nee": -0.5 * gpp, "et": 0.0 * gpp},
        np.ones((1, 3), dtype=bool),
        np.array(["DBF"] * 3),
        np.array([50.0, 50.0, 50.0]),
        np.array([6]),
    )
    spread = np.sqrt(32.0 / 3.0)
    np.testing.assert_allclose(errors["gpp"], np.hypot(0.9, spread), rtol=1e-12)
    np.testing.assert_allclose(errors["nee"], np.hypot(0.6, 0.5 * spread), rtol=1e-12)
    np.testing.assert_allclose(errors["et"], 0.2)  # floor


def test_withheld_months_do_not_change_the_error():
    gpp = np.full((2, 3), 5.0)
    assimilated = np.array([[True] * 3, [False] * 3])
    place = (np.array(["DBF"] * 3), np.array([50.0] * 3), np.array([6, 6]))

    def of(values):
        fluxes = {"gpp": values, "nee": -values, "et": values}
        return flux_errors.flux_errors(fluxes, assimilated, *place)["gpp"]

    withheld = gpp.copy()
    withheld[1] = [0.0, 9.0, 30.0]
    np.testing.assert_array_equal(of(gpp), of(withheld))


def test_the_southern_july_is_a_winter_month():
    gpp = np.array([[1.0, 2.0, 3.0, 9.0]])
    errors = flux_errors.flux_errors(
        {"gpp": gpp, "nee": gpp, "et": gpp},
        np.ones((1, 4), dtype=bool),
        np.array(["DBF"] * 4),
        np.array([50.0, 50.0, 50.0, -30.0]),
        np.array([6]),
    )["gpp"]
    # two months of the year: three towers of mean 2 and variance 2/3, and one tower of 9
    assert errors[0] == pytest.approx(np.full(4, np.hypot(0.15 * 5.5, np.sqrt(1.0 / 3.0))))


def test_the_error_of_a_class_is_the_same_in_summer_and_winter():
    gpp = np.array([[0.0, 0.0, 0.0], [6.0, 9.0, 12.0]])
    fluxes = {"gpp": gpp, "nee": -gpp, "et": gpp}
    place = (np.array(["DBF"] * 3), np.full(3, 50.0), np.array([0, 6]))
    errors = flux_errors.flux_errors(fluxes, np.ones((2, 3), dtype=bool), *place)["gpp"]
    assert errors == pytest.approx(np.full((2, 3), np.hypot(0.15 * 4.5, np.sqrt(3.0))))


def test_a_class_of_few_towers_has_the_spread_of_all():
    gpp = np.array([[2.0, 4.0, 6.0, 8.0]])
    cover = np.array(["ENF", "ENF", "ENF", "SNO"])
    place = (cover, np.full(4, 50.0), np.array([6]))
    every = np.ones((1, 4), dtype=bool)
    errors = flux_errors.flux_errors({"gpp": gpp, "nee": gpp, "et": gpp}, every, *place)["gpp"]
    assert errors[0, 3] == pytest.approx(np.hypot(0.15 * 5.0, np.std(gpp)))


def test_vapour_pressure_and_deficit_add_up_to_saturation_at_the_maximum():
    highest, deficit = np.array([30.0, 5.0]), np.array([3000.0, 100.0])
    vapour = towers_149.monthly_vapour_pressure(highest, deficit)
    # es(30 C) = 4243 Pa, es(5 C) = 872 Pa; Murray (1967)
    np.testing.assert_allclose(vapour + deficit, [4243.0, 872.0], atol=2.0)
    driest = towers_149.monthly_vapour_pressure(np.array([10.0]), np.array([5000.0]))
    assert driest == ten_sites.LEAST_VAPOUR_PRESSURE


def test_weather_within_months_keeps_the_means_of_each_year():
    time = np.arange("2003-01-01", "2005-01-01", dtype="datetime64[D]")
    month, _ = weather.month_of(time)
    of_year = np.cos(2.0 * np.pi * np.arange(24) / 12.0)[:, None]
    second = (np.arange(24) >= 12)[:, None]
    series = weather.MonthlySeries(
        number=np.array([7]), latitude=np.array([45.0]), elevation=np.array([200.0]),
        half_annual_range=np.array([10.0]), tas=9.0 - 10.0 * of_year + 2.0 * second,
        pr=2.0 + 1.5 * second + 0.0 * of_year, rsds=140.0 - 80.0 * of_year - 10.0 * second,
        rsds_daily_sd=np.full((24, 1), 50.0), diurnal_range=np.full((24, 1), 9.0),
    )  # fmt: skip
    days = weather.weather_within_months(series, time, seed=3)
    mean = {name: weather.monthly_mean(values, month) for name, values in days.items()}
    np.testing.assert_allclose(0.5 * (mean["tasmin"] + mean["tasmax"]), series.tas, atol=1e-8)
    np.testing.assert_allclose(mean["tasmax"] - mean["tasmin"], series.diurnal_range, rtol=1e-9)
    np.testing.assert_allclose(mean["pr"], series.pr, rtol=1e-9)
    np.testing.assert_allclose(mean["rsds"], series.rsds, rtol=1e-9)


def test_an_unknown_site_and_a_period_outside_the_record_are_refused(record):
    with pytest.raises(InvalidInput) as caught:
        record.of_sites(["AA-Onne"])
    assert (caught.value.code, caught.value.where) == ("unknown-site", "inputs.settings.sites")
    with pytest.raises(InvalidInput) as caught:
        record.between(np.arange("2003-05", "2003-09", dtype="datetime64[M]"))
    assert caught.value.code == "outside-published-period"


def test_chosen_sites_keep_their_records(record):
    one = record.of_sites(["BB-Two"])
    assert one.names.tolist() == ["BB-Two"] and one.split.shape == (6, 1)
    np.testing.assert_array_equal(one.fluxes["gpp"][:, 0], record.fluxes["gpp"][:, 1])


@pytest.fixture(scope="module")
def towers(tmp_path_factory, data):
    out = tmp_path_factory.mktemp("towers_149")
    begin("towers_149", out, data, PERIOD).write_all()
    return out


def published(data):
    with xr.open_dataset(Path(data) / "land" / "site_monthly_fluxval.nc") as file:
        return file.sel(site=SITES, time=slice("2008-01", "2015-12")).load()


def table(folder, name):
    with xr.open_dataset(folder / f"{name}.nc") as file:
        return file.load()


@pytest.mark.parametrize("name", FIELDS)
def test_withheld_files_hold_all_values_of_the_withheld_months_and_no_other(towers, data, name):
    recorded, sign = FIELDS[name]
    source, written = published(data), table(towers, f"evaluation_{name}")
    expected = source[recorded].where(source["obs_split"] == WITHHELD)
    assert written.sizes["obs"] == int(expected.notnull().sum()) > 0
    for label, start, value in zip(
        written["label"].values, written["time_start"].values, written["observed"].values,
        strict=True,
    ):  # fmt: skip
        assert value == pytest.approx(sign * float(expected.sel(site=label, time=start)), rel=1e-6)


def test_no_withheld_month_is_in_a_stream(towers, data):
    split = published(data)["obs_split"]
    for name in ("flux", "et"):
        written = table(towers, name)
        roles = [
            int(split.sel(site=label, time=start))
            for label, start in zip(
                written["label"].values, written["time_start"].values, strict=True
            )
        ]
        assert set(roles) == {ASSIMILATED}


def test_weather_of_towers_keeps_the_months_of_their_cells(towers, data):
    source, forcing = published(data), table(towers, "forcing")
    by_month = forcing[["tasmin", "tasmax", "pr", "rsds"]].resample(time="MS").mean()
    mean = 0.5 * (source["tasmin"] + source["tasmax"])
    drawn = 0.5 * (by_month["tasmin"] + by_month["tasmax"])
    np.testing.assert_allclose(drawn.values, mean.values.T, atol=1e-3)  # K; stored in 4 bytes
    np.testing.assert_allclose(by_month["pr"].values, source["pr"].values.T, rtol=1e-4, atol=1e-4)
    wide = (by_month["tasmax"] - by_month["tasmin"]).values
    narrow = (source["tasmax"] - source["tasmin"]).values.T
    np.testing.assert_allclose(wide, 1.2 * narrow, rtol=1e-3)
    assert float(forcing["vp"].min()) > 0.0


def test_the_weather_of_a_tower_does_not_depend_on_the_other_towers(towers, data, tmp_path):
    begin("towers_149", tmp_path, data, {**PERIOD, "sites": ["DE-Tha"]}).write_all()
    alone, among = table(tmp_path, "forcing"), table(towers, "forcing")
    place = int(np.abs(among["latitude"].values - alone["latitude"].values[0]).argmin())
    np.testing.assert_array_equal(alone["pr"].values[:, 0], among["pr"].values[:, place])


def test_towers_next_to_each_other_have_cells_of_their_own(towers):
    forcing, fluxes = table(towers, "forcing"), table(towers, "evaluation_gpp")
    assert forcing.sizes["cell"] == len(SITES)
    latitude, label = fluxes["latitude"].values, fluxes["label"].values
    types = {
        str(label[np.abs(latitude - north).argmin()]): set(
            forcing["column_class"].values[forcing["column_cell"].values == cell]
        )
        for cell, north in enumerate(forcing["latitude"].values)
    }
    assert types == {"DE-Geb": {13}, "DE-Kli": {13}, "DE-Tha": {5}, "US-SRG": {10}}
