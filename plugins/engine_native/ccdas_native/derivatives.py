"""Graphs of the forward step, its adjoint and its tangents.

JAX differentiates. The step is cut where hours begin and end into three functions of scalars:

    r = P(inputs)          before the hours, with what single hours contribute to it
    s = sum_h B(r, h)      over the hours
    y = C(r, s)            after the hours

The adjoint of a day is C', then B' summed over the hours, then P'. The sums s of the forward run
are stored, so that it passes the hours of a day once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from attrs import frozen

from .flat import Unsupported, flat_program
from .graph import CONSTANTS, MASKS, Graph
from .scalar_step import HOUR, Pointwise

LARGEST = 200_000  # operations of a derivative
TANGENT, COTANGENT, SUM = "tangent", "cotangent", "sum"  # names of inputs beside those of the step


@frozen(eq=False)
class Cut:
    """A step cut before and after its hours.

    Args:
        graph: of the forward step.
        results: nodes of the results, in one list.
    """

    graph: Graph
    results: list[int]

    @cached_property
    def needed(self) -> list[int]:
        """Nodes of the results, in order."""
        return self.graph.needed(self.results)

    @cached_property
    def inputs(self) -> list[int]:
        """Nodes of inputs, tables included."""
        return [node for node in self.needed if self.graph.nodes[node][0] == "input"]

    @cached_property
    def sums(self) -> list[int]:
        """Nodes of sums over hours."""
        return [node for node in self.needed if self.graph.nodes[node][0] == "sum"]

    @cached_property
    def in_hours(self) -> set[int]:
        """Nodes that differ between hours."""
        members: set[int] = set()
        for node in self.needed:
            operation, operands = self.graph.nodes[node]
            own = operation == "input" and operands[-1] == HOUR
            passed = operation not in ("input", *CONSTANTS, "sum") and members.intersection(
                operands
            )
            if own or passed:
                members.add(node)
        return members

    @cached_property
    def after(self) -> set[int]:
        """Nodes that depend on sums over hours.

        Raises:
            Unsupported: a sum over hours depends on another one.
        """
        members = self.graph.reached(self.sums).intersection(self.needed)
        if any(self.graph.nodes[node][1][0] in members for node in self.sums):
            raise Unsupported("a sum over hours depends on another sum over hours")
        if members & self.in_hours:
            raise Unsupported("values of single hours depend on a sum over hours")
        return members

    @cached_property
    def middle(self) -> list[int]:
        """r: nodes of P that B and C use, and results that depend on no sum."""
        users = self.in_hours | self.after | set(self.sums)
        used = {o for node in self.needed if node in users for o in self.graph.operands(node)}
        used |= set(self.results)
        outside = users | {n for n in self.needed if self.graph.nodes[n][0] in CONSTANTS}
        return sorted(used - outside)


def adjoint(cut: Cut, active: set[int], driven: Sequence[bool]) -> tuple[Graph, dict[int, int]]:
    """Graph of the adjoint of a day, and the node of the gradient of each active input.

    Cotangents are inputs (COTANGENT, number of the result), sums (SUM, position).

    Args:
        cut: the step.
        active: inputs that are differentiated.
        driven: for each result, whether its cotangent may differ from zero.
    """
    graph = cut.graph.for_derivatives()
    moving = _floats(graph, graph.reached(active).intersection(cut.needed))
    r = [node for node in cut.middle if node in moving]
    fixed = [node for node in cut.middle if node not in moving]
    sums = {node: graph.input((SUM, i, 0, None)) for i, node in enumerate(cut.sums)}
    cotangents = [
        graph.input((COTANGENT, i, 0, None)) if drive else graph.constant(0.0)
        for i, drive in enumerate(driven)
    ]
    pull_c = _pulled(graph, cut.results, [*r, *cut.sums], fixed, cotangents, sums)
    total = {node: pull_c[node] for node in r}
    gradients: dict[int, int] = {}
    if cut.sums:
        bodies = [graph.nodes[node][1][0] for node in cut.sums]
        hours = [node for node in cut.inputs if node in cut.in_hours]
        moving_hours = [node for node in hours if node in active]
        still = [node for node in hours if node not in active]
        weights = [pull_c[node] for node in cut.sums]
        pull_b = _pulled(graph, bodies, [*r, *moving_hours], [*fixed, *still], weights, {})
        for node in r:
            total[node] = graph.emit("add", total[node], sum_of_hours(graph, pull_b[node]))
        gradients |= {node: pull_b[node] for node in moving_hours}
    outside = [node for node in cut.inputs if node not in cut.in_hours]
    sources = [node for node in outside if node in active]
    others = [node for node in outside if node not in active]
    pull_p = _pulled(graph, r, sources, others, [total[node] for node in r], {})
    return graph, gradients | {node: pull_p[node] for node in sources}


def tangents(cut: Cut, active: set[int]) -> tuple[Graph, list[int]]:
    """Graph of the tangents of a day, and the node of each result's tangent.

    Tangents of inputs are inputs (TANGENT, number, element, hour).
    """
    graph = cut.graph.for_derivatives()
    moving = _floats(graph, graph.reached(active).intersection(cut.needed))
    change: dict[int, int] = {
        node: graph.input((TANGENT, *graph.nodes[node][1])) for node in active
    }
    zero = graph.constant(0.0)

    def push(results: list[int], arguments: list[int]) -> None:
        sources = [n for n in arguments if n in moving]
        others = [n for n in arguments if n not in moving]
        pushed = _pushed(graph, results, sources, others, [change[n] for n in sources])
        change.update(zip(results, pushed, strict=True))

    outside = [node for node in cut.inputs if node not in cut.in_hours]
    push([n for n in cut.middle if n in moving and n not in change], outside)
    hours = [node for node in cut.inputs if node in cut.in_hours]
    bodies = [graph.nodes[node][1][0] for node in cut.sums]
    before = [*cut.middle, *hours]
    push([n for n in dict.fromkeys(bodies) if n in moving and n not in change], before)
    for node, body in zip(cut.sums, bodies, strict=True):
        change[node] = sum_of_hours(graph, change[body]) if body in moving else zero
    after = [n for n in dict.fromkeys(cut.results) if n in moving and n not in change]
    push(after, [*cut.middle, *cut.sums])
    return graph, [change.get(node, zero) for node in cut.results]


def _floats(graph: Graph, nodes: set[int]) -> set[int]:
    return {node for node in nodes if graph.nodes[node][0] not in MASKS}


def sum_of_hours(graph: Graph, node: int) -> int:
    """Node of a sum over hours; of a constant it stays zero."""
    return node if graph.value(node) == 0.0 else graph.emit("sum", node)


def _pulled(
    graph: Graph,
    results: Sequence[int],
    sources: Sequence[int],
    others: Sequence[int],
    cotangents: Sequence[int],
    replaced: dict[int, int],
) -> dict[int, int]:
    """Nodes of J^T w by each source, of results as a function of sources and others."""
    import jax

    function = graph.function([*sources, *others], results)

    def pulled(point: list[Any], fixed: list[Any], weights: list[Any]) -> list[Any]:
        _, pull = jax.vjp(lambda q: _arrays(function([*q, *fixed])), point)
        return list(pull(weights)[0])

    if not sources:
        return {}
    nodes = _translated(graph, pulled, (sources, others, cotangents), replaced)
    return dict(zip(sources, nodes, strict=True))


def _pushed(
    graph: Graph,
    results: Sequence[int],
    sources: Sequence[int],
    others: Sequence[int],
    changes: Sequence[int],
) -> list[int]:
    """Nodes of J t of each result."""
    import jax

    function = graph.function([*sources, *others], results)

    def pushed(point: list[Any], fixed: list[Any], directions: list[Any]) -> list[Any]:
        return jax.jvp(lambda q: _arrays(function([*q, *fixed])), (point,), (directions,))[1]

    if not results:
        return []
    return _translated(graph, pushed, (sources, others, changes), {})


def _arrays(values: list[Any]) -> list[Any]:
    import jax.numpy as jnp

    return [jnp.asarray(value, "float64") for value in values]


def _translated(
    graph: Graph, function: Any, arguments: Sequence[Sequence[int]], replaced: dict[int, int]
) -> list[int]:
    """Nodes of a JAX function of scalars at the values of nodes."""
    import jax

    def sample(node: int) -> Any:
        kind = bool if graph.nodes[node][0] in MASKS else np.float64
        return jax.ShapeDtypeStruct((), kind)

    shapes = [[sample(node) for node in group] for group in arguments]
    program = flat_program(jax.make_jaxpr(function)(*shapes), LARGEST)
    nodes = [replaced.get(node, node) for group in arguments for node in group]
    translated = dict(zip(map(id, program.inputs), nodes, strict=True))
    pointwise = Pointwise(graph)

    def of(variable: Any) -> np.ndarray:
        if variable.constant is not None:
            return np.array(graph.constant(variable.constant[()]), dtype=object)
        return np.array(translated[id(variable)], dtype=object)

    for equation in program.equations:
        operands = [of(v) for v in equation.inputs]
        if equation.name in ("broadcast_in_dim", "reshape", "squeeze"):
            members = operands[0]
        else:
            members = pointwise.nodes(equation, operands)
        translated[id(equation.outputs[0])] = int(members[()])
    return [int(of(v)[()]) for v in program.results]
