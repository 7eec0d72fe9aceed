"""netCDF files in several threads at once: the C libraries crash without a lock."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ccdas_framework import netcdf_lock, write_netcdf
from ccdas_framework.core.errors import Findings
from ccdas_framework.io.netcdf import open_netcdf


def rewritten(path, number):
    """Values of a file that is written, read and written again."""
    values = np.arange(2000.0) + number
    for _ in range(10):
        write_netcdf(path, {"level": ("obs", values, {"units": "mm"})}, {}, {})
        findings = Findings()
        file = open_netcdf(path, findings)
        assert file is not None and not findings
        values = file.in_units("level", "mm")
    return values


def test_threads_write_and_read_side_by_side(tmp_path):
    with ThreadPoolExecutor(6) as executor:
        paths = [tmp_path / f"{n}.nc" for n in range(6)]
        for number, values in enumerate(executor.map(rewritten, paths, range(6))):
            np.testing.assert_array_equal(values, np.arange(2000.0) + number)


def test_threads_may_write_one_file(tmp_path):
    path = tmp_path / "one.nc"
    columns = {"level": ("obs", np.arange(50.0), {"units": "mm"})}
    with ThreadPoolExecutor(6) as executor:
        list(executor.map(lambda _: write_netcdf(path, columns, {}, {}), range(12)))
    assert [p.name for p in tmp_path.iterdir()] == ["one.nc"]


def test_a_file_is_closed_once_it_is_read(tmp_path):
    path = tmp_path / "closed.nc"
    write_netcdf(path, {"level": ("obs", np.arange(5.0), {"units": "mm"})}, {}, {})
    file = open_netcdf(path, Findings())
    path.unlink()
    np.testing.assert_array_equal(file.in_units("level", "mm"), np.arange(5.0))


def test_one_thread_may_take_the_lock_twice():
    with netcdf_lock, netcdf_lock:
        pass
