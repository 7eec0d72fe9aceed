"""Relative paths of a configuration are those of the first folder that has the file."""

from pathlib import Path

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
