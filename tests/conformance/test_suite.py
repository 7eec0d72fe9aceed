"""The public suite itself: what it passes, and what it finds."""

import sys
from unittest import SkipTest

import numpy as np
import pytest
from attrs import define, evolve, field, frozen
from attrs.validators import ge
from toy import CellWater, Reservoir, TotalLoss, toy_forcing, toy_observations

from ccdas_framework import (
    ObservationOperator,
    Parameter,
    Variable,
    area_mean,
    cell_stream,
)
from ccdas_framework.testing import Case, CheckFailure, checks_for


@frozen
class LaiVod(ObservationOperator):
    """An operator as a plugin author writes the first one."""

    lag_days: int = field(default=0, validator=ge(0))  # d
    observes = Variable("vod", units="1", dims=("obs",), valid_range=(0.0, 3.0))
    requires = (Variable("lai", units="m2 m-2", dims=("time", "column"), valid_range=(0.0, 10.0)),)
    parameters = (
        Parameter("vod_per_lai", units="1", mean=0.06, sd=0.03, bounds=(0.0, 1.0)),
        Parameter("vod_wood", units="1", mean=0.10, sd=0.10, bounds=(0.0, 2.0)),
    )
    scope = "cell"

    def prepare(self, observations, domain, prior_fields):
        return cell_stream(observations, domain, lag=self.lag_days)

    def observe(self, fields, parameters, at, xp):
        lai = area_mean(fields["lai"], at, xp)
        return parameters["vod_per_lai"] * lai + parameters["vod_wood"]


COMPONENTS = (LaiVod(lag_days=2), CellWater(), TotalLoss(), Reservoir(), Reservoir(couples="cell"))


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, id=f"{component!r} {check!r}")
        for component in COMPONENTS
        for check in checks_for(component)
    ],
)
def test_components_that_keep_to_the_interface_pass(check):
    check()


def test_a_caller_may_bring_the_case():
    forcing = toy_forcing()
    shape = (forcing.domain.days, forcing.domain.grid.columns)
    water = np.random.default_rng(3).uniform(1.0, 2.0, shape)
    case = Case(forcing, toy_observations(forcing)["water"], {"water": water})
    for check in checks_for(CellWater(), engines=("autograd",), case=case):
        check()
    for check in checks_for(Reservoir(), engines=("autograd",), case=lambda: Case(forcing)):
        check()


def test_a_check_is_shown_by_its_name_and_says_which_engine_it_needs():
    checks = checks_for(LaiVod())
    assert len({repr(check) for check in checks}) == len(checks)
    assert {check.engine for check in checks} == {"", "autograd", "jax"}
    assert {check.engine for check in checks_for(LaiVod(), engines=())} == {""}


def test_a_class_in_place_of_an_instance_is_refused():
    with pytest.raises(TypeError):
        checks_for(LaiVod)


def failures(component, **options):
    """Name of each failing check -> (code, where) of its findings."""
    out = {}
    for check in checks_for(component, **{"engines": ("autograd",), **options}):
        try:
            check()
        except CheckFailure as failure:
            out[repr(check)] = [(f.code, f.where) for f in failure.findings]
        except SkipTest as skip:
            out[repr(check)] = [("skipped", str(skip))]
    return out


def check_named(name, component):
    return next(check for check in checks_for(component) if repr(check) == name)


# -- operators that break a promise ---------------------------------------------------------------


def test_the_derivative_of_a_value_taken_by_numpy_is_missed():
    class Constant(LaiVod):
        def observe(self, fields, parameters, at, xp):
            lai = getattr(fields["lai"], "_value", fields["lai"])
            simulated = super().observe({"lai": lai}, parameters, at, xp)
            return simulated + 0.0 * xp.sum(fields["lai"])

    failed = failures(Constant())
    assert failed["tangents agree with central differences (autograd)"] == [
        ("wrong-tangent", "autograd"), ("lost-derivative", "field 'lai'"),
    ]  # fmt: skip
    assert failed["Taylor remainder falls with the square of the step (autograd)"] == [
        ("taylor-slope", "autograd")
    ]


def test_values_that_depend_on_the_block_are_found():
    class Ranked(LaiVod):
        def observe(self, fields, parameters, at, xp):
            return super().observe(fields, parameters, at, xp) + 0.01 * xp.array(at["cell"])

    assert failures(Ranked())["blocks add up"] == [("blocks-differ", "simulated values")]


def test_a_block_without_observations_that_gives_nan_is_found():
    class Shares(LaiVod):
        def observe(self, fields, parameters, at, xp):
            simulated = super().observe(fields, parameters, at, xp)
            return simulated * (xp.sum(at["weights"]) + 1e-30) / (xp.sum(at["weights"]))

    with np.errstate(invalid="ignore", divide="ignore"):
        failed = failures(Shares(), engines=())
    ((code, where),) = failed["a block may have no observations"]
    assert code == "not-finite" and where.startswith("padding")


def test_a_sum_over_cells_that_counts_an_offset_in_each_block_is_found():
    class Twice(TotalLoss):
        def observe(self, fields, parameters, at, xp):
            return super().observe(fields, parameters, at, xp) + parameters["offset"]

    assert set(failures(Twice())) == {"blocks add up"}


def test_what_is_declared_badly_is_told_all_at_once():
    class Loose(LaiVod):
        observes = Variable("vod", units="", dims=("time",), valid_range=(1.0, 0.0))
        parameters = (
            Parameter("a", "1", 2.0, 0.1, bounds=(0.0, 1.0)),
            Parameter("b", "1", 0.0, 0.1, "log"),
            Parameter("c", "d^-1", 1.0, 0.0),
            Parameter("d", "1", 1.0, 0.1, index="class", groups=(1, (1, 2))),
        )
        scope = "globe"

    failed = failures(Loose(), engines=())
    assert failed["its units and dimensions make sense"] == [
        ("wrong-units", "variable 'vod' of observes"),
        ("wrong-dims", "variable 'vod' of observes"),
        ("wrong-units", "parameter 'c'"),
    ]
    assert failed["its declarations make sense"] == [
        ("empty-range", "variable 'vod' of observes"),
        ("out-of-bounds", "parameter 'a'"),
        ("no-finite-prior", "parameter 'b'"),
        ("wrong-sd", "parameter 'c'"),
        ("wrong-groups", "parameter 'd'"),
        ("wrong-value", "scope"),
    ]


def test_a_component_that_is_no_frozen_record_is_found():
    @define
    class Changeable(ObservationOperator):
        lag_days: int = 0
        observes, requires = LaiVod.observes, LaiVod.requires
        prepare, observe = LaiVod.prepare, LaiVod.observe

    name = "it is a frozen record of its settings"
    with pytest.raises(CheckFailure) as failure:
        check_named(name, Changeable())()
    assert (failure.value.code, failure.value.where) == ("not-frozen", "Changeable.lag_days")


def test_an_operator_that_keeps_nothing_of_the_case_is_told_to_bring_another():
    class Sieve(LaiVod):
        def prepare(self, observations, domain, prior_fields):
            return super().prepare(observations.take(slice(0, 0)), domain, prior_fields)

    name = "a stream has a value, an error and a name for each observation"
    assert failures(Sieve(), engines=())[name] == [("no-observations", "prepare")]


def test_a_prepare_that_fails_is_told_with_what_it_said():
    class Picky(LaiVod):
        def prepare(self, observations, domain, prior_fields):
            raise ValueError("the soil is too dry")

    check = check_named("simulated values are finite and in range", Picky())
    with pytest.raises(CheckFailure) as failure:
        check()
    assert (failure.value.code, failure.value.where) == ("prepare-failed", "prepare")
    assert isinstance(failure.value.__cause__, ValueError)
    assert str(failure.value.__cause__) in str(failure.value)


def test_derived_fields_are_held_to_what_is_declared():
    class Deriving(LaiVod):
        gives = (Variable("stock", "mm", ("time", "column"), (0.0, 1.0)),)

        def derive(self, fields, parameters, at, xp):
            return {"stock": parameters["vod_per_lai"] * fields["lai"]}

    name = "it derives the fields it declares and all are finite and in range"
    assert not failures(Deriving())

    class Misnamed(Deriving):
        def derive(self, fields, parameters, at, xp):
            return {"stok": fields["lai"]}

    assert failures(Misnamed(), engines=())[name] == [
        ("missing-field", "derived field 'stock'"), ("undeclared", "derived field 'stok'"),
    ]  # fmt: skip

    class Cut(Deriving):
        def derive(self, fields, parameters, at, xp):
            return {"stock": 0.01 * fields["lai"][1:]}

    assert failures(Cut(), engines=())[name] == [("wrong-shape", "derived field 'stock'")]

    class Lost(Deriving):  # steps, whose derivative is zero
        def derive(self, fields, parameters, at, xp):
            return {"stock": xp.floor(100.0 * parameters["vod_per_lai"] * fields["lai"]) / 100.0}

    assert "Taylor remainder falls with the square of the step (autograd)" in failures(Lost())


def test_numbers_of_an_operator_are_held_to_what_is_declared():
    class Counting(LaiVod):
        scalars = (Variable("slope", "1", (), (0.0, 1.0)),)

        def quantify(self, parameters, at, xp):
            return {"slope": xp.mean(parameters["vod_per_lai"]) ** 2}

    name = "it computes the numbers it declares and all are finite and in range"
    assert not failures(Counting())

    class Misnamed(Counting):
        def quantify(self, parameters, at, xp):
            return {"slop": xp.mean(parameters["vod_per_lai"])}

    class Array(Counting):
        def quantify(self, parameters, at, xp):
            return {"slope": xp.stack([xp.mean(parameters["vod_per_lai"])] * 2)}

    class Stepping(Counting):
        def quantify(self, parameters, at, xp):
            return {"slope": xp.floor(100.0 * xp.mean(parameters["vod_per_lai"])) / 100.0}

    assert failures(Misnamed(), engines=())[name] == [
        ("missing-field", "number 'slope'"), ("undeclared", "number 'slop'"),
    ]  # fmt: skip
    assert failures(Array(), engines=())[name] == [("wrong-shape", "number 'slope'")]
    assert "derivatives do not jump" in failures(Stepping())


# -- models that break a promise ------------------------------------------------------------------


def test_columns_that_see_more_than_is_declared_are_found():
    class Seeing(Reservoir):
        def run(self, parameters, drivers, xp):
            return evolve(Reservoir(), couples="cell").run(parameters, drivers, xp)

    name = "a column sees no more than the model declares"
    assert failures(Seeing())[name] == [("wrong-coupling", "column 1")]

    class Blind(Reservoir):
        def run(self, parameters, drivers, xp):
            return Reservoir().run(parameters, drivers, xp)

    assert failures(Blind(couples="cell"))[name] == [("wrong-coupling", "couples")]


def test_a_parameter_wrongly_declared_outside_the_loop_is_found():
    class Hinted(Reservoir):
        parameters = tuple(
            evolve(p, in_loop=False) if p.name == "gain" else p for p in Reservoir.parameters
        )

    ((code, where),) = failures(Hinted())["parameters declared after the time loop do not enter it"]
    assert code == "wrong-in-loop" and "model.gain" in where


def test_a_field_with_nan_or_of_another_shape_is_found():
    class Torn(Reservoir):
        def run(self, parameters, drivers, xp):
            fields = super().run(parameters, drivers, xp)
            return {**fields, "water": fields["water"] * xp.where(fields["water"] > 0, np.nan, 1.0)}

    name = "it gives the fields it declares and all are finite and in range"
    assert failures(Torn(), engines=())[name] == [("not-finite", "field 'water'")]

    class Short(Reservoir):
        def run(self, parameters, drivers, xp):
            fields = super().run(parameters, drivers, xp)
            return {**fields, "loss": fields["loss"][1:]}

    assert failures(Short(), engines=())[name] == [("wrong-shape", "field 'loss'")]


def test_a_check_on_an_engine_that_is_not_installed_is_skipped(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(SkipTest):
        check_named("values are those of numpy (jax)", LaiVod())()
