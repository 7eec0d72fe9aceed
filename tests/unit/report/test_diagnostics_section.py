"""Sections of the report on consistency, on what each stream does and on what is seen."""

import re

import markupsafe
import numpy as np
import pytest
import xarray as xr
from findings import codes, raises_finding

from ccdas_framework import Diagonal, Parameter
from ccdas_framework.cli.diagnose import CONSISTENT
from ccdas_framework.cli.diagnose import diagnose as diagnose_command
from ccdas_framework.core.control import Control
from ccdas_framework.diagnostics import StreamFit, TargetChange, diagnose
from ccdas_framework.outputs.diagnostics_dataset import diagnostics_dataset
from ccdas_framework.outputs.result_datasets import starts_dataset
from ccdas_framework.posterior import gauss_newton_posterior
from ccdas_framework.priors import Gaussian
from ccdas_framework.report import write_report
from ccdas_framework.report.diagnostics_section import diagnostics_contents, information_sentences
from ccdas_framework.report.format import page_change
from ccdas_framework.report.information_content import target_correlations
from ccdas_framework.report.run_files import read_run
from ccdas_framework.report.stored_diagnostics import diagnostics_of, rows, sentences

from .runs import site_run

COMBINATION = "+0.8 a -0.6 b"  # that no observation constrains


def diagnosed(size=3.0):
    """Diagnostics of two made-up streams, the first with residuals of this size."""
    generator, count = np.random.default_rng(3), 60
    prior = Gaussian(np.zeros(3), Diagonal(np.ones(3)))
    rows_ = {name: generator.standard_normal((count, 3)) for name in ("sm", "vod")}
    rows_["sm"][:, 2] = rows_["sm"][:, 1] + 1e-3  # two parameters that are not told apart
    rows_["vod"][:, 1:] = 0.0
    x = np.array([3.5, 0.4, -0.2])
    posterior = gauss_newton_posterior(x, prior, rows_)
    fits = []
    for name, scale in (("sm", size), ("vod", 1.0)):
        residual = scale * generator.standard_normal(count)
        fits.append(
            StreamFit(
                name=name, units="1", observed=residual, sd=np.ones(count),
                prior=-rows_[name] @ x, posterior=np.zeros(count),
                place=np.repeat(["DE-Tha", "FI-Hyy"], count // 2),
                start=np.datetime64("2010-01-01") + np.tile(np.arange(count // 2), 2),
                innovation=residual + rows_[name] @ x, residual=residual, sensitivity=rows_[name],
            )
        )  # fmt: skip
    control = Control.of({"m": [Parameter(n, "1", 1.0, 0.5) for n in ("k", "q", "s")]})
    sensitivity = np.array([[0.5, 0.0, 0.1], [1.0, 0.2, 0.0]])
    before = np.array([5.0, 0.0])
    changes = [
        TargetChange("npp", ["Europe", "Global"], "PgC yr-1", before, before + sensitivity @ x,
                     sensitivity, period)
        for period in ("annual", "JJA")
    ]  # fmt: skip
    return diagnose(fits, posterior, np.zeros(3), control, changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A made-up run with diagnostics, eigenvalues and correlations of targets."""
    path = site_run(tmp_path_factory.mktemp("told") / "run")
    found = diagnosed()
    with xr.open_dataset(path / "result.nc") as dataset:
        result = dataset.load()
    result["hessian_eigenvalue"] = ("eigenvalue", np.array([900.0, 12.0, 1.4, 1.0]))
    result["seen"] = ("control", np.arange(result.sizes["control"]) != 4)
    result.attrs |= {
        "constrained_directions": 2,
        "unseen_parameters": "bethy.V_m[4]",
        "unseen_combinations": COMBINATION,
    }
    result.to_netcdf(path / "result.nc")
    with xr.open_dataset(path / "targets.nc") as dataset:
        targets = dataset.load()
    names = [f"{q} {r}" for q in targets.quantity.values for r in targets.region.values]
    matrix = 0.5 * np.eye(6) + 0.5
    targets = targets.assign_coords(target=names, target2=names)
    targets["posterior_correlation"] = (("target", "target2"), matrix)
    targets.to_netcdf(path / "targets.nc")
    diagnostics_dataset(found.tables, found.warnings).to_netcdf(path / "diagnostics.nc")
    write_starts_and_sensitivity(path)
    return path


def write_starts_and_sensitivity(path):
    """Two starts in one minimum, and what five places of a stream did to four targets."""
    starts_dataset(
        control=["a"], x_start=np.zeros((2, 1)), x_found=np.ones((2, 1)),
        cost_start=np.array([90.0, 80.0]), cost=np.array([12.0, 11.0]),
        status=["converged", "stalled"], message=["", ""], gradient_reduction=np.ones(2),
        iterations=[4, 7], minimum=[1, 1], selected=2, difference=None, targets={},
    ).to_netcdf(path / "starts.nc")  # fmt: skip
    names = ["npp Europe", "npp Global", "npp JJA Global", "nep Global"]
    root = xr.Dataset({"target_unit": ("target", ["PgC yr-1"] * 4)}, coords={"target": names})
    shift = np.array([[9.0] * 5, [0.0, 0.1, -0.5, 0.2, 0.3], [7.0] * 5, [0.0, 0.0, 0.01, 0.0, 0.0]])
    of_stream = xr.Dataset(
        {"place_shift": (("target", "place"), shift)},
        coords={"target": names, "place": ["ALT", "BRW", "MLO", "SMO", "SPO"]},
    )
    root.to_netcdf(path / "sensitivity.nc")
    of_stream.to_netcdf(path / "sensitivity.nc", mode="a", group="co2")


@pytest.fixture(scope="module")
def page(folder):
    return write_report(folder).read_text(encoding="utf-8")


def part(page, heading):
    """What stands between a heading of the page and the next."""
    return re.split("<h[23]", page.split(f'<h3 id="{heading}">')[1])[0]


def test_a_contradiction_is_told_where_the_consistency_is(page):
    told = part(page, "consistency")
    assert 'class="banner"' in told
    warnings = diagnosed().warnings
    assert ("errors-too-small", "streams.sm") in codes(warnings)
    assert not any(code.startswith("errors") for code, where in codes(warnings) if "vod" in where)
    assert all(str(markupsafe.escape(warning)) in told for warning in warnings)


def test_each_stream_has_a_column_in_the_table_of_each_quantity(page, folder):
    told = part(page, "influence")
    assert told.count("<th>sm</th><th>vod</th><th>not linear</th>") == 2
    assert told.count("<details>") == 1  # the season
    effects = diagnostics_contents(read_run(folder))["effects"]
    assert [(e["quantity"], e["period"], e["units"]) for e in effects] == [
        ("npp", "annual", "PgC yr-1"), ("npp", "JJA", "PgC yr-1"),
    ]  # fmt: skip


def test_what_is_seen_has_its_figures_and_tables(page, folder):
    told = part(page, "seen")
    assert told.count("<img") == 2
    assert "m.k" in told and "m.q" in told
    suspects = diagnostics_contents(read_run(folder))["suspects"]
    assert [row["control"] for row in suspects] == ["m.k"]  # its shift is 3.5 prior sd
    assert "<img" in part(page, "correlations")


def test_what_no_observation_sees_is_named(page, folder):
    told = part(page, "seen")
    lines = information_sentences(read_run(folder).result)
    assert all(line in told for line in lines)
    for line, value in zip(lines, ("2 of 40", "bethy.V_m[4]", COMBINATION), strict=True):
        assert value in line


def test_places_are_sorted_by_their_effect_on_the_targets_of_the_window(page, folder):
    told = part(page, "influence").split('id="sensitive"')[1]
    (effects,) = diagnostics_contents(read_run(folder))["sensitive"]
    assert effects["columns"] == ["npp Global (PgC yr-1)", "nep Global (PgC yr-1)"]
    assert all(f"<th>{column}</th>" in told for column in effects["columns"])
    assert re.findall(r"<tr><td>(\w+)</td>", told) == ["MLO", "SPO", "SMO", "BRW", "ALT"]
    assert "<td>MLO</td><td>−0.500</td><td>+0.0100</td>" in told


def test_the_selected_start_is_marked(page):
    told = part(page, "starts")
    assert re.search(r'<tr class="total"><td>2 \(kept\)</td><td>80.00</td>', told)
    assert "<td>1</td><td>90.00</td>" in told


def test_old_folders_have_the_part_that_needs_no_sensitivity(tmp_path):
    path = site_run(tmp_path / "old")
    page = write_report(path).read_text(encoding="utf-8")
    (missing,) = sentences(diagnostics_of(read_run(path)), "missing")
    assert str(markupsafe.escape(missing)) in part(page, "consistency")
    assert 'id="influence"' not in page
    assert 'id="correlations"' not in page


def test_what_an_old_folder_allows_is_what_its_values_say(tmp_path):
    files = read_run(site_run(tmp_path / "old"))
    found = diagnostics_of(files)
    (row,) = [row for row in rows(found, "stream") if row["stream"] == "sm"]
    stream = files.streams["sm"]
    before, after = (stream["observed"] - stream[name] for name in ("prior", "posterior"))
    estimate = np.sqrt(float((before * after).mean()))
    assert row["error_sd_estimated"] == pytest.approx(estimate, rel=1e-12)
    (term,) = [row for row in rows(found, "term") if row["term"] == "sm"]
    square = float(((after / stream["observed_sd"]) ** 2).sum())
    assert term["twice_cost"] == pytest.approx(square, rel=1e-12)


def test_a_forward_run_has_nothing_to_diagnose(tmp_path, ccdas):
    path = site_run(tmp_path / "forward", forward=True)
    assert diagnostics_of(read_run(path)) is None
    assert ccdas("diagnose", path)[0] == 2
    with raises_finding("no-optimisation", path):
        diagnose_command(path)


def test_a_row_holds_what_each_stream_does(folder):
    found = diagnostics_of(read_run(folder))
    first, *_ = rows(found, "target")
    assert set(first["target_shift"]) == {"sm", "vod"}
    total = sum(first["target_shift"].values()) + first["target_rest"]
    assert first["target_prior"] + total == pytest.approx(first["target_posterior"], rel=1e-10)


def test_only_targets_of_the_window_are_in_the_figure():
    names = ["nep Europe", "nep Global", "nep JJA Europe", "nep JJA Global"]
    matrix = np.arange(16.0).reshape(4, 4)
    dataset = xr.Dataset(
        {"posterior_correlation": (("target", "target2"), matrix)},
        coords={"target": names, "region": ["Europe", "Global"], "quantity": ["nep"]},
    )
    shown, prior, posterior = target_correlations(dataset)
    assert shown == names[:2]
    assert prior is None
    np.testing.assert_array_equal(posterior, matrix[:2, :2])
    assert target_correlations(dataset.drop_vars("posterior_correlation")) is None


@pytest.mark.parametrize(
    ("value", "decimals", "told"),
    [(0.12345, 3, "+0.123"), (-0.12345, 3, "−0.123"), (1e-6, 3, "0"), (np.nan, 3, "–")],
)
def test_changes_have_a_sign_and_the_decimals_of_their_table(value, decimals, told):
    assert page_change(value, decimals) == told


# -- the command ----------------------------------------------------------------------------


def test_the_command_tells_tables_and_warnings(folder, ccdas):
    code, said, _ = ccdas("diagnose", folder)
    assert code == 0
    for title in (
        "2J at the optimum", "before and after", "errors (Desroziers)", "signal",
        "places, worst first", "increments of npp (PgC yr-1)", "increments of npp JJA (PgC yr-1)",
        "directions seen best", "parameters not told apart", "far from the prior or at a bound",
    ):  # fmt: skip
        assert f"\n{title}" in f"\n{said}", title
    _, unseen, _ = information_sentences(read_run(folder).result)
    assert f"\n{unseen}\n" in said
    assert all(f"\nwarning: {warning}" in said for warning in diagnosed().warnings)
    assert "contradicted" in next(line for line in said.splitlines() if line.startswith("sm "))


def test_the_command_says_that_all_is_well(tmp_path, ccdas):
    path = site_run(tmp_path / "run")
    found = diagnosed(size=1.0)
    diagnostics_dataset(found.tables, []).to_netcdf(path / "diagnostics.nc")
    code, said, _ = ccdas("diagnose", path)
    assert code == 0
    assert CONSISTENT in said


def test_the_command_says_what_an_old_folder_lacks(tmp_path, ccdas):
    path = site_run(tmp_path / "old")
    code, said, _ = ccdas("diagnose", path)
    assert code == 0
    (missing,) = sentences(diagnostics_of(read_run(path)), "missing")
    assert missing in said
    assert CONSISTENT not in said


def test_the_command_refuses_a_folder_of_something_else(tmp_path, ccdas):
    code, _, error = ccdas("diagnose", tmp_path)
    assert code == 2
    assert str(tmp_path) in error
    with raises_finding("not-a-run", tmp_path):
        read_run(tmp_path)
