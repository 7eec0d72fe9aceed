"""Published packages: each wheel has licence, notice, addresses and a README whose links work."""

import os
import re
import tomllib
import zipfile
from email import message_from_bytes
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

pytest.importorskip("hatch_fancy_pypi_readme", reason="hatch-fancy-pypi-readme is not installed")
backend = pytest.importorskip("hatchling.build", reason="hatchling is not installed")

ROOT = Path(__file__).parents[3]
FOLDERS = [ROOT, *sorted(p.parent for p in ROOT.glob("plugins/*/pyproject.toml"))]
IDS = [folder.name if folder != ROOT else "framework" for folder in FOLDERS]
VERSIONS = ("3.11", "3.12", "3.13")  # of Python
BELOW = re.compile(r"/(?:blob|tree|raw)/main(?:/|$)")  # a file of the repository on its host


def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


HOME = project(ROOT)["urls"]["Homepage"]


@cache
def contents(folder):
    """Metadata of the wheel of a package, and its licence files by name without folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        with TemporaryDirectory() as out:
            path = Path(out) / backend.build_wheel(out)
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                metadata = next(n for n in names if n.endswith(".dist-info/METADATA"))
                found = [n for n in names if ".dist-info/licenses/" in n]
                licences = {Path(n).name: archive.read(n).decode() for n in found}
                return message_from_bytes(archive.read(metadata)), licences
    finally:
        os.chdir(before)


@pytest.fixture(params=FOLDERS, ids=IDS)
def wheel(request):
    return contents(request.param)


def test_the_wheel_has_the_licence_and_a_notice(wheel):
    metadata, licences = wheel
    assert metadata["License-Expression"] == "MIT"
    assert licences["LICENSE"] == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert metadata["Name"] in licences["NOTICE"] or "derived from" in licences["NOTICE"]


def test_the_transport_has_the_licence_of_py12box_and_the_terms_of_its_winds():
    _, licences = contents(ROOT / "plugins" / "transport")
    notice = " ".join(licences["NOTICE"].split())
    words = " ".join((ROOT / "LICENSE").read_text(encoding="utf-8").split("\n\n", 2)[2].split())
    assert "Copyright (c) 2021 Matt Rigby" in notice
    assert words in notice
    assert "modified Copernicus Climate Change Service information" in notice


def test_the_metadata_name_addresses_and_versions_of_python(wheel):
    metadata, _ = wheel
    urls = dict(each.split(", ", 1) for each in metadata.get_all("Project-URL"))
    assert urls == project(ROOT)["urls"]
    assert urls["Homepage"].startswith("https://")
    assert metadata["Requires-Python"] == f">={VERSIONS[0]}"
    named = [c.rsplit(" ", 1)[1] for c in metadata.get_all("Classifier") if ":: 3." in c]
    assert tuple(named) == VERSIONS


def test_links_of_the_description_are_absolute_and_lead_to_files_of_the_repository(wheel):
    metadata, _ = wheel
    assert metadata["Description-Content-Type"] == "text/markdown"
    text = metadata.get_payload()
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    for link in links:
        assert link.startswith(("https://", "#")), link
        if link.startswith(HOME):
            path, _, _ = BELOW.sub("/", link.removeprefix(HOME)).partition("#")
            assert (ROOT / path.lstrip("/")).exists(), link


def test_packages_accept_the_same_versions_of_a_dependency():
    """A bound that is true for one package is true for all."""
    found = {}
    for folder in FOLDERS:
        declared = project(folder)
        extras = declared.get("optional-dependencies", {}).values()
        for each in [*declared["dependencies"], *(d for extra in extras for d in extra)]:
            name, _, bound = re.sub(r"\[.*?\]", "", each).partition(">=")
            if not name.startswith("ccdas"):
                found.setdefault(name.lower(), {}).setdefault(bound, []).append(folder.name)
    apart = {"numpy": {"models_pmodel"}, "jax": {"engine_native"}}  # need newer ones
    for name, bounds in found.items():
        folders = [set(each) - apart.get(name, set()) for each in bounds.values()]
        assert len([each for each in folders if each]) == 1, f"{name}: {bounds}"
