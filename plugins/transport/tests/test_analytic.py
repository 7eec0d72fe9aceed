"""Transport in closed form: printed values, limits and conserved mass."""

import numpy as np
import pytest
from ccdas_transport.analytic import decay_response, local_response, zonal_response
from ccdas_transport.grid import TransportGrid


def test_reference_values_for_a_source_at_50_north():
    """ppm PgC-1 at lags of 0, 1, 2, 3, 6, 12, 36 months, to the four digits given."""
    lags = [0, 1, 2, 3, 6, 12, 36]
    result = zonal_response([82.45, 19.54, -89.98], [50.0], lags, [1, 1, 1], 2.123)[..., 0]
    expected = [
        [0.3096, 1.6225, 1.5096, 1.2357, 0.8336, 0.5763, 0.4720],
        [0.1270, 0.6285, 0.6562, 0.6292, 0.5750, 0.5060, 0.4714],
        [0.0260, 0.0007, 0.0040, 0.0234, 0.1607, 0.3665, 0.4700],
    ]
    np.testing.assert_allclose(result, expected, atol=5.001e-5)


def test_a_steady_northern_source_makes_a_difference_of_4_5_ppm_between_hemispheres():
    """9.3 PgC yr-1 at 45 N, means of both hemispheres near the surface, to the digit given."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    latitude = np.rad2deg(np.arcsin(nodes))
    response = zonal_response(latitude, [45.0], np.arange(240), np.ones(64), 2.123)[..., 0]
    mean = (9.3 / 12.0) * response.sum(axis=1)
    north = nodes > 0
    difference = weights[north] @ mean[north] - weights[~north] @ mean[~north]
    assert difference == pytest.approx(4.5, abs=0.05)


def test_old_emissions_are_well_mixed():
    response = zonal_response([82.0, 0.0, -90.0], [-60.0, 50.0], [600], [1, 0, 1], 2.123)
    np.testing.assert_allclose(response, 1.0 / 2.123, rtol=1e-9)


def test_the_whole_atmosphere_holds_what_was_emitted_at_every_lag():
    """Above the mixed layer; half of a month's emission has happened by the mean of the month."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    latitude = np.rad2deg(np.arcsin(nodes))
    response = zonal_response(latitude, [50.0], [0, 1, 5, 40], np.zeros(64))[..., 0]
    mean = 0.5 * weights @ response
    np.testing.assert_allclose(mean * 2.124, [0.5, 1.0, 1.0, 1.0], rtol=1e-12)


def test_no_decay_is_the_limit_of_slow_decay():
    np.testing.assert_allclose(
        decay_response(np.array([1e-12]), [0, 1, 7]),
        decay_response(np.array([0.0]), [0, 1, 7]),
        rtol=1e-4,
    )


def test_the_local_term_adds_no_mass_along_a_latitude():
    grid = TransportGrid()
    term = local_response(np.array([52.5]), np.array([5.0]), grid, np.arange(4))
    np.testing.assert_allclose(term.mean(axis=3), 0.0, atol=1e-15)
    assert term[0, 0].max() > 0.25 and np.all(term[0, 2:] == 0.0)
