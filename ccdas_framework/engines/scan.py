"""The time loop as one autograd primitive, with its own reverse and forward rule.

A plain loop under autograd keeps the trace of every day and costs the square of their number on
the way back. Here the forward run keeps the carry of each day only; the reverse sweep re-traces
one day at a time, and one sweep serves carry, forcing and parameters together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import local
from typing import Any

import autograd.numpy as anp
from attrs import field, frozen
from autograd.core import JVPNode, VJPNode, add_outgrads
from autograd.extend import defjvp_argnums, defvjp_argnums, primitive
from autograd.tracer import TraceStack, isbox, new_box
from autograd.util import toposort

from ..core.errors import ClosedOverValue
from ..core.trees import tree_leaves, tree_unflatten
from .namespace import length

Array = Any


@frozen(eq=False)
class _Loop:
    """Constants of all days: the step, and the nesting of its carry, series and parameters."""

    step: Callable[..., Any]
    arguments: tuple[Any, Any, Any]
    xp: Any
    outputs: list[Any] = field(factory=list)  # the nesting of a step's outputs, once known

    def split(self, arrays: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        carries, series, _ = (len(tree_leaves(argument)) for argument in self.arguments)
        return (
            list(arrays[:carries]),
            list(arrays[carries : carries + series]),
            list(arrays[carries + series :]),
        )

    def day(self, inputs: list[Any]) -> list[Any]:
        """Leaves of the next carry and of the outputs, from the leaves of one day's arguments."""
        carry, outputs = self.step(*tree_unflatten(self.arguments, inputs), self.xp)
        if not self.outputs:
            self.outputs.append(outputs)
        return tree_leaves(carry) + tree_leaves(outputs)


def autograd_scan(step: Callable[..., Any], carry: Any, xs: Any, parameters: Any, xp: Any) -> Any:
    """`xp.scan` for autograd; see `Namespace.scan`."""
    loop = _Loop(step, (carry, xs, parameters), xp)
    result = _scan(loop, *tree_leaves(loop.arguments))
    carries = len(tree_leaves(carry))
    last = [result[position] for position in range(carries)]
    count = len(tree_leaves(loop.outputs[0]))
    outputs = [result[2 * carries + position] for position in range(count)]
    return tree_unflatten(carry, last), tree_unflatten(loop.outputs[0], outputs)


def _days(loop: _Loop, *arrays: Any) -> tuple[Any, ...]:
    """Last carry, the carry at the start of each day, and the outputs; all leaves, stacked."""
    carry, series, parameters = loop.split(arrays)
    rows: list[list[Any]] = []
    for today in range(length(series)):
        result = loop.day([*carry, *(x[today] for x in series), *parameters])
        if today == 0 and any(isbox(leaf) for leaf in result):
            name = getattr(loop.step, "__name__", "step")
            raise ClosedOverValue(
                f"the scan step '{name}' uses a differentiated value that it reached by closure; "
                "its gradient would be lost. Pass the value in through the `parameters` argument "
                "of xp.scan.",
                where=f"step '{name}'",
            )
        rows.append([*carry, *result[len(carry) :]])
        carry = result[: len(carry)]
    return (*carry, *(anp.stack(column) for column in zip(*rows, strict=True)))


_scan = primitive(_days)


def _scan_vjp(argnums: Sequence[int], ans: Any, args: Any, kwargs: Any) -> Callable[[Any], Any]:
    loop, arrays = args[0], args[1:]
    carry, series, parameters = loop.split(arrays)
    carries, n_series = len(carry), len(series)
    positions = [argnum - 1 for argnum in argnums]
    sources = [*range(carries), *(p for p in positions if p >= carries)]
    started = [ans[carries + position] for position in range(carries)]

    def vjp(g: Any) -> tuple[Any, ...]:
        g_carry = [g[position] for position in range(carries)]
        g_outputs = [g[position] for position in range(2 * carries, len(g))]
        by_day: dict[int, list[Any]] = {}
        totals: dict[int, Any] = {}
        for today in reversed(range(length(series))):
            inputs = [*(s[today] for s in started), *(x[today] for x in series), *parameters]
            g_today = [*g_carry, *(g_output[today] for g_output in g_outputs)]
            pulled = pull_back(loop.day, inputs, sources, g_today)
            g_carry = pulled[:carries]
            for p, gradient in zip(sources[carries:], pulled[carries:], strict=True):
                if p < carries + n_series:
                    by_day.setdefault(p, []).append(gradient)
                else:
                    totals[p] = totals[p] + gradient if p in totals else gradient
        gradients = {
            **dict(enumerate(g_carry)),
            **{p: anp.stack(days[::-1]) for p, days in by_day.items()},
            **totals,
        }
        return tuple(gradients[p] for p in positions)

    return vjp


def _scan_jvp(argnums: Sequence[int], gs: Any, ans: Any, args: Any, kwargs: Any) -> tuple[Any, ...]:
    loop, arrays = args[0], args[1:]
    tangents = {argnum - 1: g for argnum, g in zip(argnums, gs, strict=True)}
    carry, series, parameters = loop.split(arrays)
    carries, n_series = len(carry), len(series)
    t_carry = [tangents.get(p, anp.zeros(anp.shape(c))) for p, c in enumerate(carry)]
    moving = {p: g for p, g in tangents.items() if p >= carries}
    rows: list[list[Any]] = []
    for today in range(length(series)):
        inputs = [*carry, *(x[today] for x in series), *parameters]
        pushed = dict(enumerate(t_carry))
        for p, g in moving.items():
            pushed[p] = g[today] if p < carries + n_series else g
        values, t_values = push_forward(loop.day, inputs, pushed)
        rows.append([*t_carry, *t_values[carries:]])
        carry, t_carry = values[:carries], t_values[:carries]
    return (*t_carry, *(anp.stack(column) for column in zip(*rows, strict=True)))


defvjp_argnums(_scan, _scan_vjp)
defjvp_argnums(_scan, _scan_jvp)


class _TraceStack(local, TraceStack):  # type: ignore[misc]
    """How many derivatives are nested, in each thread for itself; autograd counts all together."""


trace_stack = _TraceStack()


def traced(
    function: Callable[[list[Any]], list[Any]], inputs: list[Any], sources: list[int]
) -> tuple[list[Any], Callable[[list[Any]], list[Any]]]:
    """Values of a function of many arrays, and g -> J^T g for the inputs at `sources`."""
    with trace_stack.new_trace() as trace:
        roots = {p: VJPNode.new_root() for p in sources}
        boxed = list(inputs)
        for p, root in roots.items():
            boxed[p] = new_box(inputs[p], trace, root)
        pairs = [_value_and_node(output, trace) for output in function(boxed)]

    def sweep(gradients: list[Any]) -> list[Any]:
        reached = [(n, g) for (_, n), g in zip(pairs, gradients, strict=True) if n is not None]
        received: dict[int, Any] = {}
        if reached:
            end = VJPNode.new_root()
            end.parents = tuple(node for node, _ in reached)
            end.vjp = lambda g: g
            pending: dict[Any, Any] = {end: (tuple(g for _, g in reached), False)}
            targets = {root: p for p, root in roots.items()}
            for node in toposort(end):
                gradient = pending.pop(node)
                if node in targets:
                    received[targets[node]] = gradient[0]
                    continue
                for parent, part in zip(node.parents, node.vjp(gradient[0]), strict=True):
                    pending[parent] = add_outgrads(pending.get(parent), part)
        return [received[p] if p in received else anp.zeros(anp.shape(inputs[p])) for p in sources]

    return [value for value, _ in pairs], sweep


def pull_back(
    function: Callable[[list[Any]], list[Any]],
    inputs: list[Any],
    sources: list[int],
    gradients: list[Any],
) -> list[Any]:
    """J^T g of a function of many arrays for some of its inputs, in one backward sweep."""
    return traced(function, inputs, sources)[1](gradients)


def push_forward(
    function: Callable[[list[Any]], list[Any]], inputs: list[Any], tangents: dict[int, Any]
) -> tuple[list[Any], list[Any]]:
    """Values and J t of a function of many arrays."""
    with trace_stack.new_trace() as trace:
        boxed = list(inputs)
        for p, tangent in tangents.items():
            boxed[p] = new_box(inputs[p], trace, JVPNode.new_root(tangent))
        pairs = [_value_and_node(output, trace) for output in function(boxed)]
    pushed = [anp.zeros(anp.shape(value)) if node is None else node.g for value, node in pairs]
    return [value for value, _ in pairs], pushed


def _value_and_node(output: Any, trace: int) -> tuple[Any, Any]:
    """Value of an output and its node, which is None where it depends on no input."""
    if isbox(output) and output._trace == trace:
        return output._value, output._node
    return output, None
