"""`auto` where JAX is installed and cannot start: each case in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("jax")

LOAD = """
import json, sys
from ccdas_framework import load_experiment
settings = {"grid.cells": 2, "time.days": 30, "time.spin_up_years": 0}
experiment = load_experiment("demo", observations=["co2"], settings=settings)
codes = [(note.code, note.where) for note in experiment.notes]
print(json.dumps([type(experiment.engine).__name__, codes]))
"""
OLD = """
__version__ = "0.1.0"
"""
UNFIT = """
raise ImportError("undefined symbol: _ZN3xla")
"""


def loaded(environment):
    """Class of the engine, and (code, place) of the notes; nothing on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD], env={**os.environ, **environment}, capture_output=True,
        text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("contents", "code"),
    [(OLD, "unusable-engine"), (UNFIT, "missing-package")],
    ids=["old", "unfit"],
)
def test_auto_takes_autograd_where_jaxlib_does_not_fit(tmp_path, contents, code):
    folder = tmp_path / "jaxlib"
    folder.mkdir()
    (folder / "version.py").write_text(contents)
    (folder / "__init__.py").write_text("from .version import __version__\n")
    engine, notes = loaded({"PYTHONPATH": str(tmp_path)})
    assert engine == "AutogradEngine" and notes == [[code, "engine.name"]]


def test_auto_takes_autograd_where_no_named_device_exists():
    engine, notes = loaded({"JAX_PLATFORMS": "cuda", "CUDA_VISIBLE_DEVICES": ""})
    assert engine == "AutogradEngine" and notes == [["unusable-engine", "engine.name"]]
