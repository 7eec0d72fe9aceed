"""Cells solved separately, side by side in one run of the model."""

import numpy as np
import pytest
from assembling import assemble
from findings import raises_finding
from toy import CellWater, Reservoir, TotalLoss, toy_forcing, toy_observations

from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.priors import Flat, Gaussian
from ccdas_framework.problem.separate_cells import SeparateCells

CELLS = [f"cell {c}" for c in range(5)]


FIXED = {"water.scale": {"active": False}}


def problem_of(
    labels=CELLS, operators=None, couples="column", blocks=1, prior=Gaussian, changes=FIXED
):
    """The toy with the water of these cells observed."""
    forcing = toy_forcing()
    observations = toy_observations(forcing)
    water = observations["water"]
    observations["water"] = water.take(np.isin(water.label, labels))
    return assemble(
        model_name="reservoir",
        model=Reservoir(couples=couples),
        operators=operators or {"water": CellWater()},
        observations=observations,
        forcing=forcing,
        engine=AutogradEngine(),
        prior=prior.for_control,
        changes=changes,
        blocks=blocks,
    )


@pytest.mark.parametrize(("couples", "blocks"), [("column", 1), ("column", 2), ("cell", 1)])
def test_each_cell_has_the_misfits_and_jacobian_of_its_own_parameters(couples, blocks):
    problem = problem_of(couples=couples, blocks=blocks)
    cells = SeparateCells(problem)
    x = np.random.default_rng(3).normal(0.0, 0.5, (5, len(problem.control)))
    actual = cells.misfits_and_jacobians(x)
    for cell, (misfit, jacobian) in enumerate(actual):
        rows = np.concatenate([s.labels for s in problem.streams.values()]) == CELLS[cell]
        simulated, alone = problem.simulate_and_jacobian(x[cell])
        expected = problem.whitened(alone)[rows]
        np.testing.assert_allclose(misfit, problem.whitened_misfits(simulated)[rows], rtol=1e-12)
        np.testing.assert_allclose(jacobian, expected, rtol=1e-10, atol=1e-12)
        assert np.abs(expected).max() > 0.1


@pytest.mark.parametrize("prior", [Gaussian, Flat])
def test_a_cell_ends_where_it_would_have_ended_alone(prior):
    problem = problem_of(prior=prior)
    optimiser = GaussNewton(iterations=8)
    start = np.random.default_rng(4).normal(0.0, 0.3, (5, len(problem.control)))
    heard = []
    together = optimiser.minimise_cells(
        SeparateCells(problem), start, lambda cell, point: heard.append(cell)
    )
    for cell, label in enumerate(CELLS):
        alone = optimiser.minimise(problem_of([label], prior=prior), start[cell], lambda p: None)
        assert together[cell].status == alone.status
        assert heard.count(cell) == len(alone.iterations)
        assert together[cell].counts == alone.counts
        np.testing.assert_allclose(together[cell].x, alone.x, atol=1e-7)
        np.testing.assert_allclose(together[cell].cost, alone.cost, rtol=1e-9, atol=1e-15)


def test_a_stream_that_sums_over_the_grid_cannot_be_taken_apart():
    problem = problem_of(operators={"water": CellWater(), "loss": TotalLoss()})
    with raises_finding("domain-scope", "stream 'loss'"):
        SeparateCells(problem)


def test_a_scalar_of_an_operator_cannot_be_copied():
    with raises_finding("shared-parameter", "parameters.water.scale"):
        SeparateCells(problem_of(changes={}))
