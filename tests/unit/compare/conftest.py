"""Studies that are computed in a folder of their own."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from unit.compare.small_studies import TABLES, Failing

from ccdas_framework import builtin_plugins, installed
from ccdas_framework.compare import row_workers
from ccdas_framework.compare.study import compare_methods
from ccdas_framework.execution import Serial
from ccdas_framework.io.toml_text import toml_text
from ccdas_framework.registry.loading import load_registry


@pytest.fixture
def here(monkeypatch):
    """Rows in this process, without the seconds that another one takes to start."""

    @contextmanager
    def executor(workers, threads):
        yield Serial()

    monkeypatch.setattr(row_workers, "row_executor", executor)


@pytest.fixture
def study(tmp_path):
    """Write a study file, some of its tables replaced, and compute it."""

    def computed(**options):
        tables = {k: options.pop(k) for k in list(options) if k in TABLES}
        path = tmp_path / "study.toml"
        path.write_text(toml_text({**TABLES, **tables}), "utf-8")
        return compare_methods(path, tmp_path / "out", **options)

    return computed


@pytest.fixture
def failing(monkeypatch):
    """Register it, as a package would."""
    plugin = SimpleNamespace(__name__="failing", optimisers=lambda: {"failing": Failing})
    monkeypatch.setattr(
        installed, "_REGISTRY", [load_registry([builtin_plugins, plugin], entries=[])]
    )
