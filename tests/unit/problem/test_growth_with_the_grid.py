"""What stays the same when a grid has more cells or is cut into more blocks."""

import pickle
from concurrent.futures import Future

import numpy as np
import pytest
from assembling import assemble
from attrs import evolve
from conftest import make_engine
from toy import CellWater, Reservoir, TotalLoss, toy_forcing, toy_observations

from ccdas_framework import Forcing
from ccdas_framework.execution import BlockWorkers
from ccdas_framework.execution.levels import as_worker
from ccdas_framework.priors import Gaussian


def equal_cells(cells):
    """The forcing of the first cell of the toy on many cells of one column."""
    forcing = toy_forcing()
    grid = forcing.domain.grid
    alike = evolve(
        grid,
        latitude=10.0 + 0.5 * np.arange(cells), longitude=np.zeros(cells), area=np.ones(cells),
        region=np.full(cells, "south"), half_width=np.full((cells, 2), 0.25),
        column_cell=np.arange(cells), column_fraction=np.ones(cells),
        column_class=np.arange(cells) % 4 + 1,
    )  # fmt: skip
    inflow = np.repeat(forcing.fields["inflow"][:, :1], cells, axis=1)
    return Forcing(evolve(forcing.domain, grid=alike), {"inflow": inflow}, {})


def problem_on(cells, blocks, engine, executor=None):
    """The same five places are observed on every grid."""
    forcing = equal_cells(cells)
    problem = assemble(
        model_name="reservoir", model=Reservoir(),
        operators={"water": CellWater(), "loss": TotalLoss()},
        observations=toy_observations(equal_cells(5)), forcing=forcing, engine=engine,
        prior=Gaussian.for_control, blocks=blocks,
    )  # fmt: skip
    return evolve(problem, forward=evolve(problem.forward, executor=executor))


class Weighing:
    """A worker in this process that weighs what travels."""

    moves, pause = False, 1.0

    def __init__(self):
        self.bytes = 0

    def expect(self, packages, engine):
        pass

    def members(self):
        return ["here"]

    def submit(self, worker, function, *arguments):
        there = pickle.dumps((function, arguments))
        sent_function, sent = pickle.loads(there)
        back = pickle.dumps(as_worker(sent_function, *sent))
        self.bytes += len(there) + len(back)
        future = Future()
        future.set_result(pickle.loads(back))
        return future

    def abandon(self, running):
        pass

    def end(self, run):
        pass


def test_bytes_sent_for_a_gradient_do_not_grow_with_cells(autograd):
    sent = {}
    for cells in (80, 800):
        weighing = Weighing()
        problem = problem_on(cells, 4, autograd, BlockWorkers(weighing))
        x = np.zeros(len(problem.control))
        problem.value_and_gradient(x + 0.1)
        first, weighing.bytes = weighing.bytes, 0
        problem.value_and_gradient(x + 0.2)
        sent[cells] = weighing.bytes
        assert 0 < 2 * sent[cells] < first  # blocks travel once
    assert sent[800] < 1.01 * sent[80]


def test_blocks_of_one_shape_share_their_compilations(monkeypatch):
    jax_engine = pytest.importorskip("ccdas_framework.engines.jax_engine")
    compiled, compile_one = [], jax_engine._Compiled._compiled

    def counted(function, arguments):
        compiled.append(function)
        return compile_one(function, arguments)

    monkeypatch.setattr(jax_engine._Compiled, "_compiled", counted)
    numbers = {}
    for blocks in (4, 8):
        compiled.clear()
        problem = problem_on(16, blocks, make_engine("jax"))
        x = np.zeros(len(problem.control))
        problem.value_and_gradient(x)
        problem.jacobian(x)
        numbers[blocks] = len(compiled)
    assert numbers[4] == numbers[8] > 0
