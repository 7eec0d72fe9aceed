"""CO2 at stations: values, errors, times and scales as in the files, read by hand."""

import numpy as np
import pytest
from ccdas_readers.co2.headers import degrees
from ccdas_readers.co2.scales import on_scale, scale_names

CBW = "obspack/co2_cbw_tower-insitu_445_allvalid-27magl.nc"
HTM = "obspack/co2_htm_tower-insitu_424_allvalid-150magl_small.nc"
MLO = "obspack/co2_mlo_surface-flask_4_representative.nc"
EVENT = "noaa_gml/co2_mlo_surface-flask_1_ccgg_event.txt"
INSITU = "noaa_gml/co2_mlo_surface-insitu_1_ccgg_MonthlyData.txt"
TREND = "noaa_gml/co2_mm_mlo.csv"
AMS, ALT = "wdcgg/ams137s00.lsce.as.cn.co2.nl.mo.dat", "wdcgg/alt482n1.dat"
SYO = "wdcgg/ch4_syo_surface-flask_2_3001-9999_monthly.txt"
SCRIPPS = "scripps/monthly_in_situ_co2_mlo.csv"


def test_mole_per_mole_of_obspack_becomes_ppm_at_the_beginning_of_the_hour(
    products, imported, row, counted
):
    data = imported("obspack", products / CBW)
    first = row(data, time_start="2000-03-08T15:00")
    assert first.observed == pytest.approx(379.833, abs=1e-4) and data.observed.units == "ppm"
    assert first.time_end == np.datetime64("2000-03-08T16:00") and first.altitude == 27.0
    # of 166,814 hours one is in the file twice, of data levels 0 and 2; obs_flag 1 is a fill value
    repeated = {"repeated time of a lower data level": 1}
    assert counted(data) == {"CBW co2": {"kept": 166813, **repeated}}
    assert set(data.scale.values) == {"X2019"}


def test_a_time_at_the_beginning_of_the_interval_is_not_shifted(products, imported, row):
    data = imported("obspack", products / HTM)
    first = row(data, time_start="2016-12-13T00:00")
    assert first.observed == pytest.approx(412.45, abs=0.01)
    assert first.observed_sd == pytest.approx(1.052, abs=1e-3)


def test_flasks_under_review_are_left_out_and_an_error_of_zero_is_missing(
    products, imported, row, counted
):
    data = imported("obspack", products / MLO)
    assert counted(data) == {"MLO co2": {"kept": 849, "assimilation concern: under review": 34}}
    assert float(data.observed.max()) < 450.0  # the last sample of the file is 478.95 ppm
    first = row(data, time_start=np.datetime64(670793580, "s"))
    assert first.observed == pytest.approx(357.80, abs=0.005)
    assert first.observed_sd == pytest.approx(0.04, abs=1e-4)
    assert first.time_start == first.time_end
    assert not (data.observed_sd == 0).any() and int(data.observed_sd.isnull().sum()) > 0


def test_carbontracker_errors_and_selection_are_settings(products, imported, counted):
    data = imported("obspack", products / MLO, ct_assim=1, error="mdm")
    assert counted(data)["MLO co2"]["kept"] == 807
    np.testing.assert_allclose(data.observed_sd.values[0], 0.805028, rtol=1e-6)


def test_hours_of_well_mixed_air_make_months(products, imported):
    data = imported("obspack", products / CBW, hours="well_mixed", average="month")
    assert data.sizes["obs"] == 269 and len(np.unique(data.time_start)) == 269
    assert (data.time_start.dt.day == 1).all() and float(data.n.min()) >= 1


def test_scales_convert_on_request(products, imported, row):
    kept = imported("noaa_gml", products / INSITU)
    last = row(kept, time_start="2015-12-01")
    assert last.observed == 401.86 and last.observed_sd == 0.91 and last.altitude == 3437.0
    assert last.time_end == np.datetime64("2015-12-31") and "X2007" in imported.said
    moved = imported("noaa_gml", products / INSITU, scale="X2019")
    shift = row(moved, time_start="2015-12-01").observed - last.observed
    assert 0.16 < float(shift) < 0.19  # 0.18 ppm at 400 ppm, Hall et al. 2021


def test_the_new_scale_is_as_far_above_the_former_one_as_published():
    """Hall et al. (2021), abstract: 0.18 ppm or 0.045 % at 400 ppm.

    The tolerance is half a unit of the last published digit, and the residual of the line there.
    """
    (there,), _ = on_scale(None, np.array([400.0]), ("X2007",), "X2019", [])
    assert there - 400.0 == pytest.approx(0.18, abs=0.005 + 0.005)
    assert 100.0 * (there / 400.0 - 1.0) == pytest.approx(0.045, abs=0.002)


def test_scales_convert_there_and_back():
    values = np.array([320.0, 400.0, 480.0])
    there, name = on_scale(None, values, ("X2007",), "X2019", [])
    back, _ = on_scale(None, there, ("X2019",), "X2007", [])
    assert name == "X2019"
    np.testing.assert_allclose(back, values, rtol=1e-12)


def test_a_scale_that_is_not_of_the_wmo_is_not_converted(products, ccdas, tmp_path):
    code, _, _ = ccdas("data", "import", "scripps", products / SCRIPPS, "--out", tmp_path / "x",
                       "--set=scale=X2019")  # fmt: skip
    assert code == 2 and ccdas.findings[0][0] == "unknown-scale"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("WMO CO2 X2019", ("X2019",)), ("CO2_X2019", ("X2019",)), ("WMOX2007", ("X2007",)),
        ("WMO X93 scale and from 2006 WMO x2002 scale", ("X93", "X2002")), ("", ()),
        ("2012 SIO manometric mole fraction scale", ("2012 SIO manometric mole fraction scale",)),
        ("530: Unknown; 115: WMO X2004A", ("X2004A",)),
    ],
)  # fmt: skip
def test_scales_are_recognised_in_texts(text, names):
    assert scale_names(text) == names


def test_rejected_flasks_are_left_out_and_pairs_stay(products, imported, counted):
    data = imported("noaa_gml", products / EVENT)
    found = counted(data)["MLO co2"]
    assert sum(found.values()) == 10940
    # 695 with C and 73 with M as first character, 56 of them without a value
    assert found == {
        "kept": 10172,
        "missing value": 56,
        "rejected (first character of qcflag)": 712,
    }
    first = data.isel(obs=0)
    assert first.observed == 323.17 and first.observed_sd == 0.531
    assert first.time_start == np.datetime64("1969-08-20T17:55") == first.time_end


def test_former_month_files_need_the_position_of_the_station(products, imported, row):
    data = imported("noaa_gml", products / "noaa_gml/co2_cgo_surface-flask_1_ccgg_month.txt",
                    latitude=-40.683, longitude=144.69, altitude=164)  # fmt: skip
    last = row(data, time_start="2016-12-01")
    assert last.observed == 400.99 and last.latitude == -40.683 and np.isnan(last.observed_sd)


def test_interpolated_months_are_no_observations(products, imported, row, tmp_path, counted):
    text = (products / TREND).read_text()
    changed = tmp_path / "co2_mm_mlo.csv"
    words = [line.split(",") for line in text.splitlines()]
    lines = [
        ",".join([*line[:5], "-1", "-9.99", "-0.99"] if line[:2] == ["2020", "1"] else line)
        for line in words
    ]
    changed.write_text("\n".join(lines) + "\n")
    data = imported("noaa_gml", changed)
    assert counted(data) == {"MLO co2": {"kept": 787, "interpolated month": 1}}
    first = row(data, time_start="1958-03-01")
    assert first.observed == 315.70 and np.isnan(first.observed_sd)


def test_former_text_files_of_trends_have_missing_months(imported, counted, tmp_path):
    """In the layout before 2021, with the numbers of the first months."""
    path = tmp_path / "co2_mm_mlo.txt"
    path.write_text(
        "# USE OF NOAA ESRL DATA\n"
        "#            decimal     average   interpolated    trend    #days\n"
        "1958   3    1958.208      315.71      315.71      314.62     -1\n"
        "1958   6    1958.458      -99.99      317.10      314.85     -1\n"
    )
    data = imported("noaa_gml", path)
    assert counted(data) == {"MLO co2": {"kept": 1, "missing value": 1}}
    assert data.observed.values[0] == 315.71


def test_scripps_has_a_station_for_each_code(products, imported, row, counted):
    data = imported("scripps", products / SCRIPPS)
    assert row(data, time_start="1958-03-01").observed == 315.71
    assert {name: c["kept"] for name, c in counted(data).items()} == {"MLO co2": 772, "MKO co2": 5}
    of_mko = data.isel(obs=np.flatnonzero(data.label == "MKO"))
    assert set(of_mko.latitude.values) == {19.8} and set(of_mko.longitude.values) == {-155.5}


def test_filled_months_of_scripps_are_read_on_request(products, imported, row):
    data = imported("scripps", products / SCRIPPS, values="filled")
    assert row(data, time_start="1958-06-01").observed == 317.26


@pytest.mark.parametrize(
    ("file", "month", "value", "sd", "place"),
    [
        (AMS, "1981-01-01", 338.381, 0.660, (-37.8, 77.53, 55.0)),
        (ALT, "1985-06-01", 349.940, np.nan, (82.5, -62.0 - 20.0 / 60.0, 210.0)),
    ],
)
def test_former_layouts_of_the_wdcgg(products, imported, row, file, month, value, sd, place):
    data = imported("wdcgg", products / file)
    first = row(data, time_start=month)
    assert first.observed == value
    np.testing.assert_equal(float(first.observed_sd), sd)
    np.testing.assert_allclose([first.latitude, first.longitude, first.altitude], place)


def test_months_without_a_value_are_missing_in_format_1(products, imported, counted):
    data = imported("wdcgg", products / AMS)
    assert counted(data) == {"AMS co2": {"kept": 338, "missing value": 22}}


def test_the_current_layout_of_the_wdcgg_is_read(products, imported, row, copied):
    """The file of methane with the words of CO2: its numbers stand for ppm."""
    path = copied(products / SYO)
    text = path.read_text(encoding="utf-8").replace(
        "dataset_parameter : ch4", "dataset_parameter : co2"
    )
    text = text.replace("value:units : ppb", "value:units : ppm")
    head, _, body = text.partition("# site_gaw_id year")
    rows = body.split("\n")
    changed = [" ".join([*r.split()[:13], "340.58", *r.split()[14:]]) for r in rows[1:] if r]
    path.write_text("\n".join([f"{head}# site_gaw_id year{rows[0]}", *changed]) + "\n")
    data = imported("wdcgg", path)
    first = row(data, time_start="1986-04-01")
    assert first.observed == 340.58 and first.time_end == np.datetime64("1986-04-30")
    assert (
        first.latitude == -69.0053 and first.altitude == 29.1 and set(data.label.values) == {"SYO"}
    )


@pytest.mark.parametrize(
    ("kind", "file"),
    [("wdcgg", SYO), ("icos_atc", "icos_atc/ICOS_ATC_L2_L2-2024.1_RGL_90.0_CTS.CH4")],
)
def test_methane_is_refused(products, ccdas, tmp_path, kind, file):
    code, _, error = ccdas("data", "import", kind, products / file, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "other-species" and "CH4" in error.upper()


def test_near_real_time_hours_of_icos(products, imported):
    data = imported("icos_atc", products / "icos_atc/realatc.CO2")
    first = data.isel(obs=0)
    assert first.observed == pytest.approx(420.828) and first.observed_sd == pytest.approx(0.066)
    assert first.time_start == np.datetime64("2018-04-12T00:00") and first.altitude == 70 + 341
    assert data.sizes["obs"] == 24 and "not yet" in imported.said


def test_flags_of_icos_are_a_setting(products, ccdas, tmp_path):
    code, _, _ = ccdas("data", "import", "icos_atc", products / "icos_atc/realatc.CO2", "--out",
                       tmp_path / "x.nc", "--set=flags=O")  # fmt: skip
    assert code == 2 and ccdas.findings[0][0] == "nothing-kept"


@pytest.mark.parametrize(
    ("text", "value"),
    [("53.0657 N", 53.0657), ("-2.5399 E", -2.5399), ("  62 20' W", -62.0 - 20.0 / 60.0),
     ("-37.8", -37.8), ("37.8 s", -37.8), ("-0 30 0", -0.5), ("77.53 degrees west", -77.53),
     ("12 30 36 N", 12.51), ("19.5\u00b0S", -19.5), ("45.0 degrees_north", 45.0)],
)  # fmt: skip
def test_degrees_of_headers(text, value):
    assert degrees(text) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("text", ["37.8 X", "12.5.3 N", "12 70 N", "1 2 3 4", "unknown", ""])
def test_other_texts_are_no_degrees(text):
    assert np.isnan(degrees(text))
