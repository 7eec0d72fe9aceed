"""A traced step as a graph of scalar operations of one column, with hours as a loop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from .flat import Equation, FlatProgram, Unsupported, Variable
from .graph import CONSTANTS, Graph
from .layouts import REDUCTIONS, Layouts
from .operations import ELEMENTWISE

HOUR = "hour"  # at the current hour of the loop; a number is that hour, None has no hour
At = Any
Nodes = np.ndarray  # of node numbers


class Pointwise:
    """Elementwise primitives as operations of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def each(self, operation: str, *operands: Nodes) -> Nodes:
        """An operation on each element."""
        return each(lambda *nodes: self.graph.emit(operation, *nodes), *operands)

    def nodes(self, equation: Equation, operands: list[Nodes]) -> Nodes:
        """Nodes of the result of an equation."""
        name, params, each_ = equation.name, equation.params, self.each
        kinds = [v.kind for v in equation.inputs]
        first = operands[0]
        arithmetic = ("add", "mul", "sub", "neg", "div", "max", "min", "clamp")
        if name in arithmetic and kinds[0] != "f":
            raise Unsupported("the step computes with integers")
        if name in ("gt", "ge", "lt", "le") and kinds[0] == "b":
            raise Unsupported("the step orders true and false")
        if name in ELEMENTWISE:
            return each_(ELEMENTWISE[name], *operands)
        one = np.array(self.graph.constant(1.0), dtype=object)
        match name:
            case "square":
                return each_("mul", first, first)
            case "integer_pow":
                return self._power(first, params["y"])
            case "rsqrt":
                return each_("div", one, each_("sqrt", first))
            case "select_n" if kinds == ["b", "b", "b"]:
                no, yes = each_("and", each_("not", first), operands[1]), operands[2]
                return each_("or", each_("and", first, yes), no)
            case "select_n" if len(operands) == 3 and kinds[0] == "b":
                return each_("select", first, operands[2], operands[1])
            case "is_finite":
                zero = np.array(self.graph.constant(0.0), dtype=object)
                return each_("eq", each_("sub", first, first), zero)
            case "convert_element_type":
                return self._converted(kinds[0], equation.outputs[0].kind, first)
            case "copy" | "copy_p" | "optimization_barrier":
                return first
        raise Unsupported(f"the step uses '{name}', which has no translation")

    def _converted(self, before: str, after: str, nodes: Nodes) -> Nodes:
        if before == after or (before == "i" and after == "f"):
            return nodes
        if (before, after) == ("b", "f"):
            return self.each("number", nodes)
        if after == "b":
            return self.each("nonzero", nodes)
        raise Unsupported("the step converts numbers to integers")

    def _power(self, base: Nodes, exponent: int) -> Nodes:
        one = np.array(self.graph.constant(1.0), dtype=object)
        result, square, left = None, base, abs(exponent)
        while left:
            if left & 1:
                result = square if result is None else self.each("mul", result, square)
            left >>= 1
            square = self.each("mul", square, square) if left else square
        result = np.broadcast_to(one, base.shape) if result is None else result
        return self.each("div", one, result) if exponent < 0 else result


class ScalarStep:
    """Nodes of the results of a step.

    Args:
        program: the step.
        layouts: of its variables.
        graph: receives the nodes. An input is named (number, element, at).
    """

    def __init__(self, program: FlatProgram, layouts: Layouts, graph: Graph) -> None:
        self.graph, self.layouts, self.pointwise = graph, layouts, Pointwise(graph)
        self._values: dict[tuple[int, At], Nodes] = {}
        needed = self._needed(program)
        for number, variable in enumerate(program.inputs):
            for hour in needed[id(variable)]:
                self._values[id(variable), hour] = self._input(number, variable, hour)
        for equation in program.equations:
            for hour in sorted({a for v in equation.outputs for a in needed[id(v)]}, key=str):
                nodes_of_outputs = self._outputs(equation, hour)
                for variable, nodes in zip(equation.outputs, nodes_of_outputs, strict=True):
                    self._values[id(variable), hour] = nodes
        self.results = [self._full(v) for v in program.results]

    def _full(self, variable: Variable) -> Nodes:
        """Nodes of a result, shape of the variable without its columns."""
        layout, shape = self.layouts.of(variable), variable.shape
        if layout.column not in (None, len(shape) - 1):
            raise Unsupported("the columns of a result of the step are not its last axis")
        if not shape or shape[-1] != self.layouts.columns or layout.dims[-1] != 1:
            raise Unsupported("a result of the step has no columns")
        return np.broadcast_to(self.value(variable, None)[..., 0], shape[:-1])

    def _needed(self, program: FlatProgram) -> dict[int, set[At]]:
        """Hours at which each variable is needed."""
        needed: dict[int, set[At]] = defaultdict(set)
        for variable in program.results:
            if self.layouts.of(variable).loop is not None:
                raise Unsupported("a result of the step has an axis of hours")
            needed[id(variable)].add(None)
        for equation in reversed(program.equations):
            hours = {hour for v in equation.outputs for hour in needed[id(v)]}
            for variable in equation.inputs:
                needed[id(variable)] |= {self._at(equation, variable, hour) for hour in hours}
        return needed

    def _at(self, equation: Equation, variable: Variable, hour: At) -> At:
        """Hour at which an operand is needed for the outputs at an hour."""
        layout = self.layouts.of(variable)
        if layout.loop is None:
            return None
        if self.layouts.of(equation.outputs[0]).loop is not None:
            return hour
        if equation.name == "slice":
            return int(equation.params["start_indices"][layout.loop])
        return int(equation.params["index"]) if equation.name == "index" else HOUR

    def _input(self, number: int, variable: Variable, hour: At) -> Nodes:
        nodes = np.empty(self.layouts.of(variable).dims, dtype=object)
        for element in range(nodes.size):
            node = self.graph.input((number, element, hour))
            if variable.kind == "b":
                node = self.graph.emit("nonzero", node)
            elif variable.kind != "f":
                raise Unsupported("the step has an array of integers")
            nodes.flat[element] = node
        return nodes

    def value(self, variable: Variable, hour: At) -> Nodes:
        """Nodes of a variable at an hour."""
        if variable.constant is None:
            return self._values[id(variable), hour]
        values, layout = variable.constant, self.layouts.of(variable)
        is_mask = variable.kind == "b"
        for axis, length in enumerate(layout.dims):
            if length == 1 and axis != layout.loop:
                values = values.take([0], axis)
        if layout.loop is not None and hour == HOUR:
            nodes = np.empty(layout.dims, dtype=object)
            columns = np.moveaxis(values, layout.loop, 0).reshape(values.shape[layout.loop], -1)
            for element, table in enumerate(columns.T):
                node = self.graph.input(("table", tuple(map(float, table)), HOUR))
                nodes.flat[element] = self.graph.emit("nonzero", node) if is_mask else node
            return nodes
        if layout.loop is not None:
            values = values.take([hour], layout.loop)
        return np.vectorize(self.graph.constant, otypes=[object])(values)

    def _outputs(self, equation: Equation, hour: At) -> list[Nodes]:
        name = equation.name
        operands = [self.value(v, self._at(equation, v, hour)) for v in equation.inputs]
        if name in REDUCTIONS:
            return [self._reduced(equation, operands[0])]
        method = getattr(self, f"_{name}", None)
        if method is not None:
            result = method(equation, *operands)
            return result if isinstance(result, list) else [result]
        return [self.pointwise.nodes(equation, operands)]

    # -- shapes ---------------------------------------------------------------------------

    def _dims(self, equation: Equation) -> tuple[int, ...]:
        return self.layouts.of(equation.outputs[0]).dims

    def _broadcast_in_dim(self, equation: Equation, nodes: Nodes, *_: Nodes) -> Nodes:
        return nodes.reshape(self._dims(equation))

    def _squeeze(self, equation: Equation, nodes: Nodes) -> Nodes:
        return nodes.reshape(self._dims(equation))

    def _reshape(self, equation: Equation, nodes: Nodes) -> Nodes:
        dims = self._dims(equation)
        if nodes.size != int(np.prod(dims)):
            layout = self.layouts.of(equation.inputs[0])
            shape = [
                1 if axis == layout.column else n for axis, n in enumerate(equation.inputs[0].shape)
            ]
            nodes = np.broadcast_to(nodes, shape)
        return nodes.reshape(dims)

    def _transpose(self, equation: Equation, nodes: Nodes) -> Nodes:
        return nodes.transpose(equation.params["permutation"])

    def _slice(self, equation: Equation, nodes: Nodes) -> Nodes:
        params = equation.params
        steps = params["strides"] or (1,) * nodes.ndim
        parts = zip(params["start_indices"], params["limit_indices"], steps, strict=True)
        chosen = tuple(
            slice(None) if nodes.shape[axis] == 1 else slice(*part)
            for axis, part in enumerate(parts)
        )
        return nodes[chosen]

    def _index(self, equation: Equation, nodes: Nodes) -> Nodes:
        return np.asarray(nodes[equation.params["index"] if len(nodes) > 1 else 0], dtype=object)

    def _unstack(self, equation: Equation, nodes: Nodes) -> list[Nodes]:
        axis, count = equation.params["axis"], len(equation.outputs)
        shape = [count if a == axis else n for a, n in enumerate(nodes.shape)]
        parts = np.moveaxis(np.broadcast_to(nodes, shape), axis, 0)
        return [np.asarray(part, dtype=object) for part in parts]

    def _stack(self, equation: Equation, *operands: Nodes) -> Nodes:
        return np.stack(np.broadcast_arrays(*operands), axis=equation.params["axis"])

    def _concatenate(self, equation: Equation, *operands: Nodes) -> Nodes:
        axis, dims = equation.params["dimension"], self._dims(equation)
        parts = []
        for variable, nodes in zip(equation.inputs, operands, strict=True):
            shape = [variable.shape[axis] if a == axis else n for a, n in enumerate(dims)]
            parts.append(np.broadcast_to(nodes, shape))
        return np.concatenate(parts, axis=axis)

    def _iota(self, equation: Equation, *_: Nodes) -> Nodes:
        raise Unsupported("the step counts along an axis")

    def _reduced(self, equation: Equation, nodes: Nodes) -> Nodes:
        axes, operation = equation.params["axes"], REDUCTIONS[equation.name]
        layout, shape = self.layouts.of(equation.inputs[0]), equation.inputs[0].shape
        for axis in sorted(axes, reverse=True):
            parts = np.moveaxis(nodes, axis, 0)
            if axis != layout.loop:
                parts = np.broadcast_to(parts, (shape[axis], *parts.shape[1:]))
            nodes = np.asarray(parts[0], dtype=object)
            for part in parts[1:]:
                nodes = self.pointwise.each(operation, nodes, np.asarray(part, dtype=object))
        if layout.loop in axes:
            nodes = each(lambda node: self.sum_of_hours(node), nodes)
        return nodes

    def sum_of_hours(self, node: int) -> int:
        """Node of the sum over hours of a node."""
        if depends_on_hour(self.graph, node):
            return self.graph.emit("sum", node)
        return self.graph.emit("mul", node, self.graph.constant(float(self.layouts.loop or 1)))


def each(function: Callable[..., int], *operands: Nodes) -> Nodes:
    """A function of nodes, elementwise."""
    shape = np.broadcast_shapes(*(o.shape for o in operands))
    out = np.empty(shape, dtype=object)
    columns = [np.broadcast_to(o, shape).ravel() for o in operands]
    out.flat = [function(*row) for row in zip(*columns, strict=True)]  # type: ignore[assignment]
    return out


def depends_on_hour(graph: Graph, node: int) -> bool:
    """Whether a node differs between the hours of the loop."""
    pending, seen = [node], set()
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        operation, operands = graph.nodes[current]
        if operation == "input" and operands[-1] == HOUR:
            return True
        if operation not in ("sum", *CONSTANTS, "input"):
            pending.extend(operands)
    return False
