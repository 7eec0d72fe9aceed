"""TERM ends a command within seconds, wherever it is, and the same command continues it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from cuts import SHORT, only
from findings import raises_finding
from process_groups import members_of

from ccdas_framework.cli.termination import EXIT_CODE
from ccdas_framework.execution.main_guard import require_guard

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
SECONDS = 10.0
SETTINGS = {
    **{key: value for key, value in SHORT.items() if "vod" not in key},
    **only(("bethy.V_m",), ("sm",)),
    "optimiser.longest_step": 2e-4,
    "optimiser.cost_change": 0.0,
    "optimiser.gradient_reduction": 1e-9,
    "optimiser.distance": 0.0,
    "optimiser.iterations": 3,
    "output.fields": ["gpp"],
    "targets.fields": ["gpp"],
    "model.n_h": 6,
    "model.dayint": 10,
    "time.days": 12,
    "streams.sm.scaling": "none",
}


def text_of(value):
    return str(value).lower() if isinstance(value, bool) else str(value).replace("'", '"')


def command(out, *further):
    pairs = [word for k, v in SETTINGS.items() for word in ("--set", f"{k}={text_of(v)}")]
    run = ["run", "demo", "--obs", "sm", "--engine", "autograd", "--out", str(out)]
    return [sys.executable, "-m", "ccdas_framework.cli", *run, *pairs, *further]


def signalled(arguments, marker, number, log, group=True):
    """Exit code, seconds to the end, and text of a command that gets a signal at a text."""
    with open(log, "w") as file:
        process = subprocess.Popen(arguments, stderr=file, stdout=file, start_new_session=True)
    try:
        while not (marker.is_file() if isinstance(marker, Path) else marker in log.read_text()):
            assert process.poll() is None, log.read_text()
            time.sleep(0.02)
        began = time.monotonic()
        (os.killpg if group else os.kill)(process.pid, number)
        code = process.wait(60.0)
        seconds = time.monotonic() - began
        while members_of(process.pid):
            assert time.monotonic() - began < seconds + SECONDS
            time.sleep(0.1)
        return code, seconds, log.read_text()
    finally:
        process.kill()


@pytest.mark.science  # six processes
def test_term_ends_a_run_at_every_stage_and_the_same_command_continues_it(tmp_path):
    out, log = tmp_path / "out", tmp_path / "log"
    checkpoint = out / "checkpoint.npz"
    for marker in ("optimising", checkpoint, "posterior uncertainty", "\nreport"):
        code, seconds, said = signalled(command(out, "--resume"), marker, signal.SIGTERM, log)
        assert code == EXIT_CODE and seconds < SECONDS
        assert "Traceback" not in said
        (sentence,) = [line for line in said.splitlines() if line.startswith("ccdas: ")]
        assert "TERM" in sentence and str(out) in sentence
        assert ("ccdas resume" in sentence) is checkpoint.is_file()
    subprocess.run(command(out, "--resume"), check=True, capture_output=True)
    assert (out / "report.html").is_file()
    subprocess.run(command(tmp_path / "whole"), check=True, capture_output=True)
    with (
        np.load(checkpoint) as parts,
        np.load(tmp_path / "whole/checkpoint.npz") as one,
    ):
        assert set(parts) == set(one)
        for name in one:
            np.testing.assert_array_equal(parts[name], one[name])


COMPILED = """
import ctypes, sys
from ccdas_framework.cli.termination import ended_by_term
from ccdas_framework.execution import BlockWorkers, ProcessWorkers

def long(parts, seconds):
    ctypes.CDLL(None).sleep(seconds)

if __name__ == "__main__":
    with ended_by_term():
        print("compiled code", file=sys.stderr, flush=True)
        if sys.argv[1] == "here":
            ctypes.CDLL(None).sleep(120)
        workers = BlockWorkers(ProcessWorkers(2))
        tasks = [workers.task(f"block {n}", n, long, (120,), {}) for n in range(2)]
        workers.run_tasks("long", tasks)
"""


@pytest.mark.parametrize("where", ["here", "workers"])
@pytest.mark.parametrize("group", [True, False])
def test_term_ends_compiled_code_that_does_not_return(tmp_path, where, group):
    script = tmp_path / "script.py"
    script.write_text(COMPILED, encoding="utf-8")
    call = [sys.executable, script, where]
    code, seconds, said = signalled(
        call, "compiled code", signal.SIGTERM, tmp_path / "log", group=group
    )
    assert (code, said.count("ccdas: ")) == (EXIT_CODE, 1) and seconds < SECONDS
    assert "Traceback" not in said


INTERRUPTED = """
import ctypes, signal, sys
from importlib import import_module
from pathlib import Path
from ccdas_framework.execution import BlockWorkers, ProcessWorkers, executor_of

where, file = sys.argv[1:]

def long(parts, file):
    Path(file).touch()
    ctypes.CDLL(None).sleep(120)

def run():
    print("begins", file=sys.stderr, flush=True)
    if where == "blocks":
        workers = BlockWorkers(ProcessWorkers(2))
        workers.run_tasks("long", [workers.task("block 0", 0, long, (file,), {})])
    with executor_of("processes", 2) as executor:
        executor.submit(long, None, file).result()

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it for tests
    main = import_module("ccdas_framework.cli.main")
    main.app, main.add_commands = run, lambda modules: None
    main.main()
"""


@pytest.mark.parametrize(
    ("where", "starting"), [("blocks", True), ("blocks", False), ("starts", False)]
)
def test_ctrl_c_of_a_terminal_ends_a_run_with_processes(tmp_path, where, starting):
    """It reaches all processes of the group, also one that imports its modules."""
    script, file = tmp_path / "script.py", tmp_path / "computes"
    script.write_text(INTERRUPTED, encoding="utf-8")
    code, seconds, said = signalled(
        [sys.executable, script, where, file], "begins" if starting else file, signal.SIGINT,
        tmp_path / "log",
    )  # fmt: skip
    assert code == 130 and seconds < SECONDS
    assert said.splitlines() == ["begins", "ccdas: interrupted."]


STARTING = """
import signal, sys, time
from importlib import import_module
from multiprocessing import util
from ccdas_framework.execution import BlockWorkers, ProcessWorkers

born = util.spawnv_passfds

def slow(path, arguments, descriptors):
    pid = born(path, arguments, descriptors)
    if any("spawn_main" in str(word) for word in arguments):
        print("half a start", file=sys.stderr, flush=True)
        time.sleep(1.0)
    return pid

def run():
    workers = BlockWorkers(ProcessWorkers(2))
    workers.run_tasks("sleep", [workers.task("block 0", 0, time.sleep, (120,), {})])

if __name__ == "__main__":
    util.spawnv_passfds = slow
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it for tests
    main = import_module("ccdas_framework.cli.main")
    main.app, main.add_commands = run, lambda modules: None
    main.main()
"""


@pytest.mark.parametrize(
    ("number", "group", "exit_code"),
    [(signal.SIGTERM, False, EXIT_CODE), (signal.SIGINT, False, 130), (signal.SIGINT, True, 130)],
)
def test_a_signal_while_a_worker_starts_leaves_no_complaint_of_it(
    tmp_path, number, group, exit_code
):
    script = tmp_path / "script.py"
    script.write_text(STARTING, encoding="utf-8")
    log = tmp_path / "log"
    code, seconds, said = signalled(
        [sys.executable, script], "half a start", number, log, group=group
    )
    assert code == exit_code and seconds < SECONDS
    assert "Traceback" not in said


def test_a_handler_of_the_caller_comes_back(ccdas):
    before = signal.getsignal(signal.SIGTERM)
    ccdas("--version")
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.set_wakeup_fd(-1) == -1


@pytest.mark.parametrize("other", ["--each-site", "--overwrite"])
def test_resume_and_options_of_another_kind_exclude_each_other(ccdas, tmp_path, other):
    ccdas("run", "demo", "--resume", other, "--out", tmp_path / "out")
    assert ccdas.findings == [("wrong-option", "--resume")]


def test_a_script_without_a_guard_is_told_so(tmp_path, monkeypatch):
    import __main__

    script = tmp_path / "script.py"
    script.write_text("from somewhere import run\nrun()\n", encoding="utf-8")
    monkeypatch.setattr(__main__, "__file__", str(script), raising=False)
    with raises_finding("no-main-guard", "compute.executor") as raised:
        require_guard()
    assert 'if __name__ == "__main__":' in str(raised.value)
    script.write_text("log = get(__name__)  # no __main__\nrun()\n", encoding="utf-8")
    with raises_finding("no-main-guard", "compute.executor"):
        require_guard()
    script.write_text('if __name__ == "__main__":\n    run()\n', encoding="utf-8")
    require_guard()


BLOCKED = """
import os, sys, time
from pathlib import Path
from ccdas_framework.cli.termination import ended_by_term
from ccdas_framework.experiment.input_files import TemporaryFolder

with ended_by_term():
    inputs = TemporaryFolder("ccdas-inputs-")
    os.set_blocking(2, False)
    try:
        while True:
            os.write(2, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(2, True)
    Path(sys.argv[1]).write_text(str(inputs.path))
    time.sleep(120)
"""


def test_term_ends_a_run_whose_standard_error_nobody_reads(tmp_path):
    path = tmp_path / "inputs"
    call = [sys.executable, "-c", BLOCKED, path]
    with subprocess.Popen(call, stderr=subprocess.PIPE) as process:
        try:
            while not (path.is_file() and path.read_text()):
                assert process.poll() is None
                time.sleep(0.02)
            assert Path(path.read_text()).is_dir()
            process.terminate()
            assert process.wait(SECONDS) == EXIT_CODE
        finally:
            process.kill()
    assert not Path(path.read_text()).exists()
