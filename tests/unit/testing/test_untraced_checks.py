"""The suite on models that no engine traces: they pass, and each kind of mistake is found."""

from unittest import SkipTest

import numpy as np
import pytest
from attrs import frozen
from c_reservoir import (
    COMPILER,
    AdjointReservoir,
    BlackReservoir,
    NativeReservoir,
    TangentReservoir,
    compiled,
)
from toy import toy_forcing

from ccdas_framework.testing import Case, checks_for

pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler on this machine")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("native"))


def checks(model):
    return checks_for(model, case=lambda: Case(toy_forcing(days=12, lead=3)))


def failures(model):
    """Code of each check that fails, by name."""
    codes = {}
    for check in checks(model):
        try:
            check()
        except SkipTest:
            continue
        except AssertionError as failure:
            codes[check.name] = failure.code
    return codes


@pytest.mark.parametrize(
    "cls", [BlackReservoir, TangentReservoir, AdjointReservoir, NativeReservoir]
)
def test_models_that_no_engine_traces_pass_their_suite(cls, library):
    assert failures(cls(library=library)) == {}


def test_checks_that_need_an_engine_are_skipped_with_the_reason(library):
    skipped = {}
    for check in checks(BlackReservoir(library=library)):
        if "engine" in check.name or "traces" in check.name:
            with pytest.raises(SkipTest) as reason:
                check()
            skipped[check.name] = str(reason.value)
    assert set(skipped) == {"derivatives of an engine (autograd)", "derivatives of an engine (jax)"}


class Noisy(BlackReservoir):
    """Computes in single precision."""

    def run(self, parameters, drivers, xp):
        fields = super().run(parameters, drivers, xp)
        return {name: values.astype(np.float32).astype(float) for name, values in fields.items()}


class Kinked(BlackReservoir):
    """A loss that begins at a threshold."""

    def run(self, parameters, drivers, xp):
        fields = super().run(parameters, drivers, xp)
        return {**fields, "loss": np.maximum(fields["loss"], fields["loss"].mean(axis=0))}


@frozen
class WrongTangent(TangentReservoir):
    """Forgets that a later day depends on an earlier one."""

    def push(self, parameters, perturbations, drivers):
        fields, tangents = super().push(parameters, perturbations, drivers)
        return fields, {**tangents, "water": 0.9 * tangents["water"]}


@frozen
class WrongAdjoint(NativeReservoir):
    """Loses the sensitivity to one parameter."""

    def pull(self, parameters, cotangents, drivers, trajectory):
        result = super().pull(parameters, cotangents, drivers, trajectory)
        return {**result, "gain": 0.0 * result["gain"]}


@frozen
class OtherFields(NativeReservoir):
    """Has a tangent of a slightly different model."""

    def push(self, parameters, perturbations, drivers):
        fields, tangents = super().push(parameters, perturbations, drivers)
        return {**fields, "water": fields["water"] + 1e-3}, tangents


@pytest.mark.parametrize(
    ("cls", "check", "code"),
    [
        (Noisy, "differences of two steps agree", "noisy-differences"),
        (Kinked, "derivatives do not jump", "slope-jump"),
        (WrongTangent, "tangents agree with central differences (push)", "wrong-tangent"),
        (WrongAdjoint, "adjoints agree with central differences (pull)", "wrong-adjoint"),
        (WrongAdjoint, "dot products of tangent and adjoint agree (push and pull)",
         "dot-products-differ"),
        (OtherFields, "push and pull give the fields of run", "fields-differ"),
    ],
)  # fmt: skip
def test_mistakes_are_found(cls, check, code, library):
    assert failures(cls(library=library)).get(check) == code
