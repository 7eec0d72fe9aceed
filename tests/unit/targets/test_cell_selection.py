"""Cells of the grid that an experiment selects or excludes."""

import tomllib

import numpy as np
import pytest
import xarray as xr
from cuts import demo_cut, few_parameters
from findings import codes

from ccdas_framework.config import Config
from ccdas_framework.core.domain import Grid
from ccdas_framework.core.errors import Findings, InvalidExperiment
from ccdas_framework.experiment import load_experiment
from ccdas_framework.targets import selected_cells

TOWERS = ("north", "middle", "south", "far")


def grid(label=TOWERS):
    count = 4
    return Grid(
        latitude=[60.0, 30.0, -30.0, 0.0],
        longitude=[10.0, 20.0, 30.0, 170.0],
        area=np.full(count, 1e6),
        region=np.array(["Europe", "Africa", "Africa", "Asia"]),
        half_width=np.full((count, 2), 0.5),
        column_cell=np.arange(count),
        column_fraction=np.ones(count),
        column_class=np.ones(count, int),
        label=np.array(label),
    )


def selected(of=None, masks=None, **tables):
    findings = Findings()
    config = Config.from_dict({"grid": tables, "targets": {"masks": masks or {}}})
    cells, files = selected_cells(config, of or grid(), (), findings)
    return cells, findings, files


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"select": "south"}, [2]),
        ({"select": ["far", "north"]}, [0, 3]),  # in the order of the file
        ({"select": {"label": "middle"}}, [1]),
        ({"select": {"region": "Africa"}}, [1, 2]),
        ({"select": {"cells": [[60.3, 9.8]]}}, [0]),
        ({"select": {"box": {"south": -40, "north": 40, "west": 0, "east": 100}}}, [1, 2]),
        ({"exclude": "middle"}, [0, 2, 3]),
        ({"exclude": ["middle", "far"]}, [0, 2]),
        ({"select": {"region": "Africa"}, "exclude": "south"}, [1]),
    ],
)
def test_cells_are_selected_and_excluded_by_the_words_of_a_target(tables, expected):
    cells, findings, _ = selected(**tables)
    assert not findings
    np.testing.assert_array_equal(cells, expected)


def test_a_mask_selects_cells_of_which_it_covers_half(tmp_path):
    latitude, longitude = np.arange(-89.5, 90.0), np.arange(-179.5, 180.0)
    share = np.where(latitude > 0.0, 0.6, 0.4)[:, None] * np.ones((1, 360))
    axes = {
        "lat": ("lat", latitude, {"units": "degrees_north"}),
        "lon": ("lon", longitude, {"units": "degrees_east"}),
    }
    path = tmp_path / "share.nc"
    xr.Dataset({"share": (("lat", "lon"), share)}, coords=axes).to_netcdf(path)
    masks = {"land": {"file": str(path)}}
    cells, findings, files = selected(masks=masks, select={"mask": "land"})
    assert not findings and files == (path,)
    np.testing.assert_array_equal(cells, [0, 1, 3])  # the cell at the equator has half of each


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({"select": "suoth"}, ("unknown-label", "grid.select.label")),
        ({"exclude": {"region": "Afrika"}}, ("unknown-region", "grid.exclude.region")),
        ({"select": ["south", "south"]}, ("repeated-value", "grid.select.label")),
        ({"select": {"cells": [[0.0, 0.0]]}}, ("outside-grid", "grid.select.cells")),
        ({"select": {"label": "far", "region": "Asia"}}, ("several-places", "grid.select")),
        ({"select": "far", "exclude": "far"}, ("empty-selection", "grid")),
        ({"exclude": {}}, ("empty-selection", "grid")),
        (
            {"select": {"box": {"south": 1, "north": 2, "west": 3, "east": 4}}},
            ("empty-mask", "grid.select"),
        ),
    ],
)
def test_a_wrong_selection_is_a_finding(tables, expected):
    cells, findings, _ = selected(**tables)
    assert cells is None
    assert codes(findings) == [expected]


def test_a_similar_label_is_suggested():
    _, findings, _ = selected(select="suoth")
    assert "south" in findings[0].message


def test_a_file_without_labels_has_none_to_select():
    _, findings, _ = selected(grid(()), select="south")
    assert codes(findings) == [("unknown-label", "grid.select.label")]


def test_values_of_wrong_types_are_findings():
    with pytest.raises(InvalidExperiment) as error:
        Config.from_dict({"grid": {"select": 3, "exclude": {"label": [1]}}})
    assert codes(error) == [
        ("wrong-value", "grid.select"),
        ("wrong-value", "grid.exclude.label"),
    ]


def test_a_run_uses_the_selected_cells_and_records_them(tmp_path):
    everywhere = demo_cut(("sm",), grid__cells=5)
    cell = everywhere.forcing.domain.grid
    place = [float(cell.latitude[2]), float(cell.longitude[2])]
    box = {"south": place[0] - 1, "north": place[0] + 1, "west": -180, "east": 180}
    chosen = {"grid__select": {"box": box}, "grid__exclude": {"cells": [place]}}
    one = few_parameters(("sm",), grid__cells=1, grid__select={"cells": [place]})
    assert (one.forcing.domain.grid.latitude, one.forcing.domain.grid.longitude) == (
        (place[0],),
        (place[1],),
    )
    np.testing.assert_array_equal(
        one.forcing.fields["tasmin"][:, 0], everywhere.forcing.fields["tasmin"][:, 2]
    )
    kept = one.build().streams["sm"]
    assert set(kept.observations.latitude[kept.index]) == {place[0]}
    observed = one.observations["sm"]
    elsewhere = (observed.latitude != place[0]) | (observed.longitude != place[1])
    assert kept.dropped["outside the grid"] == elsewhere.sum() > 0
    row = demo_cut(("sm",), grid__cells=3, **chosen).forcing.domain.grid
    assert row.cells == 3 and set(row.latitude) == {place[0]}
    assert place[1] not in row.longitude
    one.run(tmp_path / "run")
    again = load_experiment(tmp_path / "run" / "experiment.toml").forcing.domain.grid
    assert (again.latitude, again.longitude) == ((place[0],), (place[1],))
    written = tomllib.loads((tmp_path / "run" / "experiment.toml").read_text())
    assert written["grid"]["select"] == {"cells": [place]}
