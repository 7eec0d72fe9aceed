"""An array namespace of traced arrays, with the loop over time."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isclass
from types import ModuleType
from typing import Any

import numpy as np
from attrs import frozen

from ...core.trees import map_tree, stack_trees, tree_leaves
from ...engines.namespace import Namespace, length, numpy_namespace, numpy_segment_sum
from .array import Trace, TracedArray, apply


@frozen(eq=False)
class TracedModule:
    """numpy for traced arrays, or a part of it whose functions have a prefix, 'linalg.'."""

    module: Any = np
    prefix: str = ""

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.module, name)
        if isinstance(value, ModuleType):
            return TracedModule(value, f"{self.prefix}{name}.")
        if isclass(value) or not callable(value):
            return value
        called = self.prefix + name
        return lambda *args, **options: apply(called, value, args, options)


def tracing_namespace(trace: Trace) -> Namespace:
    """`xp` whose arrays record operations in a trace."""
    plain_erf = numpy_namespace().erf

    def erf(x: Any) -> Any:
        return apply("erf", plain_erf, (x,), {})

    def segment_sum(values: Any, segment: Any, count: int) -> Any:
        return apply("segment_sum", numpy_segment_sum, (values, segment, count), {})

    def scan(step: Callable[..., Any], carry: Any, xs: Any, parameters: Any, xp: Any) -> Any:
        inputs = [*tree_leaves(carry), *tree_leaves(xs), *tree_leaves(parameters)]
        active = any(isinstance(leaf, TracedArray) and leaf.active for leaf in inputs)
        trace.level += 1
        trace.steps.append(getattr(step, "__name__", "step"))
        try:
            carry, constants = (traced(tree, trace, active) for tree in (carry, parameters))
            days, outputs = traced(xs, trace, None), []
            for day in range(length(xs)):
                carry, out = step(carry, map_tree(lambda x, d=day: x[d], days), constants, xp)
                for leaf in (*tree_leaves(carry), *tree_leaves(out)):
                    if isinstance(leaf, TracedArray) and leaf.active and leaf.level < trace.level:
                        trace.closures[trace.steps[-1], step_place(step)] = None
                carry = traced(carry, trace, active)
                outputs.append(map_tree(_value, out))
        finally:
            trace.level -= 1
            trace.steps.pop()
        return traced(carry, trace, active), traced(stack_trees(outputs, np.stack), trace, active)

    return Namespace(TracedModule(), scan, erf, segment_sum)  # type: ignore[arg-type]


def step_place(step: Any) -> tuple[str, int]:
    """File and first line of a step."""
    code = getattr(step, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else ("", 0)


def traced(tree: Any, trace: Trace, active: bool | None) -> Any:
    """The leaves of a tree as traced arrays of the current scan; `active` None keeps theirs."""

    def one(leaf: Any) -> TracedArray:
        before = leaf.active if isinstance(leaf, TracedArray) else False
        return TracedArray(_value(leaf), trace, before if active is None else active, trace.level)

    return map_tree(one, tree)


def _value(leaf: Any) -> Any:
    return leaf.value if isinstance(leaf, TracedArray) else leaf
