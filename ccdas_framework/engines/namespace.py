"""`xp`: an array namespace together with the loop over time and two functions it needs."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from attrs import frozen

Array = Any


@frozen(eq=False)
class Namespace:
    """numpy-like functions of one backend, and `scan`, `erf`, `segment_sum` with them.

    Args:
        module: numpy, autograd.numpy or jax.numpy.
        scan: (step, carry, xs, parameters) -> (carry, outputs stacked along time); `step` is
            called as step(carry, today, parameters, xp).
        erf: the error function.
        segment_sum: (values, segment, count) -> sums over the first axis, shape (count, ...).
    """

    module: ModuleType
    _scan: Callable[..., Any]
    erf: Callable[[Array], Array]
    segment_sum: Callable[[Array, Array, int], Array]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)

    def scan(self, step: Callable[..., Any], carry: Any, xs: Any, parameters: Any) -> Any:
        """Advance `carry` through the first axis of `xs`; all that is differentiated is passed in.

        Args:
            step: step(carry, today, parameters, xp) -> (carry, outputs); dicts of arrays.
            carry: dict of arrays.
            xs: dict of arrays, time first.
            parameters: dict (nested if need be) of arrays, the same every day.

        Returns:
            The last carry, and the outputs with a leading time axis.
        """
        return self._scan(step, carry, xs, parameters, self)


def numpy_segment_sum(values: np.ndarray, segment: np.ndarray, count: int) -> np.ndarray:
    """Sum of the values (first axis) that share a segment number, shape (count, ...)."""
    values = np.asarray(values)
    out = np.zeros((count, *values.shape[1:]), dtype=values.dtype)
    np.add.at(out, np.asarray(segment), values)
    return out


def numpy_scan(step: Callable[..., Any], carry: Any, xs: Any, parameters: Any, xp: Any) -> Any:
    """The plain loop, without derivatives."""
    outputs = []
    for day in range(length(xs)):
        carry, output = step(carry, map_tree(lambda x, d=day: x[d], xs), parameters, xp)
        outputs.append(output)
    return carry, stack_trees(outputs, np.stack)


def numpy_namespace() -> Namespace:
    """The array namespace of numpy, for `prepare` and as a reference for engines."""
    from scipy.special import erf

    return Namespace(np, numpy_scan, erf, numpy_segment_sum)


def tree_leaves(tree: Any) -> list[Any]:
    """Arrays of nested dicts, lists and tuples, dict keys in sorted order."""
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in tree_leaves(tree[key])]
    if isinstance(tree, list | tuple):
        return [leaf for item in tree for leaf in tree_leaves(item)]
    return [] if tree is None else [tree]


def tree_unflatten(tree: Any, values: list[Any]) -> Any:
    """Nested dicts, lists and tuples with other leaves, in the order of `tree_leaves`."""
    remaining = iter(values)

    def fill(node: Any) -> Any:
        if isinstance(node, dict):
            filled = {key: fill(node[key]) for key in sorted(node)}
            return {key: filled[key] for key in node}
        if isinstance(node, list | tuple):
            return type(node)(fill(item) for item in node)
        return None if node is None else next(remaining)

    return fill(tree)


def map_tree(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """`function` of corresponding leaves."""
    columns = zip(tree_leaves(tree), *(tree_leaves(o) for o in others), strict=True)
    return tree_unflatten(tree, [function(*row) for row in columns])


def stack_trees(trees: list[Any], stack: Callable[[list[Any]], Any]) -> Any:
    """One tree whose leaves are the stacked leaves of many alike."""
    columns = zip(*(tree_leaves(tree) for tree in trees), strict=True)
    return tree_unflatten(trees[0], [stack(list(column)) for column in columns])


def length(xs: Any) -> int:
    """Length of the time axis that all of `xs` share."""
    lengths = {len(leaf) for leaf in tree_leaves(xs)}
    if len(lengths) != 1:
        raise ValueError(f"scan needs one common length of the time axis, got {sorted(lengths)}")
    return lengths.pop()
