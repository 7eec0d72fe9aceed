"""A function of JAX as a graph: arrays of one column with every element written out.

An axis of hours is held as two rows, the hour of noon, whose values a day may use, and the current
hour of a loop.
"""

from __future__ import annotations

import numpy as np
from jax.extend.core import Literal

from .graph import Graph

BINARY = {
    "add": "add", "add_any": "add", "sub": "sub", "mul": "mul", "div": "div", "max": "max",
    "min": "min", "gt": "gt", "ge": "ge", "lt": "lt", "le": "le", "eq": "eq", "and": "and",
    "or": "or",
}  # fmt: skip
UNARY = {name: name for name in ("neg", "exp", "log", "sqrt", "tanh", "erf", "cos", "abs", "not")}
CALLS = ("jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call")
NOON, CURRENT = 0, 1


class Tracer:
    """Nodes of the equations of a jaxpr.

    Args:
        graph: receives the nodes.
        noon: number of the hour of noon.
    """

    def __init__(self, graph: Graph, noon: int = 0) -> None:
        self.graph, self.noon = graph, noon

    def each(self, operation: str, *operands: np.ndarray) -> np.ndarray:
        """An operation on each element."""
        shape = np.broadcast_shapes(*(np.shape(x) for x in operands))
        result = np.empty(shape, dtype=object)
        rows = [np.broadcast_to(x, shape) for x in operands]
        for place in np.ndindex(shape):
            result[place] = self.graph.emit(operation, *(row[place] for row in rows))
        return result

    def rows(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape with two rows in place of the hours."""
        hours = self.graph.hours
        return tuple(2 if hours and length == hours else length for length in shape)

    def constant(self, value) -> np.ndarray:
        """Literals, and tables for what differs by hour."""
        array = np.asarray(value, dtype=float)
        result = np.empty(self.rows(array.shape), dtype=object)
        axis = [i for i, n in enumerate(array.shape) if self.graph.hours and n == self.graph.hours]
        for place in np.ndindex(result.shape):
            if not axis:
                result[place] = self.graph.literal(array[place])
                continue
            of_hours = array[tuple(slice(None) if i == axis[0] else p for i, p in enumerate(place))]
            at_noon = place[axis[0]] == NOON
            values = of_hours[self.noon] if at_noon else of_hours
            result[place] = self.graph.literal(values) if at_noon else self.graph.table(values)
        return result

    def run(self, jaxpr, constants, arguments: list[np.ndarray]) -> list[np.ndarray]:
        """Results of a jaxpr."""
        known = dict(zip(jaxpr.constvars, map(self.constant, constants), strict=True))
        known |= dict(zip(jaxpr.invars, arguments, strict=True))
        for equation in jaxpr.eqns:
            inputs = [
                self.constant(v.val) if isinstance(v, Literal) else known[v]
                for v in equation.invars
            ]
            if equation.primitive.name in CALLS:
                inner = equation.params.get("jaxpr") or equation.params["call_jaxpr"]
                results = self.run(inner.jaxpr, inner.consts, inputs)
            else:
                results = [self.equation(equation, inputs)]
            for variable, result in zip(equation.outvars, results, strict=True):
                known[variable] = np.asarray(result, dtype=object)
        return [self.constant(v.val) if isinstance(v, Literal) else known[v] for v in jaxpr.outvars]

    def equation(self, equation, inputs: list[np.ndarray]) -> np.ndarray:
        """Result of one equation."""
        name, params, first = equation.primitive.name, equation.params, inputs[0]
        shape = self.rows(equation.outvars[0].aval.shape)
        if name in BINARY:
            return self.each(BINARY[name], *inputs)
        if name in UNARY:
            return self.each(UNARY[name], first)
        match name:
            case "square":
                return self.each("mul", first, first)
            case "integer_pow":
                return self.power(first, params["y"])
            case "pow":  # of a positive base
                return self.each("exp", self.each("mul", inputs[1], self.each("log", first)))
            case "select_n":
                return self.each("select", first, inputs[2], inputs[1])
            case "convert_element_type":
                if equation.invars[0].aval.dtype == bool:
                    return self.each("select", first, self.constant(1.0), self.constant(0.0))
                return first
            case "broadcast_in_dim":
                aligned = [1] * len(shape)
                for axis, place in enumerate(params["broadcast_dimensions"]):
                    aligned[place] = first.shape[axis]
                return np.broadcast_to(first.reshape(aligned), shape)
            case "reshape" | "squeeze" | "expand_dims":
                return first.reshape(shape)
            case "stack":
                return np.stack(inputs, axis=params["axis"])
            case "slice":
                return self.part(equation, first)
            case "reduce_sum":
                return self.total(first, equation)
        raise NotImplementedError(f"primitive {name}")

    def power(self, base: np.ndarray, exponent: int) -> np.ndarray:
        """A whole power by products."""
        result = base
        for _ in range(abs(exponent) - 1):
            result = self.each("mul", result, base)
        return result if exponent > 0 else self.each("reciprocal", result)

    def part(self, equation, array: np.ndarray) -> np.ndarray:
        """A slice; of the hours all or that of noon."""
        params, places = equation.params, []
        bounds = zip(params["start_indices"], params["limit_indices"], strict=True)
        for length, (start, stop) in zip(equation.invars[0].aval.shape, bounds, strict=True):
            of_hours = self.graph.hours and length == self.graph.hours
            if of_hours and (start, stop) == (self.noon, self.noon + 1):
                places.append(slice(NOON, NOON + 1))
            elif of_hours and stop - start != length:
                raise NotImplementedError("an hour other than noon")
            else:
                places.append(slice(None) if of_hours else slice(start, stop))
        return array[tuple(places)]

    def total(self, array: np.ndarray, equation) -> np.ndarray:
        """A sum over axes; that of hours becomes the sum of a loop."""
        axes, lengths = equation.params["axes"], equation.invars[0].aval.shape
        of_hours = [a for a in axes if self.graph.hours and lengths[a] == self.graph.hours]
        for axis in sorted(axes, reverse=True):
            if axis not in of_hours:
                array = self.added(array, axis)
        if of_hours:
            axis = of_hours[0] - sum(a < of_hours[0] for a in axes if a not in of_hours)
            rows = np.take(array, CURRENT, axis=axis)
            array = np.empty(rows.shape, dtype=object)
            for place in np.ndindex(rows.shape):
                array[place] = self.graph.hour_sum(rows[place])
        return array

    def added(self, array: np.ndarray, axis: int) -> np.ndarray:
        """Sum along an axis of written-out elements."""
        parts = np.moveaxis(array, axis, 0)
        result = parts[0]
        for part in parts[1:]:
            result = self.each("add", result, part)
        return np.asarray(result, dtype=object)
