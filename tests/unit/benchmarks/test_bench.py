"""`make bench`: its tables, and the regression that it must notice."""

import json

import pytest

FIGURES = {"counts": {"jax.79.8.gradient.operations": 1000.0}, "ratios": {"memory.cells": 1.1}}
ABOUT = {
    "command": "make bench",
    "version": "0.1.0",
    "commit": "abc",
    "date": "2026-12-01",
    "machine": "a machine, 2 cores",
    "software": "Python",
    "load": "Load 0.1",
}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A measurement with a stored one beside it."""
    import baseline
    from bench import Bench

    path = tmp_path / "baseline.json"
    baseline.write(FIGURES, ABOUT, path)
    monkeypatch.setattr(baseline, "PATH", path)
    monkeypatch.setattr(baseline.read, "__defaults__", (path,))
    return Bench(tmp_path, [3], [8], [], 1, ["autograd"], dict(ABOUT))


def measured(bench, counts=1.0, ratios=1.0):
    """Set the figures to multiples of the stored ones."""
    bench.counts = {name: counts * value for name, value in FIGURES["counts"].items()}
    bench.ratios = {name: ratios * value for name, value in FIGURES["ratios"].items()}


def test_a_count_that_grew_fails(bench):
    measured(bench, counts=1.3)
    assert not bench.compared()
    assert "regression" in bench.tables["Stored figures"]


@pytest.mark.parametrize("counts, ratios", [(1.0, 1.0), (1.1, 1.3), (0.5, 1.0)])
def test_the_same_or_less_work_passes(bench, counts, ratios):
    measured(bench, counts, ratios)
    assert bench.compared()
    assert "regression" not in bench.tables["Stored figures"]


def test_a_ratio_that_grew_is_named_and_does_not_fail(bench):
    measured(bench, ratios=2.0)
    assert bench.compared()
    assert "memory.cells" in bench.tables["Stored figures"]


def test_the_first_loop_that_native_leaves_to_jax_fails():
    from baseline import changes

    name = "native.loops left to JAX"
    stored = {"counts": {name: 0.0}, "ratios": {}}
    (found,) = changes({"counts": {name: 1.0}, "ratios": {}}, stored)
    assert found.regression


def test_storing_some_figures_keeps_the_others(tmp_path):
    import baseline

    path = tmp_path / "baseline.json"
    baseline.write(FIGURES, ABOUT, path)
    baseline.write({"counts": {"new": 3.0}, "ratios": {}}, ABOUT, path)
    stored = baseline.read(path)
    assert stored["counts"] == {"new": 3.0, **FIGURES["counts"]}
    assert stored["ratios"] == FIGURES["ratios"]


def test_tables_of_a_tiny_run(bench, monkeypatch):
    import model_speed

    monkeypatch.setitem(model_speed.DAYS, 3, 4)
    monkeypatch.setattr(model_speed, "compiler", lambda: None)
    bench.speed()
    bench.compared()
    bench.write()
    text = (bench.out / "bench.md").read_text()
    assert "`autograd`" in text and "abc" in text
    numbers = json.loads((bench.out / "bench.json").read_text())
    assert numbers["ratios"]["autograd.8.3.gradient/forward"] > 1.0


def test_compared_calls_take_turns():
    from timing import in_turn

    order = []
    times = in_turn({name: lambda name=name: order.append(name) for name in "ab"}, repeats=3)
    assert order == list("ababab")
    assert all(len(found.wall) == 3 for found in times.values())


def test_the_stored_measurement_says_where_it_comes_from():
    import baseline

    stored = baseline.read()
    assert stored["counts"]
    assert {"commit", "machine", "date"} <= stored["about"].keys()
