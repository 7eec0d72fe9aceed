"""Relative paths of a configuration are those of the first folder that has the file."""

from pathlib import Path

from ccdas_framework.cli.options import settings
from ccdas_framework.config.paths import AbsolutePaths, existing_path


def test_a_folder_of_the_name_of_a_file_is_no_file(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    (first / "sm.nc").mkdir(parents=True)
    second.mkdir()
    (second / "sm.nc").write_bytes(b"CDF")
    folders = (first, second)
    assert existing_path("sm.nc", folders, file=True) == second / "sm.nc"
    assert existing_path("sm.nc", folders) == first / "sm.nc"
    assert existing_path("vod.nc", folders, file=True) == Path("vod.nc")
    paths = AbsolutePaths(None, folders)
    assert paths.of("sm.nc") == str((second / "sm.nc").resolve())
    assert paths.of(None, "vod.nc") is None


def test_a_path_of_the_command_line_is_that_of_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("sm.nc", "masks.nc", "jacobian.nc", "co2", "cells"):
        Path(name).write_bytes(b"CDF")
    Path("first").mkdir()
    own = {
        "streams.sm.observations": "sm.nc", "evaluation.sm.reference": "sm.nc",
        "inputs.forcing": "sm.nc", "targets.masks.mine.file": "masks.nc",
        "prior.run": "first", "inputs.folder": "first", "streams.co2.jacobian": "jacobian.nc",
    }  # fmt: skip
    found = settings([f"{key}={value}" for key, value in own.items()])
    assert found == {key: str(tmp_path / value) for key, value in own.items()}
    (mask,) = settings(["grid.select.mask=masks.nc:3"]).values()
    assert mask == f"{tmp_path / 'masks.nc'}:3"
    (mask,) = settings(["targets.a.mask=masks.nc"]).values()
    assert mask == str(tmp_path / "masks.nc")


def test_each_key_of_a_path_is_that_of_the_working_folder(tmp_path, monkeypatch):
    """Files without a suffix, folders of components, settings of a prior and of a recipe."""
    monkeypatch.chdir(tmp_path)
    for name in ("tables", "tables/part", "store.zarr", "2010.run"):
        Path(name).mkdir()
    for name in ("sm", "tables/b", "sites.csv"):
        Path(name).write_bytes(b"CDF")
    own = {
        "streams.sm.observations": "sm", "inputs.forcing": "sm", "evaluation.sm.reference": "sm",
        "streams.co2.jacobian": "store.zarr", "model.tables": "tables/part",
        "model.folder": "tables/",
        "sampler.file": "./sm", "prior.covariance": "tables/b", "prior": "2010.run",
        "inputs.settings.sites": "sites.csv", "targets.regions": "./sm",
    }  # fmt: skip
    found = settings([f"{key}={value}" for key, value in own.items()])
    assert found == {key: str(tmp_path / value) for key, value in own.items()}
    (mask,) = settings(["grid.select.mask=./sm:3"]).values()
    assert mask == f"{tmp_path / 'sm'}:3"


def test_paths_in_a_table_of_the_command_line_are_those_of_the_working_folder(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in ("sm.nc", "masks.nc", "co2"):
        Path(name).write_bytes(b"CDF")
    (streams,) = settings(['streams={"s.m" = {observations = "sm.nc", operator = "co2"}}']).values()
    assert streams == {"s.m": {"observations": str(tmp_path / "sm.nc"), "operator": "co2"}}
    (place,) = settings(['grid.select={mask = "masks.nc:3", label = "sm.nc"}']).values()
    assert place == {"mask": f"{tmp_path / 'masks.nc'}:3", "label": "sm.nc"}


def test_other_values_of_the_command_line_stay(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("co2", "cells", "title.txt"):
        Path(name).write_bytes(b"CDF")
    Path("bethy").mkdir()
    stays = {
        "streams.sm.observations": "elsewhere.nc",  # of the input files or beside the experiment
        "streams.mine.operator": "co2", "targets.regions": "cells", "time.days": 60,
        "experiment.title": "title.txt", "prior.run": "title.txt", "grid.select.cells": ["co2"],
        "inputs.folder": "", "model.name": "bethy", "grid.exclude.mask": "co2:1",
    }  # fmt: skip
    assert settings([f"{key}={value}" for key, value in stays.items()]) == stays


def test_a_text_that_is_too_long_for_a_path_stays():
    long = 300 * "b" + "/c"
    for key in ("inputs.forcing", "inputs.folder", "prior", "model.note", "grid.select.mask"):
        assert settings([f"{key}={long}"]) == {key: long}
