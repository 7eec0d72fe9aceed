"""XCO2 of TCCON and OCO-2: values, kernels and weights read by hand, and a run of the operator."""

import netCDF4
import numpy as np
import pytest
import xarray as xr

TCCON = "tccon/hw20230402_20230402.public.qc.nc"
OCO = "xco2_reprocessed/oco2-spectrometer_oco2_20150131-336_co2-column.nc"


def test_a_spectrum_has_its_value_error_and_kernel(products, imported):
    data = imported("tccon", products / TCCON, average="none")
    with netCDF4.Dataset(products / TCCON) as file:
        assert data.sizes == {"obs": 64, "level": 51}
        np.testing.assert_allclose(data.observed, file["xco2_x2019"][:], rtol=1e-7)
        np.testing.assert_allclose(data.averaging_kernel, file["ak_xco2"][:], rtol=1e-7)
        pressure = file["prior_pressure"][:].astype(float) * 1013.25
        np.testing.assert_allclose(data.level_pressure, pressure, rtol=1e-6)
        # TCCON's column average of a profile is the integration operator times the profile in wet
        # air; the file states that of the prior profile, which agrees within 0.03 ppm
        column = (data.pressure_weight * data.prior_profile).sum("level")
        np.testing.assert_allclose(column, file["prior_xco2_x2019"][:], rtol=7e-5)
    assert data.observed[0] == pytest.approx(420.8568) and data.observed_sd[0] == pytest.approx(
        1.3101459
    )
    np.testing.assert_allclose(data.pressure_weight.sum("level"), 1.0, rtol=3e-3)
    assert str(data.label.values[0]) == "harwell01" and data.altitude[0] == pytest.approx(142.0)
    assert set(data.scale.values) == {"X2019"}


def test_the_former_scale_has_its_own_values_and_weights(products, imported):
    data = imported("tccon", products / TCCON, average="none", scale="X2007")
    assert data.observed[0] == pytest.approx(420.81) and set(data.scale.values) == {"X2007"}


def test_a_day_is_the_mean_of_its_spectra_and_kernels(products, imported):
    single = imported("tccon", products / TCCON, average="none")
    day = imported("tccon", products / TCCON)
    assert day.sizes["obs"] == 1 and int(day.n[0]) == 64
    np.testing.assert_allclose(day.observed[0], single.observed.mean(), rtol=1e-9)
    np.testing.assert_allclose(day.averaging_kernel[0], single.averaging_kernel.mean("obs"))
    assert day.observed_sd[0] == pytest.approx(float(np.sqrt((single.observed_sd**2).mean())))
    assert str(day.time_start.values[0])[:10] == "2023-04-02"


def test_a_site_that_moved_is_two_places(products, copied, imported):
    """Half of the spectra are made to come from 22 km farther north, others from 2 km."""
    path = copied(products / TCCON)
    with xr.open_dataset(path, decode_cf=False) as file:
        data = file.load()
    move = np.repeat([0.0, 0.02, 0.2], [16, 16, 32])
    data["lat"] = data["lat"].copy(data=data["lat"].values + move)
    data.to_netcdf(path)
    made = imported("tccon", path).sortby("latitude")
    assert "harwell01 has 2 places" in imported.said
    north = float(data["lat"][0])
    assert made.sizes["obs"] == 2 and list(made.n) == [32, 32]
    np.testing.assert_allclose(made.latitude, [north, north + 0.2], atol=0.021)
    assert [str(label)[:16] for label in made.label.values] == [
        f"harwell01 {north + move:.2f} " for move in (0.0, 0.2)
    ]
    single = imported("tccon", products / TCCON, average="none")
    np.testing.assert_allclose(made.observed[1], single.observed[32:].mean(), rtol=1e-7)


@pytest.mark.parametrize(("error", "places"), [(9.0, 1), (1.0, 2)])
def test_a_place_has_a_spectrum_that_passes_the_filter(products, copied, imported, error, places):
    """A spectrum is made to come from 22 km farther north, with an error above 5 ppm or below."""
    path = copied(products / TCCON)
    with xr.open_dataset(path, decode_cf=False) as file:
        data = file.load()
    for name, value in (("lat", float(data["lat"][0]) + 0.2), ("xco2_error_x2019", error)):
        values = data[name].values.copy()
        values[3] = value
        data[name] = data[name].copy(data=values)
    data.to_netcdf(path)
    made = imported("tccon", path)
    assert made.sizes["obs"] == places and ("2 places" in imported.said) == (places == 2)
    assert int(made.n.sum()) == (63 if places == 1 else 64)
    assert ("harwell01" in made.label.values) == (places == 1)


def test_profiles_of_three_hours_belong_to_their_spectra(products, copied, imported, ccdas):
    """The first files of GGG2020 have fewer profiles, with an index; made of the sample."""
    single = imported("tccon", products / TCCON, average="none")
    path = copied(products / TCCON)
    with xr.open_dataset(path, decode_cf=False) as file:
        data = file.load()
    names = ("prior_co2", "prior_h2o", "prior_pressure")
    for name in names:
        array = data[name]
        few = array.values[[0, 40]]
        data = data.drop_vars(name).assign({name: (("prior_time_x", array.dims[1]), few,
                                                   array.attrs)})  # fmt: skip
    data["prior_index"] = ("time", np.where(np.arange(64) < 32, 0, 1).astype("int16"))
    data.to_netcdf(path)
    made = imported("tccon", path, average="none")
    np.testing.assert_allclose(made.prior_profile[0], single.prior_profile[0], rtol=1e-7)
    np.testing.assert_allclose(made.prior_profile[63], single.prior_profile[40], rtol=1e-7)
    data.drop_vars("prior_index").to_netcdf(path)
    code, _, _ = ccdas("data", "import", "tccon", path, "--out", path.with_name("x.nc"))
    assert code == 2 and ccdas.findings[0][0] == "wrong-version"


def test_another_version_of_tccon_is_refused(products, copied, ccdas, tmp_path):
    path = copied(products / TCCON)
    with xr.open_dataset(path, decode_cf=False) as file:
        data = file.load()
    data.attrs = {
        k: str(v).replace("GGG2020", "GGG2014").replace("ggg2020", "ggg2014")
        for k, v in data.attrs.items()
    }
    data.to_netcdf(path)
    code, _, _ = ccdas("data", "import", "tccon", path, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][0] == "wrong-version"


def test_a_sounding_of_oco2_in_the_layout_of_lite_files(products, imported):
    data = imported("oco2_lite", products / OCO, good_only="false", box=0)
    assert data.sizes == {"obs": 1, "level": 20}
    assert data.observed[0] == pytest.approx(399.24) and set(data.scale.values) == {"X2007"}
    assert data.averaging_kernel.values[0, 0] == pytest.approx(0.23053122)
    assert data.prior_profile.values[0, 1] == pytest.approx(388.6339)
    np.testing.assert_allclose(data.pressure_weight.sum("level"), 1.0, atol=1e-4)
    assert data.level_pressure.values[0, 1] == pytest.approx(53.3087692)  # space to surface


def test_soundings_of_a_box_become_one(products, copied, imported):
    """Three soundings in the layout of the sample, made: of two boxes, one of them refused."""
    path = copied(products / OCO)
    with xr.open_dataset(path, decode_times=False) as file:
        one = file.load()
    many = xr.concat([one, one, one, one], dim="time")
    many["lat"] = ("time", np.float32([53.1, 53.9, 54.5, 53.2]), one.lat.attrs)
    many["xco2"] = ("time", np.float32([399.0, 401.0, 410.0, 450.0]), one.xco2.attrs)
    many["xco2_quality_flag"] = ("time", np.int8([0, 0, 0, 1]))
    many.to_netcdf(path)
    data = imported("oco2_lite", path)
    np.testing.assert_allclose(data.observed, [400.0, 410.0])
    np.testing.assert_allclose(data.latitude, [53.5, 54.5])
    assert list(data.n) == [2, 1] and "not 0" in imported.said


def test_a_file_without_flags_is_refused(products, ccdas, tmp_path):
    code, _, _ = ccdas("data", "import", "oco2_lite", products / OCO, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings[0][1].endswith("xco2_quality_flag")
