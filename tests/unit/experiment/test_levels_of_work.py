"""Rows, starting points and blocks: the outermost that is there runs side by side."""

import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from cuts import few_parameters
from findings import raises_finding

from ccdas_framework.execution import OuterLevel, Serial, executor_of, row_executor
from ccdas_framework.experiment import load_experiment
from ccdas_framework.io.toml_text import toml_text

TESTS = Path(__file__).parents[2]
TWO_BLOCKS = {"compute.blocks": 2, "compute.workers": 2}


class NoPool:
    """Stands for a pool of threads that must not be started."""

    def __init__(self, *_, **__):
        raise AssertionError("a pool inside a worker")


def optimised(seed):
    """x and cost of a short run with starting points and blocks of its own, as a row has."""
    sys.path.insert(0, str(TESTS))  # a process starts without the paths of pytest
    from cuts import few_parameters

    from ccdas_framework.experiment.optimise import executor_for, optimise

    experiment = few_parameters(
        ("sm",), experiment__starts=2, experiment__seed=seed, optimiser__iterations=2, **TWO_BLOCKS
    )
    with executor_for(experiment, None) as executor:
        starts = optimise(experiment, experiment.build(), _Folder(), _monitor(), 0.0, executor)
    return [(start.result.x, start.result.cost) for start in starts.starts]


class _Folder:
    """A run folder that keeps nothing."""

    def __getattr__(self, name):
        return lambda *_, **__: None


def _monitor():
    from ccdas_framework.experiment.monitor import Monitor

    return Monitor()


@pytest.mark.science  # a whole run
def test_a_run_in_a_worker_starts_no_pool(tmp_path, monkeypatch):
    monkeypatch.setattr("ccdas_framework.execution.executors.ThreadPoolExecutor", NoPool)
    monkeypatch.setattr("ccdas_framework.execution.process_workers.ProcessPoolExecutor", NoPool)
    monkeypatch.setattr("ccdas_framework.experiment.run.report", lambda folder: None)
    experiment = few_parameters(
        ("sm",), experiment__starts=2, optimiser__iterations=1, **TWO_BLOCKS
    )
    with pytest.raises(AssertionError, match="inside a worker"):
        experiment.build()  # outside a worker the blocks have one
    result = OuterLevel(Serial()).submit(experiment.run, tmp_path / "run").result()
    assert len(result.starts.ended) == 2


def test_blocks_run_in_turn_while_starts_run_side_by_side(monkeypatch):
    """Both in threads of this process: the names of the threads tell the levels apart."""
    problem = few_parameters(("sm",), time__days=20, **TWO_BLOCKS).build()
    blocks, x = problem.forward, problem.prior.mean

    def threads(_=None):
        return set(blocks.over_blocks(lambda _: threading.current_thread().name))

    assert all(name.startswith("ccdas-block") for name in threads())
    with executor_of("threads", 2) as starts:
        for names in starts.map(threads, range(4)):
            assert len(names) == 1 and not names.pop().startswith("ccdas-block")
        in_start = starts.submit(problem.value_and_gradient, x).result()
    alone = problem.value_and_gradient(x)
    assert in_start[0] == alone[0]
    np.testing.assert_array_equal(in_start[1], alone[1])


def test_blocks_in_processes_have_the_bits_of_threads():
    """One starting point: each process keeps its blocks of BETHY."""
    cut = {"time.days": 20, "model.n_h": 6, **TWO_BLOCKS}
    here = few_parameters(("sm",), **cut).build()
    there = few_parameters(("sm",), **cut, **{"compute.executor": "processes"}).build()
    x = here.prior.mean + 0.1
    try:
        cost, gradient = there.value_and_gradient(x)
        expected = here.value_and_gradient(x)
        assert (cost, there.cost(x)) == (expected[0], here.cost(x))
        np.testing.assert_array_equal(gradient, expected[1])
        np.testing.assert_array_equal(there.jacobian(x), here.jacobian(x))
    finally:
        there.forward.executor.shutdown()


def test_a_limit_of_memory_chooses_blocks_that_stay(tmp_path):
    """A stated number of blocks stays, as that of a run that resumes, and has to fit."""
    table = few_parameters(("sm",)).config.to_dict()
    path = tmp_path / "experiment.toml"

    def blocks(memory, **compute):
        stated = {k: v for k, v in table["compute"].items() if k != "blocks"}
        stated |= {"memory": memory, **compute}
        path.write_text(toml_text({**table, "compute": stated}), encoding="utf-8")
        return load_experiment(path).config.compute.blocks

    assert blocks("4 GB", workers=2) == 2
    assert blocks("4 GB", workers=2, blocks=1) == 1
    assert blocks("4 GB", blocks=3) == 3
    for stated in ({}, {"blocks": 3}):
        with raises_finding("too-little-memory", "compute.memory"):
            blocks("300 MB", **stated)
    with raises_finding("wrong-value", "compute.memory"):
        blocks("4")


@pytest.mark.science  # each process imports, reads and builds for itself
def test_rows_are_the_same_alone_and_side_by_side():
    found = {}
    for workers in (1, 2):
        with row_executor(workers, threads=1) as rows:
            found[workers] = list(rows.map(optimised, (1, 2)))
    for alone, together in zip(found[1], found[2], strict=True):
        for (x, cost), (other_x, other_cost) in zip(alone, together, strict=True):
            np.testing.assert_array_equal(x, other_x)
            assert cost == other_cost
    assert not np.array_equal(found[1][0][1][0], found[1][1][1][0])  # another seed, another start
