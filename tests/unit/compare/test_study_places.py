"""Misfits by place in a study: of one site alone, of all sites, and in the figure."""

import numpy as np
import pytest
from findings import codes

from ccdas_framework import load_experiment
from ccdas_framework.compare.place_misfits import place_panels
from ccdas_framework.compare.study import compare_methods
from ccdas_framework.compare.study_file import read_study
from ccdas_framework.compare.study_page import write_page
from ccdas_framework.compare.study_table import StudyRow
from ccdas_framework.config.overrides import with_overrides
from ccdas_framework.core.errors import Findings
from ccdas_framework.io.toml_text import toml_text
from ccdas_framework.report.place_figures import PlacePanel, by_place, place_table

SETTINGS = {
    "time.days": 45, "time.spin_up_years": 0, "truth.spread": 0.5,
    "streams.vod.biomass_memory": "window_mean", "compute.blocks": 1, "compute.workers": 1,
    "targets.fields": [], "model.name": "dalec",
}  # fmt: skip


def of_sites(names):
    return with_overrides({}, {**SETTINGS, "grid.select": names}, Findings())


def tables(**series):
    """A study of Loobos alone and of Loobos and Manaus."""
    about = {"experiment": "twin_ten_sites", "streams": ["vod"]}
    cases = {
        "one": {**about, "settings": of_sites("Loobos")},
        "both": {**about, "settings": of_sites(["Loobos", "Manaus"])},
    }
    for case, name in series.items():
        cases[case]["series"] = name
    return {
        "study": {"engines": ["autograd"]},
        "cases": cases,
        "methods": {"gn": {"optimiser": "gauss_newton"}},
    }


def test_rows_hold_the_misfit_at_each_place_where_the_case_has_a_series(here, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(toml_text(tables(one="alone", both="together")), "utf-8")
    study = compare_methods(path, tmp_path / "out", only=[1, 2, 3, 4])
    prior, alone, prior_of_both, together = study.rows
    assert alone.array("misfit_place").tolist() == ["Loobos"]
    for row in (prior_of_both, together):
        assert row.array("misfit_place").tolist() == ["Loobos", "Manaus"]
    assert "measured_gradient_weight" not in prior.about
    settings = {**SETTINGS, "grid.select": "Loobos"}
    problem = load_experiment(
        "twin_ten_sites", ["vod"], engine="autograd", settings=settings
    ).build()
    stream = problem.streams["vod"]
    for row in (prior, alone):
        residual = problem.simulate(row.array("x"))["vod"] - stream.values
        rms = np.sqrt(np.mean(residual**2))
        assert row.array("misfit_rms") == pytest.approx([rms])
        assert row.array("misfit_normalised") == pytest.approx([rms / stream.sd[0]])
    assert alone.array("misfit_rms")[0] < prior.array("misfit_rms")[0]
    page = write_page(study).read_text("utf-8")
    assert 'id="places"' in page and "<th>together</th>" in page


def test_a_study_without_series_has_no_misfits_by_place(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(toml_text(tables(both="together")), "utf-8")
    findings = Findings()
    rows = read_study(path, findings).rows
    assert not findings
    assert ["by_place" in row.definition for row in rows] == [False, False, True, True]


def test_the_folder_of_data_does_not_change_a_row(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(toml_text(tables()), "utf-8")
    here, there = (
        read_study(path, Findings(), folder).rows[0] for folder in (None, tmp_path / "data")
    )
    assert there.definition["problem"]["data"] == str(tmp_path / "data")
    assert here.fingerprint == there.fingerprint


def test_a_series_that_is_no_text_is_a_finding(tmp_path):
    path, findings = tmp_path / "study.toml", Findings()
    path.write_text(toml_text(tables(one=3)), "utf-8")
    read_study(path, findings)
    assert codes(findings) == [("wrong-value", "cases.one.series")]


def test_a_known_problem_has_no_series(tmp_path):
    path, findings = tmp_path / "study.toml", Findings()
    known = {**tables(), "cases": {"rank": {"known": "rank_deficient", "series": "x"}}}
    path.write_text(toml_text(known), "utf-8")
    read_study(path, findings)
    assert codes(findings) == [("unused-key", "cases.rank.series")]


def row(number, case, method, places, rms, **columns):
    count = len(places)
    values = {
        "place": places, "of": ["vod"] * count, "unit": ["1"] * count,
        "assimilated": [1] * count, "count": [3] * count, "rms": rms, "normalised": rms,
    }  # fmt: skip
    about = {"row": number, "case": case, "method": method, **columns}
    return StudyRow(about, {f"misfit_{key}": np.array(v) for key, v in values.items()})


def test_cases_of_one_series_are_joined_and_priors_are_one():
    rows = [
        row(1, "a", "prior", ["A"], [0.5]),
        row(2, "a", "gn", ["A"], [0.1]),
        row(3, "b", "prior", ["B"], [0.6]),
        row(4, "b", "gn", ["B"], [0.2]),
        row(5, "all", "gn", ["A", "B"], [0.3, 0.4]),
        row(6, "other", "gn", ["C"], [9.0]),
    ]
    names = {"a": "single", "b": "single", "all": "all", "other": None}
    (panel,) = place_panels(rows, names)
    assert panel.values == {
        "prior": {"A": 0.5, "B": 0.6},
        "single": {"A": 0.1, "B": 0.2},
        "all": {"A": 0.3, "B": 0.4},
    }
    (table,) = place_table([panel])
    assert table["series"] == ["prior", "single", "all"]
    assert table["rows"] == {"A": [0.5, 0.1, 0.3], "B": [0.6, 0.2, 0.4]}


def test_the_misfit_of_several_seeds_is_their_median():
    rows = [row(n, "a", "gn", ["A"], [rms], seed=n) for n, rms in ((1, 0.1), (2, 0.3))]
    (panel,) = place_panels(rows, {"a": "single"})
    assert panel.values == {"prior": {}, "single": {"A": pytest.approx(0.2)}}


def test_rows_that_differ_in_engine_or_streams_have_names_of_their_own():
    rows = [
        row(1, "a", "gn", ["A"], [0.1], streams="vod", engine="jax"),
        row(2, "a", "gn", ["A"], [0.2], streams="sm+vod", engine="jax"),
        row(3, "b", "gn", ["A"], [0.3], streams="vod", engine="autograd"),
    ]
    (panel,) = place_panels(rows, {"a": "first", "b": "second"})
    assert panel.values == {
        "prior": {}, "first, vod": {"A": 0.1}, "first, sm+vod": {"A": 0.2}, "second": {"A": 0.3},
    }  # fmt: skip


def test_the_figure_has_a_panel_for_each_quantity_and_a_mark_for_each_number():
    panels = [
        PlacePanel("first", {"prior": {"A": 0.5, "B": 0.6}, "all": {"A": 0.3}}),
        PlacePanel("second", {"prior": {"A": 2.0}}),
    ]
    axes = by_place(panels).axes
    assert [axis.get_xlabel() for axis in axes] == ["first", "second"]
    marks = [sum(len(line.get_xdata()) for line in axis.lines if line.get_ls() == "None")
             for axis in axes]  # fmt: skip
    assert marks == [3, 1]
    assert axes[1].get_xlim()[1] > 2.0


def test_a_number_that_is_not_finite_leaves_the_axis_to_the_others():
    panels = [
        PlacePanel("first", {"prior": {"A": np.nan, "B": 2.0}}),
        PlacePanel("second", {"prior": {"A": np.nan}}),
    ]
    axes = by_place(panels).axes
    assert 2.0 < axes[0].get_xlim()[1] < 3.0
    assert axes[1].get_xlim()[1] > 0.0
