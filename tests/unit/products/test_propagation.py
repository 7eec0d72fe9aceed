"""Standard deviations of monthly fields against the dense J A J^T."""

import numpy as np
import pytest
from attrs import evolve
from toy import toy_problem

from ccdas_framework import Grid
from ccdas_framework.core.errors import InvalidExperiment, InvalidInput
from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.engines.jax_engine import JaxEngine
from ccdas_framework.outputs.monthly_fields import monthly_fields
from ccdas_framework.products.product_grid import product_grid
from ccdas_framework.products.propagation import (
    Places,
    Sums,
    chosen_fields,
    members_of_fields,
    moments_of_fields,
    places_of,
    product_streams,
)

FIELDS = ("outflow", "loss")
ROUNDING = 1e-9


@pytest.fixture(scope="module", params=[AutogradEngine, JaxEngine], ids=["autograd", "jax"])
def problem(request):
    return toy_problem(request.param(), blocks=3)


@pytest.fixture(scope="module")
def case(problem):
    """Problem, a point, a full covariance, and the dense Jacobian of every month and cell."""
    generator = np.random.default_rng(3)
    size = len(problem.control)
    x = 0.3 * generator.standard_normal(size)
    root = 0.5 * generator.standard_normal((size, size))
    streams = product_streams(problem, FIELDS)
    at = problem.with_streams(streams, {})
    _, jacobians = at.derivatives(x)
    return problem, x, root @ root.T, streams, jacobians


def test_means_are_those_of_fields_nc(case):
    problem, x, covariance, streams, _ = case
    found = moments_of_fields(problem, streams, x, covariance, Places.cells(5))
    expected, _, months = monthly_fields(problem, x, FIELDS)
    for name in FIELDS:
        assert found[name][0].shape == (len(months), 5)
        np.testing.assert_allclose(found[name][0], expected[name], rtol=ROUNDING)


def test_sd_of_each_cell_and_month_is_that_of_the_dense_product(case):
    problem, x, covariance, streams, jacobians = case
    found = moments_of_fields(problem, streams, x, covariance, Places.cells(5))
    for name, stream in streams.items():
        dense = np.sqrt(np.diag(jacobians[name] @ covariance @ jacobians[name].T))
        assert dense.min() > 0.0
        np.testing.assert_allclose(found[name][1][places_of(stream)], dense, rtol=ROUNDING)


def test_the_jacobian_is_that_of_central_differences(case):
    problem, x, _, streams, jacobians = case
    direction = np.random.default_rng(4).standard_normal(len(x))
    at, step = problem.with_streams(streams, {}), 1e-5
    ahead, behind = (at.values_of(x + s * step * direction, streams) for s in (1.0, -1.0))
    for name in FIELDS:
        slope = (ahead[name] - behind[name]) / (2.0 * step)
        np.testing.assert_allclose(jacobians[name] @ direction, slope, rtol=1e-6, atol=1e-8)


def test_sd_of_means_over_cells_holds_the_covariances_across_blocks(case):
    problem, x, covariance, streams, jacobians = case
    # place 0: cells 0, 1 and 4 of different blocks; place 1: cells 1 and 2
    places = Places(
        np.array([0, 0, 0, 1, 1]), np.array([4, 0, 1, 2, 1]), np.array([1.0, 2.0, 0.5, 1.0, 3.0]), 2
    )
    found = moments_of_fields(problem, streams, x, covariance, places)
    mean = np.zeros((2, 5))
    mean[places.place, places.cell] = places.weight
    mean /= mean.sum(axis=1, keepdims=True)
    for name, stream in streams.items():
        month, cell = places_of(stream)
        for number in range(month.max() + 1):
            rows = np.zeros((5, len(x)))
            rows[cell[month == number]] = jacobians[name][month == number]
            of_cells = rows @ covariance @ rows.T
            expected = np.sqrt(np.diag(mean @ of_cells @ mean.T))
            np.testing.assert_allclose(found[name][1][number], expected, rtol=ROUNDING)
            alone = np.sqrt(mean**2 @ np.diag(of_cells))  # without covariances it is another number
            assert np.all(np.abs(alone / expected - 1.0) > 0.01)


def test_members_are_runs_of_the_model(case):
    problem, x, _, streams, _ = case
    draws = np.stack([x, 0.5 * x])
    members = members_of_fields(problem, streams, draws, Places.cells(5))
    for n, draw in enumerate(draws):
        expected, _, _ = monthly_fields(problem, draw, FIELDS)
        for name in FIELDS:
            np.testing.assert_allclose(members[name][n], expected[name], rtol=ROUNDING)


def test_an_element_without_prior_information_is_infinitely_uncertain(case):
    problem, x, covariance, streams, _ = case
    flat = covariance.copy()
    gain = problem.control.names.index("reservoir.gain")
    flat[gain], flat[:, gain], flat[gain, gain] = 0.0, 0.0, np.inf
    found = moments_of_fields(problem, streams, x, flat, Places.cells(5))
    assert np.isinf(found["loss"][1]).all()


def test_an_unknown_field_is_refused(problem):
    operators = {name: stream.operator for name, stream in problem.streams.items()}
    with pytest.raises(InvalidExperiment) as error:
        chosen_fields(["outflows"], problem.model, operators)
    assert error.value.findings[0].code == "unknown-field"


def pair(*longitudes, area=(3.0, 1.0)):
    """Cells of two degrees on the equator, one column each."""
    count = len(longitudes)
    return Grid(
        latitude=np.full(count, 1.0), longitude=longitudes, area=area, region=["here"] * count,
        half_width=np.ones((count, 2)), column_cell=np.arange(count),
        column_fraction=np.ones(count), column_class=np.ones(count, dtype=int),
    )  # fmt: skip


def test_sd_on_another_grid_is_that_of_two_cells_in_closed_form():
    """Half of each cell: variance of (a F + b G), a and b the shares of area."""
    geometric = product_grid(pair(1.0, 3.0, area=(1.0, 1.0)), 4.0).area
    coarse = product_grid(pair(1.0, 3.0), 4.0)
    shares = coarse.places.weight / coarse.places.weight.sum()
    np.testing.assert_allclose(shares, [0.75, 0.25], rtol=1e-12)  # 3 m2 and 1 m2 of land
    assert geometric.shape == (1,) and coarse.position.tolist() == [0]
    np.testing.assert_allclose(coarse.area, [4.0], rtol=1e-12)
    sd, correlation = np.array([2.0, 5.0]), -0.3
    covariance = np.outer(sd, sd) * np.array([[1.0, correlation], [correlation, 1.0]])
    sums = Sums(1, coarse.places, np.linalg.cholesky(covariance), np.zeros(2, dtype=bool))
    for cell in (0, 1):  # two blocks, and J = 1
        sums.add(np.array([0]), np.array([cell]), np.array([10.0 * cell]), np.eye(2)[[cell]])
    a, b = shares
    expected = np.sqrt((2 * a) ** 2 + (5 * b) ** 2 + 2 * a * b * correlation * 10.0)
    mean, found = sums.moments
    np.testing.assert_allclose(found, [[expected]], rtol=1e-12)
    np.testing.assert_allclose(mean, [[10.0 * b]], rtol=1e-12)


def test_a_finer_grid_repeats_the_cells():
    fine = product_grid(pair(1.0, 3.0), 1.0)
    assert fine.shape == (2, 4) and len(fine.position) == 8
    assert set(fine.places.cell[np.argsort(fine.places.place)].tolist()) == {0, 1}
    np.testing.assert_allclose(fine.area.sum(), 4.0, rtol=1e-12)


def test_the_area_of_a_cell_across_the_date_line_is_kept():
    coarse = product_grid(pair(180.0, -177.0, area=(2.0, 1.0)), 5.0)
    np.testing.assert_allclose(coarse.area.sum(), 3.0, rtol=1e-12)


@pytest.mark.parametrize("spacing", [0.0, -1.0, 0.7, 0.01, 400.0])
def test_a_spacing_that_divides_no_globe_is_refused(spacing):
    with pytest.raises(InvalidInput) as error:
        product_grid(pair(1.0, 3.0), spacing)
    assert (error.value.code, error.value.where) == ("wrong-value", "--grid")


def test_cells_that_form_no_grid_are_refused():
    towers = evolve(pair(1.0, 34.17), half_width=np.full((2, 2), 0.05))
    with pytest.raises(InvalidInput) as error:
        product_grid(towers)
    assert error.value.code == "no-grid"


def test_the_grid_of_the_cells_has_rows_between_them():
    grid = product_grid(pair(1.0, 7.0))
    assert grid.shape == (1, 4) and grid.position.tolist() == [0, 3]
    np.testing.assert_allclose(grid.longitude_edges, [0.0, 2.0, 4.0, 6.0, 8.0])
    unpacked = grid.unpacked(np.array([[5.0, 6.0]]))
    np.testing.assert_array_equal(unpacked, [[[5.0, np.nan, np.nan, 6.0]]])
