"""An engine may say how it computes, and a repetition compares that."""

import pytest
from attrs import frozen

from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.engines.differences import DifferencesEngine
from ccdas_framework.experiment.run_provenance import engine_details, engine_that_differs


@frozen(eq=False)
class Compiled(AutogradEngine):
    """An engine with a compiler."""

    compiler: str = "c++ 12"
    flags: str = "-O2"
    processor: str = ""

    def provenance(self):
        return {"compiler": self.compiler, "flags": self.flags, "processor": self.processor}


def record(engine):
    return {"engine": type(engine).__name__, "engine_details": engine_details(engine)}


def test_details_are_those_that_the_engine_gives():
    assert engine_details(AutogradEngine()) == {}
    details = {"compiler": "c++ 12", "flags": "-O2", "processor": ""}
    assert engine_details(Compiled()) == details


def test_the_same_engine_and_compiler_do_not_differ():
    assert engine_that_differs(record(Compiled()), Compiled()) == []
    assert engine_that_differs({}, AutogradEngine()) == []  # an old run without provenance


def test_another_compiler_is_named():
    (finding,) = engine_that_differs(record(Compiled("c++ 14")), Compiled())
    assert (finding.code, finding.where) == ("changed-engine", "compiler")
    assert "c++ 14" in finding.message and "c++ 12" in finding.message


@pytest.mark.parametrize("key", ["flags", "processor"])
def test_other_flags_or_another_processor_are_named(key):
    (finding,) = engine_that_differs(record(Compiled(**{key: "another"})), Compiled())
    assert (finding.code, finding.where) == ("changed-engine", key)


def test_another_engine_is_named():
    (finding,) = engine_that_differs(record(AutogradEngine()), DifferencesEngine())
    assert (finding.code, finding.where) == ("changed-engine", "engine")
