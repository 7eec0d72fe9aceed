"""Sections of the report: their order, those of packages, and the summary at the top."""

import re
from types import MappingProxyType

import numpy as np
import pytest
from attrs import evolve

from ccdas_framework import ReportSection, open_run
from ccdas_framework.installed import registry
from ccdas_framework.registry.plugin_registry import REPORT_SECTIONS
from ccdas_framework.report import html
from ccdas_framework.report.summary_section import headline

from .runs import global_run, site_run

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
BUILT_IN = ["summary", "fluxes", "fit", "parameters", "diagnostics", "provenance"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return open_run(global_run(tmp_path_factory.mktemp("sections") / "world"))


@pytest.fixture
def only(monkeypatch):
    """Let the report have these sections of a package and no others but the last."""

    def sections(**made):
        provenance = registry().report_sections["provenance"]
        own = evolve(
            registry(),
            report_sections=MappingProxyType({**made, "provenance": provenance}),
            origin={**registry().origin, **{(REPORT_SECTIONS, n): "ccdas-other" for n in made}},
        )
        monkeypatch.setattr(html, "registry", lambda: own)

    return sections


def headings(page):
    return re.findall(r'<h2 id="([\w-]+)"', page)


def test_the_result_comes_first_then_fit_parameters_diagnostics_and_provenance(world):
    page = html.page(world)
    assert headings(page) == BUILT_IN
    result = page[page.index('<h2 id="summary"') : page.index('<h2 id="fluxes"')]
    assert result.count('<div class="number">') == 3
    images = re.findall(r'<img src="[^"]*" alt="([^"]*)"', result)
    assert "mean of the window" in images[0] and "seasonal cycle" in images[1]


def test_a_package_adds_a_section_with_text_and_a_figure(world, only):
    from matplotlib.figure import Figure

    def rain(run):
        figure = Figure()
        figure.subplots().plot([0.0, 1.0])
        return ReportSection("Rain", text=(f"Run <{run.folder.name}>.",), figures={"Rain.": figure})

    only(rain=rain, nothing=lambda run: None)
    page = html.page(world)
    assert headings(page) == ["rain", "provenance"]
    assert '<a href="#rain">Rain</a>' in page
    assert "Run &lt;world&gt;." in page
    assert page.count("<figure>") == 1 and 'alt="Rain."' in page


def test_a_section_of_a_package_that_fails_says_so_and_leaves_the_others(world, only):
    def broken(run):
        raise KeyError("depth")

    only(broken=broken)
    page = html.page(world)
    assert headings(page) == ["broken", "provenance"]
    assert "ccdas-other" in page and "KeyError" in page


def test_a_built_in_section_that_fails_leaves_the_others(world, monkeypatch):
    def broken(run):
        raise KeyError("depth")

    sections = {**registry().report_sections, "fit": broken}
    own = evolve(registry(), report_sections=MappingProxyType(sections))
    monkeypatch.setattr(html, "registry", lambda: own)
    page = html.page(world)
    assert set(headings(page)) == set(BUILT_IN) and "KeyError" in page


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("fit", ["summary", "fluxes", "fit", "rain", "parameters", "diagnostics", "provenance"]),
        ("", [*BUILT_IN[:-1], "rain", "provenance"]),
        ("unknown", [*BUILT_IN[:-1], "rain", "provenance"]),
    ],
)
def test_a_section_stands_after_the_one_that_it_names(after, expected):
    sections = {name: ReportSection(name) for name in BUILT_IN}
    assert html.in_order({**sections, "rain": ReportSection("Rain", after=after)}) == expected


def test_sections_that_name_each_other_are_kept():
    rain, snow = ReportSection("Rain", after="snow"), ReportSection("Snow", after="rain")
    found = html.in_order({"provenance": ReportSection("P"), "rain": rain, "snow": snow})
    assert sorted(found) == ["provenance", "rain", "snow"]


def test_the_first_number_is_the_net_flux_of_all_cells_rounded_to_its_error(world):
    first, second, _ = headline(world.files)
    assert first["name"].endswith("global")
    assert first["value"].startswith("1.260 ± 0.070") and "prior 1.400" in first["note"]
    streams = world.files.streams.values()
    weighed = [
        ((s["posterior"] - s["observed"]) / s["observed_sd"]).values[np.isfinite(s["observed"])]
        for s in streams
    ]
    assert float(second["value"]) == pytest.approx(np.mean(np.concatenate(weighed) ** 2), rel=5e-3)


def test_a_forward_run_has_numbers_of_its_prior(tmp_path):
    run = open_run(site_run(tmp_path / "forward", forward=True))
    numbers = headline(run.files)
    assert len(numbers) == 3
    assert numbers[0]["note"] == "prior"
    assert numbers[-1]["value"] == "240"
