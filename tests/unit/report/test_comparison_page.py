"""The page of several runs: what must be there, and each run in one colour."""

import re

import matplotlib
import numpy as np
import pytest
from findings import raises_finding
from unit.compare import small_runs as small

from ccdas_framework.compare.run_comparison import compare_runs, comparison_datasets
from ccdas_framework.compare.run_folders import compared_runs
from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.report import cell_maps, comparison_figures
from ccdas_framework.report.comparison_page import write_comparison_page

from .runs import global_run, site_run


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs")
    a, b = small.complete(path / "one"), small.complete(path / "two", {"m.a": 0.5, "m.b": 0.8})
    (b / "report.html").touch()
    return [a, b]


@pytest.fixture(scope="module")
def page(folders):
    out = compare_runs(folders, folders[0].parent / "out")
    return (out / "comparison.html").read_text(encoding="utf-8")


def test_every_part_is_on_the_page(page):
    parts = ("runs", "cost", "distance", "parameters", "stream", "maps", "seasons", "targets")
    assert all(f'id="{part}"' in page and f'href="#{part}"' in page for part in parts)
    assert 'id="left-out"' not in page and 'id="evaluation"' not in page


def test_the_page_needs_no_other_file_and_links_to_reports_that_exist(page):
    sources = [s for s in re.findall(r'(?:src|href)="([^"#]{0,40})', page) if s]
    images = [s for s in sources if s.startswith("data:image/svg+xml;base64,")]
    assert len(images) == 6  # cost, parameters, a stream, maps, a season, targets
    assert set(sources) - set(images) == {"../two/report.html"}
    assert "<script" not in page


def test_numbers_of_the_page_are_those_of_the_file(page):
    distance = page[page.index('id="distance"') : page.index('id="parameters"')]
    cells = re.findall(r"<td>([\d.−]+)</td>", distance)
    assert cells[:4] == ["2", "1.53", "1.08", "1.00"]  # (0.07 / 0.03)^1/2, over 2^1/2, 0.5 / 0.5


def test_reasons_are_on_the_page(tmp_path, folders):
    forward = site_run(tmp_path / "forward", forward=True)
    out = compare_runs([global_run(tmp_path / "world"), forward], tmp_path / "out")
    text = (out / "comparison.html").read_text(encoding="utf-8")
    part = text[text.index('id="left-out"') : text.index('id="cost"')]
    codes = re.findall(r'data-code="([a-z-]+)"', part)
    assert {"no-posterior", "no-stream", "other-observations", "other-grid"} == set(codes)


def test_each_run_has_one_colour_and_marker_and_none_is_that_of_observations():
    labels = [str(n) for n in range(8)]
    assert len(set(comparison_figures.colours(labels).values())) == 8
    assert len(set(comparison_figures.markers(labels).values())) == 8
    taken = {comparison_figures.OBSERVED, comparison_figures.PRIOR_GREY}
    assert taken.isdisjoint(comparison_figures.RUN_COLOURS)


def lines(drawn):
    return {line.get_label(): line for axes in drawn.axes for line in axes.get_lines()}


def test_a_run_has_its_colour_in_every_figure(folders):
    data = comparison_datasets(compared_runs(folders))
    with matplotlib.rc_context():
        for drawn in (
            comparison_figures.series(data["stream_co2"]),
            comparison_figures.season(data["season"], "nep"),
        ):
            drawn_lines = lines(drawn)
            for n, label in enumerate(("one", "two")):
                assert drawn_lines[label].get_color() == comparison_figures.RUN_COLOURS[n]
            assert drawn_lines["prior"].get_color() == comparison_figures.PRIOR_GREY


def test_other_priors_are_drawn_one_by_one():
    values = np.array([[1.0, 2.0], [1.0, 2.1], [np.nan, np.nan]])
    assert [style["label"] for _, style in comparison_figures.prior_lines(values, "abc")] == [
        "a, prior", "b, prior", "c, prior",
    ]  # fmt: skip
    values[1] = np.nan
    ((line, style),) = comparison_figures.prior_lines(values, "abc")
    assert style["label"] == "prior" and line.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("count", [2, 5])
def test_maps_share_a_scale_and_differences_have_one_around_zero(tmp_path, count):
    folders = [small.complete(tmp_path / str(n), nep=(1.0 + n, -2.0)) for n in range(count)]
    data = comparison_datasets(compared_runs(folders))["maps"]
    drawings = cell_maps.compared(data, "nep")
    panels = {axes.get_title(): axes.collections[0] for d in drawings for axes in d.axes
              if axes.get_title()}  # fmt: skip
    runs = [panels[str(n)] for n in range(count)]
    changes = [panels[f"{n} − 0"] for n in range(1, count)]
    assert len({(p.norm.vmin, p.norm.vmax) for p in runs}) == 1
    assert len({(p.norm.vmin, p.norm.vmax) for p in changes}) == 1
    assert changes[0].norm.vmin == -changes[0].norm.vmax
    np.testing.assert_allclose(changes[-1].get_array(), [365.25 * (count - 1), 0.0])


def test_a_folder_without_a_comparison_is_named(tmp_path):
    with raises_finding("missing-file", "comparison.nc", InvalidInput):
        write_comparison_page(tmp_path)
