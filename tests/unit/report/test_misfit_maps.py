"""Maps of misfits: means keep their sign, root mean squares show scatter without a bias."""

import numpy as np
import pytest
import xarray as xr

from ccdas_framework.report import cell_maps

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")


@pytest.fixture
def stream():
    """One place with a bias, and one with scatter alone."""
    return xr.Dataset({
        "observed": ("obs", [1.0, 1.0, 2.0, 2.0, np.nan]),
        "prior": ("obs", [3.0, 3.0, 1.0, 3.0, 9.0]),
        "posterior": ("obs", [2.0, 2.0, 2.0, 2.0, 9.0]),
        "cell": ("obs", ["a", "a", "b", "b", "b"]),
        "latitude": ("obs", [40.0, 40.0, 45.0, 45.0, 45.0]),
        "longitude": ("obs", [-90.0, -90.0, -100.0, -100.0, -100.0]),
    })  # fmt: skip


def drawn_values(figure):
    """Value of each place on each map, by the title of the map."""
    return {
        axes.get_title(): axes.collections[0].get_array().tolist()
        for axes in figure.axes if axes.get_title()
    }  # fmt: skip


def test_root_mean_squares_of_both_runs_stand_beside_their_change(stream):
    maps = drawn_values(cell_maps.rms_misfits(stream))
    assert list(maps.values()) == [[2.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]


def test_a_mean_misfit_keeps_its_sign_and_hides_scatter(stream):
    maps = drawn_values(cell_maps.misfits(stream))
    assert list(maps.values()) == [[2.0, 0.0], [1.0, 0.0]]


def test_a_run_without_a_posterior_has_one_map(stream):
    assert len(drawn_values(cell_maps.rms_misfits(stream.drop_vars("posterior")))) == 1


@pytest.mark.parametrize(
    ("degrees", "spacing", "drawn"),
    [(0.1, 5.0, "PathCollection"), (2.0, 2.0, "PatchCollection"), (10.0, 10.0, "PatchCollection")],
)
def test_towers_are_points_and_cells_of_a_grid_have_their_extent(degrees, spacing, drawn):
    """Also those of a global grid of 2 degrees, which are small beside the map."""
    latitude = np.arange(-80.0 + spacing, 80.0, spacing)
    longitude = np.arange(-180.0, 180.0, spacing)
    if degrees < 1.0:
        latitude, longitude = latitude[:2] + 50.0, longitude[:1]
    lat, lon = (grid.ravel() for grid in np.meshgrid(latitude, longitude))
    half = np.full(len(lat), degrees / 2.0)
    at = {"latitude": lat, "longitude": lon}
    at |= {"latitude_half_width": half, "longitude_half_width": half}
    maps = cell_maps.with_sd(at, "nep", [lat, lat], [half, half])
    assert {type(axes.collections[0]).__name__ for axes in maps.axes if axes.get_title()} == {drawn}
