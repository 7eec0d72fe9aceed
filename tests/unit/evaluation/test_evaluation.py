"""What a run is compared with: sums by latitude written out, observations kept aside, mistakes."""

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from cuts import few_parameters
from findings import codes, raises_finding
from toy import toy_forcing

from ccdas_framework import (
    Grid,
    ObservationRecord,
    Observations,
    Variable,
    load_experiment,
)
from ccdas_framework.compare.evaluate import evaluate_run
from ccdas_framework.config import read_config
from ccdas_framework.config.evaluation_section import evaluation_findings
from ccdas_framework.core.errors import Findings, InvalidExperiment, InvalidInput
from ccdas_framework.evaluation import ByLatitude
from ccdas_framework.evaluation.withheld import Evaluation
from ccdas_framework.evaluation.zonal_comparison import cell_shares, row_edges
from ccdas_framework.io import write_observation_record
from ccdas_framework.io.reference_fields import Reference, write_reference

FLUX = Variable("nep", "gC m-2 d-1", ("time", "column"))
CO2 = Variable("co2", "ppm", ("obs",))
MONTHS = np.arange("2009-12", "2010-04", dtype="datetime64[M]")
PG_PER_YEAR = 365.25e-15  # of g d-1


def reference(months=MONTHS, names=("one", "two"), seed=1):
    edges = np.linspace(-90.0, 90.0, 181)
    values = np.random.default_rng(seed).normal(size=(len(names), len(months), 180))
    return Reference(
        names, months, edges[:-1], edges[1:], values, "PgC yr-1", "flux into the atmosphere"
    )


def asked(sign=-1, bands=(-90.0, 0.0, 90.0), **changes):
    """The toy's five cells, 10 degrees apart from the equator; 1 January to 9 February."""
    return ByLatitude(FLUX, sign, bands, reference(**changes), toy_forcing().domain)


def test_bands_of_a_run_are_sums_of_cells_with_the_sign_of_the_reference():
    field = np.random.default_rng(2).normal(size=(2, 5))  # January and a part of February
    found = asked().compared(field, 2.0 * field)
    area = toy_forcing().domain.grid.area
    of_cells = -field[0] * area * PG_PER_YEAR
    # the first cell lies half on each side of the equator
    south, north = 0.5 * of_cells[0], 0.5 * of_cells[0] + of_cells[1:].sum()
    np.testing.assert_allclose(found.simulated_band[0, 0], [south, north, south + north])
    np.testing.assert_allclose(found.simulated_band[1], 2.0 * found.simulated_band[0])
    assert found.band_names == ("90S-0", "0-90N", "all")
    assert found.units == "PgC yr-1"


def test_only_whole_months_that_both_have_are_compared():
    found = asked().compared(np.ones((2, 5)), np.ones((2, 5)))
    assert found.months.astype(str).tolist() == ["2010-01"]
    theirs = reference().values[:, 1]  # of January
    np.testing.assert_allclose(found.reference_band[:, 0, 0], theirs[:, :90].sum(axis=1))
    np.testing.assert_allclose(found.reference.sum(axis=-1)[:, 0], theirs.sum(axis=1))


def two_years():
    """Two cells that fill a hemisphere each, and two whole years."""
    grid = Grid(
        latitude=[-45.0, 45.0], longitude=[0.0, 0.0], area=[2.55e14, 2.55e14],
        region=np.array(["s", "n"]), half_width=[[45.0, 180.0]] * 2,
        column_cell=[0, 1], column_fraction=[1.0, 1.0], column_class=[1, 1],
    )  # fmt: skip
    time = np.arange("2010-01-01", "2012-01-01", dtype="datetime64[D]")
    month = (time.astype("datetime64[M]") - np.datetime64("2010-01")).astype(int)
    domain = toy_forcing().domain
    months = np.arange("2010-01", "2012-01", dtype="datetime64[M]")
    return evolve(
        domain, grid=grid, time=time, lead=0, month=month, month_of_year=month % 12 + 1,
        day_of_year=np.ones(730, int), year=month // 12, year_number=2010 + month // 12,
    ), months  # fmt: skip


def test_a_season_of_the_mean_of_the_references_correlates_with_it_alone():
    domain, months = two_years()
    phase = 2 * np.pi * np.arange(24) / 12
    edges = np.linspace(-90.0, 90.0, 3)
    values = np.stack([np.cos(phase), np.sin(phase)])[:, :, None] * np.ones(2)
    others = Reference(("one", "two"), months, edges[:-1], edges[1:], values, "PgC yr-1", "flux")
    between = (np.cos(phase) + np.sin(phase))[:, None] * np.ones(2)
    asked = ByLatitude(FLUX, 1, (-90.0, 0.0, 90.0), others, domain)
    found = asked.compared(between, np.cos(phase)[:, None] * np.ones(2))
    expected = [[1.0] * 3, [np.sqrt(0.5)] * 3]
    np.testing.assert_allclose(found.mean_season_correlation, expected, rtol=1e-6)
    np.testing.assert_allclose(found.scores()["season_correlation"][0], np.sqrt(0.5), rtol=1e-6)


def test_a_run_that_equals_the_reference_has_no_error():
    domain, months = two_years()
    season = np.cos(2 * np.pi * np.arange(24) / 12)
    field = np.stack([0.1 + 0.5 * season, -0.3 - season], axis=1)  # gC m-2 d-1, (month, cell)
    amounts = -field * domain.grid.area * PG_PER_YEAR
    same = Reference(
        ("same",), months, np.array([-90.0, 0.0]), np.array([0.0, 90.0]), amounts[None],
        "PgC yr-1", "flux",
    )  # fmt: skip
    asked = ByLatitude(FLUX, -1, (-90.0, 0.0, 90.0), same, domain)
    found = asked.compared(np.zeros((24, 2)), field)
    scores = found.scores()
    for name in ("bias", "rmse", "season_rmse"):
        np.testing.assert_allclose(scores[name][1], 0.0, atol=1e-12)
    np.testing.assert_allclose(scores["correlation"][1], 1.0, rtol=1e-12)
    np.testing.assert_allclose(scores["season_correlation"][1], 1.0, rtol=1e-12)
    assert np.isnan(scores["correlation"][0]).all()  # the prior is constant
    days = np.diff(np.append(months, months[-1] + 1).astype("datetime64[D]")).astype(float)
    mean = days @ amounts / days.sum()
    np.testing.assert_allclose(found.mean(found.reference_band)[0], [*mean, mean.sum()])
    np.testing.assert_allclose(scores["bias"][0, 0], [*-mean, -mean.sum()])
    swing = 2.0 * np.array([0.5, 1.0, 0.5]) * 2.55e14 * PG_PER_YEAR  # they are opposed
    np.testing.assert_allclose(found.amplitude(found.reference_band)[0], swing, rtol=1e-12)
    assert found.rows.tolist() == [-90.0, 0.0, 90.0]


def test_without_a_whole_year_there_is_no_season():
    found = asked().compared(np.ones((2, 5)), np.ones((2, 5)))
    assert np.isnan(found.amplitude(found.simulated_band)).all()
    assert np.isnan(found.scores()["season_rmse"]).all()
    assert np.isfinite(found.scores()["bias"]).all()


def test_cells_are_shared_by_area():
    grid = evolve(two_years()[0].grid, latitude=[0.0, 0.0], half_width=[[30.0, 180.0]] * 2)
    shares = cell_shares(grid, np.array([-90.0, 0.0, np.degrees(np.arcsin(0.25)), 90.0]))
    np.testing.assert_allclose(shares[:, 0], [0.5, 0.25, 0.25], rtol=1e-12)
    assert (
        row_edges(evolve(grid, half_width=[[3.75, 5.0]] * 2)).tolist()
        == np.linspace(-90.0, 90.0, 25).tolist()
    )


@pytest.mark.parametrize(
    ("table", "code", "key"),
    [
        ({"straem": "co2"}, "unknown-key", "straem"),
        ({"stream": "co2", "sign": -1}, "misplaced-key", "sign"),
        ({"reference": "r.nc", "observations": "o.nc"}, "misplaced-key", "observations"),
        ({"reference": "r.nc", "sign": 2}, "wrong-value", "sign"),
        ({"reference": "r.nc", "sign": True}, "wrong-value", "sign"),
        ({"reference": "r.nc", "bands": [0]}, "wrong-value", "bands"),
        ({"reference": "r.nc", "bands": [0, -30]}, "wrong-value", "bands"),
        ({"reference": "r.nc", "bands": [0, "x"]}, "wrong-value", "bands"),
        ({"reference": "r.nc", "bands": [-100, 0]}, "wrong-value", "bands"),
    ],
)
def test_a_key_that_does_not_fit_is_a_finding(table, code, key):
    findings = Findings()
    config = read_config({"evaluation": {"x": table}}, "my.toml", findings)
    findings.extend(evaluation_findings(config.evaluation, "my.toml"))
    assert codes(findings) == [(code, f"evaluation.x.{key}")]


# -- with the demonstration ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept_aside(tmp_path_factory, finished):
    """A file with what the finished run simulated at MHD and RPB in June, under other names."""
    run, _ = finished
    with xr.open_dataset(run.folder / "simulated.nc", group="co2") as group:
        there = np.isin(group["station"].values.astype(str), ("MHD", "RPB"))
        of = group.isel(obs=np.flatnonzero(there)).load()
    path = tmp_path_factory.mktemp("aside") / "aside.nc"
    first = of["time_start"].values.astype("datetime64[D]")
    observations = Observations(
        values=of["posterior"].values, sd=of["observed_sd"].values, start=first,
        end=of["time_end"].values.astype("datetime64[D]"), latitude=of["latitude"].values,
        longitude=of["longitude"].values, altitude=np.full(len(first), 10.0),
        label=np.char.add(of["station"].values.astype(str), "-aside"),
    )  # fmt: skip
    record = ObservationRecord(observations, CO2.units, "withheld", "none", "yes: all")
    write_observation_record(path, record, "a test")
    return path, of


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    path = tmp_path_factory.mktemp("references") / "land.nc"
    write_reference(path, reference(np.arange("2010-01", "2010-12", dtype="datetime64[M]")))
    return path


def settings(kept_aside, references):
    return {
        "evaluation.aside.stream": "co2",
        "evaluation.aside.observations": str(kept_aside[0]),
        "evaluation.land.reference": str(references),
        "evaluation.land.field": "nep",
        "evaluation.land.sign": -1,
    }


def test_a_finished_run_is_compared_at_its_own_two_points(
    finished, kept_aside, references, tmp_path
):
    run, _ = finished
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    given = settings(kept_aside, references)
    found = evaluate_run(run.folder, out=tmp_path / "out", settings=given)
    assert {path.name: path.read_bytes() for path in run.folder.iterdir()} == before
    assert found.path == tmp_path / "out" / "evaluation.nc" and found.notes == ()
    # the operator gives at these places what it gave in the run, prior and posterior
    aside, of = found.evaluation["aside"], kept_aside[1]
    np.testing.assert_allclose(aside.prior, of["prior"].values, rtol=1e-10)
    np.testing.assert_allclose(aside.posterior, of["posterior"].values, rtol=1e-10)
    score = aside.scores()["all"]
    assert score["posterior_rmse"] < 1e-8 < score["prior_rmse"]
    # and the sums are those of fields.nc
    land = found.evaluation["land"]
    assert land.months.astype(str).tolist() == ["2010-06"]
    with xr.open_dataset(run.folder / "fields.nc") as fields:
        june = (fields["nep"] * fields["area"]).sum("cell").isel(time=0).values
    np.testing.assert_allclose(land.simulated_band[:, 0, -1], -june * PG_PER_YEAR, rtol=1e-6)
    assert "3 cells of its grid" in land.note
    with xr.open_dataset(found.path, group="aside") as group:
        assert group["place"].values.tolist()[0] == "all"
        assert group["station"].dims == ("obs",) and "posterior_bias" in group
    with xr.open_dataset(found.path, group="land") as group:
        assert group["simulated_row"].dims == ("run", "time", "latitude")
        assert group["rmse"].dims == ("run", "reference", "band")
        assert group["reference_row"].attrs["units"] == "PgC yr-1"


def test_a_run_compares_at_its_end_and_reports_it(kept_aside, references, tmp_path):
    given = {k.replace(".", "__"): v for k, v in settings(kept_aside, references).items()}
    experiment = few_parameters(("co2",), optimiser__iterations=1, **given)
    result = experiment.run(tmp_path / "run")
    assert set(result.evaluation) == {"aside", "land"}
    page = (tmp_path / "run" / "report.html").read_text()
    assert 'id="evaluation-aside"' in page and 'id="evaluation-land"' in page
    with xr.open_dataset(tmp_path / "run" / "evaluation.nc", group="aside") as group:
        assert set(group["station"].values) == {"MHD-aside", "RPB-aside"}


def finding_of(settings, streams=("co2",)):
    """Code and place of the only finding about an experiment."""
    with pytest.raises(InvalidExperiment) as caught:
        few_parameters(streams, **{k.replace(".", "__"): v for k, v in settings.items()})
    (finding,) = codes(caught)
    return finding


def test_observations_that_are_assimilated_are_no_test(kept_aside, tmp_path):
    with xr.open_dataset(kept_aside[0]) as file:
        spoilt = file.load()
    spoilt["label"] = ("obs", np.array([str(v)[:3] for v in spoilt["label"].values], dtype=object))
    spoilt.to_netcdf(tmp_path / "both.nc")
    assert finding_of({
        "evaluation.aside.stream": "co2", "evaluation.aside.observations": str(tmp_path / "both.nc")
    }) == ("assimilated", "evaluation.aside")  # fmt: skip


def test_a_stream_without_withheld_observations_is_a_finding():
    finding = finding_of({"evaluation.aside.stream": "co2"})
    assert finding == ("missing-file", "evaluation.aside.observations")


def test_a_reference_of_another_period_is_a_finding(tmp_path):
    write_reference(tmp_path / "r.nc", reference())
    assert finding_of({
        "evaluation.land.reference": str(tmp_path / "r.nc"), "evaluation.land.field": "nep"
    }) == ("no-common-month", "evaluation.land")  # fmt: skip


def test_a_field_that_cannot_be_summed_is_a_finding(references):
    table = {"evaluation.land.reference": str(references), "evaluation.land.field": "lai"}
    assert finding_of(table) == ("no-total", "evaluation.land")


def test_an_unknown_field_is_a_finding():
    assert finding_of({"evaluation.gpq.field": "gpq"}) == ("unknown-field", "evaluation.gpq.field")


def test_a_table_whose_stream_is_not_in_the_run_is_left_out_with_a_note(kept_aside):
    given = {"evaluation__aside__stream": "co2", "evaluation__aside__observations": "x.nc"}
    experiment = few_parameters(("sm",), **given)
    assert dict(experiment.evaluation) == {}
    assert codes(experiment.notes) == [("missing-stream", "evaluation.aside")]


@pytest.fixture
def probes(tmp_path):
    """Settings that compare with soil moisture of July at the cells of the grid, named or not."""
    grid = few_parameters(("sm",)).forcing.domain.grid
    day = np.full(grid.cells, "2010-07-01", dtype="datetime64[D]")
    observations = Observations(
        values=np.full(grid.cells, 0.2), sd=np.full(grid.cells, 0.05), start=day, end=day,
        latitude=grid.latitude, longitude=grid.longitude, altitude=np.zeros(grid.cells),
        label=[f"cell {n}" for n in range(grid.cells)],
    )  # fmt: skip
    path = tmp_path / "probes.nc"
    record = ObservationRecord(observations, "m3 m-3", "soil moisture", "none", "no")
    write_observation_record(path, record, "a test")
    table = {"evaluation__sm__field": "soil_moisture", "evaluation__sm__observations": str(path)}
    return table, str(path)


def test_observations_of_an_assimilated_stream_are_left_out_with_a_note(probes):
    table, path = probes
    other = few_parameters(("vod",), **table)
    assert set(other.evaluation) == {"sm"} and not other.notes
    both = few_parameters(("sm",), **table, streams__sm__observations=path)
    assert not both.evaluation and codes(both.notes) == [("assimilated", "evaluation.sm")]


def test_a_field_that_the_model_lacks_is_left_out_with_a_note(probes):
    table, _ = probes
    settings = {k.replace("__", "."): v for k, v in table.items()}
    experiment = load_experiment(
        "demo", ["vod"], "dalec", "autograd", settings={**settings, "grid.cells": 2}
    )
    assert not experiment.evaluation
    assert ("missing-field", "evaluation.sm") in codes(experiment.notes)


def test_an_evaluation_without_observations_in_the_grid_has_no_scores():
    nothing = np.zeros(0)
    day = np.array([], "datetime64[D]")
    observations = Observations(nothing, nothing, day, day, nothing, nothing, nothing, nothing)
    scores = Evaluation(FLUX, observations, nothing, nothing).scores()
    assert scores["all"]["count"] == 0.0 and np.isnan(scores["all"]["posterior_rmse"])


def test_observations_outside_the_window_are_refused_before_anything_is_optimised(
    kept_aside, tmp_path
):
    with xr.open_dataset(kept_aside[0], decode_times=False) as file:
        late = file.load()
    for name in ("time_start", "time_end"):
        late[name] = late[name] + 3650
    late.to_netcdf(tmp_path / "late.nc")
    given = {
        "evaluation__aside__stream": "co2",
        "evaluation__aside__observations": str(tmp_path / "late.nc"),
    }
    experiment = few_parameters(("co2",), **given)
    with raises_finding("no-observations", "evaluation.aside", InvalidInput):
        experiment.run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("settings", "error", "finding"),
    [
        ({}, InvalidInput, ("nothing-to-compare", "evaluation")),
        ({"evaluation.a.stream": "xco2"}, InvalidInput, ("nothing-to-compare", "evaluation")),
        ({"time.days": 3}, InvalidExperiment, ("fixed-key", "time.days")),
    ],
)
def test_a_run_that_cannot_be_compared_is_refused(finished, settings, error, finding):
    with raises_finding(*finding, error) as caught:
        evaluate_run(finished[0].folder, settings=settings)
    assert all(value in str(caught.value) for value in settings.values() if value == "xco2")


def test_a_folder_without_a_finished_run_is_refused(finished, tmp_path):
    with raises_finding("not-a-run", tmp_path / "nothing", InvalidInput):
        evaluate_run(tmp_path / "nothing")
    (tmp_path / "experiment.toml").write_text("[streams.co2]\n")
    with raises_finding("missing-file", "result.nc", InvalidInput):
        evaluate_run(tmp_path)
    (tmp_path / "file").write_text("")
    with raises_finding("output-is-a-file", tmp_path / "file", InvalidInput):
        evaluate_run(finished[0].folder, out=tmp_path / "file")


def test_the_command_prints_tables_and_where_the_results_are(
    ccdas, finished, kept_aside, references, tmp_path
):
    pairs = [f"{key}={value}" for key, value in settings(kept_aside, references).items()]
    given = [part for pair in pairs for part in ("--set", pair)]
    code, said, error = ccdas("evaluate", finished[0].folder, "--out", tmp_path / "out", *given)
    assert code == 0 and "Traceback" not in error
    for words in ("evaluation: aside (ppm)", "bias: prior", "MHD-aside", "references: lowest",
                  "60N-90N", "\nreference ", "3 cells of its grid", "evaluation.nc"):  # fmt: skip
        assert words in said
    code, _, error = ccdas("evaluate", tmp_path / "none")
    assert code == 2 and str(tmp_path / "none") in error
