"""Runs side by side: numbers checked by hand, and whatever cannot be compared is named."""

import numpy as np
import pytest
import xarray as xr

from ccdas_framework.compare.run_comparison import compare_runs, comparison_datasets
from ccdas_framework.compare.run_folders import compared_runs
from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.outputs.study_folder import write_groups
from ccdas_framework.report.run_files import groups

from . import small_runs as small


def compared(*folders, out=None):
    """Groups of `comparison.nc`, and code and place of what was left out."""
    out = out or folders[0].parent / "out"
    out.mkdir()
    data = groups(write_groups(out / "comparison.nc", comparison_datasets(compared_runs(folders))))
    root = data[""]
    return data, list(zip(root["not_compared_code"].values.tolist(),
                          root["not_compared_place"].values.tolist(), strict=True)
                      if "not_compared_code" in root else ())  # fmt: skip


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two runs of one problem; the second ends elsewhere."""
    path = tmp_path_factory.mktemp("two")
    a = small.complete(path / "a")
    b = small.complete(
        path / "b", {"m.a": 0.5, "m.b": 0.8}, simulated=(1.0, 2.0, 3.0, 6.0), nep=(1.0, 4.0),
        budget=2.0, result=small.result({"m.a": 0.5, "m.b": 0.8}, np.diag([0.04, 0.01])),
    )  # fmt: skip
    return compared(a, b)


def test_nothing_is_left_out_of_two_runs_of_one_problem(two):
    assert two[1] == []


def test_distance_is_that_in_the_posterior_of_either_run(two):
    """d = (0.5, -0.2); d^T A^-1 d = (0.16 * 0.25 + 0.2 * 0.1 + 0.25 * 0.04) / 0.03 for run a."""
    distance = two[0]["distance"]
    in_a, in_b = distance["distance"].values[0, 1], distance["distance"].values[1, 0]
    assert in_a == pytest.approx(np.sqrt(0.07 / 0.03), rel=1e-12)
    assert in_b == pytest.approx(np.sqrt(0.25 / 0.04 + 0.04 / 0.01), rel=1e-12)
    assert np.isnan(distance["distance"].values[[0, 1], [0, 1]]).all()
    assert distance["compared"].values.tolist() == [[0, 2], [2, 0]]


def test_single_differences_are_in_sd_of_the_run_that_measures(two):
    difference = two[0]["distance"]["difference"].values
    np.testing.assert_allclose(difference[0, 1], [0.5 / 0.5, -0.2 / 0.4], rtol=1e-12)
    np.testing.assert_allclose(difference[1, 0], [-0.5 / 0.2, 0.2 / 0.1], rtol=1e-12)


def test_parameters_have_both_bars(two):
    parameters = two[0]["parameters"]
    assert parameters["control"].values.tolist() == ["m.a", "m.b"]
    np.testing.assert_allclose(parameters["prior"], 10.0)
    np.testing.assert_allclose(parameters["prior_sd"], 2.0)
    np.testing.assert_allclose(parameters["posterior"], [[10.0, 12.0], [11.0, 11.6]])
    np.testing.assert_allclose(parameters["posterior_sd"], [[1.0, 0.8], [0.4, 0.2]])


def test_parameters_are_by_process_where_it_is_known(tmp_path, two):
    assert two[0]["parameters"]["process"].values.tolist() == ["m", "m"]
    known = small.result(process=["growth", ""])
    data, _ = compared(*(small.complete(tmp_path / n, result=known) for n in "ab"))
    assert data["parameters"]["process"].values.tolist() == ["m: growth", "m"]


def test_misfits_are_by_stream_and_place(two):
    stream = two[0]["stream_co2"]
    misfit = stream["rmse"].sel(simulation="posterior").values
    np.testing.assert_allclose(misfit, [0.25, 1.0])  # (0.5^2 / 4)^1/2 and (2^2 / 4)^1/2
    np.testing.assert_allclose(stream["rmse"].sel(simulation="prior").values, 1.0)
    assert stream["place"].values.tolist() == ["NTH", "STH"]
    by_place = stream["place_rmse"].sel(simulation="posterior").values
    np.testing.assert_allclose(by_place, [[np.sqrt(0.125), 0.0], [0.0, np.sqrt(2.0)]])
    np.testing.assert_allclose(stream["place_bias"].values[1, 1], [0.0, 1.0])


def test_maps_are_annual_means_and_seasons_weighted_by_area(two):
    maps, season = two[0]["maps"]["nep"], two[0]["season"]["nep"]
    assert maps.attrs["units"] == "gC m-2 yr-1"
    np.testing.assert_allclose(maps.values, 365.25 * np.array([[1.0, 2.0], [1.0, 4.0]]))
    assert two[0]["season"]["region"].values.tolist() == ["north", "south", "all cells"]
    after = season.sel(simulation="posterior").values
    np.testing.assert_allclose(after[:, 2, 6], [(1 + 3 * 2) / 4, (1 + 3 * 4) / 4])
    np.testing.assert_allclose(season.sel(simulation="prior"), 0.0)


def test_targets_differ_in_sd_of_the_first_run(two):
    targets = two[0]["targets"]
    np.testing.assert_allclose(targets["posterior"], [[1.0], [2.0]])
    np.testing.assert_allclose(targets["difference"], [[0.0], [1.0]])
    np.testing.assert_allclose(targets["difference_in_sd"], [[0.0], [2.0]])


def test_cost_terms_and_signal_are_those_of_the_runs(two):
    root = two[0][""]
    assert root["term"].values.tolist() == ["prior", "co2"]
    np.testing.assert_array_equal(root["cost"], [[8.0, 4.0]] * 2)
    np.testing.assert_array_equal(root["cost_term"], [[[0.0, 8.0], [1.0, 3.0]]] * 2)
    np.testing.assert_array_equal(root["degrees_of_freedom"], [[np.nan, 1.5]] * 2)
    assert root["model"].values.tolist() == ["toy", "toy"]


# -- what cannot be compared ----------------------------------------------------------------------


def beside(tmp_path, **changes):
    """Comparison of a complete run with one in which some files differ."""
    a = small.complete(tmp_path / "a")
    return compared(a, small.complete(tmp_path / "b", **changes))


def test_other_parameters_are_compared_where_their_full_names_agree(tmp_path):
    ends = {"m.b": 0.8, "dalec.p": 2.0}
    data, left_out = beside(tmp_path, result=small.result(ends, np.diag([0.01, 1.0])))
    assert left_out == [("other-parameters", "a/result.nc"), ("other-parameters", "b/result.nc")]
    distance = data["distance"]
    assert distance["compared"].values.tolist() == [[0, 1], [1, 0]]
    assert distance["distance"].values[0, 1] == pytest.approx(0.2 / 0.4)  # sd of m.b in run a
    assert distance["distance"].values[1, 0] == pytest.approx(0.2 / 0.1)
    posterior = data["parameters"]["posterior"].values
    assert np.isnan(posterior).tolist() == [[False, False, True], [True, False, False]]


def test_models_without_a_common_parameter_have_no_distance(tmp_path):
    other = small.result({"dalec.p": 0.0, "dalec.q": 0.0})
    data, left_out = beside(tmp_path, result=other)
    assert "distance" not in data
    assert [code for code, _ in left_out] == ["other-parameters"] * 2


def test_parameters_of_another_scale_are_left_out_of_the_distance(tmp_path):
    data, left_out = beside(tmp_path, result=small.result(scale=(2.0, 3.0)))
    assert left_out == [("other-scale", "b/result.nc")]
    assert data["distance"]["compared"].values.tolist() == [[0, 1], [1, 0]]
    assert data["distance"]["distance"].values[0, 1] == 0.0


def test_parameters_of_another_transform_are_left_out_of_the_distance(tmp_path):
    data, left_out = beside(
        tmp_path, experiment={"parameters": {"m.a": {"transform": "log"}, "m.b": {"sd": 2.0}}}
    )
    assert left_out == [("other-scale", "b/result.nc")]
    assert data["distance"]["compared"].values.tolist() == [[0, 1], [1, 0]]


def test_a_run_without_a_posterior_measures_no_distance(tmp_path):
    ended = small.result({"m.a": 0.5, "m.b": 0.8}, covariance=None, status="interrupted")
    data, left_out = beside(tmp_path, result=ended, targets=small.targets(2.0, None))
    assert left_out == [("no-posterior", "b/result.nc")]
    distance = data["distance"]["distance"].values
    assert distance[0, 1] == pytest.approx(np.sqrt(0.07 / 0.03)) and np.isnan(distance[1, 0])
    assert data[""]["status"].values.tolist() == ["converged", "interrupted"]
    assert data["targets"]["difference_in_sd"].values[1, 0] == 2.0 / 0.5 - 1.0 / 0.5


def test_a_direction_without_information_adds_nothing_to_the_distance(tmp_path):
    """A flat prior leaves an infinite variance where no observation sees the parameter."""
    flat = small.result(covariance=np.array([[np.inf, 0.0], [0.0, 0.16]]))
    a = small.complete(tmp_path / "a", result=flat)
    data, _ = compared(a, small.complete(tmp_path / "b", {"m.a": 9.0, "m.b": 0.8}))
    assert data["distance"]["compared"].values[0, 1] == 1
    assert data["distance"]["distance"].values[0, 1] == pytest.approx(0.2 / 0.4)


def test_a_run_with_its_first_files_only_is_compared_as_far_as_they_go(tmp_path):
    a = small.complete(tmp_path / "a")
    b = small.write(tmp_path / "b", result=small.result(covariance=None, status="interrupted"))
    data, left_out = compared(a, b)
    assert left_out == [
        ("no-posterior", "b/result.nc"), ("no-stream", "b/simulated.nc: co2"),
        ("no-fields", "b/fields.nc"), ("no-targets", "b/targets.nc"),
    ]  # fmt: skip
    assert "maps" not in data and data["parameters"].sizes["run"] == 2


def test_a_forward_run_has_no_parameters_to_compare(tmp_path):
    only = {"co2": small.stream((2.0, 3.0, 4.0, 5.0), None)}
    a, b = small.complete(tmp_path / "a"), small.write(tmp_path / "b", streams=only)
    data, left_out = compared(a, b)
    assert ("no-parameters", "b/result.nc") in left_out
    assert np.isnan(data["stream_co2"]["rmse"].values[1]).tolist() == [False, True]


def test_a_run_of_a_sampler_names_it(tmp_path):
    tables = {"optimiser": {"name": "lbfgsb"}, "sampler": {"name": "nuts"}}
    b = small.complete(tmp_path / "b", experiment=tables)
    root = compared(small.complete(tmp_path / "a"), b)[0][""]
    assert root["sampler"].values.tolist() == ["", "nuts"]
    assert root["optimiser"].values.tolist() == ["", "lbfgsb"]


def test_observations_in_common_are_compared(tmp_path):
    """The second run observes another station in the south."""
    moved = small.stream((2.0, 3.0, 4.0, 5.0), (1.0, 2.0, 3.0, 6.0))
    moved.observations.label[2:] = "SPO"
    data, left_out = beside(tmp_path, streams={"co2": moved})
    assert left_out == [("other-observations", f"{run}/simulated.nc: co2") for run in "ab"]
    assert data["stream_co2"]["place"].values.tolist() == ["NTH"]
    np.testing.assert_allclose(
        data["stream_co2"]["rmse"].sel(simulation="posterior"), [np.sqrt(0.125), 0.0]
    )


def test_a_stream_of_other_days_is_left_out_and_the_first_stays(tmp_path):
    later = small.stream((2.0, 3.0, 4.0, 5.0), (1.0, 2.0, 3.0, 4.0), days=365)
    data, left_out = beside(tmp_path, streams={"co2": later})
    assert left_out == [("other-observations", "b/simulated.nc: co2")]
    assert data["stream_co2"]["count"].values[0].tolist() == [4, 4]
    assert np.isnan(data["stream_co2"]["rmse"].values[1]).all()


def test_repeated_observations_of_a_place_and_day_are_told_apart(tmp_path):
    twice = small.stream((2.0, 3.0, 4.0, 5.0), (1.0, 2.0, 3.0, 4.0))
    twice.observations.start[1], twice.observations.end[1] = (
        twice.observations.start[0], twice.observations.end[0],
    )  # fmt: skip
    a = small.complete(tmp_path / "a", streams={"co2": twice})
    data, left_out = compared(a, small.complete(tmp_path / "b", streams={"co2": twice}))
    assert left_out == [] and data["stream_co2"].sizes["obs"] == 4


def test_other_observed_values_are_named(tmp_path):
    scaled = small.stream((2.0, 3.0, 4.0, 5.0), (1.0, 2.0, 3.0, 4.0), observed=(2.0, 2.0, 3.0, 4.0))
    data, left_out = beside(tmp_path, streams={"co2": scaled})
    assert left_out == [("other-values", "b/simulated.nc: co2")]
    np.testing.assert_allclose(data["stream_co2"]["rmse"].values[1], [np.sqrt(3 / 4), 0.5])


def test_a_stream_in_another_unit_is_left_out(tmp_path):
    fraction = small.stream((2.0, 3.0, 4.0, 5.0), (1.0, 2.0, 3.0, 4.0), units="1")
    _, left_out = beside(tmp_path, streams={"co2": fraction})
    assert left_out == [("other-units", "b/simulated.nc: co2")]


def test_another_grid_has_no_map_and_still_a_season(tmp_path):
    places = (*small.PLACES, (40.0, 40.0))
    other = small.fields((0.0, 0.0, 0.0), (1.0, 3.0, 5.0), places)
    data, left_out = beside(tmp_path, fields=other)
    assert left_out == [("other-grid", "b/fields.nc")]
    assert "maps" not in data
    south = data["season"]["nep"].sel(simulation="posterior").values[:, 1, 0]
    np.testing.assert_allclose(south, [2.0, 3.0])


def test_maps_are_of_the_months_in_common(tmp_path):
    half = small.MONTHS[6:]
    data, left_out = beside(tmp_path, fields=small.fields((0.0, 0.0), (1.0, 2.0), month=half))
    assert left_out == [("other-months", "a/fields.nc")]
    season = data["season"]["nep"].sel(simulation="posterior").values
    assert np.isnan(season[:, 2, :6]).all() and np.isfinite(season[:, 2, 6:]).all()


def test_other_years_have_neither_map_nor_season(tmp_path):
    later = small.fields((0.0, 0.0), (1.0, 2.0), month=small.MONTHS + 12)
    data, left_out = beside(tmp_path, fields=later)
    assert left_out == [("other-months", "b/fields.nc")]
    assert "maps" not in data and "season" not in data


def test_a_field_in_another_unit_is_left_out(tmp_path):
    data, left_out = beside(
        tmp_path, fields=small.fields((0.0, 0.0), (1.0, 2.0), units="kgC m-2 s-1")
    )
    assert left_out == [("other-units", "b/fields.nc: nep")]
    assert "nep" not in data["maps"]


def test_targets_of_another_window_or_unit_are_named(tmp_path):
    _, left_out = beside(
        tmp_path, targets=small.targets(2.0, 0.5, days=("2010-01-01", "2011-12-31"))
    )
    assert left_out == [("other-window", "b/targets.nc")]
    data, left_out = compared(
        tmp_path / "a",
        small.complete(tmp_path / "c", targets=small.targets(2.0, 0.5, units="TgC yr-1")),
        out=tmp_path / "again",
    )
    assert left_out == [("other-units", "c/targets.nc")]
    assert np.isnan(data["targets"]["posterior"].values).tolist() == [[False], [True]]


def test_three_runs_are_compared_with_the_first(tmp_path):
    folders = [
        small.complete(tmp_path / name, {"m.a": shift, "m.b": 1.0}, budget=1.0 + shift)
        for name, shift in (("a", 0.0), ("b", 0.5), ("c", 1.0))
    ]
    data, left_out = compared(*folders)
    assert left_out == []
    np.testing.assert_allclose(data["targets"]["difference"].values[:, 0], [0.0, 0.5, 1.0])
    step = np.sqrt(0.5**2 * 0.16 / 0.03)
    np.testing.assert_allclose(data["distance"]["distance"].values[0], [np.nan, step, 2 * step])


def test_the_truth_of_twins_is_in_the_file(tmp_path):
    a, b = (small.complete(tmp_path / n, result=small.result(truth=(0.3, 0.7))) for n in "ab")
    np.testing.assert_allclose(compared(a, b)[0]["parameters"]["truth"].values, [[10.6, 11.4]] * 2)


# -- faults of the folders ------------------------------------------------------------------------


def test_faults_of_all_folders_are_found_together(tmp_path):
    good = small.complete(tmp_path / "good")
    (tmp_path / "empty").mkdir()
    broken = small.complete(tmp_path / "broken")
    (broken / "targets.nc").write_bytes(b"no netCDF")
    torn = small.complete(tmp_path / "torn")
    (torn / "experiment.toml").write_text("[model", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    (out / "comparison.nc").touch()
    with pytest.raises(InvalidExperiment) as caught:
        compare_runs([good, tmp_path / "empty", broken, torn, tmp_path / "good" / "..", good], out)
    empty, parent = str(tmp_path / "empty"), str(tmp_path / "good" / "..")
    assert [(f.code, f.where) for f in caught.value.findings] == [
        ("results-exist", str(out)), ("not-a-run", empty),
        ("unreadable-file", f"{broken}/targets.nc"),
        ("unreadable-file", f"{torn}/experiment.toml"),
        ("not-a-run", parent), ("repeated-run", str(good)),
    ]  # fmt: skip


def test_a_link_to_a_run_is_that_run(tmp_path):
    a = small.complete(tmp_path / "a")
    (tmp_path / "link").symlink_to(a)
    with pytest.raises(InvalidExperiment) as caught:
        compare_runs([a, tmp_path / "link"], tmp_path / "out")
    assert [(f.code, f.where) for f in caught.value.findings] == [
        ("repeated-run", str(tmp_path / "link"))
    ]


@pytest.mark.parametrize(("count", "code"), [(1, "too-few-runs"), (9, "too-many-runs")])
def test_the_number_of_runs_is_limited(tmp_path, count, code):
    folders = [small.write(tmp_path / str(n), result=small.result()) for n in range(count)]
    with pytest.raises(InvalidExperiment) as caught:
        compare_runs(folders, tmp_path / "out")
    assert [(f.code, f.where) for f in caught.value.findings] == [(code, "PATH")]


def test_a_comparison_is_replaced_only_with_overwrite(tmp_path):
    folders = [small.complete(tmp_path / name) for name in "ab"]
    out = compare_runs(folders, tmp_path / "out")
    with pytest.raises(InvalidExperiment):
        compare_runs(folders, out)
    small.complete(tmp_path / "c")
    compare_runs([tmp_path / "c", folders[0]], out, overwrite=True)
    with xr.open_dataset(out / "comparison.nc") as root:
        assert root["run"].values.tolist() == ["c", "a"]


def test_folders_of_one_name_have_those_above_in_their_labels(tmp_path):
    folders = [small.complete(tmp_path / above / "run") for above in "ab"]
    folders.append(small.complete(tmp_path / "c"))
    data, _ = compared(*folders, out=tmp_path / "out")
    assert data[""]["run"].values.tolist() == ["a/run", "b/run", "c"]
