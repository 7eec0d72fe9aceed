"""A worker states what it is before its first task."""

import os
import pickle
import time

import pytest
from attrs import evolve
from findings import raises_finding

from ccdas_framework.core.errors import CcdasError
from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.execution import worker_facts
from ccdas_framework.execution.worker_facts import (
    code_hash,
    facts_here,
    require_same,
    settings_that_travel,
)

ENGINE = pickle.dumps(AutogradEngine())
PACKAGES = ("ccdas_framework", "no_such_package")


@pytest.fixture
def here():
    return facts_here(PACKAGES, ENGINE, {})


def test_a_worker_like_this_process_is_taken(here):
    require_same("tcp://a:1", pickle.loads(pickle.dumps(here)), here)
    assert set(here.code) == {"ccdas_framework"} and not here.problem and here.processor


def test_another_version_is_refused_with_both(here):
    there = evolve(here, versions={**here.versions, "numpy": "1.0"}, host="node7")
    with raises_finding("other-version", "compute.executor") as raised:
        require_same("tcp://a:1", there, here)
    text = str(raised.value)
    assert all(word in text for word in ("numpy 1.0 there", here.versions["numpy"], "node7"))


@pytest.mark.parametrize("change", ["code", "changed"])
def test_other_code_of_the_same_version_is_refused(here, change):
    name = "ccdas_framework"
    other = {"code": {name: "0" * 16}} if change == "code" else {"changed": (name,)}
    with raises_finding("other-code", "compute.executor") as raised:
        require_same("tcp://a:1", evolve(here, **other), here)
    assert name in str(raised.value) and "restart the workers" in str(raised.value)


class Broken:
    """An engine whose library does not load."""

    def __reduce__(self):
        return int, ("no library",)


def test_an_engine_that_does_not_work_there_is_refused(here):
    there = facts_here(PACKAGES, pickle.dumps(Broken()), {})
    with raises_finding("other-engine", "compute.executor") as raised:
        require_same("tcp://a:1", there, here)
    assert "tcp://a:1" in str(raised.value) and "no library" in str(raised.value)


def test_one_constant_makes_another_hash(tmp_path):
    module = tmp_path / "model.py"
    module.write_text("RATE = 0.5\n")
    before = code_hash(tmp_path)
    (tmp_path / "notes.txt").write_text("no code")
    assert code_hash(tmp_path) == before
    module.write_text("RATE = 0.6\n")
    assert code_hash(tmp_path) != before


def test_a_module_that_changed_after_it_was_loaded_is_stale(tmp_path, monkeypatch):
    package = tmp_path / "edited_model"
    package.mkdir()
    (package / "__init__.py").write_text("RATE = 0.5\n")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("edited_model")
    past, future = time.time() - 60.0, time.time() + 60.0
    os.utime(package / "__init__.py", (past, past))
    monkeypatch.setattr(worker_facts, "LOADED", time.time())
    assert facts_here(("edited_model",), ENGINE, {}).changed == ()
    os.utime(package / "__init__.py", (future, future))
    assert facts_here(("edited_model",), ENGINE, {}).changed == ("edited_model",)


def test_settings_of_this_process_travel_with_absolute_paths(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CCDAS_CACHE", "cache")
    monkeypatch.delenv("CCDAS_DATA", raising=False)
    monkeypatch.setenv("CXX", "g++")
    assert settings_that_travel() == {
        "CCDAS_CACHE": str(tmp_path / "cache"), "CXX": "g++", "CCDAS_DATA": None,
    }  # fmt: skip


def test_settings_of_an_earlier_run_do_not_stay(monkeypatch):
    monkeypatch.setattr(worker_facts, "_BORN", {"CXX": None, "CCDAS_DATA": "/of/worker"})
    for name in ("CXX", "CCDAS_DATA"):
        monkeypatch.setenv(name, "before")
    facts_here((), ENGINE, {"CXX": "g++", "CCDAS_DATA": "/of/run"})
    assert (os.environ["CXX"], os.environ["CCDAS_DATA"]) == ("g++", "/of/run")
    facts_here((), ENGINE, {"CXX": None, "CCDAS_DATA": None})
    assert "CXX" not in os.environ and os.environ["CCDAS_DATA"] == "/of/worker"


def test_a_worker_in_single_precision_is_refused_with_its_name(monkeypatch):
    """The engine looks at each call; the name of the worker is a note of the error."""
    jax = pytest.importorskip("jax")
    from ccdas_framework.engines.jax_engine import JaxEngine

    double = JaxEngine().compile(lambda x: 2.0 * x)
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(CcdasError) as raised:
            double(1.0)
    finally:
        jax.config.update("jax_enable_x64", True)
    assert raised.value.code == "single-precision"
