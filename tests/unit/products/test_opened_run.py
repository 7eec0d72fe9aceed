"""The folder of a run in a notebook."""

import numpy as np
import pytest

from ccdas_framework import open_run
from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.report import cell_maps

from ..report.runs import STATIONS, global_run, site_run


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return open_run(global_run(tmp_path_factory.mktemp("runs") / "world"))


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    return open_run(site_run(tmp_path_factory.mktemp("runs") / "sites"))


def test_fields_are_on_latitude_and_longitude(world):
    packed = world.files.fields
    assert packed["npp"].dims == ("run", "time", "cell")
    fields = world.fields
    assert fields["npp"].dims == ("run", "time", "lat", "lon")
    for n in (0, 7, packed.sizes["cell"] - 1):
        place = {"lat": packed["latitude"][n], "lon": packed["longitude"][n]}
        np.testing.assert_array_equal(
            fields["npp"].sel(place, method="nearest", tolerance=1e-6).values,
            packed["npp"].isel(cell=n).values,
        )
    assert int(np.isfinite(fields["npp"].isel(run=0, time=0)).sum()) == packed.sizes["cell"]
    assert fields["npp"].attrs["units"] == "gC m-2 d-1"
    tropics = fields["npp"].where(fields["region"] == "tropics").isel(run=0, time=0)
    assert int(tropics.count()) == int((packed["region"] == "tropics").sum()) > 0


def test_the_gathering_is_that_of_cf(world):
    cell = world.files.fields["cell"]
    assert cell.attrs["compress"] == "lat lon"
    rows, columns = np.unravel_index(
        cell.values, [world.files.fields.sizes[n] for n in ("lat", "lon")]
    )
    np.testing.assert_allclose(
        world.files.fields["lat"].values[rows], world.files.fields["latitude"]
    )
    np.testing.assert_allclose(
        world.files.fields["lon"].values[columns], world.files.fields["longitude"]
    )


def test_fields_of_sites_stay_over_cells(sites):
    assert sites.fields["npp"].dims == ("run", "time", "cell")


def test_a_station_is_selected_by_its_name(world):
    series = world.simulated["co2"].sel(station="MLO")
    assert series.sizes["obs"] == 24
    assert set(series["latitude"].values) == {STATIONS["MLO"][0]}
    assert np.issubdtype(series["time"].dtype, np.datetime64)


def test_results_and_targets_are_datasets(world):
    assert float(world.targets["prior"].sel(region="tropics", quantity="gpp")) == 80.0
    assert "posterior_covariance" in world.result
    assert dict(world.periods) == {}


@pytest.mark.parametrize(
    "draw",
    [
        lambda plot: plot.cost(), lambda plot: plot.parameters(), lambda plot: plot.targets("nep"),
        lambda plot: plot.targets(), lambda plot: plot.series("co2"),
        lambda plot: plot.scatter("vod"), lambda plot: plot.map("npp"),
    ],
)  # fmt: skip
def test_figures_are_drawn(world, draw, tmp_path):
    pytest.importorskip("matplotlib")
    figure = draw(world.plot)
    figure.savefig(tmp_path / "figure.png")
    assert figure.axes and any(axes.has_data() for axes in figure.axes)


@pytest.mark.parametrize(
    ("units", "factor", "written"),
    [("1", 1.0, ""), ("kgC m-2", 1.0, "kgC m-2"), ("gC m-2 d-1", 365.25, "gC m-2 yr-1")],
)
def test_a_map_has_the_unit_of_its_field(world, monkeypatch, units, factor, written):
    fields = world.files.fields.copy()
    fields["npp"] = fields["npp"].assign_attrs(units=units)
    drawn = {}

    def kept(at, panels, scales, units, regions):
        drawn.update(values=panels[0][1], units=units)

    monkeypatch.setattr(cell_maps, "_maps", kept)
    cell_maps.means(fields, "npp")
    assert drawn["units"] == written
    expected = factor * fields["npp"].isel(run=0).mean("time")
    np.testing.assert_allclose(drawn["values"], expected, rtol=1e-6)


def test_bounds_of_time_are_no_field(world):
    assert "time_bounds" in world.files.fields
    assert "time_bounds" not in repr(world) and "npp" in repr(world)


@pytest.mark.parametrize(
    "draw",
    [lambda p: p.series("co3"), lambda p: p.targets("gppp"), lambda p: p.map("x"),
     lambda p: p.map("time_bounds")],
)  # fmt: skip
def test_an_unknown_name_is_refused(world, draw):
    with pytest.raises(InvalidInput) as error:
        draw(world.plot)
    assert error.value.code == "unknown-name"


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(InvalidInput) as error:
        open_run(tmp_path)
    assert error.value.code == "not-a-run"


def test_a_run_prints_a_few_lines(world):
    text = repr(world)
    assert len(text) < 1000 and "converged" in text and "co2" in text
    assert world._repr_html_().count("<tr>") == text.count("\n")
