"""What goes wrong inside a component is told with its name and its author's lines."""

import numpy as np
import pytest
from attrs import frozen
from strangers import ccdas, install

from ccdas_framework import ObservationOperator, Variable
from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.execution import executor_of
from ccdas_framework.experiment.component_errors import attach_component_error, component_error
from ccdas_framework.experiment.remote_starts import solve_from_text

HAIL = """
from attrs import frozen
from ccdas_framework import ObservationOperator, Variable, hookimpl, cell_stream

@hookimpl
def observation_operators():
    return {"hail": Hail}

@frozen
class Hail(ObservationOperator):
    observes = Variable("hail", "mm")
    requires = (Variable("lai", "m2 m-2", ("time", "column")),)
    unknown_sd = 1.0
    def prepare(self, observations, domain, prior_fields):
        return cell_stream(observations, domain)
    def observe(self, fields, parameters, at, xp):
        return stones(fields["lai"])

def stones(lai):
    return {"ice": lai}["stone"]
"""
SHORT = ("--set", "grid.cells=2", "--set", "time.days=40", "--set", "time.spin_up_years=0")


def test_a_run_that_fails_inside_an_operator_says_whose_it_is_and_where(tmp_path):
    install(tmp_path, "ccdas-obs-hail", "bad_hail", HAIL)
    out = tmp_path / "run"
    code, _, error = ccdas(
        "run", "demo", "--obs", "hail", "--engine", "autograd", "--out", str(out), *SHORT,
        path=tmp_path,
    )  # fmt: skip
    assert code == 70
    line = 1 + HAIL.splitlines().index('    return {"ice": lai}["stone"]')
    place = f"(bad_hail.py, line {line})"
    for part in ("'hail'", "ccdas-obs-hail 1.0", "`observe`", place, "KeyError: 'stone'"):
        assert part in error.partition("Traceback")[0]
    lines = error.partition("Traceback")[2]
    assert 'stones(fields["lai"])' in lines and '["stone"]' in lines
    assert "ccdas_framework" not in lines and not out.exists()


def test_a_run_refuses_a_scalar_and_names_the_package(tmp_path):
    short = HAIL.replace('return {"ice": lai}["stone"]', "return lai[0, 0]")
    install(tmp_path, "ccdas-obs-hail", "short_hail", short)
    out = tmp_path / "run"
    code, _, error = ccdas(
        "run", "demo", "--obs", "hail", "--engine", "autograd", "--out", str(out), *SHORT,
        path=tmp_path,
    )  # fmt: skip
    assert code == 2 and "Traceback" not in error and len(error.splitlines()) <= 24
    assert "ccdas-obs-hail 1.0" in error and "stream 'hail'" in error
    assert not out.exists()


def test_a_message_of_any_length_is_cut():
    class Loud(Wrong):
        def observe(self, fields, parameters, at, xp):
            raise ValueError("x\n" * 250_000)

    told = component_error(caught(Loud().observe, {}, {}, {}, None))
    lines = told.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) < 2000


@frozen
class Wrong(ObservationOperator):
    """One that no package registers."""

    observes = Variable("hail", "mm")
    requires = ()

    def prepare(self, observations, domain, prior_fields):
        """Nothing."""

    def observe(self, fields, parameters, at, xp):
        return np.linalg.inv(np.zeros((2, 2)))  # the deepest line is numpy's


def caught(function, *arguments):
    with pytest.raises(Exception) as info:
        function(*arguments)
    return info.value


def test_the_innermost_component_and_the_last_line_of_its_package_are_told():
    engine = AutogradEngine()
    error = caught(engine.compile(lambda x: Wrong().observe({}, {}, {}, None)), np.zeros(1))
    told = component_error(error)
    assert told.startswith(
        f"Wrong of {__name__} failed in `observe` (test_component_errors.py, line "
    )
    assert "LinAlgError:" in told


def test_what_goes_wrong_in_the_framework_alone_is_no_fault_of_a_component():
    def fails(x):
        raise ValueError("of our own")

    assert component_error(caught(AutogradEngine().compile(fails), np.zeros(1))) is None


def failing_there():
    """What a start does in another process, of which only the exception comes back."""
    try:
        Wrong().observe({}, {}, {}, None)
    except Exception as error:
        attach_component_error(error)
        raise


def test_what_went_wrong_in_another_process_is_told_as_if_it_were_here():
    here = component_error(caught(Wrong().observe, {}, {}, {}, None))
    with executor_of("processes", 1) as executor:
        there = component_error(caught(executor.submit(failing_there).result))
    assert there == here


def test_a_start_in_another_process_keeps_what_went_wrong_in_its_component(monkeypatch):
    def built(path):
        Wrong().observe({}, {}, {}, None)

    monkeypatch.setattr("ccdas_framework.experiment.remote_starts.load_experiment_data", built)
    error = caught(solve_from_text, "", 1, np.zeros(1), (), ())
    error.__traceback__ = None  # does not come along
    assert component_error(error).startswith(f"Wrong of {__name__} failed in `observe`")
