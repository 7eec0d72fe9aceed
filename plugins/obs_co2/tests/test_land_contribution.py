"""The land's part of a mole fraction is the sum over months and cells of response times uptake."""

import numpy as np
import pytest
from ccdas_obs_co2.flux_sensitivity import (
    KG_PER_G,
    land_contribution,
    land_inputs,
    month_folding,
    weighted_land_inputs,
)
from ccdas_transport import JacobianGrid, TransportJacobian, cell_shares

from ccdas_framework.engines.namespace import numpy_namespace

XP = numpy_namespace()
BEFORE = 36


def random_jacobian(random, stations):
    """Responses to all boxes that no symmetry relates."""
    grid = JacobianGrid()
    shape = (stations, 12, 48, len(grid.boxes.latitude), len(grid.boxes.longitude))
    names = tuple(f"station {n}" for n in range(stations))
    return TransportJacobian(names, grid.boxes, random.normal(size=shape), grid.well_mixed)


def expected(jacobian, station, month, domain, uptake):
    """Term by term, for one observation."""
    grid = domain.grid
    shares = cell_shares(grid.latitude, grid.longitude, grid.half_width, jacobian.grid)
    emission = -KG_PER_G * grid.area * (month_folding(domain, BEFORE) @ uptake)  # kgC per month
    calendar = (domain.month_of_year[domain.window][0] - 1 + month) % 12
    total = 0.0
    for past in range(BEFORE + month + 1):
        lag = BEFORE + month - past
        if lag < 48:
            response = np.sum(shares * jacobian.response[station, calendar, lag], axis=(1, 2))
        else:
            response = jacobian.well_mixed
        total += np.sum(response * emission[past])
    return total


@pytest.mark.parametrize("last", ["2010-05-20", "2010-12-31", "2015-03-31"])
def test_each_month_counts_with_the_response_of_its_lag(make_domain, last):
    domain, random = make_domain("2010-02-10", last), np.random.default_rng(3)
    jacobian = random_jacobian(random, 3)
    station, month = np.nonzero(random.random((3, domain.months)) < 0.7)
    uptake = random.normal(size=(domain.months, domain.grid.cells))
    at = land_inputs(jacobian, station, month, domain, BEFORE)
    values = [expected(jacobian, s, m, domain, uptake) for s, m in zip(station, month, strict=True)]
    np.testing.assert_allclose(land_contribution(uptake, at, XP), values, rtol=1e-10)


def test_a_window_of_more_years_holds_no_more_responses(make_domain):
    jacobian = random_jacobian(np.random.default_rng(3), 2)
    sizes = []
    for last, months in (("2011-12-31", 24), ("2017-12-31", 96)):
        station, month = np.repeat([0, 1], months), np.tile(np.arange(months), 2)
        domain = make_domain("2010-01-01", last)
        sizes.append(land_inputs(jacobian, station, month, domain, BEFORE)["response"].size)
    assert sizes[0] == sizes[1]


def test_a_padded_cell_adds_nothing(make_domain):
    domain = make_domain()
    domain.grid.area[2] = 0.0
    jacobian = random_jacobian(np.random.default_rng(3), 1)
    at = land_inputs(jacobian, np.zeros(2, int), np.array([0, 23]), domain, BEFORE)
    uptake = np.zeros((domain.months, 3))
    uptake[:, 2] = 1e3
    np.testing.assert_array_equal(land_contribution(uptake, at, XP), 0.0)


def test_weighted_parts_give_the_weighted_sum_of_their_contributions(make_domain):
    """Three sums of two parts each; the first two share their months, and one repeats a part."""
    domain, random = make_domain(), np.random.default_rng(3)
    station, month = np.array([0, 1, 0, 2, 2, 1]), np.array([5, 5, 5, 5, 17, 17])
    weight = random.normal(size=(3, 2))
    jacobian = random_jacobian(random, 3)
    at = land_inputs(jacobian, station, month, domain, BEFORE)
    uptake = random.normal(size=(domain.months, 3))
    parts = land_contribution(uptake, at, XP).reshape(3, 2)
    sums = land_contribution(uptake, {**at, **weighted_land_inputs(at, weight)}, XP)
    np.testing.assert_allclose(sums, np.sum(parts * weight, axis=1), rtol=1e-12)


def test_no_observations_have_no_contribution(make_domain):
    domain = make_domain()
    none = np.zeros(0, dtype=int)
    at = land_inputs(random_jacobian(np.random.default_rng(3), 1), none, none, domain, BEFORE)
    assert land_contribution(np.ones((domain.months, 3)), at, XP).shape == (0,)
