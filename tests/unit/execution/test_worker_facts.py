"""A worker states what it is before its first task."""

import importlib
import os
import pickle
import sys
import time

import pytest
from attrs import evolve
from findings import raises_finding
from toy import toy_problem

from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.execution import ProcessWorkers, worker_facts
from ccdas_framework.execution.block_work import WorkerLost
from ccdas_framework.execution.worker_facts import (
    code_hash,
    code_here,
    facts_here,
    require_same,
    settings_that_travel,
)
from ccdas_framework.problem import block_tasks

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


def test_a_module_without_a_package_has_a_hash(tmp_path, monkeypatch):
    module = tmp_path / "single_model.py"
    monkeypatch.syspath_prepend(tmp_path)
    module.write_text("RATE = 0.5\n")
    before = code_here(["single_model"])
    module.write_text("RATE = 0.6\n")
    after = code_here(["single_model"])
    assert set(before) == set(after) == {"single_model"} and before != after


def test_a_namespace_package_is_not_compared(tmp_path, monkeypatch):
    """Its folders depend on the path of the process."""
    (tmp_path / "shared_name").mkdir()
    (tmp_path / "shared_name" / "model.py").write_text("RATE = 0.5\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert importlib.import_module("shared_name.model").RATE == 0.5
    assert code_here(["shared_name"]) == {}


@pytest.mark.parametrize("path", ["edited_model/__init__.py", "edited_model.py"])
def test_a_module_that_changed_after_it_was_loaded_is_stale(tmp_path, monkeypatch, path):
    file = tmp_path / path
    file.parent.mkdir(exist_ok=True)
    file.write_text("RATE = 0.5\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "edited_model", raising=False)
    __import__("edited_model")
    now = time.time()
    monkeypatch.setattr(worker_facts, "LOADED", now - 60.0)
    monkeypatch.setattr(worker_facts, "_LOADED_EARLY", frozenset({"edited_model"}))
    for changed, seconds in (((), -120.0), (("edited_model",), -30.0), ((), 3600.0)):
        os.utime(file, (now + seconds, now + seconds))
        facts = facts_here(("edited_model",), ENGINE, {})
        assert facts.changed == changed
        if changed:
            with raises_finding("other-code", "compute.executor") as raised:
                require_same("tcp://a:1", evolve(facts, changed=()), facts)
            assert "edited_model" in str(raised.value)
            with raises_finding("other-code", "compute.executor"):
                ProcessWorkers(1).expect(["edited_model"], b"")


def test_a_module_written_and_loaded_later_is_not_stale_until_it_changes(tmp_path, monkeypatch):
    """A notebook writes its model and imports it."""
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "notebook_model.py"
    module.write_text("RATE = 0.5\n")
    assert importlib.import_module("notebook_model").RATE == 0.5
    assert worker_facts.changed_here(["notebook_model"]) == ()
    os.utime(module)  # as a checkout of the same content
    assert worker_facts.changed_here(["notebook_model"]) == ()
    module.write_text("RATE = 0.6\n")
    assert worker_facts.changed_here(["notebook_model"]) == ("notebook_model",)


def test_files_of_a_module_are_read_once_a_look(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "module_read_once.py").write_text("RATE = 0.5\n")
    importlib.import_module("module_read_once")
    looks = []

    def counted(*places):
        looks.append(places)
        return code_hash(*places)

    monkeypatch.setattr(worker_facts, "code_hash", counted)
    for count in (1, 2):
        assert worker_facts.changed_here(["module_read_once"]) == ()
        assert len(looks) == count


def test_files_of_editors_are_no_code(tmp_path, monkeypatch):
    package = tmp_path / "watched_model"
    (package / ".ipynb_checkpoints").mkdir(parents=True)
    (package / "__init__.py").write_text("RATE = 0.5\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = code_here(["watched_model"])
    (package / ".ipynb_checkpoints/__init__-checkpoint.py").write_text("RATE = 0.4\n")
    (package / ".#__init__.py").symlink_to("somebody@host.1")
    assert code_here(["watched_model"]) == before


def test_a_process_that_starts_after_a_change_of_code_is_refused(tmp_path, monkeypatch):
    """One that runs has the code of the run."""
    module = tmp_path / "single_model.py"
    module.write_text("RATE = 0.5\n")
    monkeypatch.syspath_prepend(tmp_path)
    workers = ProcessWorkers(1)
    (name,) = workers.members()
    workers.expect(["single_model"], b"")
    try:
        process = workers.submit(name, os.getpid).result()
        module.write_text("RATE = 0.6\n")
        assert workers.submit(name, os.getpid).result() == process
        with pytest.raises(WorkerLost):
            workers.submit(name, os._exit, 1).result()
        with raises_finding("other-code", "compute.executor") as raised:
            workers.submit(name, os.getpid).result()
        assert "single_model" in str(raised.value)
    finally:
        workers.end("")


def test_packages_that_an_operator_may_call_are_compared(autograd):
    """An operator for CO2 calls another plugin for its transport."""
    importlib.import_module("ccdas_transport")
    problem = toy_problem(autograd)
    packages = block_tasks._packages(problem.forward, problem.forward.functions)
    assert {"ccdas_framework", "ccdas_transport", "toy"} <= set(packages)


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
