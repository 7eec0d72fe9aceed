"""Compiling and computing let other threads of Python run, so that a worker shows signs of life."""

import threading
import time

import numpy as np
import pytest

from ccdas_framework.engines.jax_engine import JaxEngine

jax = pytest.importorskip("jax")
TICK = 0.01  # s
WORK = 2.0  # least seconds of the work
MOST = 0.5  # part of it without a sign of life; a thread that waits for its end has 1


def longest_pause(work):
    """Longest time between two ticks of another thread, and the time of the work (s)."""
    ticks, ended = [time.monotonic()], threading.Event()

    def tick():
        while not ended.wait(TICK):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        work()
    finally:
        ended.set()
        thread.join()
    ticks.append(time.monotonic())
    return float(np.max(np.diff(ticks))), ticks[-1] - ticks[0]


def test_a_long_computation_lets_other_threads_run():
    engine = JaxEngine()

    def long(x, turns):
        return jax.lax.fori_loop(0, turns, lambda _, y: engine.xp.sin(y) + 0.1, x)

    compute = engine.compile(long)
    compute(np.ones(10), 1)
    turns, seconds = 100_000, 0.0
    while seconds < WORK:
        began = time.monotonic()
        compute(np.ones(10), turns)
        seconds, tried = time.monotonic() - began, turns
        turns = int(turns * 1.5 * WORK / max(seconds, 0.01))
    pause, seconds = longest_pause(lambda: compute(np.ones(10), 2 * tried))
    assert seconds > WORK and pause < MOST * seconds


def test_a_long_compilation_lets_other_threads_run():
    engine, new = JaxEngine(), float(time.time_ns())  # no cache has it

    def many(x):
        for n in range(150):  # products are not fused with their neighbours
            x = engine.xp.matmul(x, engine.xp.sin(x) + n / new)
        return x

    pause, seconds = longest_pause(lambda: engine.compile(many)(np.ones((8, 8))))
    assert seconds > WORK and pause < MOST * seconds
