"""Workers hold no file of the input, and starting them forks no process that has threads."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cuts import demo_cut

from ccdas_framework.execution import block_processes

TESTS = str(Path(__file__).parents[2])
FORKS = """
import jax, sys
jax.numpy.zeros(3).block_until_ready()  # starts threads
from ccdas_framework.execution import executor_of
if __name__ == "__main__":
    with executor_of("processes", 2) as executor:
        print(list(executor.map(abs, [-1, -2])))
"""


def open_inputs(process):
    """NetCDF files that a process holds open."""
    links = []
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        try:
            links.append(os.readlink(descriptor))
        except OSError:  # closed meanwhile
            continue
    return [link for link in links if ".nc" in link]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="reads /proc")
def test_no_process_of_a_run_holds_an_input_file(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([TESTS, os.environ.get("PYTHONPATH", "")]))
    experiment = demo_cut(
        ("sm",), compute__blocks=2, compute__workers=2, compute__executor="processes"
    )
    problem = experiment.build()
    executor = problem.forward.executor
    with block_processes(executor):
        problem.cost(np.zeros(len(problem.control)))
        children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
        workers = {child for file in children for child in file.read_text().split()}
        assert len(workers) >= 2
        assert {w: open_inputs(w) for w in ["self", *workers]} == {
            w: [] for w in ["self", *workers]
        }


def test_processes_start_without_a_fork_of_this_one(tmp_path):
    pytest.importorskip("jax")
    script = tmp_path / "script.py"
    script.write_text(FORKS, encoding="utf-8")
    errors = ["-W", "error::RuntimeWarning", "-W", "error::DeprecationWarning:multiprocessing"]
    done = subprocess.run(
        [sys.executable, *errors, script], capture_output=True, text=True, timeout=120
    )
    assert (done.stdout.strip(), done.returncode) == ("[1, 2]", 0), done.stderr
