"""The 12 boxes: mass, the well-mixed limit, exchange times and what a station sees."""

import numpy as np
import pytest
from attrs import evolve
from ccdas_transport.analytic import PGC_PER_PPM
from ccdas_transport.jacobian_file import read_jacobian, write_jacobian
from ccdas_transport.jacobian_grid import JacobianGrid
from ccdas_transport.twelve_boxes import (
    AIR_SHARE,
    band_response,
    box_of,
    exchange_times,
    flows,
    month_matrices,
    transport_matrix,
    twelve_box_jacobian,
)

MONTHS = range(12)


def test_boxes_share_the_air_by_pressure_and_area():
    """500, 300 and 200 hPa over quarters of the globe."""
    assert AIR_SHARE.sum() == pytest.approx(1.0, rel=1e-14)
    np.testing.assert_allclose(AIR_SHARE[[0, 4, 8]], [0.125, 0.075, 0.05], rtol=1e-14)


@pytest.mark.parametrize("month", MONTHS)
def test_transport_moves_mass_and_makes_none(month):
    np.testing.assert_allclose(AIR_SHARE @ transport_matrix(month), 0.0, atol=1e-16)


@pytest.mark.parametrize("month", MONTHS)
def test_what_is_well_mixed_stays_so(month):
    np.testing.assert_allclose(transport_matrix(month).sum(axis=1), 0.0, atol=1e-14)


@pytest.mark.parametrize("month", MONTHS)
def test_flows_without_divergence_are_near_those_published(month):
    """Published times are whole days: the flows differ by at most 1.5e-5 of the air a day, and the
    largest, between the hemispheres in January, by less than 2 %."""
    days = exchange_times()["flow"][2]
    published = AIR_SHARE[0] / days[:, month]
    assert np.abs(flows(month) - published).max() < 1.5e-5
    largest = np.abs(published).argmax()
    assert flows(month)[largest] == pytest.approx(published[largest], rel=0.02)


def test_mixing_alone_relaxes_a_difference_at_the_published_rate():
    """Boxes 9 and 10, 100 d apart, and 5 below 9: 1/100 and 1/1260 of the lower box's mass."""
    matrix = transport_matrix(0)
    assert matrix[8, 9] == pytest.approx(1 / 100.0, rel=1e-12)
    assert matrix[4, 8] == pytest.approx(1 / 1260.0, rel=1e-12)
    assert matrix[8, 4] == pytest.approx(1.5 / 1260.0, rel=1e-12)  # 0.075 to 0.05 of the air


def test_terms_are_those_of_the_published_equations(monkeypatch):
    """January, with the flows as published: dx1/dt, dx2/dt and dx5/dt of Cunnold et al. (1983).

    The flow between 1 and 2 is from 1 (-1506 d), that between 1 and 5 is down (-1506 d), that
    between 5 and 6 is from 6 (1506 d); the upper boxes hold 3/5 of the air of the lower.
    """
    from ccdas_transport import twelve_boxes

    days = exchange_times()["flow"][2]
    monkeypatch.setattr(twelve_boxes, "flows", lambda month: AIR_SHARE[0] / days[:, month])
    matrix = transport_matrix(0)
    assert matrix[0, 1] == pytest.approx(1 / 116.0 - 0.5 / 1506.0, rel=1e-12)
    assert matrix[1, 0] == pytest.approx(1 / 116.0 + 0.5 / 1506.0, rel=1e-12)
    assert matrix[0, 4] == pytest.approx(1 / 38.0 + 0.5 / 1506.0, rel=1e-12)
    assert matrix[4, 0] == pytest.approx(5 / 3 * (1 / 38.0 - 0.5 / 1506.0), rel=1e-12)
    assert matrix[4, 5] == pytest.approx(1 / 29.0 + 5 / 3 * 0.5 / 1506.0, rel=1e-12)
    assert matrix[1, 5] == pytest.approx(1 / 38.0 + 0.5 / 72.0, rel=1e-12)


def test_a_month_without_transport_keeps_the_mean_of_its_emission(monkeypatch):
    """phi_1(0) = 1, phi_2(0) = 1/2: a steady source has half its amount there on average."""
    from ccdas_transport import twelve_boxes

    monkeypatch.setattr(twelve_boxes, "transport_matrix", lambda month: np.zeros((12, 12)))
    step, mean, within = month_matrices(3)
    np.testing.assert_allclose(step, np.eye(12), atol=1e-15)
    np.testing.assert_allclose(mean, np.eye(12), atol=1e-15)
    np.testing.assert_allclose(within, 0.5 * np.eye(12), atol=1e-15)


def test_months_agree_with_small_steps_through_the_same_equations():
    """Two months in 4000 midpoint steps, second order: relative 1e-5."""
    response = band_response(2)
    state, expected = np.zeros(12), []
    days = (31, 28)
    for month in (0, 1):
        matrix, steps = transport_matrix(month), 2000
        dt, total = days[month] / steps, np.zeros(12)
        source = np.zeros(12)
        source[1] = (month == 0) / (31.0 * AIR_SHARE[1] * PGC_PER_PPM * 1e12)
        for _ in range(steps):
            half = state + 0.5 * dt * (matrix @ state + source)
            total += half / steps
            state = state + dt * (matrix @ half + source)
        expected.append(total)
    np.testing.assert_allclose(response[0, 0, :, 1], expected[0], rtol=1e-5, atol=1e-20)
    np.testing.assert_allclose(response[1, 1, :, 1], expected[1], rtol=1e-5)


def test_the_air_holds_what_was_emitted_at_every_lag():
    """Half of a month's emission by its mean, all of it later."""
    held = np.einsum("b,mlbs->mls", AIR_SHARE, band_response(30)) * PGC_PER_PPM * 1e12
    np.testing.assert_allclose(held[:, 0], 0.5, rtol=1e-12)
    np.testing.assert_allclose(held[:, 1:], 1.0, rtol=1e-12)


def test_old_emissions_are_well_mixed():
    """After ten years the whole air has the mean, to the slowest decay of the boxes (4 years)."""
    old = band_response(240)[:, -1] * PGC_PER_PPM * 1e12
    np.testing.assert_allclose(old, 1.0, rtol=0.02)
    slowest = np.sort(np.abs(np.linalg.eigvals(transport_matrix(0)).real))[1]
    assert 1.0 / slowest < 4 * 365


def test_hemispheres_exchange_in_about_a_year():
    """A steady source all over the north: 0.9 to 1.5 yr, as from SF6 and fossil CO2.

    Both halves of the air gain Q/2, so M_n - M_s = tau Q/2, and tau is the difference of their
    mole fractions over what the source adds to the mean in a year.

    Source: Denning et al. (1999), Tellus 51B, 266-297; Patra et al. (2011), Atmos. Chem. Phys. 11,
        12813-12837.
    """
    added = band_response(240).sum(axis=1).mean(axis=0)[:, :2].mean(axis=1)  # by a month's kgC
    in_north = (np.arange(12) % 4) < 2
    north, south = (
        np.average(added[half], weights=AIR_SHARE[half]) for half in (in_north, ~in_north)
    )
    years = (north - south) * PGC_PER_PPM * 1e12 / 12.0
    assert 0.9 < years < 1.5


@pytest.mark.parametrize(
    ("latitude", "altitude", "box"),
    [
        (82.5, 200, 0),
        (19.5, 3397, 1),
        (-14.3, 42, 2),
        (-90.0, 2810, 3),
        (90.0, 0, 0),
        (45.0, 8000, 4),
    ],
)
def test_a_station_lies_in_the_box_around_it(latitude, altitude, box):
    assert box_of(np.array([latitude]), np.array([altitude]))[0] == box


def test_a_band_sees_its_own_emission_first():
    jacobian = twelve_box_jacobian(["N", "S"], [60.0, -60.0], [0.0, 0.0], JacobianGrid(30.0, 60.0))
    lag_0 = jacobian.response[:, 0, 0, :, 0]
    assert lag_0[0].argmax() >= 4 and lag_0[1].argmax() <= 1


def test_a_box_across_two_bands_gives_to_both_by_area():
    """From 22.5 to 37.5 N: sin(30) - sin(22.5) of it lies in the tropics."""
    grid = JacobianGrid(15.0, 120.0)
    grid_edges = np.deg2rad([15.0, 30.0, 45.0])
    assert np.sin(grid_edges[1]) == pytest.approx(0.5)
    across = twelve_box_jacobian(["N"], [60.0], [0.0], JacobianGrid(180.0, 120.0, memory_months=3))
    bands = band_response(3)[:, :, 0]  # of box 1
    full = bands.mean(axis=2)  # each band is a quarter of the globe
    np.testing.assert_allclose(across.response[0, :, :, 0, 0], full, rtol=1e-12)
    fine = twelve_box_jacobian(["N"], [60.0], [0.0], evolve(grid, memory_months=3)).response[
        0, :, :, :, 0
    ]
    np.testing.assert_allclose(fine[..., -1], bands[..., 0], rtol=1e-12)


def test_it_is_a_jacobian_like_any_other(tmp_path):
    jacobian = twelve_box_jacobian(["ALT", "SPO"], [82.5, -90.0], [200.0, 2810.0])
    write_jacobian(tmp_path / "j.nc", jacobian, [82.5, -90.0], [-62.0, 0.0])
    again = read_jacobian(tmp_path / "j.nc", ["SPO"], JacobianGrid())
    np.testing.assert_allclose(again.response[0], jacobian.response[1], rtol=1e-6)
