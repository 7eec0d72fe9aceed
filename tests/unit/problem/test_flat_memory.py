"""Memory does not grow with the number of evaluations."""

import os
from pathlib import Path

import numpy as np
import pytest
from deadly import divided

from ccdas_framework.execution import BlockWorkers, ProcessWorkers, block_processes

X = np.linspace(-0.3, 0.3, 10)
GROWTH = 1.05  # from the 20th to the 200th evaluation

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")


def resident(process):
    """Resident memory (bytes)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


@pytest.mark.science  # 400 gradients
def test_memory_is_flat_over_200_gradients(engine, monkeypatch):
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    executor = BlockWorkers(ProcessWorkers(2))
    with block_processes(executor):
        problems = divided(engine), divided(engine, executor)
        after = {}
        for number in range(1, 201):
            for problem in problems:
                problem.value_and_gradient(X + 1e-3 * number)
            if number in (20, 200):
                pools = [executor.workers.pools[name] for name in executor.workers.names]
                processes = [os.getpid(), *(p for pool in pools for p in pool._processes)]
                after[number] = {process: resident(process) for process in processes}
    assert len(after[200]) == 3 and set(after[200]) == set(after[20])
    for process, size in after[200].items():
        assert size < GROWTH * after[20][process]
