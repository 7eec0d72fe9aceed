"""Results of components have the type, shape and numbers of their interface, or are refused."""

import warnings

import numpy as np
import pytest
from attrs import evolve, frozen
from findings import codes
from toy import CellWater, Reservoir, TotalLoss, toy_forcing, toy_observations, toy_problem

from ccdas_framework import Diagonal, Ensemble, Parameter, Stream, Variable
from ccdas_framework.core.control import Control
from ccdas_framework.core.covariance import Covariance
from ccdas_framework.core.errors import CcdasError, InvalidInput, NotANumber
from ccdas_framework.problem import component_package
from ccdas_framework.problem.component_package import package_of, shortened
from ccdas_framework.problem.component_results import (
    derived_fields,
    prior_findings,
    scalar_findings,
)
from ccdas_framework.problem.declared_ranges import range_findings
from ccdas_framework.problem.method_results import ensemble_findings, optimisation_findings

MODEL, WATER = "model 'reservoir'", "stream 'water'"
LINES, WIDTH = 24, 4000


def refusal(function, *arguments):
    """(code, place) of each finding; the message is short and names the package."""
    with pytest.raises(CcdasError) as caught:
        function(*arguments)
    text = str(caught.value)
    assert len(text.splitlines()) <= LINES and max(map(len, text.splitlines())) < WIDTH
    packages = __name__.split(".")[0], "toy"  # a module without a package stands for itself
    assert any(f" of {package}" in text for package in packages)
    return codes(caught)


# -- fields of run --------------------------------------------------------------------------------

SHAPE = (50, 9)
WRONG_FIELDS = {
    "transposed": (lambda f: {**f, "loss": f["loss"].T}, "wrong-shape"),
    "a day short": (lambda f: {**f, "loss": f["loss"][1:]}, "wrong-shape"),
    "by cell": (lambda f: {**f, "loss": f["loss"][:, :5]}, "wrong-shape"),
    "without columns": (lambda f: {**f, "loss": f["loss"][:, 0]}, "wrong-shape"),
    "a number": (lambda f: {**f, "loss": 1.0}, "wrong-type"),
    "None": (lambda f: {**f, "loss": None}, "wrong-type"),
    "a list": (lambda f: {**f, "loss": [f["loss"]]}, "wrong-type"),
    "a tuple": (lambda f: {**f, "loss": tuple(f["loss"])}, "wrong-type"),
    "text": (lambda f: {**f, "loss": "loss" * 100_000}, "wrong-type"),
    "whole numbers": (lambda f: {**f, "loss": np.ones(SHAPE, dtype=int)}, "wrong-type"),
    "complex": (lambda f: {**f, "loss": f["loss"] * 1j}, "wrong-type"),
    "flags": (lambda f: {**f, "loss": f["loss"] > 0.0}, "wrong-type"),
    "objects": (lambda f: {**f, "loss": np.full(SHAPE, "x" * 1000, dtype=object)}, "wrong-type"),
    "masked": (lambda f: {**f, "loss": np.ma.masked_all(SHAPE)}, "wrong-type"),
    "float32": (lambda f: {**f, "loss": np.ones(SHAPE, "float32")}, "single-precision"),
    "missing": (lambda f: {n: v for n, v in f.items() if n != "loss"}, "missing-field"),
    "undeclared": (lambda f: {**f, "further": f["loss"]}, "undeclared"),
    "no dict": (lambda f: list(f.values()), "wrong-type"),
    "nothing": (lambda f: None, "wrong-type"),
}  # fmt: skip


@frozen
class ChangedFields(Reservoir):
    """A model whose fields are changed before it returns them."""

    change: object = None

    def run(self, parameters, drivers, xp):
        return self.change(super().run(parameters, drivers, xp))


def problem_with(engine, monkeypatch, *, model=None, water=None, blocks=1):
    if model is not None:
        monkeypatch.setattr("toy.Reservoir", lambda couples: model)
    if water is not None:
        monkeypatch.setattr("toy.CellWater", lambda: water)
    return toy_problem(engine, blocks=blocks)


@pytest.mark.parametrize("change", WRONG_FIELDS)
@pytest.mark.parametrize("method", ["cost", "value_and_gradient", "jacobian"])
def test_wrong_fields_are_refused_at_the_first_evaluation(engine, monkeypatch, change, method):
    function, code = WRONG_FIELDS[change]
    problem = problem_with(engine, monkeypatch, model=ChangedFields(change=function))
    found = refusal(getattr(problem, method), np.zeros(len(problem.control)))
    assert found == [(code, MODEL)]


def test_several_wrong_fields_are_reported_together(autograd, monkeypatch):
    model = ChangedFields(change=lambda f: {n: v[0] for n, v in f.items()})
    problem = problem_with(autograd, monkeypatch, model=model)
    with pytest.raises(InvalidInput) as caught:
        problem.cost(np.zeros(len(problem.control)))
    assert all(f"'{name}'" in str(caught.value) for name in ("water", "outflow", "loss"))


# -- drivers --------------------------------------------------------------------------------------

WRONG_DRIVERS = {
    "nothing": lambda d: None,
    "a number": lambda d: 1.0,
    "text in it": lambda d: {**d, "name": "reservoir"},
    "objects": lambda d: {**d, "deep": {"er": np.full(3, None)}},
    "dates": lambda d: {**d, "time": np.zeros(3, "datetime64[D]")},
    "complex": lambda d: {**d, "wave": np.ones(3) * 1j},
    "masked": lambda d: {**d, "inflow": np.ma.masked_all((50, 9))},
}


@frozen
class ChangedDrivers(Reservoir):
    """A model whose drivers are changed before it returns them."""

    change: object = None

    def prepare(self, forcing):
        return self.change(super().prepare(forcing))


@pytest.mark.parametrize("change", WRONG_DRIVERS)
def test_wrong_drivers_are_refused_before_the_run(autograd, monkeypatch, change):
    model = ChangedDrivers(change=WRONG_DRIVERS[change])
    found = refusal(lambda: problem_with(autograd, monkeypatch, model=model))
    assert found == [("wrong-type", MODEL)]


def test_further_numbers_and_empty_tables_are_drivers(autograd, monkeypatch):
    def change(drivers):
        return {**drivers, "few": [1, 2.0, np.float32(3.0)], "none": None, "empty": {}}

    problem = problem_with(autograd, monkeypatch, model=ChangedDrivers(change=change))
    x = np.zeros(len(problem.control))
    assert problem.cost(x) == toy_problem(autograd).cost(x)


# -- streams of prepare ---------------------------------------------------------------------------


@frozen(eq=False)
class Odd(Covariance):
    """A covariance with any sd."""

    odd: object

    @property
    def sd(self):
        return self.odd

    def whiten(self, residual, xp):
        return residual

    def dense(self):
        return np.eye(len(self.odd))


WRONG_STREAMS = {
    "nothing": (lambda s: None, "wrong-type"),
    "a dict": (lambda s: {"values": s.values}, "wrong-type"),
    "a scalar value": (lambda s: evolve(s, values=1.0), "wrong-type"),
    "values as text": (lambda s: evolve(s, values=s.values.astype(str)), "wrong-type"),
    "masked values": (lambda s: evolve(s, values=np.ma.masked_all(25)), "wrong-type"),
    "infinite values": (lambda s: evolve(s, values=s.values / 0.0), "not-finite"),
    "fewer errors": (lambda s: evolve(s, covariance=Diagonal(s.covariance.sd[1:])), "wrong-length"),
    "one error": (lambda s: evolve(s, covariance=Diagonal(0.1)), "wrong-length"),
    "sd for covariance": (lambda s: evolve(s, covariance=s.covariance.sd), "wrong-type"),
    "negative sd": (lambda s: evolve(s, covariance=Odd(-s.covariance.sd)), "wrong-error"),
    "sd of zero": (lambda s: evolve(s, covariance=Odd(0.0 * s.covariance.sd)), "wrong-error"),
    "fewer labels": (lambda s: evolve(s, labels=s.labels[1:]), "wrong-length"),
    "one label": (lambda s: evolve(s, labels="everywhere and anywhere!!"), "wrong-type"),
    "missing labels": (lambda s: evolve(s, labels=np.array([None] * len(s.labels))), "wrong-type"),
    "records for labels": (
        lambda s: evolve(s, labels=np.zeros(len(s.labels), dtype=[("name", "f8")])), "wrong-type",
    ),
    "fewer positions": (lambda s: evolve(s, index=s.index[1:]), "wrong-length"),
    "positions from 1": (lambda s: evolve(s, index=s.index + 1), "wrong-index"),
    "negative positions": (lambda s: evolve(s, index=s.index - 1), "wrong-index"),
    "positions twice": (lambda s: evolve(s, index=0 * s.index), "wrong-index"),
    "a mask for index": (lambda s: evolve(s, index=s.index >= 0), "wrong-type"),
    "floats for index": (lambda s: evolve(s, index=1.0 * s.index), "wrong-type"),
    "a list for index": (lambda s: evolve(s, index=list(s.index)), "wrong-type"),
    "no inputs": (lambda s: evolve(s, at=None), "wrong-type"),
    "objects in at": (
        lambda s: evolve(s, at={**s.at, "o": np.full(5000, "x" * 50, object)}), "wrong-type"),
    "text in at": (lambda s: evolve(s, at={**s.at, "labels": s.labels}), "wrong-type"),
    "dates in at": (lambda s: evolve(s, at={**s.at, "t": np.zeros(25, "M8[D]")}), "wrong-type"),
    "None in at": (lambda s: evolve(s, at={**s.at, "nothing": None}), "wrong-type"),
    "a list in at": (lambda s: evolve(s, at={**s.at, "few": [1.0, 2.0]}), "wrong-type"),
    "complex in at": (lambda s: evolve(s, at={**s.at, "wave": 1j * s.values}), "wrong-type"),
    "a number for dropped": (lambda s: evolve(s, dropped=3), "wrong-type"),
    "a text for a count": (lambda s: evolve(s, dropped={"cloudy": "many"}), "wrong-type"),
    "a share for a count": (lambda s: evolve(s, dropped={"cloudy": 0.5}), "wrong-type"),
    "a negative count": (lambda s: evolve(s, dropped={"cloudy": -3}), "wrong-type"),
}  # fmt: skip


@frozen
class ChangedStream(CellWater):
    """An operator whose stream is changed before it returns it."""

    change: object = None

    def prepare(self, observations, domain, prior_fields):
        with np.errstate(all="ignore"):
            return self.change(super().prepare(observations, domain, prior_fields))


@pytest.mark.parametrize("change", WRONG_STREAMS)
def test_wrong_streams_are_refused_before_the_run(autograd, monkeypatch, change):
    function, code = WRONG_STREAMS[change]
    operator = ChangedStream(change=function)
    found = refusal(lambda: problem_with(autograd, monkeypatch, water=operator))
    assert found == [(code, WATER)]


def test_further_arrays_and_numbers_in_at_change_nothing(engine, monkeypatch):
    def change(stream):
        further = {"n": 3, "f": np.float32(1.5), "flag": True, "hole": np.full(25, np.nan)}
        return evolve(stream, at={**stream.at, **further})

    problem = problem_with(engine, monkeypatch, water=ChangedStream(change=change))
    x = np.zeros(len(problem.control))
    assert problem.cost(x) == toy_problem(engine).cost(x)


def test_a_problem_in_prepare_names_the_line_of_the_package(autograd, monkeypatch):
    def change(stream):
        return {"short": "x" * 250_000}[stream]

    operator = ChangedStream(change=change)
    with pytest.raises(CcdasError) as caught:
        problem_with(autograd, monkeypatch, water=operator)
    assert codes(caught) == [("component-error", WATER)]
    assert "test_component_results.py, line" in str(caught.value) or "toy" in str(caught.value)
    assert len(str(caught.value)) < WIDTH


# -- simulated observations -----------------------------------------------------------------------

WRONG_VALUES = {
    "one too few": (lambda v: v[1:], "wrong-shape"),
    "one too many": (lambda v: np.ones(26), "wrong-shape"),
    "a scalar": (lambda v: v[0], "wrong-shape"),
    "a column": (lambda v: v[:, None], "wrong-shape"),
    "a number": (lambda v: 1.0, "wrong-type"),
    "None": (lambda v: None, "wrong-type"),
    "a list": (lambda v: list(v), "wrong-type"),
    "a dict": (lambda v: {"vod": v}, "wrong-type"),
    "whole numbers": (lambda v: np.arange(25), "wrong-type"),
    "flags": (lambda v: v > 0.0, "wrong-type"),
    "complex": (lambda v: v * 1j, "wrong-type"),
    "float32": (lambda v: np.ones(25, "float32"), "single-precision"),
}


@frozen
class ChangedValues(CellWater):
    """An operator whose simulated observations are changed before it returns them."""

    change: object = None
    method: str = "observe"

    def observe(self, fields, parameters, at, xp):
        values = super().observe(fields, parameters, at, xp)
        return self.change(values) if self.method == "observe" else values

    def complete(self, simulated, parameters, at, xp):
        return self.change(simulated) if self.method == "complete" else simulated


@pytest.mark.parametrize("change", WRONG_VALUES)
@pytest.mark.parametrize("method", ["cost", "value_and_gradient", "jacobian"])
def test_wrong_values_are_refused_at_the_first_evaluation(engine, monkeypatch, change, method):
    function, code = WRONG_VALUES[change]
    problem = problem_with(engine, monkeypatch, water=ChangedValues(change=function))
    found = refusal(getattr(problem, method), np.zeros(len(problem.control)))
    assert found == [(code, WATER)]


@pytest.mark.parametrize("blocks", [1, 2])
def test_complete_and_blocks_are_tested_as_well(autograd, monkeypatch, blocks):
    operator = ChangedValues(change=lambda v: v[1:], method="complete")
    problem = problem_with(autograd, monkeypatch, water=operator, blocks=blocks)
    found = refusal(problem.simulate, np.zeros(len(problem.control)))
    assert found == [("wrong-shape", WATER)]


def test_complete_of_domain_scope_is_tested(engine, monkeypatch):
    monkeypatch.setattr(TotalLoss, "complete", lambda self, simulated, *_: simulated[0])
    problem = toy_problem(engine)
    found = refusal(problem.simulate, np.zeros(len(problem.control)))
    assert found == [("wrong-shape", "stream 'loss'")]


def test_nan_in_at_is_named_where_it_reaches_the_values(engine, monkeypatch):
    def change(stream):
        weights = np.where(np.arange(25)[:, None] == 3, np.nan, stream.at["weights"])
        return evolve(stream, at={**stream.at, "weights": weights})

    problem = problem_with(engine, monkeypatch, water=ChangedStream(change=change))
    with pytest.raises(NotANumber) as caught:
        problem.require_finite(np.zeros(len(problem.control)))
    assert codes(caught) == [("not-a-number", WATER)]
    assert "weights" in str(caught.value) and "'cell 3'" in str(caught.value)


# -- derived fields, priors, optimisers -----------------------------------------------------------


@frozen
class Deriving(CellWater):
    """An operator with a field of its own."""

    gives = (Variable("stock", "mm", ("time", "column")),)
    result: object = None

    def derive(self, fields, parameters, at, xp):
        return self.result


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (None, "wrong-type"),
        ({}, "missing-field"),
        ({"stock": np.ones((3, 2)), "more": np.ones((3, 2))}, "undeclared"),
        ({"stock": np.ones((2, 3))}, "wrong-shape"),
        ({"stock": np.ones((3, 2), "float32")}, "single-precision"),
    ],
)
def test_wrong_derived_fields_are_refused(result, code):
    fields = {"water": np.ones((3, 2))}
    with pytest.raises(InvalidInput) as caught:
        derived_fields(Deriving(result=result), fields, {}, {}, np, WATER)
    assert codes(caught) == [(code, WATER)]


@pytest.mark.parametrize(
    ("mean", "sd", "expected"),
    [
        (np.zeros(2), np.ones(2), []),
        (np.zeros(3), np.ones(2), [("wrong-shape", "mean")]),
        (0.0, np.ones(2), [("wrong-shape", "mean")]),
        (np.array([0.0, np.nan]), np.ones(2), [("not-finite", "mean")]),
        (np.zeros(2), np.ones(3), [("wrong-length", "covariance.sd")]),
        (np.zeros(2), np.full(2, np.inf), []),
    ],
)
def test_a_prior_has_the_length_of_the_control_vector(mean, sd, expected):
    assert codes(prior_findings(mean, Diagonal(sd), 2)) == expected


def test_a_density_is_a_scalar():
    assert not scalar_findings(0.0, "negative_log_density")
    assert not scalar_findings(np.float64(1.0), "negative_log_density")
    wrong = scalar_findings(np.ones(3), "negative_log_density")
    assert codes(wrong) == [("wrong-shape", "negative_log_density")]


def test_a_result_that_is_none_is_refused():
    assert codes(optimisation_findings(None, 2)) == [("wrong-type", "minimise")]
    assert codes(ensemble_findings(None, 2)) == [("wrong-type", "sample")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"x": np.zeros((6, 2))}, [("wrong-shape", "x")]),
        ({"x": np.zeros((2, 3, 4))}, [("wrong-shape", "x")]),
        ({"log_density": np.zeros(6)}, [("wrong-shape", "log_density")]),
        ({"x": np.full((2, 3, 2), np.nan)}, [("not-finite", "x")]),
        ({"status": "done"}, [("wrong-status", "status")]),
        ({}, []),
    ],
)
def test_an_ensemble_is_one_of_chains_and_draws(change, expected):
    control = Control.of({"m": (Parameter("a", "1", 0.0, 1.0), Parameter("b", "1", 0.0, 1.0))})
    given = {"x": np.zeros((2, 3, 2)), "log_density": np.zeros((2, 3)), **change}
    assert codes(ensemble_findings(Ensemble(control, exact=True, **given), 2)) == expected


# -- ranges and texts -----------------------------------------------------------------------------


def with_range(model, name, valid_range):
    provides = (evolve(v, valid_range=valid_range) if v.name == name else v for v in model.provides)
    cls = type("Bounded", (type(model),), {"provides": tuple(provides)})
    return cls()


def test_a_field_outside_its_declared_range_is_named_once(engine, monkeypatch):
    model = with_range(Reservoir(), "water", (0.0, 1.0))
    problem = problem_with(engine, monkeypatch, model=model, blocks=2)
    (finding,) = range_findings(problem, problem.prior.mean)
    assert (finding.code, finding.where) == ("outside-range", "field 'water'")
    largest = max(problem.fields(problem.prior.mean)["water"].ravel())
    assert "'reservoir'" in finding.message and "latitude" in finding.message
    first_block = problem.block_fields(problem.prior.mean, 0)["water"]
    worst = first_block[:, : len(problem.blocks[0].columns)].max()
    assert f"{worst:.6g} mm" in finding.message and worst <= largest


def test_fields_inside_their_range_give_no_remark(autograd, monkeypatch):
    model = with_range(Reservoir(), "water", (-np.inf, 1e3))
    problem = problem_with(autograd, monkeypatch, model=model)
    assert not range_findings(problem, problem.prior.mean)


def test_simulated_observations_outside_the_range_are_named(autograd, monkeypatch):
    operator = CellWater()
    cls = type(
        "Bounded", (CellWater,), {"observes": evolve(operator.observes, valid_range=(0.0, 0.1))}
    )
    problem = problem_with(autograd, monkeypatch, water=cls())
    (finding,) = range_findings(problem, problem.prior.mean)
    assert (finding.code, finding.where) == ("outside-range", WATER)


def test_texts_of_components_are_one_line_of_limited_length():
    text = shortened("a\nb " + "x" * 247_000)
    assert len(text) <= component_package.LONGEST and "\n" not in text
    assert shortened("short") == "short"


def test_a_component_of_no_package_is_named_by_its_module():
    assert package_of(CellWater()) == "toy"


def test_sound_components_give_no_warning(autograd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        problem = toy_problem(autograd)
        assert isinstance(problem.streams["water"].parts[0], Stream)
        assert len(toy_observations(toy_forcing())["water"]) == 25
