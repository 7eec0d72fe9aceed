"""Published data: catalogue, and downloads from a server on this machine."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from findings import raises_finding

from ccdas_framework.core.errors import InvalidInput, PluginError, UnknownComponent
from ccdas_framework.experiment import published_data, shipped_experiments
from ccdas_framework.experiment.published_data import (
    ASK,
    CONVERT,
    FETCHED,
    OTHER,
    PRESENT,
    PublishedFile,
    fetch,
    published_files,
    read_catalogue,
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Nothing on standard error."""


@pytest.fixture
def server(tmp_path):
    """Folder that a server on 127.0.0.1 shows, and its address."""
    pytest.importorskip("pooch")
    folder = tmp_path / "served"
    folder.mkdir()
    running = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def a_file(content=b"1,2\n", **changes):
    values = {
        "path": "land/map.csv", "experiments": ["ten_sites"], "title": "a map",
        "origin": "a producer", "licence": "CC BY 4.0",
        "sha256": hashlib.sha256(content).hexdigest(), **changes,
    }  # fmt: skip
    return PublishedFile(**values)


@pytest.fixture
def needed(monkeypatch):
    """Set the files that an experiment needs."""

    def call(*files):
        monkeypatch.setattr(published_data, "published_files", lambda experiment: files)

    return call


def test_a_mirror_gives_a_file_with_its_checksum(server, needed, tmp_path):
    folder, address = server
    (folder / "land").mkdir()
    (folder / "land/map.csv").write_bytes(b"1,2\n")
    needed(a_file())
    (state,) = fetch("ten_sites", tmp_path / "data", mirror=address)
    assert state.state == FETCHED and state.is_usable
    assert (tmp_path / "data/land/map.csv").read_bytes() == b"1,2\n"
    (state,) = fetch("ten_sites", tmp_path / "data")
    assert state.state == PRESENT


def test_another_content_is_refused_and_leaves_no_file(server, needed, tmp_path):
    folder, address = server
    (folder / "land").mkdir()
    (folder / "land/map.csv").write_bytes(b"1,3\n")
    needed(a_file())
    with pytest.raises(InvalidInput) as error:
        fetch("ten_sites", tmp_path / "data", mirror=address)
    assert error.value.code == "other-checksum"
    assert error.value.where == f"{address}/land/map.csv"
    assert not (tmp_path / "data/land/map.csv").exists()


def test_a_file_that_the_server_lacks_is_named(server, needed, tmp_path):
    needed(a_file())
    with pytest.raises(InvalidInput) as error:
        fetch("ten_sites", tmp_path / "data", mirror=server[1])
    assert (error.value.code, error.value.where) == ("no-download", f"{server[1]}/land/map.csv")


def test_originals_are_downloaded_beside_the_data(server, needed, tmp_path):
    folder, address = server
    (folder / "raw.csv").write_bytes(b"raw")
    needed(a_file(originals=[f"{address}/raw.csv"], conversion="units"))
    (state,) = fetch("ten_sites", tmp_path / "data")
    assert state.state == CONVERT and not state.is_usable and "units" in state.message
    assert (tmp_path / "data/originals/map/raw.csv").read_bytes() == b"raw"


def test_a_list_downloads_nothing(server, needed, tmp_path):
    needed(a_file(originals=[f"{server[1]}/none.csv"]), a_file(path="b.nc", ask="the producer"))
    first, second = fetch("ten_sites", tmp_path / "data", download=False)
    assert first.state == CONVERT and second.state == ASK and second.message == "the producer"
    assert not (tmp_path / "data").exists()


def test_a_present_file_of_other_content_is_named(needed, tmp_path):
    (tmp_path / "land").mkdir()
    (tmp_path / "land/map.csv").write_bytes(b"other")
    needed(a_file())
    (state,) = fetch("ten_sites", tmp_path)
    assert state.state == OTHER and not state.is_usable


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_folder_is_a_mirror_and_replaces_other_content(needed, tmp_path, prefix):
    for folder, content in (("data", b""), ("mirror", b"1,2\n")):
        (tmp_path / folder / "land").mkdir(parents=True)
        (tmp_path / folder / "land/map.csv").write_bytes(content)
    needed(a_file())
    mirror = f"{prefix}{tmp_path / 'mirror'}"
    (state,) = fetch("ten_sites", tmp_path / "data", mirror, download=False)
    assert state.state == OTHER
    (state,) = fetch("ten_sites", tmp_path / "data", mirror)
    assert state.state == FETCHED
    assert (tmp_path / "data/land/map.csv").read_bytes() == b"1,2\n"


@pytest.mark.parametrize(("content", "code"), [(b"1,3\n", "other-checksum"), (None, "no-download")])
def test_a_folder_with_another_file_or_none_is_refused(needed, tmp_path, content, code):
    (tmp_path / "mirror/land").mkdir(parents=True)
    path = tmp_path / "mirror/land/map.csv"
    if content is not None:
        path.write_bytes(content)
    needed(a_file())
    with raises_finding(code, path, InvalidInput):
        fetch("ten_sites", tmp_path / "data", str(tmp_path / "mirror"))
    assert not (tmp_path / "data/land/map.csv").exists()


@pytest.mark.parametrize("address", ["example.org/data", "htp://example.org", "file:///no/folder"])
def test_a_wrong_address_of_a_mirror_is_named(needed, tmp_path, address):
    needed(a_file())
    with raises_finding("wrong-value", "--from", InvalidInput):
        fetch("ten_sites", tmp_path / "data", address)


def test_an_unknown_experiment_is_refused():
    with pytest.raises(UnknownComponent) as error:
        published_files("ten_sitse")
    assert (error.value.code, error.value.where) == ("unknown-experiment", "ten_sitse")


def test_a_broken_catalogue_is_named(tmp_path):
    path = tmp_path / "published_data.toml"
    path.write_text("[[file]]\npath = 'a.nc'\n")
    with pytest.raises(PluginError) as error:
        read_catalogue(path)
    assert (error.value.code, error.value.where) == ("broken-plugin", str(path))


def test_every_file_of_the_experiments_says_its_origin_terms_and_the_way_to_it():
    without = {"demo", "twin_ten_sites"}
    for name in shipped_experiments():
        files = published_files(name)
        assert bool(files) == (name not in without), name
        for file in files:
            assert file.origin and file.licence and len(file.sha256) == 64
            assert bool(file.originals) != bool(file.ask), file.path
            assert file.conversion


def test_the_page_names_every_file_with_its_terms():
    page = (Path(__file__).parents[3] / "docs/published-data.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    files = {file.path: file for name in shipped_experiments() for file in published_files(name)}
    assert set(rows) == set(files)
    for path, file in files.items():
        assert all(text in rows[path] for text in (file.origin, file.licence, *file.experiments))


def test_the_command_lists_files_and_fails_while_some_are_missing(ccdas, needed, tmp_path):
    needed(a_file(ask="the producer"))
    code, said, _ = ccdas("data", "fetch", "ten_sites", "--data", tmp_path)
    assert code == 1 and "land/map.csv" in said and "the producer" in said and "CC BY" in said
    needed()
    code, said, _ = ccdas("data", "fetch", "demo", "--data", tmp_path)
    assert code == 0


def test_the_folder_comes_from_the_environment(ccdas, needed, tmp_path, monkeypatch):
    needed(a_file())
    monkeypatch.delenv("CCDAS_DATA", raising=False)
    assert ccdas("data", "fetch", "ten_sites")[0] == 2
    assert ccdas.findings == [("missing-data-folder", "--data")]
    (tmp_path / "land").mkdir()
    (tmp_path / "land/map.csv").write_bytes(b"1,2\n")
    monkeypatch.setenv("CCDAS_DATA", str(tmp_path))
    assert ccdas("data", "fetch", "ten_sites")[0] == 0
