"""Names of products: where they are written, and what they replace."""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import xarray as xr
from findings import codes, raises_finding
from made_products import product_file

from ccdas_framework import write_product
from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.io.atomic import remove_unfinished
from ccdas_framework.products import product as product_module
from ccdas_framework.products.output_name import history_line, name_findings
from ccdas_framework.products.region_table import region_lines

HOST = re.sub(r"\W+", "-", platform.node())[:30]
GONE = 2**22 + 1  # no process has this number
KILLED_WHILE_WRITING = """
import os, signal, sys
from ccdas_framework.io.atomic import atomic_folder
with atomic_folder(sys.argv[1]) as folder:
    folder.mkdir()
    (folder / "zarr.json").write_text("{}")
    os.kill(os.getpid(), signal.SIGKILL)
"""
KILLED_WHILE_REPLACING = """
import os, signal, sys
from ccdas_framework.io import atomic
replace = os.replace
def killed(source, target):
    if ".unfinished" in str(source):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
os.replace = killed
with atomic.atomic_folder(sys.argv[1]) as folder:
    folder.mkdir()
"""
KILLED_WHILE_REMOVING = """
import os, shutil, signal, sys
from ccdas_framework.io import atomic
def killed(path, **options):
    os.kill(os.getpid(), signal.SIGKILL)
shutil.rmtree = killed
with atomic.atomic_folder(sys.argv[1]) as folder:
    folder.mkdir()
"""


def left_by(script, path):
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("script", [KILLED_WHILE_WRITING, KILLED_WHILE_REPLACING])
def test_a_killed_process_leaves_the_earlier_folder(tmp_path, script):
    path = tmp_path / "a.product.zarr"
    path.mkdir()
    (path / "earlier").touch()
    left_by(script, path)
    assert len(names_in(tmp_path)) == 2
    remove_unfinished(tmp_path, path.name)
    assert names_in(tmp_path) == [path.name] and names_in(path) == ["earlier"]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_replaced_folder_that_a_killed_process_left_is_removed(tmp_path):
    path = tmp_path / "product.zarr"
    path.mkdir()
    (path / "earlier").touch()
    left_by(KILLED_WHILE_REMOVING, path)
    assert len(names_in(tmp_path)) == 2
    remove_unfinished(tmp_path, path.name)
    assert names_in(tmp_path) == [path.name] and names_in(path) == []


@pytest.mark.parametrize("word", ["former", "unfinished"])
def test_folders_of_a_process_that_lives_stay(tmp_path, word):
    (tmp_path / "product.zarr").mkdir()
    lives = tmp_path / f".product.{HOST}.{os.getpid()}.1.{word}.zarr"
    elsewhere = tmp_path / f".product.{HOST}-2.{GONE}.1.{word}.zarr"  # another machine
    for folder in (lives, elsewhere):
        folder.mkdir()
    remove_unfinished(tmp_path, "product.zarr")
    assert lives.is_dir() and elsewhere.is_dir()
    os.utime(elsewhere, (0.0, 0.0))
    remove_unfinished(tmp_path, "product.zarr")
    assert lives.is_dir() and not elsewhere.exists()


def test_a_product_removes_what_is_left_of_its_name_alone(tmp_path, monkeypatch):
    """Before it computes, so that the disk has room."""

    def stopped(*args, **kwargs):
        raise InvalidExperiment([])

    monkeypatch.setattr(product_module, "load_experiment", stopped)
    monkeypatch.setattr(product_module, "previous_run", lambda folder: SimpleNamespace(x={}))
    monkeypatch.setattr(product_module, "_covariance", lambda folder: {})
    left = [f".{name}.{HOST}.{GONE}.1.unfinished.nc" for name in ("a", "b", "a.b")]
    for name in left:
        (tmp_path / name).touch()
    with pytest.raises(InvalidExperiment):
        write_product(tmp_path, tmp_path / "a.nc")
    assert names_in(tmp_path) == sorted(left[1:])


def test_products_and_new_names_are_accepted(tmp_path):
    pytest.importorskip("zarr")
    for name in ("store.zarr", "file.nc"):
        product_file(tmp_path / name)
    (tmp_path / "empty.zarr").mkdir()
    (tmp_path / "empty.nc").touch()
    for name in ("store.zarr", "empty.zarr", "new.zarr", "file.nc", "empty.nc", "new.nc"):
        assert not name_findings(tmp_path / name)


def test_what_is_no_product_is_refused(tmp_path):
    pytest.importorskip("zarr")
    store, other, forcing, file = (
        tmp_path / f"{name}.zarr" for name in ("store", "other", "forcing", "file")
    )
    product_file(store)
    other.mkdir()
    xr.Dataset({"rain": ("time", [1.0])}).to_zarr(forcing)
    xr.Dataset({"rain": ("time", [1.0])}).to_netcdf(tmp_path / "forcing.nc")
    for path in (other / "thesis.tex", store / "notes.txt", file, tmp_path / "experiment.toml"):
        path.write_text("text")
    for path, code in (
        (other, "foreign-folder"), (store, "foreign-folder"), (forcing, "foreign-folder"),
        (file, "wrong-option"), (tmp_path, "wrong-option"),
        (tmp_path / "experiment.toml", "foreign-file"), (tmp_path / "forcing.nc", "foreign-file"),
    ):  # fmt: skip
        assert codes(name_findings(path)) == [(code, "--out")]


def test_stores_in_a_folder_and_files_in_an_array_are_no_product(tmp_path):
    pytest.importorskip("zarr")
    archive, store = tmp_path / "archive.zarr", tmp_path / "store.zarr"
    product_file(archive / "a.zarr")
    product_file(store)
    (store / "gpp" / "notes.txt").write_text("")
    for path in (archive, store):
        assert codes(name_findings(path)) == [("foreign-folder", "--out")]


@pytest.mark.parametrize("newest", [0, 1])
def test_a_file_that_another_program_made_of_a_product_is_none(tmp_path, newest):
    """Programs add the newest line before or after the others."""
    path = product_file(tmp_path / "product.nc")
    lines = [history_line(Path("runs/demo"))]
    lines.insert(newest, "Mon Nov 30 10:00:00 2026: cdo yearmean product.nc annual.nc")
    for name, history in (
        ("annual", "\n".join(lines)),
        ("named", "Mon Nov 30 10:00:00 2026: cdo yearmean ccdas product.nc annual.nc"),
    ):
        other = tmp_path / f"{name}.nc"
        with xr.open_dataset(path) as data:
            data.assign_attrs(history=history).to_netcdf(other)
        assert codes(name_findings(other)) == [("foreign-file", "--out")]


def test_a_run_of_any_name_makes_a_product(tmp_path):
    with xr.open_dataset(product_file(tmp_path / "product.nc")) as data:
        for number, name in enumerate(("demo", "two words", "two\nlines", ".")):
            path = tmp_path / f"{number}.nc"
            data.assign_attrs(history=history_line(Path(name))).to_netcdf(path)
            assert not name_findings(path)


@pytest.mark.skipif(os.name != "posix", reason="devices, pipes and links of POSIX")
def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    pytest.importorskip("zarr")
    os.mkfifo(tmp_path / "pipe.nc")
    os.mkfifo(tmp_path / "pipe.zarr")
    os.symlink("/dev/null", tmp_path / "device.nc")
    for suffix in (".zarr", ".nc"):
        os.symlink(f"loop{suffix}", tmp_path / f"loop{suffix}")
        # The second leaves no room for the name of the temporary file.
        for name in (f"pipe{suffix}", f"loop{suffix}", "a" * 300 + suffix, "a" * 245 + suffix):
            found = name_findings(tmp_path / name)
            assert codes(found) == [("wrong-option", "--out")], name
    for name in ("device.nc", f"{'a' * 300}/product.nc", "loop.nc/product.nc"):
        assert codes(name_findings(tmp_path / name)) == [("wrong-option", "--out")], name


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "wrong-option"), ("missing/a.csv", "missing-folder"), ("a" * 300, "wrong-option")],
)  # fmt: skip
def test_a_table_of_regions_has_the_same_findings(tmp_path, name, code):
    with raises_finding(code, "--regions"):
        region_lines(tmp_path, tmp_path / name)


@pytest.mark.parametrize("name", ["product.nc", "product.zarr"])
def test_a_folder_that_is_missing_or_takes_no_file_is_refused(tmp_path, name):
    pytest.importorskip("zarr")
    (tmp_path / "file").touch()
    for parent in ("missing", "file", "file/below"):
        found = name_findings(tmp_path / parent / name)
        assert codes(found) == [("missing-folder", "--out")]
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.name == "posix" and os.getuid() == 0:  # may write to any folder but those of the kernel
        shutil.rmtree(closed)
        os.symlink("/proc", closed)
    assert codes(name_findings(closed / name)) == [("folder-not-writable", "--out")]
    with raises_finding("folder-not-writable", "--regions"):
        region_lines(tmp_path, closed / "regions.csv")
