"""An array namespace of watched arrays, with the loop over time."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isclass
from types import ModuleType
from typing import Any

import numpy as np
from attrs import frozen

from ..engines.namespace import (
    Namespace,
    leaves,
    length,
    map_tree,
    numpy_namespace,
    numpy_segment_sum,
    stack_trees,
)
from .watched import Notes, Watched, apply


@frozen(eq=False)
class WatchedModule:
    """numpy for watched arrays.

    Args:
        module: numpy, or a part of it.
        prefix: of the part, 'linalg.'.
    """

    module: Any = np
    prefix: str = ""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.module, name)
        if isinstance(found, ModuleType):
            return WatchedModule(found, f"{self.prefix}{name}.")
        if isclass(found) or not callable(found):
            return found
        called = self.prefix + name
        return lambda *args, **options: apply(called, found, args, options)


def watched_namespace(notes: Notes) -> Namespace:
    """`xp` whose arrays note what is done with them."""
    plain_erf = numpy_namespace().erf

    def erf(x: Any) -> Any:
        return apply("erf", plain_erf, (x,), {})

    def segment_sum(values: Any, segment: Any, count: int) -> Any:
        return apply("segment_sum", numpy_segment_sum, (values, segment, count), {})

    def scan(step: Callable[..., Any], carry: Any, xs: Any, parameters: Any, xp: Any) -> Any:
        given = [*leaves(carry), *leaves(xs), *leaves(parameters)]
        moving = any(isinstance(leaf, Watched) and leaf.moving for leaf in given)
        notes.level += 1
        notes.steps.append(getattr(step, "__name__", "step"))
        try:
            inside = [watch(tree, notes, moving) for tree in (carry, parameters)]
            carry, held = inside
            days, outputs = watch(xs, notes, None), []
            for day in range(length(xs)):
                carry, out = step(carry, map_tree(lambda x, d=day: x[d], days), held, xp)
                for leaf in (*leaves(carry), *leaves(out)):
                    if isinstance(leaf, Watched) and leaf.moving and leaf.level < notes.level:
                        notes.closures[notes.steps[-1], step_place(step)] = None
                carry = watch(carry, notes, moving)
                outputs.append(map_tree(_value, out))
        finally:
            notes.level -= 1
            notes.steps.pop()
        return watch(carry, notes, moving), watch(stack_trees(outputs, np.stack), notes, moving)

    return Namespace(WatchedModule(), scan, erf, segment_sum)  # type: ignore[arg-type]


def step_place(step: Any) -> tuple[str, int]:
    """Where a step is defined."""
    code = getattr(step, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else ("", 0)


def watch(tree: Any, notes: Notes, moving: bool | None) -> Any:
    """The leaves of a tree as watched arrays of the scan that is being run.

    Args:
        tree: of arrays, watched or not.
        notes: of the run.
        moving: whether they depend on what is differentiated; None keeps what each says.
    """

    def one(leaf: Any) -> Watched:
        own = leaf.moving if isinstance(leaf, Watched) else False
        return Watched(_value(leaf), notes, own if moving is None else moving, notes.level)

    return map_tree(one, tree)


def _value(leaf: Any) -> Any:
    return leaf.value if isinstance(leaf, Watched) else leaf
