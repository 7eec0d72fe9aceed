"""Targets of a configuration: any field, over any mask, in any period."""

import numpy as np
import pytest
import xarray as xr
from cuts import demo_cut, few_parameters
from findings import codes, raises_finding

from ccdas_framework.core.errors import InvalidExperiment, InvalidInput
from ccdas_framework.experiment.targets import asked_targets
from ccdas_framework.experiment.targets.periods import period_days


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
    problems = []
    config = {"targets": {"fields": [], "periods": [], **targets}}
    known = (experiment.model, experiment.operators, experiment.forcing.domain)
    found = asked_targets(config, *known, (), problems)
    assert not problems, problems
    return {one.name: one for one in found.asked}


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
    said = "\n".join(error.value.problems)
    for part in (
        "'targets.periods': the period '2012' has no day in the window, 2010-06-01 to 2010-07-10",
        "'targets.periods': 'JJAX' is no period. Did you mean 'JJA'?",
        "unknown key 'leave' in [targets.masks.here]. Did you mean 'leave_out'?",
        "[targets.a] asks for field 'nepp', which neither the model nor an operator of these",
        "target 'b' asks for region 'Europe', to which none of the 3 cells belongs",
        "'box' in [targets.c] is {'south': 0}; a table with south, north, west and east was",
        "[targets.d] asks for the total of 'lai', which is in 'm2 m-2' and has none",
        "'statistic' in [targets.e] is 'median'; \"total\" or \"mean\" was expected",
        "[targets.f]: the period '2015-07' has no day in the window",
        "target 'g' asks for the cell at 0 degrees north, 0 degrees east, which lies in none",
        "target 'h': there is no mask 'nowhere.nc': neither a file nor a name in [targets.masks]",
        "unknown key 'maks' in [targets.i]. Did you mean 'mask'?",
        "[targets.j] lacks the key 'field'",
        "target 'k': the box 1 to 2 N, 3 to 4 E has none of the 3 cells, whose centres lie between",
        "[targets.gpp] has the name of a field",
        "unknown key 'targets.field' in demo.toml. Did you mean 'fields'?",
    ):
        assert part in said, part


def test_two_places_for_one_target_are_refused():
    given = {"field": "nep", "region": "Asia", "cells": [[0.0, 0.0]]}
    with pytest.raises(InvalidExperiment, match=r"'region' and 'cells'; one of them says where"):
        demo_cut(("sm",), targets__x=given)


def test_a_season_that_the_window_does_not_reach_is_left_out_and_told():
    experiment = demo_cut(("sm",), targets__periods=["JJA", "DJF"])
    names = [asked.name for asked in experiment.targets.asked]
    assert "gpp JJA" in names and "gpp DJF" not in names
    assert experiment.targets.left_out == (
        "'DJF' is left out of 'targets.periods': the window has no such day.",
    )


def test_biomass_is_a_target_where_its_operator_is_there_and_left_out_where_it_is_not():
    with_vod = demo_cut(("vod",), targets__fields=["gpp", "agb"])
    assert [a.name for a in with_vod.targets.asked] == ["gpp", "agb"]
    assert [a.name for a in demo_cut(("sm",), targets__fields=["gpp", "agb"]).targets.asked] == [
        "gpp"
    ]


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
    table = experiment.config["targets"]
    assert table["x"]["mask"] == f"{tmp_path}/m.nc:2"
    assert table["regions"] == f"{tmp_path}/m.nc"
    assert tmp_path / "m.nc" in [path.resolve() for path in experiment.inputs]
