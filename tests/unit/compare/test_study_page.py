"""The page of a study and its netCDF table, from rows that are drawn and not computed."""

import re

import numpy as np
import pytest
import xarray as xr
from unit.compare.study_rows import SHIFT, drawn_study

from ccdas_framework.compare.study import finished_study, write_table
from ccdas_framework.compare.study_table import COLUMNS

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")

from ccdas_framework.compare import study_blocks, study_page
from ccdas_framework.report import study_figures
from ccdas_framework.report.format import page_cell


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn") / "study"
    drawn_study(folder, failed=("twin-crude-3",))
    return finished_study(folder)


@pytest.fixture(scope="module")
def values(study):
    return study_page.contents(study)


def test_report_writes_the_page_of_a_study_from_its_files(study, ccdas):
    code, said, _ = ccdas("report", study.folder)
    assert code == 0 and said.strip() == str(study.folder / "study.html")
    page = (study.folder / "study.html").read_text("utf-8")
    assert "A &lt;b&gt; &amp; c" in page
    assert len(re.findall(r"<img [^>]*alt=\"[^\"]", page)) == 5
    assert not re.findall(r"(?:href|src)=\"https?:", page)


def test_a_section_has_every_figure_that_its_numbers_allow(values):
    (block,) = values["blocks"]
    for name in ("curves", "to_truth", "spread", "histograms", "budgets"):
        assert block[name].startswith("data:image/svg+xml"), name
    assert block["measured"]["measured_gradient_weight"] == 2.5


def test_a_method_with_a_budget_of_its_own_is_in_the_table_and_not_drawn_against_others(study):
    limits = {line["method"]: line["budget_model_runs"] for line in study.table}
    assert limits == {"prior": "", "gn": 100, "walkers": 100, "crude": 100, "narrow": 5000}
    (block,) = study_blocks.blocks(study)
    drawn = {str(row.about["method"]) for row in study_blocks.within_budget(block.rows, 100.0)}
    assert drawn == {"gn", "walkers", "crude"}


def test_rows_of_several_problems_have_an_overview_and_say_which_problem_it_is(values, tmp_path):
    assert not values["overview"] and "streams" not in values["columns"]
    streams = {"one": ["co2"], "two": ["co2", "sm"]}
    drawn_study(tmp_path / "study", seeds=(1, 2), streams=streams)
    found = study_page.contents(finished_study(tmp_path / "study"))
    titles = [block["title"] for block in found["blocks"]]
    assert len(titles) == 2 and "one" in titles[0] and "two" in titles[1]
    of_gn = [row for row in found["overview"] if row["method"] == "gn"]
    assert [row["problem"] for row in of_gn] == titles
    assert of_gn[0]["numbers"][0].value == pytest.approx(8 * (1 - 0.4**2))
    assert list(found["columns"])[:3] == ["row", "streams", "method"]


def test_counts_in_the_table_have_no_decimals():
    texts = [page_cell(value) for value in (2.0, np.int64(120), 0.5, None)]
    assert texts == ["2", "120", "0.50000", "–"]


def test_rows_that_failed_or_are_marked_are_listed_with_their_reasons(values):
    found = {(row["status"], row["title"].split(", ")[-2]) for row in values["troubles"]}
    assert found == {("failed", "crude"), ("converged", "walkers")}
    reasons = " ".join(row["reasons"] for row in values["troubles"])
    assert "no licence" in reasons and "R-hat" in reasons


def test_settings_are_as_shipped_or_tuned_with_what_was_chosen(values):
    methods = {method["name"]: method for method in values["methods"]}
    assert list(methods) == list(SHIFT)
    assert methods["walkers"]["tuned"] == "iterations"
    assert methods["walkers"]["chosen"] == {"iterations = 9": 8}
    assert not methods["gn"]["tuned"] and not methods["gn"]["given"]


CALIBRATION = "simulation-based calibration"


@pytest.mark.parametrize(("spread", "seeds"), [(0.5, (1, 2)), (1.0, (1,))])
def test_a_truth_that_is_no_draw_from_the_prior_is_no_test_of_calibration(tmp_path, spread, seeds):
    drawn_study(tmp_path / "study", seeds=seeds, spread=spread)
    (block,) = study_blocks.blocks(finished_study(tmp_path / "study"))
    sentence = study_blocks.truth_sentence(block)
    assert sentence and CALIBRATION not in sentence


def test_truths_that_are_draws_from_the_prior_test_calibration(values):
    (block,) = values["blocks"]
    assert CALIBRATION in block["truth"]


def test_the_netcdf_table_has_every_column_with_its_meaning(study):
    write_table(study)
    with xr.open_dataset(study.folder / "table.nc") as table:
        assert list(table.variables) and set(COLUMNS) <= set(table.variables)
        assert all(v.attrs["long_name"] for v in table.variables.values())
        assert table["seconds"].attrs["units"] == "s"
        np.testing.assert_array_equal(
            np.isnan(table["cost"]), [line["cost"] == "" for line in study.table]
        )
    with xr.open_dataset(study.folder / "table.nc", group="medians") as medians:
        of_gn = medians.isel(group=list(medians["method"].values).index("gn"))
        costs = [line["cost"] for line in study.table if line["method"] == "gn"]
        assert float(of_gn["cost"]) == np.median(costs)
        assert int(of_gn["rank_histogram"].sum()) == 64
        failed = dict(zip(medians["method"].values, medians["failed"].values, strict=True))
        assert failed["crude"] == 1 and sum(failed.values()) == 1


# -- curves ------------------------------------------------------------------------------------


def test_a_curve_is_the_best_so_far_and_nothing_before_the_first_point():
    curve = study_figures.Curve(np.array([2.0, 5.0]), np.array([7.0, 3.0]), 9.0)
    values = curve.values(np.array([1.0, 2.0, 4.9, 5.0, 100.0]))
    np.testing.assert_array_equal(values, [np.nan, 7.0, 7.0, 3.0, 3.0])


def test_the_curve_of_a_method_is_the_median_over_seeds_with_their_range():
    curves = [study_figures.Curve(np.array([1.0]), np.array([v]), 10.0) for v in (1.0, 2.0, 6.0)]
    styles = study_figures.method_styles(["a"])
    drawn = study_figures.cost_curves({"runs": {"a": curves}}, styles)
    (line,) = drawn.axes[0].lines
    np.testing.assert_array_equal(line.get_ydata(), np.full(study_figures.POINTS, 2.0))
    limits = drawn.axes[0].collections[0].get_datalim(drawn.axes[0].transData)
    assert (limits.y0, limits.y1) == (1.0, 6.0)
    assert drawn.axes[0].get_xscale() == drawn.axes[0].get_yscale() == "log"


def test_a_budget_far_beyond_the_bars_does_not_hide_them():
    spent = {"gn": {"cost": 20.0, "jacobian": 30.0}}
    for limit, drawn in ((100.0, 1), (2e5, 0), (np.inf, 0)):
        axes = study_figures.budgets(spent, limit).axes[0]
        assert len([line for line in axes.lines if len(line.get_xdata())]) == drawn
        assert axes.get_xlim()[1] < 5 * 50.0


def test_a_method_has_one_colour_and_more_methods_than_colours_have_other_lines():
    names = [f"m{n}" for n in range(12)]
    styles = study_figures.method_styles(names, ("prior",))
    pairs = {(styles[name]["color"], styles[name]["ls"]) for name in names}
    assert len(pairs) == 12 and styles["prior"]["color"] == study_figures.GREY
