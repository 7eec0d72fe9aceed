"""`design_study` on a small demonstration: the numbers of a run, and mistakes before it."""

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from cuts import ANY_STATION, FEW, SHORT, few_parameters, only
from findings import codes, raises_finding

from ccdas_framework.compare.design import _sensitive_targets, design_study
from ccdas_framework.compare.design_dataset import (
    DESIGN_FILES,
    design_dataset,
    greedy_dataset,
    write_design,
)
from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.io.toml_text import toml_text
from ccdas_framework.posterior import gauss_newton_posterior, whitened_by_stream

TOWERS = [
    {"label": "A", "latitude": 60.0, "longitude": 10.0},
    {"label": "B", "latitude": -10.0, "longitude": 10.0},
]


def settings(streams=("co2", "sm", "vod")):
    cut = {**SHORT, **only(FEW, streams), **ANY_STATION}
    return {
        k: v for k, v in cut.items() if not k.startswith("streams.") or k.split(".")[1] in streams
    }


def study(tmp_path, streams=("co2", "sm", "vod"), **tables):
    path = tmp_path / "designs.toml"
    path.write_text(toml_text(tables))
    return design_study(path, engine="autograd", settings=settings(streams))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of one iteration, and its folder."""
    folder = tmp_path_factory.mktemp("run") / "first"
    return few_parameters(optimiser__iterations=1).run(folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, run):
    """A study at the optimum of the run: its own streams, and stations and cells to choose from."""
    folder = tmp_path_factory.mktemp("design")
    found = study(
        folder,
        design={"at": str(run.folder), "given": ["co2", "sm"]},
        places={"towers": TOWERS},
        designs={
            "same": {"stream": "vod", "places": "observed"},
            "cells": {"stream": "vod", "places": "every cell", "error": [0.05, 0.2]},
            "towers": {"stream": "co2", "places": "towers", "error": 0.4},
            "soil": {"stream": "sm", "places": "every cell", "sampling": "daily", "every": 8},
        },
        greedy={
            "tower": {"designs": "towers", "targets": ["npp Global"], "choose": 1},
            "stream": {"designs": ["towers", "soil", "same"], "by": "design"},
        },
    )
    out = folder / "out"
    write_design(found, out)
    return found, out


def test_a_design_equal_to_the_observations_of_a_run_has_its_posterior(run, whole):
    problem, x = run.problem, run.optimisation.x
    rows = whitened_by_stream(problem, problem.derivatives(x)[1])
    expected = gauss_newton_posterior(x, problem.prior, rows).covariance
    found = whole[0]
    np.testing.assert_allclose(found.x, x, atol=1e-12)  # by way of physical values in a file
    same = next(e for e in found.evaluated if e.design.name == "same")
    np.testing.assert_allclose(same.posterior.covariance, expected, atol=1e-9)
    assert np.max(np.abs(expected - np.eye(len(x)))) > 0.1


def test_a_design_never_increases_a_variance(whole):
    found = whole[0]
    given = np.diag(found.baseline.covariance)
    for e in found.evaluated:
        assert np.all(np.diag(e.posterior.covariance) <= given * (1 + 1e-12))
        assert np.all(e.target_sd <= found.baseline_sd * (1 + 1e-12))
    assert np.all(found.baseline_sd <= found.prior_sd * (1 + 1e-12))


def test_a_smaller_error_tells_more(whole):
    precise, rough = (e for e in whole[0].evaluated if e.design.table == "cells")
    variances = [np.diag(e.posterior.covariance) for e in (precise, rough)]
    assert np.all(variances[0] <= variances[1] * (1 + 1e-12))
    assert precise.dfs > rough.dfs > 0.0


def test_the_error_used_is_what_the_operator_makes_of_it(whole):
    tower = next(e for e in whole[0].evaluated if e.design.name == "towers")
    np.testing.assert_allclose(tower.stream.sd, np.hypot(0.5, 0.4))  # floor of 0.5 ppm


def test_designs_that_differ_in_their_error_share_a_jacobian(whole):
    names = list(whole[0].problem.streams)
    assert names[:2] == ["co2", "sm"]
    assert len(names) == 2 + 3  # cells as observed, towers, soil


def test_the_first_choice_is_the_best_of_all(whole, tmp_path):
    found = whole[0]
    choices, wanted = found.greedy["stream"]
    single = {e.design.name: e for e in found.evaluated}
    objective = {
        name: np.sum((single[name].target_sd[wanted] / found.prior_sd[wanted]) ** 2)
        for name in ("towers", "soil", "same")
    }
    assert choices.chosen[0] == min(objective, key=objective.get)
    for name, value in objective.items():
        assert choices.alone[name] == pytest.approx(value, rel=1e-9)


def test_places_are_chosen_one_by_one(whole):
    choices, wanted = whole[0].greedy["tower"]
    assert choices.chosen[0] in ("A", "B") and len(choices.chosen) == 1
    assert [whole[0].targets.pairs[n] for n in wanted] == [("npp", "Global")]


def test_the_file_holds_the_table_and_the_choices(whole):
    found, out = whole
    assert {path.name for path in out.iterdir()} == set(DESIGN_FILES)
    with xr.open_dataset(out / "design.nc") as data:
        assert list(data["design"].values) == [e.design.name for e in found.evaluated]
        assert data["posterior_sd"].dims == ("design", "region", "quantity")
        assert np.isnan(data["error"].sel(design="same"))
        assert data.attrs["given"] == "co2, sm"
        expected = 1.0 - data["posterior_sd"] / data["prior_sd"]
        known = data["prior_sd"] > 1e-12  # the net exchange of this cut follows from its closure
        np.testing.assert_allclose(
            data["uncertainty_reduction"].where(known), expected.where(known), atol=1e-12
        )
        assert list(data["target_unit"].values) == ["PgC yr-1"] * data.sizes["quantity"]
    with xr.open_dataset(out / "design.nc", group="greedy_stream") as data:
        assert data["objective"].dims == ("step",)
        assert data["chosen"].values[0] == ""
        assert data["target_sd"].dims == ("step", "target")
        assert np.all(np.diff(data["objective_alone"]) >= 0.0)


def test_every_variable_of_the_file_is_documented(whole):
    page = (Path(__file__).parents[3] / "docs" / "output-files.md").read_text(encoding="utf-8")
    told = page.split("## `design.nc`")[1].split("\n## ")[0]
    table = design_dataset(whole[0])
    assert [name for name in table.variables if f"`{name}`" not in told] == []
    for name in greedy_dataset(whole[0], "stream").variables:
        assert re.search(rf"`{name}[(`]", told), name


def test_a_stream_without_a_file_can_be_designed(tmp_path):
    found = study(
        tmp_path,
        ("co2",),
        settings={"streams": {"depth": {"operator": "vod", "biomass_memory": "window_mean"}}},
        designs={"x": {"stream": "depth", "places": "every cell", "error": 0.1},
                 "y": {"stream": "co2", "places": "observed"}},
    )  # fmt: skip
    assert "depth.tau_eff[1]" in found.problem.control.names
    assert [len(e.stream.values) for e in found.evaluated] == [3, 10]


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({"designs": {"x": {"stream": "vodd", "places": "every cell"}}},
         {("unknown-component", "streams.vodd")}),
        ({"designs": {"x": {"stream": "vod", "places": "far"}},
          "places": {"far": [{"latitude": 10}]}},
         {("missing-key", "places.far[1].longitude")}),
        ({"designs": {"x": {"stream": "vod", "places": "every cell", "error": 0.0}},
          "design": {"experiment": "dem"}},
         {("wrong-value", "designs.x.error")}),
        ({"designs": {"x": {"stream": "vod", "places": "far", "end": "2015-01-01"},
                      "y": {"stream": "vod", "places": "far"}},
          "places": {"far": [{"latitude": -60, "longitude": 0}]},
          "greedy": {"g": {"designs": "y", "targets": ["nee Global"]}}},
         {("outside-window", "designs.x"), ("outside-grid", "places.far"),
          ("unknown-target", "greedy.g.targets")}),
        ({"designs": {"x": {"stream": "vod", "places": "every cell",
                            "settings": {"leaf_groups": "life_form"}},
                      "y": {"stream": "vod", "places": "every cell",
                            "settings": {"n_cor": 2.0}}}},
         {("changed-operator", "designs.x.settings"), ("unknown-key", "designs.y.settings.n_cor")}),
    ],
)  # fmt: skip
def test_mistakes_are_told_together_before_the_run(tmp_path, tables, expected):
    with pytest.raises(InvalidExperiment) as error:
        study(tmp_path, ("vod",), **tables)
    assert expected <= set(codes(error))


def test_a_design_that_masks_leave_empty_is_refused(tmp_path):
    every = list(range(1, 14))
    hidden = {"forest_classes": every, "forest_fraction": 0.0}
    with raises_finding("no-observations", "designs.x", InvalidExperiment):
        study(
            tmp_path,
            ("sm",),
            designs={"x": {"stream": "sm", "places": "every cell", "settings": hidden}},
        )


def test_a_target_that_only_rounding_moves_is_not_chosen_for():
    found = _sensitive_targets(np.array([2.0, 0.0, 1e-14, 3e-9, 1e-9]), [3, 2])
    np.testing.assert_array_equal(found, [True, False, False, True, True])
