"""Modules of `benchmarks/`, which is no package."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch):
    """`benchmarks/` as the first place of imports, as when a script there runs."""
    pytest.importorskip("jax")
    pytest.importorskip("ccdas_models_bethy")
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
