"""Work of the compiled model: counts that a new version of JAX may change."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("jax")
BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def test_compiled_work_is_at_most_that_of_the_stored_counts(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    from baseline import TOLERANCES, read
    from compiled_work import work_counts

    counts = work_counts([(79, 8)])  # a block of the demo
    assert len(counts) == 4
    stored = read()["counts"]
    for name, count in counts.items():
        assert 0 < count <= TOLERANCES["counts"] * stored[name], name
