"""Time of compilations, which a comparison of methods leaves out."""

import time

import numpy as np
import pytest

from ccdas_framework.engines.compilation_time import (
    COMPILATION,
    PHASES,
    CompilationTime,
    running_seconds,
)
from ccdas_framework.engines.jax_engine import JaxEngine


@pytest.fixture
def clock(monkeypatch):
    """Sets the time."""
    now = {"time": 0.0}
    monkeypatch.setattr(time, "monotonic", lambda: now["time"])
    return lambda seconds: now.update(time=seconds)


def test_phases_within_a_phase_count_once(clock):
    compilation = CompilationTime()
    for ended, seconds in ((2.0, 1.0), (4.0, 1.5), (5.0, 4.5), (8.0, 2.0)):
        clock(ended)
        compilation.add(PHASES[0], seconds)
    assert compilation.between(0.0, 10.0) == 4.5 + 2.0
    assert compilation.between(1.0, 7.0) == 4.0 + 1.0


def test_phases_that_overlap_count_once(clock):
    compilation = CompilationTime()
    for ended, seconds in ((2.0, 1.0), (2.5, 1.0)):
        clock(ended)
        compilation.add(PHASES[2], seconds)
    assert compilation.between(0.0, 10.0) == 1.5


def test_other_events_do_not_count(clock):
    compilation = CompilationTime()
    clock(2.0)
    compilation.add("/jax/checkpoint/write_duration", 1.0)
    assert compilation.between(0.0, 3.0) == 0.0


def test_the_engine_reports_a_compilation_once_and_its_runs_never():
    pytest.importorskip("jax")
    engine = JaxEngine()
    began = time.monotonic()
    function = engine.value_and_grad(lambda x: engine.xp.sum(engine.xp.sin(x) ** 2))
    function(np.ones(7))
    compiled = time.monotonic()
    assert 0.0 < COMPILATION.between(began, compiled) <= compiled - began
    function(np.zeros(7))
    ended = time.monotonic()
    assert running_seconds(compiled, ended) == pytest.approx(ended - compiled)
