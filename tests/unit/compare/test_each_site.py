"""One run for each cell: their folders, their table, and what an existing folder means."""

import csv
import json
from functools import cache

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from findings import codes

from ccdas_framework import load_experiment
from ccdas_framework.compare import site_runs
from ccdas_framework.compare.each_site import each_site
from ccdas_framework.compare.site_page import PAGE, write_site_page
from ccdas_framework.compare.site_runs import places_of
from ccdas_framework.compare.site_table import measures_of
from ccdas_framework.compare.twin import twin
from ccdas_framework.core.errors import CcdasError, Findings, InvalidExperiment
from ccdas_framework.targets import selected_cells
from ccdas_framework.terminal.sites_text import sites_text

SITES = ["Loobos", "Manaus"]
SETTINGS = {
    "grid.select": SITES, "time.days": 45, "time.spin_up_years": 0, "truth.spread": 0.5,
    "streams.vod.biomass_memory": "window_mean", "compute.blocks": 1, "compute.workers": 1,
    "posterior.method": "none", "targets.fields": [], "optimiser.gradient_reduction": 1e-3,
}  # fmt: skip


EXPERIMENT = {
    "name_or_path": "twin_ten_sites", "observations": ["vod"], "model": "dalec",
    "engine": "autograd",
}  # fmt: skip


@cache
def fixed():
    """Settings that leave the parameters of the operator alone, for short runs."""
    active = load_experiment(**EXPERIMENT, settings=SETTINGS).control.active
    kinds = {f"{e.owner}.{e.parameter.name}" for e in active if e.owner != "vod"}
    return {f'parameters."{kind}".active': False for kind in kinds}


def arguments(**settings):
    given = {key.replace("__", "."): value for key, value in settings.items()}
    return {**EXPERIMENT, "settings": {**SETTINGS, **fixed(), **given}}


def run_all(out, overwrite=False, **settings):
    of_all = arguments(**settings)
    return each_site(load_experiment(**of_all), of_all, out, overwrite=overwrite)


def shown(result):
    return sites_text(result.table, measures_of(result.table))


def lines(result):
    return {line["site"]: line for line in result.table}


def test_each_cell_has_a_run_of_its_own_and_a_line_of_the_table(here, tmp_path):
    result = run_all(tmp_path)
    assert result.computed == 2 and list(lines(result)) == SITES
    for name, line in lines(result).items():
        with xr.open_dataset(tmp_path / name / "simulated.nc", group="vod") as group:
            misfit = group["posterior"].values - group["observed"].values
        with xr.open_dataset(tmp_path / name / "result.nc") as file:
            cost = file["cost"].values
        assert line["observations"] == line["vod_count"] == len(misfit) > 0
        assert line["vod_rms_posterior"] == pytest.approx(np.sqrt(np.mean(misfit**2)))
        assert (line["cost_prior"], line["cost_posterior"]) == (cost[0], cost[-1])
        assert line["cost_posterior"] < line["cost_prior"]
        assert line["chi_squared"] == pytest.approx(2.0 * cost[-1] / len(misfit))
    with open(tmp_path / "sites.csv", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert [row["site"] for row in written] == SITES
    assert float(written[1]["cost_prior"]) == pytest.approx(result.table[1]["cost_prior"])
    with xr.open_dataset(tmp_path / "sites.nc") as file:
        assert file["vod_rms_prior"].attrs["units"] == "1" and file.sizes == {"site": 2}
    page = write_site_page(result).read_text("utf-8")
    assert (tmp_path / PAGE).is_file() and "Manaus/report.html" in page
    alone = load_experiment(tmp_path / "Manaus" / "experiment.toml").forcing.domain.grid
    assert alone.label.tolist() == ["Manaus"]


def test_complete_runs_are_kept_and_a_failed_one_is_run_again(here, tmp_path, monkeypatch):
    grid = load_experiment(**arguments(grid__select="Loobos")).forcing.domain.grid
    alone = {"cells": [[float(grid.latitude[0]), float(grid.longitude[0])]]}

    def failing(**given):
        if given["settings"]["grid.select"] == alone:
            raise CcdasError("no such weather", code="x", where="y")
        return load_experiment(**given)

    with monkeypatch.context() as patch:
        patch.setattr(site_runs, "load_experiment", failing)
        first = run_all(tmp_path)
    assert lines(first)["Loobos"]["status"] == "failed"
    assert lines(first)["Loobos"]["cost_prior"] == "" and lines(first)["Manaus"]["cost_prior"] > 0
    assert "Loobos: CcdasError: no such weather" in shown(first)
    before = (tmp_path / "Manaus" / "result.nc").stat().st_mtime_ns
    again = run_all(tmp_path)
    assert again.computed == 1 and lines(again)["Loobos"]["cost_prior"] > 0
    assert not any("input" in line["remarks"] for line in again.table)
    assert (tmp_path / "Manaus" / "result.nc").stat().st_mtime_ns == before
    with pytest.raises(InvalidExperiment) as error:
        run_all(tmp_path, truth__spread=0.4)
    assert codes(error) == [("changed-run", str(tmp_path / name)) for name in SITES]
    assert run_all(tmp_path, overwrite=True, truth__spread=0.4).computed == 2


def test_a_run_is_continued_with_more_iterations(here, tmp_path):
    first = run_all(tmp_path, grid__select="Manaus", optimiser__iterations=1)
    assert first.table[0]["status"] == "iteration limit"
    assert "Manaus" in shown(first).split("without a minimum")[1]
    assert run_all(tmp_path, grid__select="Manaus", optimiser__iterations=1).computed == 0
    more = run_all(tmp_path, grid__select="Manaus", optimiser__iterations=40)
    assert more.computed == 1 and more.table[0]["status"] == "converged"
    assert (tmp_path / "Manaus" / "log.jsonl").read_text("utf-8").count('"resumed"') == 1


def test_a_folder_of_other_files_is_a_finding(here, tmp_path):
    (tmp_path / "letters.txt").touch()
    with pytest.raises(InvalidExperiment) as error:
        run_all(tmp_path)
    assert ("not-a-results-folder", str(tmp_path)) in codes(error)


def test_cells_are_named_by_their_labels_or_numbered():
    grid = load_experiment(**arguments()).forcing.domain.grid
    findings = Findings()
    assert list(places_of(evolve(grid, label=["..", "x"]), findings)) == ["_.", "x"]
    labelled = places_of(evolve(grid, label=["a/b", ""]), findings)
    assert list(labelled) == ["a_b", "cell_2"] and labelled["a_b"].label is None
    centre = (float(grid.latitude[1]), float(grid.longitude[1]))
    assert labelled["cell_2"].cells == (centre,)
    assert list(places_of(evolve(grid, label=()), findings)) == ["cell_1", "cell_2"]
    assert not findings
    places_of(evolve(grid, label=["A", "a"]), findings)
    assert codes(findings) == [("repeated-name", "a")]


def test_a_cell_is_selected_also_where_one_that_is_left_out_has_its_label():
    box = {"south": 52.0, "north": 53.0, "west": 5.0, "east": 6.5}  # around Loobos
    all_cells = evolve(load_experiment(**arguments()).forcing.domain.grid, label=["A", "A"])
    experiment = load_experiment(**arguments(grid__select={"box": box}))
    kept = evolve(experiment.forcing.domain.grid, label=["A"])
    findings = Findings()
    place = places_of(kept, findings)["A"]
    alone = evolve(experiment.config, grid=evolve(experiment.config.grid, select=place))
    for config in (experiment.config, alone):
        cells, _ = selected_cells(config, all_cells, (), findings)
        assert cells.tolist() == [SITES.index("Loobos")]
    assert not findings


def test_kept_runs_name_versions_and_inputs_that_have_changed(here, tmp_path):
    run_all(tmp_path, grid__select="Manaus", optimiser__iterations=1)
    path = tmp_path / "Manaus" / "provenance.json"
    before = json.loads(path.read_text("utf-8"))
    forcing = next(name for name in before["inputs"] if name.endswith("forcing.nc"))
    before["inputs"][forcing] = "0" * 64
    before["python"] = "2.7"
    path.write_text(json.dumps(before), "utf-8")
    again = run_all(tmp_path, grid__select="Manaus", optimiser__iterations=1)
    remarks = again.table[0]["remarks"]
    assert again.computed == 0 and "2.7" in remarks and forcing in remarks
    assert f"Manaus: {remarks}" in shown(again)
    assert "2.7" in (tmp_path / "sites.csv").read_text("utf-8")


def test_stages_and_twins_may_select_other_cells(tmp_path):
    at = {"posterior__method": "gauss_newton"}
    first = load_experiment(**arguments(**at, grid__select="Loobos")).run(tmp_path / "first")
    after = arguments(**at, grid__select="Manaus", prior__run=str(tmp_path / "first"))
    second = load_experiment(**after).run(tmp_path / "second")
    np.testing.assert_allclose(second.problem.prior.mean, first.posterior.x)
    assert second.posterior is not None
    (variant,) = twin(load_experiment(**arguments(grid__select="Manaus")), ["sites"]).variants
    assert variant.labels == ("Manaus",) and variant.results[0].status == "converged"
