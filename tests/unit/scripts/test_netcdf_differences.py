"""The comparison of two commits notices every bit, and nothing else."""

import importlib.util
import shutil
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"


@pytest.fixture(scope="module")
def scripts():
    """Both scripts as modules: (netcdf_differences, compare_commits)."""
    names = ("alone", "compared_runs", "netcdf_differences", "compare_commits")
    for name in names:
        spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    yield sys.modules["netcdf_differences"], sys.modules["compare_commits"]
    for name in names:
        del sys.modules[name]


@pytest.fixture
def files(tmp_path):
    """Two equal files with a group, NaN, integers and text."""
    old, new = tmp_path / "old.nc", tmp_path / "new.nc"
    with netCDF4.Dataset(old, "w") as data:
        data.title = "Two years, 3 streams"
        data.createDimension("obs", 3)
        data.createDimension("time", None)
        group = data.createGroup("co2")
        values = group.createVariable("simulated", "f8", ("obs",))
        values.units = "ppm"
        values[:] = [380.0, np.nan, 0.0]
        packed = group.createVariable("packed", "i2", ("obs",))
        packed.scale_factor = 0.1
        packed.set_auto_maskandscale(False)
        packed[:] = [1, 2, 3]
        station = group.createVariable("station", str, ("obs",))
        station[:] = np.array(["ALT", "MLO", "SPO"], object)
    shutil.copy(old, new)
    return old, new


def changed(files, change):
    with netCDF4.Dataset(files[1], "a") as data:
        data.set_auto_maskandscale(False)
        change(data)


def differences(scripts, files, **options):
    return [(d.kind, d.name, d.place) for d in scripts[0].file_differences(*files, **options)]


def test_a_copy_is_equal_and_nan_equals_nan(scripts, files):
    assert differences(scripts, files) == []


def set_value(name, value):
    def change(data):
        data["co2"][name][2] = value

    return change


@pytest.mark.parametrize(
    ("name", "value"),
    [("simulated", 5e-324), ("simulated", -0.0), ("packed", 4), ("station", "SPo")],
    ids=["last bit", "sign of zero", "stored integer", "text"],
)
def test_a_changed_value_is_noticed(scripts, files, name, value):
    changed(files, set_value(name, value))
    assert differences(scripts, files) == [("values", name, f"/co2/{name}/")]


def test_the_last_bit_of_a_value_is_noticed(scripts, files):
    changed(files, lambda data: data["co2"]["simulated"].__setitem__(0, np.nextafter(380.0, 0)))
    (difference,) = scripts[0].file_differences(*files)
    assert difference.kind == "values" and difference.detail.startswith("1 of 3")


def test_nan_of_other_bits_equals_nan(scripts, files):
    other = np.array([0xFFF8000000000001], np.uint64).view(float)[0]
    changed(files, lambda data: data["co2"]["simulated"].__setitem__(1, other))
    assert differences(scripts, files) == []


def test_nan_for_a_number_is_noticed(scripts, files):
    changed(files, set_value("simulated", np.nan))
    assert differences(scripts, files) == [("values", "simulated", "/co2/simulated/")]


def test_attributes_are_compared(scripts, files):
    def change(data):
        data.title = "Two years"
        data["co2"]["simulated"].setncattr("valid_min", 0.0)
        data["co2"]["packed"].scale_factor = np.float32(0.1)

    changed(files, change)
    assert differences(scripts, files) == [
        ("attribute", "title", "/"),
        ("attribute", "valid_min", "/co2/simulated/"),
        ("attribute", "scale_factor", "/co2/packed/"),
    ]


def test_folders_of_the_two_sides_are_left_out_of_attributes(scripts, files):
    for path, folder in zip(files, ("/one", "/two"), strict=True):
        with netCDF4.Dataset(path, "a") as data:
            data.source = f"made from {folder}/forcing.nc"
    assert differences(scripts, files, folders=("/one", "/two")) == []


def test_missing_variables_groups_and_dimensions_are_noticed(scripts, files):
    def change(data):
        data.createDimension("cell", 2)
        data.createVariable("area", "f8", ("cell",))
        data.createGroup("sm")

    changed(files, change)
    expected = [("dimension", "cell", "/"), ("variable", "area", "/"), ("group", "sm", "/")]
    assert differences(scripts, files) == expected
    assert differences(scripts, files[::-1]) == expected


def test_another_type_or_unlimited_dimension_is_noticed(scripts, files):
    files[1].unlink()
    with netCDF4.Dataset(files[1], "w") as data:
        data.title = "Two years, 3 streams"
        data.createDimension("obs", 3)
        data.createDimension("time", 1)
        data.createGroup("co2").createVariable("simulated", "f4", ("obs",)).units = "ppm"
    differing = differences(scripts, files)
    assert ("dimension", "time", "/") in differing
    assert ("type", "simulated", "/co2/simulated/") in differing


def allowed(scripts, kind, name, old, new):
    netcdf, commits = scripts
    difference = netcdf.Difference(kind, name, "/", "", (old, new))
    return any(exception.covers(difference) for exception in commits.ALLOWED)


def test_a_sentence_may_change_and_its_numbers_may_not(scripts):
    text = "12 of 100 directions"
    assert allowed(scripts, "attribute", "message", text, "of 100 directions, 12")
    assert not allowed(scripts, "attribute", "message", text, "13 of 100 directions")
    assert not allowed(scripts, "attribute", "message", text, None)
    assert not allowed(scripts, "attribute", "scale", 1.0, 2.0)
    assert not allowed(scripts, "attribute", "units", "K", "degC")
    assert allowed(scripts, "values", "message", text, "of 100 directions, 12")
    assert not allowed(scripts, "values", "label", "ALT", "MLO")


def test_new_attributes_are_allowed_by_name_and_only_when_added(scripts):
    assert allowed(scripts, "attribute", "data_kind", None, "synthetic")
    assert not allowed(scripts, "attribute", "data_kind", "synthetic", None)
    assert not allowed(scripts, "attribute", "other", None, "synthetic")
    assert not allowed(scripts, "values", "data_kind", None, None)


def test_evaluations_are_allowed_where_the_old_side_lacks_them(scripts, files):
    def change(data):
        data.optimiser = "lbfgsb"
        data.createDimension("evaluation", 1)
        data.createDimension("iteration", 2)
        data.createVariable("evaluation", str, ("evaluation",))
        data.createVariable("evaluations", "i8", ("iteration", "evaluation"))
        data.createVariable("model_runs", "f8", ("iteration",))[:] = [1.0, 5.0]

    changed(files, change)
    netcdf, commits = scripts
    left = [d.name for d in netcdf.file_differences(*files) if not commits.reason_for(d)]
    assert left == ["iteration"]
    gone = [d.name for d in netcdf.file_differences(*files[::-1]) if not commits.reason_for(d)]
    assert {"optimiser", "evaluation", "evaluations", "model_runs"} <= set(gone)
    shutil.copy(files[1], files[0])
    changed(files, lambda data: data["model_runs"].__setitem__(1, 6.0))
    assert [d.name for d in netcdf.file_differences(*files) if not commits.reason_for(d)] == [
        "model_runs"
    ]


def test_a_file_of_one_side_alone_is_a_difference(scripts, files, tmp_path):
    for side, names in (("a", ["x.nc", "log.txt"]), ("b", ["x.nc", "more.txt"])):
        (tmp_path / side).mkdir()
        for name in names:
            shutil.copy(files[0], tmp_path / side / name)
    (tmp_path / "b" / "x.nc").unlink()
    shutil.copy(files[0], tmp_path / "b" / "x.nc")
    differing = dict(scripts[1].run_differences(tmp_path / "a", tmp_path / "b", ()))
    assert differing["x.nc"] == []
    assert [d.kind for d in differing["log.txt"] + differing["more.txt"]] == ["file", "file"]
