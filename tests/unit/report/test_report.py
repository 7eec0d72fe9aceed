import re
import sys
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from findings import raises_finding

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.outputs import RunFolder
from ccdas_framework.outputs.result_datasets import result_dataset
from ccdas_framework.report import ReportUnavailable, write_report
from ccdas_framework.report.format import page_number, page_pair
from ccdas_framework.report.html import page as page_of
from ccdas_framework.report.opened_run import OpenedRun
from ccdas_framework.report.run_files import RunFiles, read_run
from ccdas_framework.report.tables import fit, targets

from .runs import global_run, site_run


@pytest.fixture(scope="module")
def world_folder(tmp_path_factory):
    return global_run(tmp_path_factory.mktemp("report") / "world")


@pytest.fixture(scope="module")
def world(world_folder):
    """Text of the report of a global run."""
    return write_report(world_folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sites_folder(tmp_path_factory):
    return site_run(tmp_path_factory.mktemp("report") / "sites")


@pytest.fixture(scope="module")
def sites(sites_folder):
    """Text of the report of a run at sites."""
    return write_report(sites_folder).read_text(encoding="utf-8")


def test_the_page_needs_no_other_file(world):
    sources = re.findall(r'(?:src|href)="([^"#]{0,40})', world)
    assert len(sources) > 10
    assert all(s.startswith(("data:image/svg+xml;base64,", "data:,")) for s in sources if s)
    assert "default-src 'none'" in unescape(world)


def test_synthetic_and_substituted_data_are_reported_at_the_top(
    world, sites, world_folder, sites_folder
):
    for page, folder in ((world, world_folder), (sites, sites_folder)):
        top = page[: page.index("<h2")]
        warnings = read_run(folder).warnings()
        assert warnings and 'class="banner"' in top
        assert all(escape(warning) in top for warning in warnings)
    assert any(warning.startswith("vod: ") for warning in warnings)


def files_with(notes, **streams):
    data = {name: xr.Dataset(attrs=attributes) for name, attributes in streams.items()}
    return RunFiles(Path("run"), notes=notes, streams=data)


def test_the_attribute_data_kind_decides_the_banner():
    notes = {"data_kind": "synthetic", "comment": "a stand-in for the real world"}
    flags = {"data_kind": "synthetic", "synthetic": "yes"}
    assert files_with(notes, co2=flags, sm=flags).warnings() == ["synthetic observations"]
    measured = {"data_kind": "measured", "comment": "no synthetic observations here"}
    assert files_with(measured, co2=measured).warnings() == []
    notes = {"data_kind": "substitute", "forcing_data_kind": "synthetic"}
    towers = {
        "data_kind": "substitute",
        "substitute_for": "SMOS soil moisture",
        "synthetic": "no: towers stand in for a satellite",
    }
    assert files_with(notes, co2=measured, sm=towers).warnings() == [
        "sm: substitute for SMOS soil moisture; towers stand in for a satellite",
        "forcing: synthetic",
    ]


def test_texts_of_files_without_data_kind_are_reported_once():
    flags = {"synthetic": "yes"}
    notes = {"comment": "synthetic observations. Made up.", "synthetic_observations": "yes"}
    assert files_with(notes, co2=flags, sm=flags).warnings() == ["synthetic observations. Made up."]
    assert files_with({"synthetic_observations": "yes"}).warnings() == ["synthetic observations"]
    assert files_with({}, co2=flags).warnings() == ["co2: synthetic observations"]
    told = files_with({}, sm={"synthetic": "no: towers stand in for a satellite"}).warnings()
    assert told == ["sm: towers stand in for a satellite"]


def test_measured_observations_need_no_banner():
    assert files_with({"synthetic_observations": "no"}, co2={"synthetic": "no"}).warnings() == []


def test_data_that_were_not_assimilated_have_their_own_part(sites):
    assert 'id="evaluation-gpp"' in sites


def test_the_page_of_a_stage_has_a_column_of_the_run_that_is_its_prior(world_folder, world):
    files = read_run(world_folder)
    table = files.targets[""]
    files.targets[""] = table.assign(
        earlier_posterior=table["prior"], earlier_posterior_sd=3.0 * table["prior_sd"]
    )
    page = page_of(OpenedRun(files.folder, files))
    head = '<th class="prior">earlier run</th>'
    assert head in page and head not in world
    row = targets(files.targets[""])[0]
    assert row["earlier_posterior_sd"] == 3.0 * row["prior_sd"]
    assert f"± {page_pair(row['earlier_posterior'], row['earlier_posterior_sd'])[1]}" in page


def test_every_part_is_there(world, world_folder):
    assert f"<h1>{read_run(world_folder).experiment['title']}</h1>" in world
    for part in ("cost", "targets", "parameters", "stream-co2", "stream-sm", "stream-vod", "maps"):
        assert f'id="{part}"' in world
    assert "converged" in world
    for station in ("ALT", "SPO"):
        assert station in world


def test_tags_are_closed(world):
    class Nesting(HTMLParser):
        open: list = []  # noqa: RUF012

        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "link", "img", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    parser = Nesting()
    parser.feed(world)
    assert parser.open == []


def test_parameters_are_sorted_by_how_far_they_moved(world):
    rows = re.findall(r'<tr><td class="name">.*?</tr>', world)
    shifts = [re.findall(r"<td>([−\d.e]+)</td>", row)[0] for row in rows]
    moved = [abs(float(s.replace("−", "-"))) for s in shifts]
    assert len(moved) == 12 + 40  # the table of the largest, and one for each process
    assert moved[:12] == sorted(moved, reverse=True)[::2][:12]


def test_parameters_have_names_in_words_and_are_grouped_by_process(world, world_folder):
    name, words = (
        read_run(world_folder).result[key].values[0] for key in ("control", "parameter_name")
    )
    assert f'{words} <span class="mono soft">{name}</span>' in world
    groups = re.findall(r"<summary>(bethy[^<]*)</summary>", world)
    assert groups == ["bethy: photosynthesis: 20 parameters", "bethy: water: 20 parameters"]


def test_a_forward_run_has_a_report_without_a_posterior(tmp_path):
    folder = site_run(tmp_path / "forward", forward=True)
    page = write_report(folder).read_text()
    assert read_run(folder).experiment["title"] in page
    assert 'id="cost"' not in page
    assert 'id="stream-sm"' in page


def test_a_part_that_is_missing_is_left_out_and_text_cannot_become_markup(tmp_path):
    folder = site_run(tmp_path / "run")
    for name in ("fields.nc", "targets.nc", "provenance.json", "result.nc"):
        (folder / name).unlink()
    title = "<b>bold & synthetic</b>"
    (folder / "experiment.toml").write_text(f'title = "{title}"\n')
    page = write_report(folder).read_text()
    assert 'id="stream-sm"' in page and 'id="maps"' not in page
    assert "<b>bold" not in page
    assert escape(title) in page


def test_a_run_that_reached_no_minimum_says_so(tmp_path):
    told = "The optimiser ended before a minimum (stalled): the gradient fell 3 times."
    folder = RunFolder(tmp_path / "run")
    folder.write("result.nc", result_dataset(
        control=["m.a"], control_prior=[0.0], parameter_prior=[1.0], parameter_prior_sd=[1.0],
        parameter_unit=["1"], status="stalled", message="no step lowers the cost",
        attributes={"stationary": "no", "distance_from_minimum": told},
    ))  # fmt: skip
    assert told in write_report(folder.path).read_text(encoding="utf-8")


def test_a_minimum_without_a_posterior_says_why(tmp_path):
    told = "There is no posterior: the prior is flat and the observations leave 2 of 3 open."
    folder = RunFolder(tmp_path / "run")
    folder.write("result.nc", result_dataset(
        control=["m.a"], control_prior=[0.0], parameter_prior=[1.0], parameter_prior_sd=[1.0],
        parameter_unit=["1"], status="converged", message="gradient as small as asked for",
        attributes={"stationary": "yes", "posterior": told, "distance_from_minimum": "near"},
        seen=[True],
    ))  # fmt: skip
    assert told in write_report(folder.path).read_text(encoding="utf-8")


def test_a_folder_without_results_is_refused(tmp_path):
    with raises_finding("not-a-run", tmp_path, InvalidInput):
        write_report(tmp_path)


@pytest.mark.parametrize("package", ["matplotlib", "jinja2"])
def test_what_is_not_installed_is_named(tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with raises_finding("missing-package", package, ReportUnavailable):
        write_report(tmp_path)


def test_misfits_leave_missing_observations_out():
    observed = np.array([1.0, 2.0, np.nan])
    stream = xr.Dataset({
        "observed": ("obs", observed), "observed_sd": ("obs", [1.0, 1.0, np.nan]),
        "prior": ("obs", [2.0, 4.0, 5.0]), "cell": ("obs", ["a", "a", "b"]),
        "time_start": ("obs", np.arange("2010-01-01", "2010-01-04", dtype="datetime64[D]")),
    })  # fmt: skip
    found = fit(stream)["prior"]
    assert found["count"] == 2
    assert found["rmse"] == pytest.approx(np.sqrt(2.5), rel=1e-12)
    assert found["bias"] == pytest.approx(1.5, rel=1e-12)
    assert found["chi2"] == pytest.approx(2.5, rel=1e-12)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1234.5678, "1 235"), (0.123456, "0.1235"), (-2.5, "−2.500"), (1e-5, "1.00e−5"),
     (3.2e9, "3.20e9"), (float("nan"), "–"), (None, "–")],
)  # fmt: skip
def test_numbers_have_four_digits(value, text):
    assert page_number(value) == text


def test_parameters_that_streams_share_stand_above_the_table_of_parameters(sites_folder):
    files = read_run(sites_folder)
    pair = "late.D_0 = vod.D_0"
    shared = evolve(files, result=files.result.assign_attrs(shared_parameters=pair))
    for run, expected in ((files, False), (shared, True)):
        page = page_of(OpenedRun(run.folder, run))
        section = page[page.index('<h2 id="parameters"') :]
        assert (pair in section[: section.index("<table")]) == expected
