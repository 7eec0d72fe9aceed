"""Towers: values, errors and times as in the files, read by hand, and quirks of each product."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from ccdas_readers.towers.sites import site_code
from ccdas_readers.towers.weather import extremes_from_halves, saturation_pressure

BFT = "fluxnet/FLX_IT-BFt_FLUXNET2015_FULLSET_2019-2020_beta-3/"
BFT_DD = f"{BFT}FLX_IT-BFt_FLUXNET2015_FULLSET_DD_2019-2020_beta-3.csv"
BFT_MM = f"{BFT}FLX_IT-BFt_FLUXNET2015_FULLSET_MM_2019-2020_beta-3.csv"
GDS = "fluxnet/FLX_DK-Gds_FLUXNET2015_FULLSET_2020-2020_beta-3/"
GDS_DD = f"{GDS}FLX_DK-Gds_FLUXNET2015_FULLSET_DD_2020-2020_beta-3.csv"
CHA = ("fluxnet/exampledata_FLUXNET-FULLSET-HH-CSV-30MIN_FLX_CH-Cha_FLUXNET2015_FULLSET_HH_2005-"
       "2020_beta-3.csv")  # fmt: skip
CRT = "ameriflux_base/AMF_US-CRT_BASE_HH_2-5.csv"
ME2 = "ameriflux_fluxnet/AMF_US-Me2_FLUXNET_SUBSET_DD_2019-2022_4-6.csv"
ASM = "plumber2/AU-ASM_2011-2017_OzFlux_Met.nc"
PLACE = {"latitude": 45.2, "longitude": 10.74}
PER_DAY = 12.011e-6 * 86400  # gC m-2 d-1 of 1 umol CO2 m-2 s-1


def test_daily_fluxes_of_fluxnet_have_the_values_errors_and_quality_of_the_file(
    products, imported, row, counted
):
    data = imported("fluxnet", products / BFT_DD, **PLACE)
    nee = row(data, quantity="nee", time_start="2019-01-01")
    assert nee.observed == 3.35654 and nee.observed_sd == 1.19991 and nee.quality == 0.958333
    gpp = row(data, quantity="gpp", time_start="2019-06-30")
    assert gpp.observed == 10.9435
    assert data.observed.units == "gC m-2 d-1" and data.attrs["product_version"] == "beta-3"
    assert (data.time_start == data.time_end).all() and set(data.label.values) == {"IT-BFt"}
    low = {"kept": 694, "share of good values below 0.8": 37}
    assert counted(data) == {"IT-BFt gpp": low, "IT-BFt nee": low}


def test_the_error_of_production_joins_random_error_and_spread_of_thresholds(
    products, imported, row
):
    data = imported("ameriflux_fluxnet", products / ME2, **PLACE)
    gpp = row(data, quantity="gpp", time_start="2019-08-01")
    assert gpp.observed == 8.17091
    spread = (8.49219 - 8.19677) / 1.349  # GPP_NT_VUT_75 and _25
    np.testing.assert_allclose(gpp.observed_sd, np.hypot(0.261973, spread), rtol=1e-12)


def test_monthly_values_cover_their_months(products, imported, row):
    data = imported("fluxnet", products / BFT_MM, **PLACE)
    february = row(data, quantity="nee", time_start="2020-02-01")
    assert february.time_end == np.datetime64("2020-02-29")
    assert row(data, quantity="nee", time_start="2019-01-01").observed == 3.11343


def test_production_by_day_replaces_one_by_night_that_has_no_value(products, imported, row):
    data = imported("fluxnet", products / GDS_DD, minimum_quality=0, **PLACE)
    assert row(data, quantity="gpp", time_start="2020-06-29").observed == 10.3258
    assert "GPP_DT_VUT_REF" in imported.said


def test_latent_heat_without_a_flag_is_no_measurement(products, ccdas, tmp_path):
    out = tmp_path / "out.nc"
    code, _, _ = ccdas("data", "import", "fluxnet", products / GDS_DD, "--out", out, "--stream",
                       "latent_heat", "--set=latitude=55", "--set=longitude=9")  # fmt: skip
    assert code == 2 and ccdas.findings[0][0] == "nothing-kept" and not out.exists()


def test_soil_moisture_in_percent_becomes_a_fraction_at_its_depth(products, imported, row):
    data = imported("fluxnet", products / BFT_DD, stream="sm", depths=0.05, **PLACE)
    assert row(data, time_start="2019-01-01").observed == pytest.approx(0.31235, abs=1e-12)
    assert data.observed.units == "m3 m-3" and set(data.depth.values) == {0.05}


def test_half_hours_are_in_utc_by_the_offset_that_is_given(products, imported):
    settings = {"average": "none", "minimum_quality": 0, "utc_offset": 1, **PLACE}
    data = imported("fluxnet", products / CHA, quantities="nee", **settings)
    assert data.time_start.values[0] == np.datetime64("2004-12-31T23:00")  # 00:00 at UTC+1
    assert (data.time_end - data.time_start == np.timedelta64(30, "m")).all()
    assert set(data.label.values) == {"CH-Cha"} and "as given" in imported.said


def test_half_hours_in_umol_become_gc_a_day(products, imported):
    settings = {"average": "none", "minimum_quality": 0, "site": "XX-Xxx", **PLACE}
    data = imported("icos_etc", products / "icos_etc/fluxnet_hh.csv", quantities="nee", **settings)
    text = (products / "icos_etc/fluxnet_hh.csv").read_text().splitlines()
    column = text[0].split(",").index("NEE_VUT_REF")
    by_hand = [float(line.split(",")[column]) for line in text[1:] if line]
    np.testing.assert_allclose(data.observed, np.array(by_hand) * PER_DAY, rtol=1e-12)
    assert "from its longitude" in imported.said


def test_a_file_without_a_position_names_what_is_missing(products, ccdas, tmp_path):
    code, _, error = ccdas("data", "import", "fluxnet", products / BFT_DD, "--out", tmp_path / "x")
    assert code == 2 and ccdas.findings[0][0] == "missing-site"
    assert "latitude" in error and "longitude" in error


def test_positions_come_from_a_table_of_sites(products, imported, tmp_path):
    sites = tmp_path / "sites.csv"
    sites.write_text("id,latitude,longitude,elevation\nIT-BFt,45.2,10.74,23\nDK-Gds,55.1,9.3,\n")
    data = imported("fluxnet", products / BFT_DD, products / GDS_DD, sites=sites, minimum_quality=0)
    places = set(zip(data.label.values, data.latitude.values, strict=True))
    assert places == {("IT-BFt", 45.2), ("DK-Gds", 55.1)}


def test_ameriflux_base_has_measured_values_only(products, imported, counted):
    data = imported("ameriflux_base", products / CRT, average="none", utc_offset=-5,
                    latitude=41.63, longitude=-83.35)  # fmt: skip
    assert counted(data) == {"US-CRT nee": {"kept": 38, "missing value": 58}}
    assert "NEE_PI" in imported.said and data.attrs["product_version"] == "2-5"


def test_weather_of_ameriflux_base_has_the_variables_without_a_gap(products, imported):
    """Pressure of the air and wind begin on the second day of the file."""
    data = imported("ameriflux_base", products / CRT, stream="forcing", **PLACE, elevation=180)
    assert data.tasmin.values[0, 0] == -3.975405 and data.tasmax.values[0, 0] == 12.98909
    assert data.pr.values[0, 0] == pytest.approx(9.144)
    assert data.rsds.values[0, 0] == pytest.approx(27.1488, abs=1e-4)
    assert dict(data.sizes)["time"] == 2 and "ps" not in data and "sfcWind" not in data
    frame = pd.read_csv(products / CRT, skiprows=2).iloc[:48]
    saturation = 611.2 * np.exp(17.62 * frame.TA / (243.12 + frame.TA))
    assert data.vp.values[0, 0] == pytest.approx((frame.RH / 100.0 * saturation).mean())
    assert "ps, sfcWind of US-CRT" in imported.said


def test_weather_that_one_tower_lacks_is_left_out_for_all_and_named(products, imported, tmp_path):
    """Made of the sample: a tower with pressure and wind, one without them and humidity."""
    frame = pd.read_csv(products / CRT, skiprows=2, dtype=str).assign(PA="98.0", WS="3.0")
    files = []
    for code, table in (("US-AAA", frame), ("US-BBB", frame.assign(PA="-9999", RH="-9999"))):
        files.append(tmp_path / f"AMF_{code}_BASE_HH_2-5.csv")
        rows = table.drop(columns=[c for c in table if c.startswith("VPD")]).to_csv(index=False)
        files[-1].write_text(f"# Site: {code}\n# Version: 2-5\n{rows}")
    sites = tmp_path / "sites.csv"
    sites.write_text("id,latitude,longitude,elevation\nUS-AAA,41.6,-83.3,180\nUS-BBB,42,-84,190\n")
    data = imported("ameriflux_base", *files, stream="forcing", sites=sites)
    said = " ".join(imported.said.split())
    assert "sfcWind" in data and "ps" not in data and "vp" not in data
    assert "vp, ps of US-BBB" in said and "left out for all towers" in said
    assert "ps of US-AAA" not in said and "sfcWind of" not in said
    data = imported("ameriflux_base", files[0], stream="forcing", sites=sites)
    assert {"ps", "vp", "sfcWind"} <= set(data) and "left out" not in imported.said


@pytest.mark.parametrize(
    ("kind", "name", "beginning"),
    [("ameriflux_base", CRT, "TIMESTAMP_START"), ("fluxnet", CHA, "TIMESTAMP_START"),
     ("plumber2", ASM, "time")],
)  # fmt: skip
def test_the_notes_of_weather_say_what_its_times_are(products, imported, kind, name, beginning):
    place = {} if kind == "plumber2" else {**PLACE, "elevation": 180, "average": "none"}
    imported(kind, products / name, stream="forcing", **place)
    said = " ".join(imported.said.split())
    assert "are those of local standard time" in said and "are in UTC" not in said
    assert f"{beginning} is the beginning of each half-hour" in said


def test_the_notes_of_fluxes_of_ameriflux_base_say_what_their_times_are(products, imported):
    imported("ameriflux_base", products / CRT, average="none", utc_offset=-5, **PLACE)
    said = " ".join(imported.said.split())
    assert "local standard time of US-CRT is UTC-5 h, as given" in said
    assert "TIMESTAMP_START is the beginning of each half-hour" in said


def test_a_gap_in_the_weather_of_ameriflux_base_is_refused_unless_it_is_filled(
    products, ccdas, tmp_path
):
    header, *rows = (products / CRT).read_text().splitlines()[2:]
    names, cells = header.split(","), [row.split(",") for row in rows]
    cells[5][names.index("TA")] = "-9999"
    top = ["# Site: US-CRT", "# Version: 2-5"]
    options = ("--stream", "forcing", "--set=latitude=41.63", "--set=longitude=-83.35",
               "--set=elevation=180")  # fmt: skip
    path, out = tmp_path / "AMF_US-CRT_BASE_HH_2-5.csv", tmp_path / "x.nc"
    path.write_text("\n".join([*top, header, *(",".join(row) for row in cells)]) + "\n")
    assert ccdas("data", "import", "ameriflux_base", path, "--out", out, *options)[0] == 2
    assert ccdas.findings == [("missing-values", f"{path.name}: US-CRT tasmin")]
    filled = [f"{header},TA_PI_F", *(f"{','.join(row)},9.5" for row in cells)]
    path.write_text("\n".join([*top, *filled]) + "\n")
    assert ccdas("data", "import", "ameriflux_base", path, "--out", out, *options)[0] == 0
    with xr.open_dataset(out) as data:
        assert data.tasmax.values.tolist() == [[9.5], [9.5]]


def test_a_day_with_few_measured_half_hours_is_left_out(products, ccdas, tmp_path):
    code, _, _ = ccdas("data", "import", "ameriflux_base", products / CRT, "--out", tmp_path / "x",
                       "--set=latitude=41.63", "--set=longitude=-83.35")  # fmt: skip
    assert code == 2 and ccdas.findings[0][0] == "nothing-kept"


def test_layers_of_soil_moisture_are_read_by_their_position(products, imported):
    data = imported("ameriflux_base", products / CRT, stream="sm", average="none",
                    latitude=41.63, longitude=-83.35)  # fmt: skip
    assert data.observed.values[0] == pytest.approx(0.4513234)


def test_weather_of_plumber2_comes_from_what_its_labels_do_not_spoil(products, imported):
    data = imported("plumber2", products / ASM)
    assert dict(data.sizes) == {"time": 2557, "cell": 1}
    assert data.latitude == pytest.approx(-22.283) and data.elevation == 606.0
    # of Tair, Qair and Psurf of the first half hour
    humidity, pressure = 0.015505808, 93810.57
    first = humidity * pressure / (0.622 + 0.378 * humidity)
    assert 0.8 * first < data.vp.values[0, 0] < 1.2 * first
    assert (data.tasmin < data.tasmax).all()
    assert "VPD" in imported.said and "RH" in imported.said and "CO2air" in imported.said


def test_daily_sums_of_rain_are_those_of_the_half_hours(products, imported):
    import netCDF4

    data = imported("plumber2", products / ASM)
    with netCDF4.Dataset(products / ASM) as file:
        rate = file["Precip"][: 48 * 40, 0, 0].reshape(40, 48)
    np.testing.assert_allclose(data.pr.values[:40, 0], rate.sum(axis=1) * 1800, rtol=1e-5)


def test_extremes_of_a_sine_follow_from_the_means_of_its_halves():
    hours = np.arange(240) / 10
    sine = 12.0 + 6.0 * np.sin(2 * np.pi * (hours - 6) / 24)
    light = (hours >= 6) & (hours < 18)
    lowest, highest = extremes_from_halves(sine.mean(), sine[light].mean(), sine[~light].mean())
    np.testing.assert_allclose([lowest, highest], [6.0, 18.0], atol=0.02)


def test_saturation_pressure_is_that_of_the_tables():
    """Goff-Gratch: 611.2 Pa at 0 and 2337 Pa at 20 degC; the Magnus form is good to 0.6 %."""
    pressure = saturation_pressure(np.array([0.0, 20.0]))
    np.testing.assert_allclose(pressure, [611.2, 2337.0], rtol=6e-3)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (CHA, "CH-Cha"), (BFT_DD, "IT-BFt"), (ME2, "US-Me2"), (ASM, "AU-ASM"),
        ("AMF_US-NR1_BASE-BADM_11-5.csv", "US-NR1"), ("fluxnet_hh.csv", ""),
        ("ICOSETC_DE-HoH_FLUXNET_DD_L2.csv", "DE-HoH"),
    ],
)  # fmt: skip
def test_site_codes_are_found_in_names(tmp_path, name, code):
    assert site_code(tmp_path / "files" / name.rpartition("/")[2]) == code
