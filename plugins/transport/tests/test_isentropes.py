"""Mixing along isentropes: their slope, and what is exchanged along them."""

import numpy as np
import pytest
from attrs import evolve
from ccdas_transport.standard_atmosphere import temperature
from ccdas_transport.tracer import Transport, TransportSettings
from ccdas_transport.tracer.atmosphere import Atmosphere
from ccdas_transport.tracer.eddy_mixing import (
    between_layers,
    diffusivity,
    meridional_mixing,
    within_layers,
    zonal_mixing,
)
from ccdas_transport.tracer.isentropes import isentropic_slope

from ccdas_framework.grids import EARTH_RADIUS

FINE = tuple(np.linspace(1.0, 0.0, 41))  # edges of layers
KAPPA = 2.0 / 7.0  # gas constant over heat capacity of air
ROTATION = 2.0 * np.pi / 86164.1  # s-1, sidereal day


@pytest.fixture(scope="module")
def atmosphere():
    return Atmosphere()


def turning(atmosphere, fall):
    """Stream function of a wind that grows with height, so that the air cools northward.

    f u = -R ln(p) dT/dy with f at 45 degrees everywhere, and u the same at all latitudes.
    """
    f = 2.0 * ROTATION * np.sin(np.pi / 4.0)
    wind = np.log(atmosphere.layer_middle) * 287.05 * fall / f
    latitude = np.deg2rad(atmosphere.grid.latitude_edges)
    psi = -EARTH_RADIUS * wind[:, None] * latitude[None, :]
    return np.repeat(psi[:, :, None], len(atmosphere.grid.longitude), axis=2)


def test_the_slope_is_that_of_the_surface_of_equal_potential_temperature():
    """At 45 N, by following theta = T p^-kappa in T = T_standard(p) - 6e-6 K/m y; to 1 %."""
    fall = -6e-6
    fine = Atmosphere(layer_edges=FINE)
    slope = isentropic_slope(turning(fine, fall), fine)
    at = np.argmin(np.abs(fine.grid.latitude_edges - 45.0))
    layer = np.argmin(np.abs(fine.layer_middle - 0.6))
    start = fine.layer_middle[layer]
    share = np.linspace(0.4, 0.8, 40001)
    step = 1e4  # m northward
    theta = temperature(start) * start**-KAPPA
    north = (temperature(share) + fall * step) * share**-KAPPA
    arrived = np.interp(-theta, -north, share)  # theta falls with pressure
    assert slope[layer, at] == pytest.approx((arrived - start) / step, rel=0.01)


def test_real_isentropes_rise_toward_both_poles_by_a_kilometre_in_a_thousand(atmosphere):
    """0.5 to 2 km in 1000 km between 30 and 60 degrees in winter, level at the equator."""
    transport = Transport.from_files()
    psi = transport.winds.at_corners(atmosphere.grid, atmosphere.layer_middle)
    layer = np.argmin(np.abs(atmosphere.layer_middle - 0.6))
    edges = atmosphere.grid.latitude_edges
    kilometres = 8.0 / atmosphere.layer_middle[layer] * 1e6  # of 1000 km, scale height 8 km
    for month, hemisphere in ((0, 1.0), (6, -1.0)):
        rise = -hemisphere * isentropic_slope(psi[month], atmosphere)[layer] * kilometres
        steep = rise[(hemisphere * edges > 30.0) & (hemisphere * edges < 60.0)]
        assert 0.5 < steep.mean() < 2.0 and abs(rise[edges == 0.0]).max() < 1e-9


def test_above_the_tropopause_eddies_keep_to_their_level(atmosphere):
    slope = isentropic_slope(turning(atmosphere, -6e-6), atmosphere)
    above = atmosphere.layer_middle < 0.2
    at = atmosphere.grid.latitude_edges > 0.0
    assert above.sum() == 2 and not slope[above].any() and (slope[~above][:, at] < 0.0).all()


def test_what_is_exchanged_does_not_depend_on_the_slope(atmosphere):
    settings = TransportSettings()
    shape = (atmosphere.layers, len(atmosphere.grid.latitude_edges))
    level, steep = (
        meridional_mixing(atmosphere, np.full(shape, s), settings).sum(axis=(1, 2))
        for s in (0.0, -2e-7)
    )
    np.testing.assert_allclose(steep, level, rtol=1e-12)


def test_level_isentropes_mix_within_layers_alone(atmosphere):
    """G = K m L / d of each layer, K its mean over the layer."""
    settings = TransportSettings()
    shape = (atmosphere.layers, len(atmosphere.grid.latitude_edges))
    table = meridional_mixing(atmosphere, np.zeros(shape), settings)
    assert between_layers(table, atmosphere).first.size == 0
    edge = atmosphere.grid.latitude_edges[1:-1]
    bottom, top = atmosphere.layer_edges[2:4]
    mean = diffusivity(edge, np.linspace(top, bottom, 2001), settings).mean(axis=0)
    width = EARTH_RADIUS * np.cos(np.deg2rad(edge)) * np.deg2rad(10.0)
    distance = EARTH_RADIUS * np.deg2rad(7.5)
    expected = mean * atmosphere.column_density * (bottom - top) * width / distance
    np.testing.assert_allclose(within_layers(table, atmosphere)[2, :, 0], expected, rtol=1e-3)


def test_where_isentropes_rise_northward_the_north_is_joined_at_a_lower_pressure(atmosphere):
    shape = (atmosphere.layers, len(atmosphere.grid.latitude_edges))
    table = meridional_mixing(atmosphere, np.full(shape, -1e-7), TransportSettings())
    _, south, north = np.nonzero(table)
    assert (north >= south).all() and (north > south).any()


def test_air_meets_that_half_the_rise_above_and_below_or_as_far_as_ground_and_top_allow():
    """By hand: ten equal layers, isentropes that rise by two of them from row to row.

    A slab at p joins p + 0.1 in the south to p - 0.1 in the north; nearer to ground or top than
    that it joins both as far from it.
    """
    tenths = Atmosphere(layer_edges=tuple(np.linspace(1.0, 0.0, 11)))
    settings = TransportSettings(eddy_slope=0.5, eddy_lower=2e6, eddy_upper=2e6)
    slope = np.full((10, len(tenths.grid.latitude_edges)), -0.4 / (EARTH_RADIUS * np.deg2rad(7.5)))
    table = meridional_mixing(tenths, slope, settings)
    expected = np.zeros((10, 10))
    expected[np.arange(8), np.arange(2, 10)] = 0.1
    expected[[0, 0, 8, 9], [0, 1, 9, 9]] = 0.05
    shares = table / table.sum(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(shares, np.broadcast_to(expected, shares.shape), atol=1e-12)


def test_the_slope_at_an_edge_is_that_between_its_own_rows(atmosphere):
    """Where it rises at one edge alone, the faces that change their layer are of its two rows."""
    slope = np.zeros((atmosphere.layers, len(atmosphere.grid.latitude_edges)))
    number = 6
    slope[:, number] = -2e-7
    table = meridional_mixing(atmosphere, slope, TransportSettings())
    aslant = between_layers(table, atmosphere)
    row, layer = aslant.first % atmosphere.cells, aslant.first // atmosphere.cells
    other, above = aslant.second % atmosphere.cells, aslant.second // atmosphere.cells
    assert set(row) == set(atmosphere.cell_of_box[number - 1])
    np.testing.assert_array_equal(other, row + len(atmosphere.grid.longitude))
    assert (above > layer).all() and not aslant.flow.any()


def test_what_stays_in_a_layer_and_what_leaves_it_are_all_that_is_exchanged(atmosphere):
    shape = (atmosphere.layers, len(atmosphere.grid.latitude_edges))
    table = meridional_mixing(atmosphere, np.full(shape, -1e-7), TransportSettings())
    inside, aslant = within_layers(table, atmosphere), between_layers(table, atmosphere)
    columns = len(atmosphere.grid.longitude)
    assert aslant.mixing.sum() > 0.1 * inside.sum()
    assert inside.sum() + aslant.mixing.sum() == pytest.approx(columns * table.sum(), rel=1e-12)


def test_narrow_boxes_exchange_their_air_no_faster_than_in_six_hours(atmosphere):
    """Along a latitude; next to the caps the diffusivity alone would be faster."""
    settings = TransportSettings(eddy_zonal=6.0)
    rows = slice(1, -1)
    density = atmosphere.column_density * atmosphere.layer_share[:, None]
    air = density * atmosphere.grid.area[rows, 0]  # kg in a box
    hours = air / zonal_mixing(atmosphere, settings)[:, :, 0] / 3600.0
    assert hours.min() == pytest.approx(6.0, rel=2e-3)  # a box is no rectangle
    assert hours[:, len(hours.T) // 2].min() > 24.0


def test_air_of_other_rows_and_layers_at_once_is_met_along_slopes_alone():
    """The overturning joins layers of a cell or cells of a layer, never both."""
    coarse = TransportSettings(latitude_step=15.0, longitude_step=30.0, steps_per_month=4)
    for slope in (0.0, 1.0):
        transport = Transport.from_files(evolve(coarse, eddy_slope=slope))
        step, _ = transport.months[0].overturning
        cells = transport.atmosphere.cells
        upward = step[:cells, cells : 2 * cells].tocoo()
        assert np.any(upward.row != upward.col) == (slope > 0.0)
