"""Public plots: what they show, of runs and of datasets, and what they refuse."""

import inspect

import numpy as np
import pytest
import xarray as xr
from findings import raises_finding

from ccdas_framework import open_run, plots
from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.installed import registry
from ccdas_framework.report.cycle_figure import EVERYWHERE, regional_cycles
from ccdas_framework.report.outlines import outlines, region_borders
from ccdas_framework.report.process_figure import process_names
from ccdas_framework.report.taylor_figure import taylor_points

from ..report.runs import MONTHS, SITES, global_run, site_run

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return open_run(global_run(tmp_path_factory.mktemp("plots") / "world"))


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    return open_run(site_run(tmp_path_factory.mktemp("plots") / "sites"))


def titles(figure):
    return [axes.get_title(loc=loc) for axes in figure.axes for loc in ("left", "center")
            if axes.get_title(loc=loc)]  # fmt: skip


@pytest.mark.parametrize(
    "draw",
    [
        plots.cost, plots.parameters, plots.processes, plots.reduction, plots.targets, plots.map,
        plots.cycle, plots.series, plots.scatter, plots.misfits, plots.taylor,
    ],
    ids=lambda draw: draw.__name__,
)  # fmt: skip
def test_a_plot_takes_an_opened_run(world, draw):
    figure = draw(world)
    assert figure.axes and any(axes.has_data() for axes in figure.axes)


def test_a_plot_takes_a_folder_a_run_and_its_dataset(world):
    for given in (world, world.folder, str(world.folder), world.files.fields):
        assert titles(plots.map(given, "npp")) == ["NPP, prior", "NPP, posterior",
                                                   "Posterior − prior"]  # fmt: skip


@pytest.mark.parametrize("draw", [plots.map, plots.cycle], ids=["map", "cycle"])
def test_fields_on_their_grid_are_drawn_as_those_over_cells(world, draw):
    on_grid = world.fields.transpose("lon", "lat", ...)
    (packed, gridded) = (draw(data, "npp") for data in (world.files.fields, on_grid))
    assert titles(gridded) == titles(packed) != []
    for before, after in zip(packed.axes, gridded.axes, strict=True):
        for one, other in zip(before.lines, after.lines, strict=True):
            np.testing.assert_allclose(other.get_xydata(), one.get_xydata())
        for one, other in zip(before.collections, after.collections, strict=True):
            for a, b in zip(one.get_paths(), other.get_paths(), strict=True):
                np.testing.assert_allclose(b.vertices, a.vertices, atol=1e-9)
            if one.get_array() is not None:
                np.testing.assert_allclose(other.get_array(), one.get_array())


def test_a_part_of_the_fields_on_their_grid_is_drawn(world):
    fields = world.fields[["npp"]].sel(run="posterior", lat=slice(0.0, 30.0)).isel(time=6)
    (cells,) = plots.map(fields, "npp", regions="cells").axes[0].collections[:1]
    expected = 365.25 * fields["npp"].values
    np.testing.assert_allclose(cells.get_array(), expected[np.isfinite(expected)])


def test_the_plots_of_a_run_are_the_public_functions(world):
    assert set(plots.__all__) <= set(registry().plots)
    assert set(plots.__all__) <= set(dir(world.plot))
    assert registry().plots["map"] is plots.map
    assert list(inspect.signature(world.plot.map).parameters) == ["field", "month", "regions"]
    assert titles(world.plot.map("npp")) == titles(plots.map(world, "npp"))


def test_an_unknown_plot_of_a_run_is_an_attribute_error(world):
    with pytest.raises(AttributeError, match="cycle"):
        _ = world.plot.cycel


def test_the_map_of_a_product_has_the_sd_of_its_month():
    time = np.array(["2010-01-15", "2010-02-15"], dtype="datetime64[ns]")
    shape, about = (2, 2, 3), {"units": "g m-2 d-1"}
    generator = np.random.default_rng(1)
    values = {n: generator.uniform(0.5, 1.0, shape) for n in ("gpp", "gpp_prior", "gpp_sd")}
    values["gpp_prior_sd"] = 2.0 * values["gpp_sd"]
    dims = ("time", "lat", "lon")
    product = xr.Dataset(
        {name: (dims, v, about) for name, v in values.items()},
        coords={"time": time, "lat": [0.0, 10.0], "lon": [20.0, 30.0, 40.0]},
    )
    drawn = {axes.get_title(loc="left"): axes for axes in
             plots.map(product, "gpp", month="2010-02").axes}  # fmt: skip
    found = {name: axes.collections[0].get_array() for name, axes in drawn.items() if name}
    np.testing.assert_allclose(found["GPP, posterior"], 365.25 * values["gpp"][1].ravel())
    np.testing.assert_allclose(found["Posterior sd"], 365.25 * values["gpp_sd"][1].ravel())
    np.testing.assert_allclose(found["Uncertainty reduction"], 50.0)
    of_mean = plots.map(product, "gpp").axes
    rms = np.sqrt(np.mean((365.25 * values["gpp_sd"]) ** 2, axis=0)).ravel()
    title = "Posterior sd of one month (root mean square)"
    panel = next(axes for axes in of_mean if axes.get_title(loc="left") == title)
    np.testing.assert_allclose(panel.collections[0].get_array(), rms)


def test_the_sd_of_a_mean_is_that_of_the_means_of_the_draws(world, monkeypatch):
    fields = world.files.fields
    draws = xr.concat([fields[["npp"]].isel(run=0) * f for f in (0.9, 1.0, 1.1)], "draw")
    monkeypatch.setitem(vars(world), "draws", draws)
    figure = plots.map(world, "npp")
    panel = next(axes for axes in figure.axes if axes.get_title(loc="left") == "Posterior sd")
    expected = 365.25 * 0.1 * fields["npp"].isel(run=0).mean("time")
    np.testing.assert_allclose(panel.collections[0].get_array(), expected, rtol=1e-6)


def test_scales_of_signed_fields_are_centred_on_zero(world):
    for field, signed in (("nep", True), ("npp", False)):
        cells = plots.map(world, field).axes[0].collections[0]
        low, high = cells.get_clim()
        assert (low == -high) == signed
    change = plots.map(world, "npp").axes[2].collections[0]
    assert change.get_clim()[0] == -change.get_clim()[1]
    assert change.get_cmap().name == "PuOr_r"


def test_a_seasonal_cycle_is_the_mean_over_the_area(world):
    fields = world.files.fields.copy(deep=True)
    area = np.linspace(1.0, 2.0, fields.sizes["cell"])
    fields["area"] = ("cell", area)
    cycles = regional_cycles(fields, "npp")
    tropics = fields["region"].values.astype(str) == "tropics"
    july = [n for n, month in enumerate(MONTHS) if str(month).endswith("-07")]
    for name, cells in ((EVERYWHERE, np.ones_like(tropics)), ("tropics", tropics)):
        values = fields["npp"].sel(run="posterior").transpose("time", "cell").values[july]
        expected = np.average(values[:, cells].mean(axis=0), weights=area[cells])
        assert cycles[name]["posterior"][6] == pytest.approx(expected, rel=1e-6)


def test_a_month_without_a_value_is_missing_in_a_cycle(world):
    half = world.files.fields.isel(time=slice(0, 6))
    cycle = regional_cycles(half, "npp")[EVERYWHERE]["prior"]
    assert np.isfinite(cycle[:6]).all() and np.isnan(cycle[6:]).all()


def test_points_of_a_taylor_diagram_have_sd_and_correlation(sites):
    observed = np.array([1.0, 2.0, 3.0, 4.0])
    stream = xr.Dataset({
        "observed": ("obs", observed), "prior": ("obs", 2.0 * observed + 7.0),
        "posterior": ("obs", -observed), "cell": ("obs", ["a"] * 4),
    })  # fmt: skip
    points = taylor_points(stream)[""]
    assert points["prior"].sd_ratio == pytest.approx(2.0)
    assert points["prior"].correlation == pytest.approx(1.0)
    assert points["posterior"].correlation == pytest.approx(-1.0)
    assert set(taylor_points(sites.files.streams["sm"], by_place=True)) == set(SITES)


def test_a_taylor_diagram_keeps_the_law_of_cosines(sites):
    """E'^2 = s^2 + 1 - 2 s r is the distance from the point of the observations, Taylor (2001)."""
    figure = plots.taylor(sites)
    axes = figure.axes[0]
    points = taylor_points(sites.files.streams["sm"])[""]["posterior"]
    angle, far = next(
        (line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines
        if line.get_label() == "sm"
    )  # fmt: skip
    distance = np.hypot(far * np.cos(angle) - 1.0, far * np.sin(angle))
    expected = np.sqrt(points.sd_ratio**2 + 1.0 - 2.0 * points.sd_ratio * points.correlation)
    assert distance == pytest.approx(expected)


def test_series_show_chosen_places_and_runs_beside(sites, tmp_path):
    other = site_run(tmp_path / "single")
    figure = plots.series(sites, "vod", places="DE-Tha,FI-Hyy", beside=str(other))
    shown = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert [axes.get_title(loc="left") for axes in shown] == ["FI-Hyy", "DE-Tha"]
    for axes in shown:
        assert {"prior", "posterior", "single"} <= {line.get_label() for line in axes.lines}


def test_the_runs_of_single_sites_are_one_line(sites, tmp_path):
    for name in ("AU-How", "BE-Vie"):
        site_run(tmp_path / "each" / name)
    figure = plots.series(sites, "vod", beside={"single sites": tmp_path / "each"})
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert labels.count("single sites") == 1


def test_seasons_are_grouped_by_region_of_the_cell(sites):
    figure = plots.seasons(sites, "gpp", by="region")
    assert titles(figure) == ["elsewhere (4)", "tropics (1)"]
    assert len(titles(plots.seasons(sites, "gpp", by="place"))) == len(SITES)


def test_parameters_of_one_process_are_drawn(world):
    names = process_names(world.files.result)
    assert names == ["bethy: photosynthesis", "bethy: water"]
    labels = plots.processes(world, names[1]).axes[0].get_yticklabels()
    assert len(labels) == 20
    every = [text.get_text() for text in plots.processes(world).axes[0].get_yticklabels()]
    assert [text for text in every if text in names] == names


def test_correlations_are_those_of_the_best_constrained_parameters(world):
    count = world.files.result.sizes["control"]
    matrix = np.full((count, count), 0.5) + 0.5 * np.eye(count)
    result = world.files.result.assign(posterior_correlation=(("control", "control2"), matrix))
    figure = plots.correlations(result, most=6)
    assert figure.axes[0].images[0].get_array().shape == (6, 6)
    reduction = result["uncertainty_reduction"].values
    best = set(result["control"].values[np.argsort(-reduction)[:6]].astype(str))
    assert {text.get_text() for text in figure.axes[0].get_xticklabels()} == best


def test_targets_have_error_bars_of_one_sd(world):
    figure = plots.targets(world, "nep")
    assert titles(figure) == ["NEP"]
    (segments,) = [
        c.get_segments() for c in figure.axes[0].collections
    ][1:2]  # the posterior, after the prior  # fmt: skip
    data = world.targets.sel(quantity="nep")
    widths = sorted(float(s[1][0] - s[0][0]) for s in segments)
    np.testing.assert_allclose(widths, sorted(2.0 * data["posterior_sd"].values), rtol=1e-6)


def test_coastlines_lie_on_the_globe_and_contain_known_capes():
    points = np.concatenate(outlines("coastlines"))
    assert np.abs(points[:, 0]).max() <= 180.0 and np.abs(points[:, 1]).max() <= 90.0
    for longitude, latitude in (
        (20.0, -34.8),
        (-35.0, -7.3),
        (-9.5, 38.8),
    ):  # Agulhas, Brazil, Roca
        assert np.hypot(*(points - (longitude, latitude)).T).min() < 1.5
    assert max(np.abs(np.diff(line[:, 0])).max() for line in outlines("coastlines")) < 90.0


def test_borders_of_regions_lie_between_cells_of_two_regions(world):
    cells = xr.Dataset({
        "latitude": ("cell", [0.0, 0.0, 0.0]), "longitude": ("cell", [0.0, 10.0, 20.0]),
        "latitude_half_width": ("cell", [5.0] * 3), "longitude_half_width": ("cell", [5.0] * 3),
        "region": ("cell", ["a", "a", "b"]),
    })  # fmt: skip
    (border,) = region_borders(cells)
    assert border.tolist() == [[15.0, -5.0], [15.0, 5.0]]
    few = plots.map(world, "nep").axes[0].collections
    assert len(plots.map(world, "nep", regions="cells").axes[0].collections) == len(few) + 1


@pytest.mark.parametrize(
    ("draw", "code", "where"),
    [
        (lambda run: plots.map(run, "gppp"), "unknown-name", "field"),
        (lambda run: plots.map(run, "npp", month="2020-01"), "unknown-name", "month"),
        (lambda run: plots.map(run, "npp", regions="lands"), "unknown-name", "regions"),
        (lambda run: plots.series(run, "co3"), "unknown-name", "stream"),
        (lambda run: plots.series(run, "co2", places="XYZ"), "unknown-name", "station"),
        (lambda run: plots.targets(run, "gppp"), "unknown-name", "quantity of the targets"),
        (lambda run: plots.targets(run, period="DJF"), "unknown-name", "period"),
        (lambda run: plots.processes(run, "x"), "unknown-name", "process"),
        (lambda run: plots.seasons(run, "co2", by="x"), "unknown-name", "grouping"),
        (plots.latitudes, "unknown-name", "comparison by latitude"),
        (plots.correlations, "missing-field", "posterior_correlation"),
        (plots.signal, "missing-field", "degrees of freedom"),
        (lambda run: plots.cost(run.files.fields), "missing-field", "cost"),
    ],
)  # fmt: skip
def test_what_a_run_lacks_is_refused_by_code_and_place(world, draw, code, where):
    with raises_finding(code, where, InvalidInput):
        draw(world)


def test_a_forward_run_has_no_cost(tmp_path):
    run = open_run(site_run(tmp_path / "forward", forward=True))
    with raises_finding("no-optimisation", str(run.folder), InvalidInput):
        plots.cost(run)
    assert titles(plots.map(run, "nep")) == ["NEP, prior"]
