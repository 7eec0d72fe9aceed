"""Functions that an engine compiles or differentiates, each when it is first used.

A record holds all that its functions depend on. Two problems that share a record share what is
compiled, and a record of other contents compiles anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MethodType
from typing import Any

from attrs import frozen

from ..core.control import Control
from ..core.interfaces import Engine, ProcessModel
from ..core.pickling import ByFields
from .component_results import field_findings, require_results
from .stream_data import StreamData

Array = Any
Function = Callable[..., Any]


def by_engine(method: str, function: Function) -> cached_property[Function]:
    """A function of a record that a method of its engine makes at first use.

    Args:
        method: "compile", "pullback", "pushforward" or another method of `Engine`.
        function: method of the record.
    """
    return cached_property(
        lambda record: getattr(record.engine, method)(MethodType(function, record))
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
    """

    engine: Engine
    model: ProcessModel
    model_name: str
    control: Control
    shape: tuple[int, int]

    def run(self, parameters: Mapping[str, Array], drivers: Any) -> dict[str, Array]:
        """All fields of a block from the model's parameters.

        Raises:
            InvalidInput: a field is missing, undeclared, or of another type or shape.
        """
        fields = self.model.run(parameters, drivers, self.engine.xp)
        findings = field_findings(fields, self.model.provides, self.shape)
        require_results(findings, self.model, f"model '{self.model_name}'")
        return dict(fields)

    def all_fields(self, x: Array, index: Any, drivers: Any) -> dict[str, Array]:
        """All fields of a block from x."""
        parameters = self.control.unpack(x, index, self.engine.xp)
        return self.run(parameters[self.model_name], drivers)

    fields = by_engine("compile", all_fields)


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
    def engine(self) -> Engine:
        """The engine that compiles them."""
        return self.of_model.engine

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

    values = by_engine("compile", needed_fields)
    pullback = by_engine("pullback", needed_fields)
    parameters_pushforward = by_engine("pushforward", fields_of_parameters)


@frozen(eq=False, slots=False)
class StreamFunctions(ByFields):
    """Simulated observations of some streams, from fields or from x.

    Args:
        of_fields: the fields that the streams need.
        streams: by name.
        first_index: `Control.index` of the first block.
    """

    of_fields: FieldFunctions
    streams: Mapping[str, StreamData]
    first_index: Any

    @property
    def engine(self) -> Engine:
        """The engine that compiles them."""
        return self.of_fields.engine

    def observed(
        self, point: Mapping[str, Any], index: Any, inputs: Mapping[str, Any]
    ) -> dict[str, Array]:
        """Contribution of one block to each stream, of `fields` and `x`; complete at cell scope."""
        xp = self.engine.xp
        parameters = self.of_fields.of_model.control.unpack(point["x"], index, xp)
        contributions = {}
        for name, stream in self.streams.items():
            operator, of_operator = stream.operator, parameters.get(stream.name, {})
            values = operator.observe(point["fields"], of_operator, inputs[name], xp)
            stream.require_values(values, "observe")
            if not stream.domain_scope:
                values = operator.complete(values, of_operator, inputs[name], xp)
                stream.require_values(values, "complete")
            contributions[name] = values
        return contributions

    def observed_from_x(self, x: Array, fields: Any, index: Any, inputs: Any) -> dict[str, Array]:
        """`observed` as a function of x through the operators' parameters alone."""
        return self.observed({"fields": fields, "x": x}, index, inputs)

    def observed_from_mask(
        self, mask: Array, tangent: Any, fields: Any, x: Array, index: Any, inputs: Any
    ) -> dict[str, Array]:
        """`observed` as a function of the columns on which a tangent of the fields is added."""
        shifted = {name: values + mask * tangent[name] for name, values in fields.items()}
        return self.observed({"fields": shifted, "x": x}, index, inputs)

    def block_values(self, x: Array, index: Any, drivers: Any, inputs: Any) -> dict[str, Array]:
        """Contribution of one block to each stream, from x."""
        point = {"fields": self.of_fields.needed_fields(x, index, drivers), "x": x}
        return self.observed(point, index, inputs)

    def weighted_values(
        self, point: Mapping[str, Any], index: Any, drivers: Any, inputs: Any
    ) -> Array:
        """w^T c_b(x) of one block, a scalar; its gradient is the adjoint of `block_values`."""
        xp = self.engine.xp
        values = self.block_values(point["x"], index, drivers, inputs)
        return sum((xp.sum(point["w"][n] * values[n]) for n in self.streams), start=0.0)

    def completed(self, point: Mapping[str, Any]) -> dict[str, Array]:
        """Simulated values from x and summed contributions."""
        xp = self.engine.xp
        parameters = self.of_fields.of_model.control.unpack(point["x"], self.first_index, xp)
        simulated = {name: point[name] for name in self.streams}
        for name, stream in self.streams.items():
            if stream.domain_scope:
                of_operator, inputs = parameters.get(stream.name, {}), stream.parts[0].at
                values = stream.operator.complete(point[name], of_operator, inputs, xp)
                stream.require_values(values, "complete")
                simulated[name] = values
        return simulated

    def whitened(self, point: Mapping[str, Any]) -> dict[str, Array]:
        """R_s^-1/2 H_s of each stream, from x and summed contributions."""
        simulated, xp = self.completed(point), self.engine.xp
        return {name: s.whiten(simulated[name], xp) for name, s in self.streams.items()}

    contributions = by_engine("compile", observed)
    pullback = by_engine("pullback", observed)
    x_pushforward = by_engine("pushforward", observed_from_x)
    mask_pushforward = by_engine("pushforward", observed_from_mask)
    block_pullback = by_engine("pullback", block_values)
    block_pushforward = by_engine("pushforward", block_values)
    block_hessians = by_engine("hessian_vectors", weighted_values)
    members_values = by_engine("batched", block_values)
    members_weighted = by_engine("batched_value_and_grad", weighted_values)
    members_completion = by_engine("batched", completed)
    completion = by_engine("compile", completed)
    completion_pushforward = by_engine("pushforward", completed)
    whitened_pullback = by_engine("pullback", whitened)
    whitened_pushforward = by_engine("pushforward", whitened)
