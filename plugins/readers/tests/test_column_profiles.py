"""Profiles, scales and boxes of column averages: what is refused or left out; made soundings."""

from weakref import ref

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from ccdas_readers.columns.profiles import Columns, column_data

from ccdas_framework import InvalidInput

LAYERS = 4
PROFILES = {"averaging_kernel": 1.0, "pressure_weight": 1.0 / LAYERS, "prior_profile": 400.0,
            "level_pressure": 500.0}  # fmt: skip


def columns(path, **changes):
    """Three soundings; a change is a number for all of them or an array."""
    when = np.datetime64("2020-03-01", "s") + np.arange(3)
    frame = pd.DataFrame({
        "values": np.full(3, 410.0), "sd": 1.0, "start": when, "end": when, "latitude": 50.0,
        "longitude": 10.0, "altitude": np.nan, "label": "place", "scale": "X2019",
    })  # fmt: skip
    profiles = {n: np.array(np.broadcast_to(v, (3, LAYERS))) for n, v in PROFILES.items()}
    for name, value in changes.items():
        value = np.asarray(value, dtype=float)
        profiles[name] = value if value.ndim else np.full((3, LAYERS), float(value))
    return Columns(path, frame, profiles)


def data_of(one):
    return column_data([one], "none", product="", version="", notes=[], credits="")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"averaging_kernel": 100.0}, "wrong-units"),
        ({"prior_profile": 4e-4}, "wrong-units"),  # a mole fraction, not ppm
        ({"level_pressure": 5e4}, "wrong-units"),  # Pa, not hPa
        ({"pressure_weight": np.full((3, LAYERS + 1), 0.2)}, "wrong-grid"),
        ({"prior_profile": np.full((2, LAYERS), 400.0)}, "wrong-grid"),
        ({"prior_profile": np.full(LAYERS, 400.0)}, "wrong-grid"),
    ],
)
def test_profiles_that_cannot_be_are_refused(tmp_path, change, code):
    with pytest.raises(InvalidInput) as error:
        data_of(columns(tmp_path / "x.nc", **change))
    (name,) = change
    assert (error.value.code, error.value.where) == (code, f"x.nc: {name}")


def test_a_sounding_with_a_kernel_that_cannot_be_is_left_out(tmp_path):
    kernel = np.ones((3, LAYERS))
    kernel[1, 2] = -999.0
    data = data_of(columns(tmp_path / "x.nc", averaging_kernel=kernel))
    assert data.dataset.sizes["obs"] == 2 and float(data.dataset.averaging_kernel.min()) == 1.0
    assert sum(data.series[0].dropped.values()) == 1


def test_files_are_averaged_one_at_a_time(tmp_path):
    """A year of Lite files has 20 GB of profiles, and their means have few."""
    alive = []

    def files():
        for n in range(4):
            assert sum(ref() is not None for ref in alive) <= 1
            one = columns(tmp_path / f"{n}.nc", prior_profile=400.0 + n)
            one.frame["label"] = f"place {n}"
            alive.append(ref(one))
            yield one
            del one

    data = column_data(files(), "day", product="", version="", notes=[], credits="").dataset
    assert list(data.n) == [3] * 4
    for label, prior in zip(data.label.values, data.prior_profile.values[:, 0], strict=True):
        assert prior == 400.0 + int(label.split()[1])


def lite(path, latitude=50.2, longitude=10.4, comment="", levels=LAYERS, **attributes):
    """A Lite file of one sounding."""

    def profile(value):
        return (("sounding_id", "levels"), np.full((1, LAYERS), value))

    def one(value, units):
        return ("sounding_id", [value], {"units": units})

    xr.Dataset({
        "xco2": ("sounding_id", [410.0], {"units": "ppm", "comment": comment}),
        "xco2_uncertainty": one(0.5, "ppm"), "xco2_quality_flag": ("sounding_id", np.int8([0])),
        "latitude": one(latitude, "degrees_north"), "longitude": one(longitude, "degrees_east"),
        "time": ("sounding_id", [100.0], {"units": "days since 2019-01-01"}),
        "xco2_averaging_kernel": profile(1.0), "pressure_weight": profile(1.0 / LAYERS),
        "co2_profile_apriori": (*profile(400.0), {"units": "ppm"}),
        "pressure_levels": (("sounding_id", "levels_of_pressure"), np.full((1, levels), 500.0),
                            {"units": "hPa"}),
    }, attrs=attributes).to_netcdf(path)  # fmt: skip
    return path


@pytest.mark.parametrize(
    ("name", "settings", "scale"),
    [
        ("x.nc", {}, "not stated"),
        ("x.nc", {"comment": "on the scale X2019"}, "X2019"),
        ("x.nc", {"comment": "on the scale WMO X2007"}, "X2007"),
        ("oco2_LtCO2_190411_B10206Ar_200801000000s.nc4", {}, "X2007"),
        ("x.nc", {"BuildId": "B10.0.04"}, "X2007"),
        ("oco2_LtCO2_190411_B11210Ar_240820000231s.nc4", {}, "not stated"),
    ],
)
def test_the_scale_of_a_lite_file_is_that_of_its_text_or_version(
    imported, tmp_path, name, settings, scale
):
    assert set(imported("oco2_lite", lite(tmp_path / name, **settings)).scale.values) == {scale}


@pytest.mark.parametrize(
    ("place", "box", "centre"),
    [
        ((50.2, 180.0), 1, (50.5, -179.5)), ((50.2, -180.0), 1, (50.5, -179.5)),
        ((50.2, 359.2), 1, (50.5, -0.5)), ((90.0, 0.0), 1, (89.5, 0.5)),
        ((-90.0, 0.0), 1, (-89.5, 0.5)), ((89.0, 179.0), 28, (90.0, 182.0 - 360.0)),
    ],
)  # fmt: skip
def test_boxes_at_the_date_line_and_the_poles_lie_on_the_earth(
    imported, tmp_path, place, box, centre
):
    data = imported("oco2_lite", lite(tmp_path / "x.nc", *place), box=box)
    assert (float(data.latitude[0]), float(data.longitude[0])) == centre


def test_pressures_on_other_levels_are_refused(ccdas, tmp_path):
    path = lite(tmp_path / "x.nc", levels=LAYERS + 1)
    code, _, error = ccdas("data", "import", "oco2_lite", path, "--out", tmp_path / "out.nc")
    assert code == 2 and ccdas.findings == [("wrong-grid", "x.nc: level_pressure")], error


def test_levels_of_tccon_that_differ_are_refused(products, ccdas, tmp_path):
    path = products / "tccon/hw20230402_20230402.public.qc.nc"
    with xr.open_dataset(path, decode_cf=False) as file:
        data = file.load()
    short = data.prior_co2[:, :-1].rename({data.prior_co2.dims[1]: "fewer"})
    data.drop_vars("prior_co2").assign(prior_co2=short).to_netcdf(tmp_path / "x.nc")
    code, _, error = ccdas("data", "import", "tccon", tmp_path / "x.nc", "--out", tmp_path / "o.nc")
    assert code == 2 and ccdas.findings == [("wrong-grid", "x.nc: prior_co2")], error
