"""Parts of `run.fields` in maps and seasonal cycles."""

import numpy as np
import pytest
import xarray as xr
from findings import raises_finding

from ccdas_framework import open_run, plots
from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.report.gridded_fields import on_cells

from ..report.runs import global_run, site_run

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
TROPICS = slice(-30.0, 30.0)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return open_run(global_run(tmp_path_factory.mktemp("parts") / "world"))


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    return open_run(site_run(tmp_path_factory.mktemp("parts") / "sites"))


def posterior(fields):
    return fields["npp"].sel(run="posterior")


def row(fields):
    """A latitude with cells."""
    return int(fields["area"].notnull().any("lon").argmax("lat"))


def change(fields):
    return posterior(fields) - fields["npp"].sel(run="prior")


PARTS = {
    "field": lambda f: f["npp"],
    "field of a run": posterior,
    "month": lambda f: f.isel(time=6)[["npp"]],
    "month of a field": lambda f: f["npp"].isel(time=6),
    "months": lambda f: f["npp"].isel(time=slice(3, 6)),
    "region": lambda f: posterior(f).sel(lat=TROPICS),
    "row": lambda f: posterior(f).isel(lat=row(f), time=6),
    "mean over time": lambda f: f["npp"].mean("time"),
    "mean of all fields over time": lambda f: f[["npp"]].mean("time"),
    "mean over runs": lambda f: f["npp"].mean("run"),
    "change": change,
    "mean change": lambda f: change(f).mean("time"),
    "places of a region": lambda f: f["npp"].where(f["region"] == "tropics"),
    "turned": lambda f: f["npp"].isel(time=6).transpose("lon", "lat", "run"),
}  # fmt: skip
UNDATED = ("mean over time", "mean of all fields over time", "mean change")


def last_map(figure):
    """Values of the cells of the last run that has a map."""
    titles = {a: a.get_title() or a.get_title(loc="left") for a in figure.axes}
    *_, last = (axes for axes, title in titles.items() if title not in ("", "Posterior − prior"))
    return np.ma.filled(last.collections[0].get_array().astype(float), np.nan)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_the_fields_is_drawn_on_a_map(world, name):
    part = PARTS[name](world.fields)
    single = part if isinstance(part, xr.DataArray) else part["npp"]
    last = single.isel(run=-1) if "run" in single.dims else single
    last = last.mean("time") if "time" in last.dims else last
    axes = [axis for axis in ("lat", "lon") if axis in last.dims]
    has_cell = np.isfinite(last["area"].transpose(*axes).values)
    expected = last.transpose(*axes).values[has_cell]
    units = 365.25 if single.attrs.get("units") == "gC m-2 d-1" else 1.0
    named = () if isinstance(part, xr.DataArray) else ("npp",)
    drawn = last_map(plots.map(part, *named))
    np.testing.assert_allclose(drawn, units * expected, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in PARTS if name not in UNDATED])
def test_a_part_of_the_fields_has_a_seasonal_cycle(world, name):
    part = PARTS[name](world.fields)
    figure = plots.cycle(part, *(() if isinstance(part, xr.DataArray) else ("npp",)))
    assert np.isfinite(figure.axes[0].lines[0].get_ydata()).any()


@pytest.mark.parametrize("name", UNDATED)
def test_a_mean_over_time_has_no_cycle_and_no_month(world, name):
    part = PARTS[name](world.fields)
    named = () if isinstance(part, xr.DataArray) else ("npp",)
    with raises_finding("missing-field", "time", InvalidInput):
        plots.cycle(part, *named)
    with raises_finding("missing-field", "time", InvalidInput):
        plots.map(part, *named, month="2010-07")


@pytest.mark.parametrize(
    ("part", "code", "where"),
    [
        (lambda f: f.sel(lat=slice(30.0, -30.0)), "empty-selection", "lat"),
        (lambda f: f.assign_coords(area=np.nan * f["area"]), "empty-selection", "cell"),
        (lambda f: f.isel(time=slice(0)), "empty-selection", "time"),
        (lambda f: f["npp"].groupby("time.month").mean(), "missing-field", "fields"),
        (lambda f: f.mean(["lat", "lon"]), "missing-field", "area"),
        (lambda f: f["npp"].drop_vars("area"), "missing-field", "area"),
        (lambda f: f["area"], "missing-field", "area"),
        (lambda f: f["npp"].rename(lat="area_row", lon="column"), "missing-field", "fields"),
        (lambda f: f["npp"].values, "missing-field", "fields"),
        (lambda f: None, "missing-field", "fields"),
        (lambda f: [f["npp"]], "missing-field", "fields"),
        (lambda f: 3, "missing-field", "fields"),
    ],
)
@pytest.mark.parametrize("draw", [plots.map, plots.cycle], ids=["map", "cycle"])
def test_another_part_is_refused(world, draw, part, code, where):
    with raises_finding(code, where, InvalidInput):
        draw(part(world.fields), "npp")


def test_a_field_of_another_name_is_refused(world):
    """Also of the name that is drawn where none is given."""
    single = world.fields["npp"]
    for draw in (plots.map, plots.cycle):
        with raises_finding("unknown-name", "field", InvalidInput):
            draw(single, "nep")
        draw(single)
    expected = last_map(plots.map(world, "nep"))
    np.testing.assert_array_equal(last_map(plots.map(world)), expected)


def test_parts_of_the_fields_of_sites_are_drawn(sites):
    fields = sites.fields
    for part in (fields["npp"], posterior(fields).isel(time=3), fields["npp"].mean("time"),
                 fields["npp"].isel(cell=2), fields[["npp"]].isel(cell=2, time=3)):  # fmt: skip
        cells = on_cells(part)
        assert cells["npp"].dims == ("run", "time", "cell")
        last = last_map(plots.map(part, "npp"))
        assert len(last) == cells.sizes["cell"] and np.isfinite(last).all()


def test_a_month_of_a_product_is_drawn(world):
    names = ("gpp", "gpp_prior", "gpp_sd", "gpp_prior_sd")
    values = np.arange(12.0).reshape(2, 2, 3)
    data = xr.Dataset(
        {name: (("time", "lat", "lon"), values, {"units": "g m-2 d-1"}) for name in names},
        coords={
            "time": np.array(["2010-01-15", "2010-02-15"], dtype="datetime64[ns]"),
            "lat": [10.0, 20.0], "lon": [10.0, 20.0, 30.0],
        },
    )  # fmt: skip
    cells = plots.map(data.isel(time=1), "gpp").axes[0].collections[0]
    np.testing.assert_allclose(cells.get_array(), 365.25 * values[1].ravel())
