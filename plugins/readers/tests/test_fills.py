"""Fills of values are no fills of positions, and flags of any shape are read."""

import numpy as np
import pytest
import xarray as xr
from ccdas_readers.co2.obspack import ObsPack

NAMES = (
    "site_gaw_id year month day hour minute second value value_unc latitude longitude altitude "
    "QCflag"
)  # fmt: skip


def station(path, flags):
    """A file of the WDCGG of made flasks at 9 degrees south, 0.99 degrees west."""
    keys = ["# header_lines : 7", "# dataset_parameter : co2", "# value:units : ppm",
            "# dataset_time_zone : UTC", "# site_elevation : 10", "# scale_1_name : WMO X2019",
            f"# {NAMES}"]  # fmt: skip
    rows = [f"ABC 2020 1 {day + 1} 12 0 0 410.0 0.1 -9.0 -0.99 20.0 {flag}"
            for day, flag in enumerate(flags)]  # fmt: skip
    path.write_text("\n".join([*keys, *rows]) + "\n")
    return path


def test_a_latitude_of_minus_9_is_a_position_and_a_flag_of_minus_9_is_none(
    imported, counted, tmp_path
):
    data = imported("wdcgg", station(tmp_path / "co2_abc.txt", [1, -9, 3, 2]))
    assert set(data.latitude.values) == {-9.0} and set(data.longitude.values) == {-0.99}
    assert counted(data) == {
        "ABC co2": {"kept": 2, "without a quality flag": 1, "invalid (QCflag 3)": 1}
    }


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_flags_of_obspack_may_have_a_second_dimension(tmp_path, shape):
    path = tmp_path / "x.nc"
    flags = np.array([b"O", b"X", b"O"], dtype="S1").reshape(shape)
    data = xr.Dataset({"qc_flag": (("time", "one")[: len(shape)], flags)})
    data.to_netcdf(path)
    (drop,) = ObsPack()._drops(path, data)
    assert list(drop[1]) == [False, True, False]


def test_a_file_without_errors_is_drawn_and_a_missing_folder_refused(imported, ccdas, tmp_path):
    pytest.importorskip("matplotlib")
    imported("wdcgg", station(tmp_path / "co2_abc.txt", [1, 2]))
    file = tmp_path / "without.nc"
    xr.load_dataset(imported.path).drop_vars("observed_sd").to_netcdf(file)
    code, _, error = ccdas("data", "plot", file, "--out", tmp_path / "x.png")
    assert code == 0 and (tmp_path / "x.png").stat().st_size, error
    code, _, _ = ccdas("data", "plot", file, "--out", tmp_path / "no" / "x.png")
    assert code == 2 and ccdas.findings == [("missing-folder", "--out")]
