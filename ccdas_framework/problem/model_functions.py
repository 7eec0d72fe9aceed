"""Functions of the model that an engine compiles or differentiates, each at its first use.

A record holds all that its functions depend on. Two problems that share a record share what is
compiled, and a record of other contents compiles anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MethodType
from typing import Any

import numpy as np
from attrs import frozen

from ..core.control import Control
from ..core.errors import CcdasError
from ..core.interfaces import Engine, ProcessModel
from ..core.pickling import ByFields
from .component_package import package_of, place_in_package, shortened
from .component_results import field_findings, require_results
from .own_derivatives import ColumnParameters, OwnDerivatives, has_adjoint, has_tangent

Array = Any
Function = Callable[..., Any]


def by_engine(method: str, function: Function, of: str = "engine") -> cached_property[Function]:
    """A function of a record that a method of its engine makes at first use.

    Args:
        method: "compile", "pullback", "pushforward" or another method of `Engine`.
        function: method of the record.
        of: attribute of the record with the engine.
    """
    return cached_property(
        lambda record: getattr(getattr(record, of), method)(MethodType(function, record))
    )


@frozen(eq=False, slots=False)
class ModelFunctions(ByFields):
    """Fields of one block from x.

    Args:
        engine: where derivatives come from.
        model: M.
        model_name: owner of the model's parameters.
        control: names, units and transforms of x.
        shape: of a field in a block, (time, column).
        model_engine: evaluates the model in place of `engine`, on numpy, where the model brings its
            own derivatives.
    """

    engine: Engine
    model: ProcessModel
    model_name: str
    control: Control
    shape: tuple[int, int]
    model_engine: Engine | None = None

    @property
    def evaluator(self) -> Engine:
        """The engine that evaluates the model."""
        return self.model_engine or self.engine

    @property
    def own_derivatives(self) -> OwnDerivatives | None:
        """Tangent and adjoint of the model, or None where they come from an engine."""
        if self.model_engine is None:
            return None
        active = (e.parameter.name for e in self.control.active if e.owner == self.model_name)
        optimised = tuple(dict.fromkeys(active))
        return OwnDerivatives(self.model, self.model_name, self.shape, optimised)

    @property
    def reverse_mode(self) -> bool:
        """Whether a gradient costs a few runs of the model however long x is."""
        has_reverse = self.model_engine is None or has_adjoint(self.model)
        return self.engine.reverse_mode and has_reverse

    @property
    def stackable(self) -> bool:
        """Whether the engine evaluates the model and computes several blocks together."""
        return self.model_engine is None and hasattr(self.engine, "stacked")

    def columns_at(self, x: np.ndarray, index: Any) -> ColumnParameters:
        """The parameters of the model on the columns of a block, and their derivatives by x."""
        return ColumnParameters(self.control, x, index, self.model_name, self.shape[1])

    def run(self, parameters: Mapping[str, Array], drivers: Any) -> dict[str, Array]:
        """All fields of a block from the model's parameters.

        Raises:
            InvalidInput: a field is missing, undeclared, or of another type or shape.
            NotTraceable: the engine cannot trace the model.
        """
        try:
            fields = self.model.run(parameters, drivers, self.evaluator.xp)
        except (TypeError, ValueError) as error:
            if any(is_traced(value) for value in parameters.values()):
                raise not_traceable(self.model, self.model_name, error) from error
            raise
        findings = field_findings(fields, self.model.provides, self.shape)
        require_results(findings, self.model, f"model '{self.model_name}'")
        return dict(fields)

    def all_fields(self, x: Array, index: Any, drivers: Any) -> dict[str, Array]:
        """All fields of a block from x."""
        parameters = self.control.unpack(x, index, self.evaluator.xp)
        return self.run(parameters[self.model_name], drivers)

    fields = by_engine("compile", all_fields, "evaluator")


@frozen(eq=False, slots=False)
class FieldFunctions(ByFields):
    """The fields of one block that are differentiated.

    Args:
        of_model: all fields.
        needed: names of the fields that are differentiated.
    """

    of_model: ModelFunctions
    needed: tuple[str, ...]

    @property
    def evaluator(self) -> Engine:
        """The engine that evaluates the model."""
        return self.of_model.evaluator

    def select(self, fields: Mapping[str, Array]) -> dict[str, Array]:
        """The needed ones of all fields."""
        return {name: fields[name] for name in self.needed}

    def needed_fields(self, x: Array, index: Any, drivers: Any) -> dict[str, Array]:
        """The needed fields of a block from x."""
        return self.select(self.of_model.all_fields(x, index, drivers))

    def fields_of_parameters(
        self, perturbed: Mapping[str, Array], fixed: Mapping[str, Array], drivers: Any
    ) -> dict[str, Array]:
        """The needed fields of a block from the model's parameters, each (column,)."""
        return self.select(self.of_model.run({**perturbed, **fixed}, drivers))

    values = by_engine("compile", needed_fields, "evaluator")

    @cached_property
    def pullback(self) -> Function:
        """(x, index, drivers) -> (needed fields, adjoint): the model's own, or the engine's."""
        own = self.of_model.own_derivatives
        if own is None:
            return self.evaluator.pullback(self.needed_fields)

        def value_and_pull(x: Any, index: Any, drivers: Any) -> tuple[Any, Any]:
            columns = self.of_model.columns_at(x, index)
            fields, pull = own.pullback(columns.values, drivers, self.of_model.run)
            return self.select(fields), lambda w: columns.gradient(pull(w))

        return value_and_pull

    @cached_property
    def stacked_pullback(self) -> Function:
        """`pullback` of stacked blocks; see `ModelFunctions.stackable`."""
        engine: Any = self.evaluator
        return engine.pullback(engine.stacked(self.needed_fields))  # type: ignore[no-any-return]

    @cached_property
    def parameters_pushforward(self) -> Function:
        """(perturbed, directions, fixed, drivers) -> (needed fields, tangents), likewise."""
        own = self.of_model.own_derivatives
        if own is None or not has_tangent(own.model):
            return self.evaluator.pushforward(self.fields_of_parameters)

        def value_and_push(perturbed: Any, directions: Any, fixed: Any, drivers: Any) -> Any:
            fields, tangents = own.push({**perturbed, **fixed}, directions, drivers)
            return self.select(fields), self.select(tangents)

        return value_and_push

    def pushforward(
        self, x: np.ndarray, directions: np.ndarray, index: Any, drivers: Any
    ) -> tuple[Any, Any]:
        """The needed fields and their tangents along directions of x, shape (direction, control).

        For a model with derivatives of its own.
        """
        columns = self.of_model.columns_at(x, index)
        perturbations, values = columns.perturbations(directions), columns.values
        if not perturbations:
            fields = self.values(x, index, drivers)
            return fields, {n: np.zeros((len(directions), *v.shape)) for n, v in fields.items()}
        perturbed = {name: values.pop(name) for name in perturbations}
        return self.parameters_pushforward(perturbed, perturbations, values, drivers)  # type: ignore[no-any-return]


class NotTraceable(CcdasError):
    """The engine cannot trace a model that does not say that it is not differentiable."""


def is_traced(value: Any) -> bool:
    """Whether a value is an array that records operations."""
    return not isinstance(value, np.ndarray | np.generic | float | int)


def not_traceable(model: ProcessModel, name: str, error: Exception) -> NotTraceable:
    """The error of a `run` that raised an exception when it received traced arrays."""
    return NotTraceable(
        f"model '{name}': `run` of {type(model).__name__} of {package_of(model)} cannot be traced "
        f"by the engine{place_in_package(model, error.__traceback__)}: "
        f"{shortened(f'{type(error).__name__}: {error}')}. Use functions of `xp` in place of numpy "
        "and of compiled code. If it cannot be written so, declare `differentiable = False` in the "
        "model.",
        code="not-traceable",
        where=f"model '{name}'",
    )
