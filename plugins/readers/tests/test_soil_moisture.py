"""Soil moisture and optical depth: values, flags and times as in the files, read by hand."""

import numpy as np
import pytest
import xarray as xr
from ccdas_readers.soil_moisture.retrievals import acquisition, has_bit

IMAGE = "smos_l3_image/SM_OPER_MIR_CLF31A_20150506T000000_20150506T235959_300_002_7.DBL.nc"
CELL, IC = "smos_l3_cell/SMOSL3_v339_ASC/0165.nc", "smos_ic_cell/SMOS_105_ASC/0165.nc"
SMOS_2 = "smos_l2_swath/SM_REPR_MIR_SMUDP2_20100601T073146_20100601T082504_700_100_1.nc"
SMAP_3 = "smap_l3_cell/SMAP_V9_AM_PM/0165.nc"
SMAP_2 = "smap_l2_swath/2015.08.11/SMAP_L2_SM_P_02801_A_20150811T013002_R18290_001.h5"
CCI = "esa_cci_sm_cell/ESA_CCI_SM_C_V09_2/0165.nc"
PROBE = ("ismn/SCAN/WaimeaPlain/SCAN_SCAN_WaimeaPlain_sm_0.050800_0.050800_Hydraprobe-Analog-"
         "(2.5-Volt)_20170101_20181231.stm")  # fmt: skip
RAIN = PROBE.replace("_sm_0.050800_0.050800_Hydraprobe-Analog-(2.5-Volt)",
                     "_p_0.000000_0.000000_Pulse-Count")  # fmt: skip
COSMOS = ("ismn/COSMOS/SilverSword/COSMOS_COSMOS_SilverSword_sm_0.000000_0.170000_Cosmic-ray-Probe_"
          "20170101_20181231.stm")  # fmt: skip
NARBONNE = ("ismn_header_values/SMOSMANIA/Narbonne/SMOSMANIA_SMOSMANIA_Narbonne_sm_0.050000_"
            "0.050000_ThetaProbe-ML2X_20070101_20070131.stm")  # fmt: skip
DAY_2000 = np.datetime64("2000-01-01")


def test_a_packed_map_of_smos_has_its_values_at_the_times_of_acquisition(
    products, imported, counted
):
    data = imported("smos_l3_image", products / IMAGE)
    (n,) = np.flatnonzero(
        np.isclose(data.latitude, 46.537533) & np.isclose(data.longitude, 26.066282)
    )
    one = data.isel(obs=n)
    assert one.observed == pytest.approx(0.018555253761406234)
    assert one.time_start == DAY_2000 + np.timedelta64(5604, "D") + np.timedelta64(13576, "s")
    assert counted(data) == {
        "sm ascending": {"kept": 3561, "missing value": 11688, "clipped at 1 m3 m-3": 2}
    }
    assert data.attrs["product_version"] == "300" and set(data.overpass.values) == {"ascending"}


def test_time_series_of_smos_are_screened_by_dqx_and_flags(products, imported, row, counted):
    data = imported("smos_l3", products / CELL)
    moment = DAY_2000 + np.timedelta64(3676, "D") + np.timedelta64(58090, "s")
    first = row(data, label="grid point 537249", time_start=moment)
    assert first.observed == pytest.approx(0.04257332) and first.dqx == pytest.approx(0.029328287)
    assert first.observed_sd == first.dqx and first.rfi_probability == 0.0
    found = counted(data)["sm ascending"]
    assert found["kept"] == 5640 and sum(found.values()) == 19504


def test_optical_thickness_of_smos_is_a_stream_of_its_own(products, imported, row, counted):
    data = imported("smos_l3", products / CELL, stream="vod", flags="FL_TOPO_S")
    assert data.observed.units == "1" and data.attrs["stream"] == "vod"
    found = counted(data)["vod ascending"]
    assert sum(found.values()) == 38913


def test_smos_ic_keeps_recommended_values_of_small_rmse(products, imported, counted):
    data = imported("smos_ic", products / IC)
    found = counted(data)["sm ascending"]
    assert sum(found.values()) == 9425 and found["not recommended (Quality_Flag)"] == 4377
    lax = imported("smos_ic", products / IC, recommended_only="false", maximum_rmse=1000,
                   largest_scene_flag=9)  # fmt: skip
    assert counted(lax)["sm ascending"]["kept"] == 9425
    assert float(lax.observed.max()) == pytest.approx(0.8405291438102722)


def test_a_half_orbit_of_smos_needs_the_positions_of_its_grid(products, imported, ccdas, tmp_path):
    """The positions are made: the file has none."""
    code, _, _ = ccdas("data", "import", "smos_l2", products / SMOS_2, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "missing-site"
    grid = grid_of(products, tmp_path)
    data = imported("smos_l2", products / SMOS_2, grid=grid, flags="FL_SEA_ICE")
    first = data.isel(obs=np.flatnonzero(data.label == "grid point 102869")[0])
    assert first.observed == pytest.approx(0.054034393)
    assert first.observed_sd == pytest.approx(0.014449312)
    assert first.time_start == DAY_2000 + np.timedelta64(3804, "D") + np.timedelta64(29800, "s")


def grid_of(products, folder):
    """A table of the grid with made positions."""
    import netCDF4

    with netCDF4.Dataset(products / SMOS_2) as file:
        points = np.ma.getdata(file["Grid_Point_ID"][:])
    rows = [f"{point},{45 + n % 40},{n % 180}" for n, point in enumerate(points)]
    path = folder / "grid.csv"
    path.write_text("\n".join(["id,latitude,longitude", *rows]) + "\n")
    return path


def test_recommended_retrievals_of_smap_are_those_whose_bits_are_not_set(
    products, imported, row, counted
):
    data = imported("smap_l3", products / SMAP_3)
    assert data.sizes["obs"] == 2666  # flag 8
    first = row(data, time_start=np.datetime64("2000-01-01T12:00") + np.timedelta64(481737300, "s"))
    assert first.observed == pytest.approx(0.24830765) and first.label == "grid point 260345"
    assert str(first.overpass.values) == "PM, ascending" and np.isnan(first.observed_sd)
    assert sum(sum(c.values()) for c in counted(data).values()) == 23050


def test_vegetation_opacity_of_smap_is_an_optical_depth(products, imported, row):
    data = imported("smap_l3_cell", products / SMAP_3, stream="vod", overpass="PM")
    first = row(data, time_start=np.datetime64("2000-01-01T12:00") + np.timedelta64(481737300, "s"))
    assert first.observed == pytest.approx(0.055045698 * np.cos(np.radians(40.0)))
    assert set(data.overpass.values) == {"PM, ascending"}
    slant = imported("smap_l3_cell", products / SMAP_3, stream="vod", overpass="PM", nadir="false")
    assert slant.observed.values == pytest.approx(data.observed.values / np.cos(np.radians(40.0)))


def test_opacity_of_smap_is_that_of_the_slant_path(products):
    """b VWC of the single-channel algorithm: b = 0.11 of open shrubland (SMAP ATBD, table 3)."""
    group = xr.open_dataset(products / SMAP_2, group="Soil_Moisture_Retrieval_Data")
    shrubland = (group.landcover_class[:, 0] == 7) & (group.landcover_class_fraction[:, 0] > 0.95)
    ratio = group.vegetation_opacity_option1 / group.vegetation_water_content
    slant = float(ratio.where(shrubland).median())
    assert slant * np.cos(np.radians(40.0)) == pytest.approx(0.11, rel=5e-3)


def test_a_half_orbit_of_smap_has_positions_and_times(products, imported, row):
    data = imported("smap_l2", products / SMAP_2)
    assert data.sizes["obs"] == 592 and data.attrs["product_version"] == "R18290"
    place = np.isclose(data.latitude, 69.294495) & np.isclose(data.longitude, -161.51453)
    one = data.isel(obs=np.flatnonzero(place)[0])
    assert one.observed == pytest.approx(0.18274353)
    assert one.time_start == np.datetime64("2015-08-11T02:17:59")


def test_an_undeclared_fill_of_a_flag_is_no_flag(products, imported, row, counted):
    data = imported("esa_cci_sm", products / CCI)
    assert counted(data) == {"sm": {"kept": 5396}}
    first = row(data, label="grid point 632258", sample="day 2002-06-19")
    assert first.observed == pytest.approx(0.19846678)
    assert first.observed_sd == pytest.approx(0.048044994)
    assert first.time_start == np.datetime64("1970-01-01") + np.timedelta64(11857, "D")


def test_sums_over_a_layer_become_fractions(products, imported, row):
    data = imported("gldas_noah_cell", products / "gldas_noah_cell/GLDAS_NOAH025_3H_2_1/0165.nc")
    first = row(data, label="grid point 627936", time_start="2017-01-01T03:00")
    assert first.observed == pytest.approx(13.855999946594238 / 100.0) and first.depth == 0.05
    assert data.attrs["data_kind"] == "substitute"


def test_soil_moisture_of_era5_land_in_cells(products, imported, row):
    data = imported("era5_land_cell", products / "era5_land_cell/ERA5_LAND_V20190904/0165.nc")
    first = row(data, label="grid point 2525642", time_start="2017-01-01T06:00")
    assert first.observed == pytest.approx(0.33583283) and first.depth == pytest.approx(0.035)


def test_flags_of_a_probe_are_a_list(products, imported, row, counted):
    data = imported("ismn", products / PROBE, average="none")
    found = counted(data)["SCAN Waimea_Plain 0.05 m"]
    assert found["kept"] == 16708 and found["flag D05"] == 642 and found["flag D04,D05"] == 125
    assert sum(found.values()) == 17514
    first = row(data, time_start="2017-01-01T00:00")
    assert first.observed == 0.446 and first.depth == 0.05 and first.altitude == 926.29
    assert set(data.label.values) == {"SCAN Waimea_Plain"}


def test_hours_of_a_probe_become_days_with_enough_of_them(products, imported, row):
    data = imported("ismn", products / PROBE)
    day = row(data, time_start="2017-01-01")
    hours = [line.split() for line in (products / PROBE).read_text().splitlines()[:24]]
    good = [float(words[12]) for words in hours if words[13] == "G"]
    assert day.observed == pytest.approx(np.mean(good)) and day.n == len(good)


def test_a_cosmic_ray_probe_has_the_depth_of_its_middle(products, imported, counted):
    data = imported("ismn", products / COSMOS)
    assert set(data.depth.values) == {0.085}
    assert counted(data)["COSMOS Silver_Sword 0.085 m"]["kept"] == 14734


def test_carriage_returns_and_an_absent_flag_are_read(products, imported, row, counted):
    data = imported("ismn_header_values", products / NARBONNE, average="none")
    assert counted(data) == {"SMOSMANIA Narbonne 0.05 m": {"kept": 736, "flag D05": 5}}
    first = row(data, time_start="2007-01-01T01:00")
    assert first.observed == 0.214 and first.latitude == 43.15 and first.altitude == 112.0


def test_a_folder_of_the_ismn_gives_its_soil_moisture(products, imported):
    data = imported("ismn", products / "ismn")
    assert set(data.label.values) == {"SCAN Waimea_Plain", "COSMOS Silver_Sword"}


def test_rain_of_the_ismn_is_no_soil_moisture(products, ccdas, tmp_path):
    code, _, error = ccdas("data", "import", "ismn", products / RAIN, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "other-species" and "precipitation" in error


def test_moments_of_acquisition_fall_back_to_the_day():
    day = np.array(["2010-01-02", "2010-01-03"], dtype="datetime64[s]")
    moments = acquisition([3654.0, np.nan], [3600.0, np.nan], day)
    assert list(moments) == [np.datetime64("2010-01-02T01:00:00"), day[1]]


def test_a_missing_flag_has_no_bit():
    assert list(has_bit([8.0, 7.0, np.nan], 3)) == [True, False, False]
