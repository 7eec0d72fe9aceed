"""Functions of streams that an engine compiles or differentiates, each when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import uuid4

import numpy as np
from attrs import frozen

from ..core.interfaces import Engine
from ..core.pickling import ByFields
from ..core.trees import stack_trees
from .drivers import stacked_trees, tree_bytes
from .model_functions import FieldFunctions, Function, by_engine
from .stream_data import StreamData

Array = Any


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

    @cached_property
    def token(self) -> str:
        """Name of this record in processes that keep it."""
        return uuid4().hex

    @property
    def engine(self) -> Engine:
        """The engine that compiles them."""
        return self.of_fields.of_model.engine

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

    def observed_from_fields(self, fields: Any, x: Array, index: Any, inputs: Any) -> Any:
        """`observed` as a function of the fields alone."""
        return self.observed({"fields": fields, "x": x}, index, inputs)

    def masks_pushforward(
        self,
        fields: Mapping[str, Array],
        tangents: Mapping[str, Array],
        runs: np.ndarray,
        masks: np.ndarray,
        x: np.ndarray,
        index: Any,
        inputs: Any,
    ) -> dict[str, np.ndarray]:
        """Change of each stream with each masked tangent of the fields, shapes (mask, obs).

        Args:
            fields: of the block, shape (time, column).
            tangents: of the fields in each run, shape (run, time, column).
            runs: number of the run that each mask belongs to, shape (mask,).
            masks: shape (mask, column).
            x: shape (control,).
            index, inputs: of the block.
        """
        operators = [stream.operator for stream in self.streams.values()]
        needed = {variable.name for o in operators for variable in o.requires}
        fields, tangents = (
            {name: values for name, values in of.items() if name in needed}
            for of in (fields, tangents)
        )
        if hasattr(self.engine, "pushforward_each"):
            each = (runs, masks)
            return dict(self.each_mask_pushforward(fields, tangents, each, x, index, inputs)[1])
        no_mask, parts = np.zeros(masks.shape[1]), []
        for run in np.unique(runs):
            tangent = {name: values[run] for name, values in tangents.items()}
            constants = (tangent, fields, x, index, inputs)
            parts.append(self.mask_pushforward(no_mask, masks[runs == run], *constants)[1])
        order = np.argsort(np.argsort(runs, kind="stable"))
        return {n: v[order] for n, v in stack_trees(parts, np.concatenate).items()}

    @cached_property
    def own_pushforward(self) -> Function:
        """`observed_from_x` and its tangents along directions of x, shape (direction, control)."""
        engine: Any = self.engine
        if not hasattr(engine, "pushforward_each"):
            return engine.pushforward(self.observed_from_x)  # type: ignore[no-any-return]
        push = engine.pushforward_each(self.observed_from_x, lambda _, direction: direction)
        return lambda x, directions, *constants: push(x, (), directions, *constants)

    @cached_property
    def each_mask_pushforward(self) -> Function:
        """`masks_pushforward` of an engine that makes the directions itself."""
        engine: Any = self.engine

        def direction(tangents: Any, one: Any) -> Any:
            run, mask = one
            return {name: mask * tangent[run] for name, tangent in tangents.items()}

        return engine.pushforward_each(self.observed_from_fields, direction)  # type: ignore[no-any-return]

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

    def separate_pullback(
        self, x: np.ndarray, index: Any, drivers: Any, inputs: Any
    ) -> tuple[Any, Callable[[Any], np.ndarray]]:
        """`block_values` and its adjoint in two parts: the model, and the operators.

        The part of the model serves all sets of streams, and may be the model's own adjoint.
        """
        values, pull, _ = self.sized_pullback(x, index, drivers, inputs)
        return values, pull

    def sized_pullback(
        self, x: np.ndarray, index: Any, drivers: Any, inputs: Any
    ) -> tuple[Any, Callable[[Any], np.ndarray], float]:
        """`separate_pullback` and the bytes that its adjoint holds."""
        fields, pull_fields = self.of_fields.pullback(x, index, drivers)
        values, pull_streams = self.pullback({"fields": fields, "x": x}, index, inputs)

        def pull(weights: Any) -> np.ndarray:
            adjoint = pull_streams(weights)
            gradient: np.ndarray = np.asarray(pull_fields(adjoint["fields"])) + np.asarray(
                adjoint["x"]
            )
            return gradient

        return values, pull, tape_bytes(pull_fields, fields, drivers)

    def stacked_pullback(
        self, x: np.ndarray, indices: Sequence[Any], drivers: Any, inputs: Sequence[Any]
    ) -> tuple[list[Any], Callable[[Sequence[Any]], np.ndarray], float]:
        """`block_values` of several blocks and their adjoint, with the model run once for all.

        Args:
            x: shape (control,).
            indices: of each block, as that of `separate_pullback`.
            drivers: of all blocks, `stacked_trees`.
            inputs: of each block, likewise.

        Returns:
            Values of each block, a function of their weights, one for each block -> gradient,
            (control,), and the bytes that it holds.
        """
        index = stacked_trees(indices, len(indices))
        fields, pull_fields = self.of_fields.stacked_pullback(x, index, drivers)
        passes = [
            self.pullback({"fields": {n: f[b] for n, f in fields.items()}, "x": x}, index, inputs)
            for b, (index, inputs) in enumerate(zip(indices, inputs, strict=True))
        ]

        def pull(weights: Sequence[Any]) -> np.ndarray:
            adjoints = [of_block(w) for (_, of_block), w in zip(passes, weights, strict=True)]
            of_fields = stack_trees([adjoint["fields"] for adjoint in adjoints], np.stack)
            gradient = np.asarray(pull_fields(of_fields))
            return sum((np.asarray(adjoint["x"]) for adjoint in adjoints), start=gradient)

        return [values for values, _ in passes], pull, tape_bytes(pull_fields, fields, drivers)

    def separate_pushforward(
        self, x: np.ndarray, directions: np.ndarray, index: Any, drivers: Any, inputs: Any
    ) -> tuple[Any, Any]:
        """`block_values` and its tangents, likewise; for a model with derivatives of its own."""
        fields, tangents = self.of_fields.pushforward(x, directions, index, drivers)
        point, change = {"fields": fields, "x": x}, {"fields": tangents, "x": directions}
        return self.point_pushforward(point, change, index, inputs)  # type: ignore[no-any-return]

    def separate_values(self, x: np.ndarray, index: Any, drivers: Any, inputs: Any) -> Any:
        """`block_values`, likewise."""
        fields = self.of_fields.values(x, index, drivers)
        return self.contributions({"fields": fields, "x": x}, index, inputs)

    @cached_property
    def members_values(self) -> Function:
        """`block_values` of members; one by one where the engine does not evaluate the model."""
        if not self.of_fields.of_model.model_engine:
            return self.engine.batched(self.block_values)

        def values(members: np.ndarray, *arguments: Any) -> Any:
            return stack_trees([self.separate_values(x, *arguments) for x in members], np.stack)

        return values

    @cached_property
    def block_pullback(self) -> Function:
        """`block_values` and its adjoint, in one part where the engine traces the model."""
        if self.of_fields.of_model.model_engine:
            return self.separate_pullback
        return self.engine.pullback(self.block_values)

    @cached_property
    def block_pushforward(self) -> Function:
        """`block_values` and its tangents, likewise."""
        if self.of_fields.of_model.model_engine:
            return self.separate_pushforward
        return self.engine.pushforward(self.block_values)

    contributions = by_engine("compile", observed)
    pullback = by_engine("pullback", observed)
    point_pushforward = by_engine("pushforward", observed)
    mask_pushforward = by_engine("pushforward", observed_from_mask)
    block_hessians = by_engine("hessian_vectors", weighted_values)
    members_weighted = by_engine("batched_value_and_grad", weighted_values)
    members_completion = by_engine("batched", completed)
    completion = by_engine("compile", completed)
    completion_pushforward = by_engine("pushforward", completed)
    whitened_pullback = by_engine("pullback", whitened)
    whitened_pushforward = by_engine("pushforward", whitened)


def tape_bytes(pull: Any, fields: Any, drivers: Any) -> float:
    """Bytes that an adjoint of the model holds beside its drivers, with the fields.

    An engine that does not say how much it holds is taken to hold as much as the drivers.
    """
    tape: float = getattr(pull, "nbytes", None) or tree_bytes(drivers)
    return tape + tree_bytes(fields)
