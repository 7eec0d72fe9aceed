"""Targets of a configuration: any field, over any mask, in any period."""

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from cuts import demo_cut, few_parameters
from findings import codes, raises_finding

from ccdas_framework.config import Config
from ccdas_framework.core.errors import Findings, InvalidExperiment, InvalidInput
from ccdas_framework.targets import configured_targets
from ccdas_framework.targets.periods import period_days


def dates(experiment, period):
    domain = experiment.forcing.domain
    return domain.time[period_days(period, domain)].astype(str)


@pytest.fixture(scope="module")
def year():
    return demo_cut(("co2",), grid__cells=12, time__start="2010-03-01", time__days=365)


def test_periods_are_days_of_the_window(year):
    everything = dates(year, "annual")
    assert (everything[0], everything[-1], len(everything)) == ("2010-03-01", "2011-02-28", 365)
    assert set(np.unique([d[5:7] for d in dates(year, "DJF")])) == {"12", "01", "02"}
    assert len(dates(year, "MAMJJA")) == 184
    assert dates(year, "July").tolist() == dates(year, "2010-07").tolist()
    assert len(dates(year, "2010")) == 306  # what of it lies in the window
    assert dates(year, "2010-07-05..2010-07-06").tolist() == ["2010-07-05", "2010-07-06"]
    assert dates(year, "2010-12..2011")[[0, -1]].tolist() == ["2010-12-01", "2011-02-28"]


@pytest.mark.parametrize("period", ["DJX", "winter", "2010-13", "2010..", "JJ", "Juli", ""])
def test_what_is_no_period_is_refused(year, period):
    with raises_finding("unknown-period", period, InvalidInput):
        dates(year, period)


def test_a_period_that_ends_before_it_begins_is_refused(year):
    with raises_finding("reversed-period", "2010-07..2010-05", InvalidInput):
        dates(year, "2010-07..2010-05")


def asked(experiment, **targets):
    findings = Findings()
    section = Config.from_dict({"targets": {"fields": [], "periods": [], **targets}}).targets
    parts = (experiment.model, experiment.operators, experiment.forcing.domain)
    configured = configured_targets(section, *parts, (), findings)
    assert not findings, list(findings)
    declared = [target for target in configured.targets if target.operator.period != "window"]
    return {target.name: target for target in declared}


def field(experiment):
    domain = experiment.forcing.domain
    return np.random.default_rng(2).normal(size=(domain.days, domain.grid.columns))


def value(target, values):
    operator = target.operator
    at = {"days": operator.days, "weights": operator.weights}
    return operator.observe({operator.variable.name: values}, {}, at, np)


def test_regions_of_a_flux_add_up_to_the_globe(year):
    values = field(year)
    target = asked(year, fields=["nep"])["nep"]
    assert target.labels[-1] == "Global" and len(target.labels) > 4
    totals = value(target, values)
    np.testing.assert_allclose(totals[:-1].sum(), totals[-1], rtol=1e-12)


def test_seasons_weighted_by_their_days_add_up_to_the_year(year):
    values, seasons = field(year), ["DJF", "MAM", "JJA", "SON"]
    found = asked(year, fields=["nep", "evapotranspiration"], periods=seasons)
    for name in ("nep", "evapotranspiration"):
        days = [len(dates(year, season)) for season in seasons]
        each = np.stack([value(found[f"{name} {season}"], values) for season in seasons])
        expected = value(found[name], values)
        np.testing.assert_allclose(np.average(each, axis=0, weights=days), expected, rtol=1e-12)
    assert found["nep"].operator.observes.units == "PgC yr-1"
    assert found["evapotranspiration"].operator.observes.units == "mm yr-1"


def test_masks_are_regions_cells_boxes_and_files(year, tmp_path):
    grid = year.forcing.domain.grid
    latitude, longitude = np.arange(-89.5, 90.0), np.arange(-179.5, 180.0)
    north = np.where(latitude > 0.0, 1, 2).astype("int8")[:, None] * np.ones((1, 360), "int8")
    names = {"flag_values": [1, 2], "flag_meanings": "north south"}
    axes = {
        "lat": ("lat", latitude, {"units": "degrees_north"}),
        "lon": ("lon", longitude, {"units": "degrees_east"}),
    }
    path = tmp_path / "halves.nc"
    xr.Dataset({"half": (("lat", "lon"), north, names)}, coords=axes).to_netcdf(path)
    place = [float(grid.latitude[3]), float(grid.longitude[3])]
    found = asked(
        year,
        masks={"halves": {"file": str(path)}},
        two={"field": "nep", "region": ["Asia", "Africa"]},
        one={"field": "nep", "cells": [place]},
        south={"field": "nep", "box": {"south": -90, "north": 0, "west": -180, "east": 180}},
        pacific={"field": "nep", "box": {"south": -90, "north": 90, "west": 100, "east": -60}},
        named={"field": "nep", "mask": "halves:south"},
        numbered={"field": "nep", "mask": f"{path}:1", "statistic": "mean"},
    )
    shares = {name: target.operator.shares[0] for name, target in found.items()}
    np.testing.assert_array_equal(shares["two"], np.isin(grid.region, ["Asia", "Africa"]))
    np.testing.assert_array_equal(shares["one"], np.arange(grid.cells) == 3)
    np.testing.assert_array_equal(shares["south"], grid.latitude <= 0.0)
    np.testing.assert_array_equal(
        shares["pacific"], (grid.longitude >= 100) | (grid.longitude <= -60)
    )
    np.testing.assert_allclose(shares["named"] + shares["numbered"], 1.0, atol=1e-12)
    assert found["numbered"].operator.observes.units == "gC m-2 yr-1"
    tables = asked(year, fields=["gpp"], masks={"halves": {"file": str(path)}}, regions="halves")
    assert tables["gpp"].labels == ("north", "south", "Global")
    totals = value(tables["gpp"], field(year))
    np.testing.assert_allclose(totals[:2].sum(), totals[2], rtol=1e-12)


def test_all_that_is_wrong_with_targets_is_told_before_the_run():
    wrong = {
        "targets.periods": ["2012", "JJAX"],
        "targets.masks": {"here": {"file": "none.nc", "leave": 3}},
        "targets.a": {"field": "nepp"},
        "targets.b": {"field": "nep", "region": "Europe"},
        "targets.c": {"field": "nep", "region": "Asia", "box": {"south": 0}},
        "targets.d": {"field": "lai", "statistic": "total"},
        "targets.e": {"field": "nep", "statistic": "median"},
        "targets.f": {"field": "nep", "period": "2015-07"},
        "targets.g": {"field": "nep", "cells": [[0.0, 0.0]]},
        "targets.h": {"field": "nep", "mask": "nowhere.nc:3"},
        "targets.i": {"field": "nep", "maks": "nowhere.nc:3"},
        "targets.j": {"region": "Asia"},
        "targets.k": {"field": "nep", "box": {"south": 1, "north": 2, "west": 3, "east": 4}},
        "targets.gpp": {"field": "gpp"},
        "targets.field": ["gpp"],
    }
    with pytest.raises(InvalidExperiment) as error:
        demo_cut(("co2", "sm"), **{key.replace(".", "__"): v for key, v in wrong.items()})
    assert sorted(codes(error)) == sorted([
        ("empty-period", "targets.periods"),
        ("unknown-period", "targets.periods"),
        ("unknown-key", "targets.masks.here.leave"),
        ("unknown-field", "targets.a.field"),
        ("unknown-region", "targets.b.region"),
        ("wrong-value", "targets.c.box"),
        ("no-total", "targets.d.statistic"),
        ("wrong-value", "targets.e.statistic"),
        ("empty-period", "targets.f.period"),
        ("outside-grid", "targets.g.cells"),
        ("unknown-mask", "targets.h.mask"),
        ("unknown-key", "targets.i.maks"),
        ("missing-key", "targets.j.field"),
        ("empty-mask", "targets.k"),
        ("name-of-field", "targets.gpp"),
        ("unknown-key", "targets.field"),
    ])  # fmt: skip


def test_two_places_for_one_target_are_refused():
    target = {"field": "nep", "region": "Asia", "cells": [[0.0, 0.0]]}
    with raises_finding("several-places", "targets.x", InvalidExperiment):
        demo_cut(("sm",), targets__x=target)


def test_a_season_that_the_window_does_not_reach_is_left_out_and_told():
    experiment = demo_cut(("sm",), targets__periods=["JJA", "DJF"])
    names = [target.name for target in experiment.targets.targets]
    assert "gpp JJA" in names and "gpp DJF" not in names
    assert experiment.targets.left_out == (
        "'DJF' is left out of 'targets.periods': the window has no such day.",
    )


def test_biomass_is_a_target_where_its_operator_is_there_and_left_out_where_it_is_not():
    with_vod = demo_cut(("vod",), targets__fields=["gpp", "agb"], targets__periods=[])
    assert [t.name for t in with_vod.targets.targets] == ["gpp", "agb"]
    without = demo_cut(("sm",), targets__fields=["gpp", "agb"], targets__periods=[])
    assert [t.name for t in without.targets.targets] == ["gpp"]


def test_what_is_prescribed_is_checked_before_the_run():
    experiment = few_parameters(("co2",), targets__prescribed=["co2", "sm.x", "co2.backgrund"])
    with pytest.raises(InvalidExperiment) as error:
        experiment.build()
    assert [where for _, where in codes(error)] == 3 * ["targets.prescribed"]
    assert codes(error)[0][0] == "wrong-value"


def test_a_configuration_as_run_names_masks_by_their_absolute_path(tmp_path, monkeypatch):
    latitude, longitude = np.arange(-89.5, 90.0), np.arange(-179.5, 180.0)
    axes = {
        "lat": ("lat", latitude, {"units": "degrees_north"}),
        "lon": ("lon", longitude, {"units": "degrees_east"}),
    }
    one = (("lat", "lon"), np.full((180, 360), 2, "int8"))
    xr.Dataset({"all": one}, coords=axes).to_netcdf(tmp_path / "m.nc")
    monkeypatch.chdir(tmp_path)
    experiment = demo_cut(
        ("sm",), targets__x={"field": "gpp", "mask": "m.nc:2"}, targets__regions="m.nc"
    )
    section = experiment.config.targets
    assert section.single["x"].mask == f"{tmp_path}/m.nc:2"
    assert section.regions == f"{tmp_path}/m.nc"
    assert tmp_path / "m.nc" in [path.resolve() for path in experiment.inputs]


def test_each_cell_is_a_region_with_its_label_or_its_place(year):
    grid = year.forcing.domain.grid
    table = asked(year, fields=["gpp", "lai"], regions="cells", statistic="mean")
    target = table["gpp"]
    assert target.operator.observes.units == "gC m-2 yr-1"
    assert len(target.labels) == grid.cells + 1 and target.labels[-1] == "All cells"
    north, east = float(grid.latitude[0]), float(grid.longitude[0])
    assert target.labels[0] == (
        f"{abs(north):g}{'N' if north >= 0 else 'S'} {abs(east):g}{'E' if east >= 0 else 'W'}"
    )
    values = field(year)
    means = value(target, values)
    np.testing.assert_allclose(np.average(means[:-1], weights=grid.area), means[-1], rtol=1e-12)
    columns = grid.column_cell == 2
    daily = values[year.forcing.domain.window][:, columns] @ grid.column_fraction[columns]
    np.testing.assert_allclose(means[2], 365.25 * daily.mean(), rtol=1e-12)
    named = asked(
        evolve(year, forcing=_with_labels(year.forcing)), fields=["gpp"], regions="cells"
    )["gpp"]
    assert named.labels[:2] == ("tower 0", "tower 1")


def _with_labels(forcing):
    grid = forcing.domain.grid
    labelled = evolve(grid, label=[f"tower {n}" for n in range(grid.cells)])
    return evolve(forcing, domain=evolve(forcing.domain, grid=labelled))


def test_the_statistic_of_all_targets_leaves_their_own_and_fields_without_a_total(year):
    one = {"field": "nep", "statistic": "total"}
    found = asked(year, fields=["nep"], statistic="mean", one=one, two={"field": "nep"})
    units = {name: target.operator.observes.units for name, target in found.items()}
    assert units == {"nep": "gC m-2 yr-1", "one": "PgC yr-1", "two": "gC m-2 yr-1"}
    leaf_area = asked(year, fields=["lai"], statistic="total")["lai"]
    assert leaf_area.operator.observes.units == "m2 m-2"
