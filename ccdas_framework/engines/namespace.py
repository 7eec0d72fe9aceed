"""`xp`: an array namespace together with the loop over time and two functions it needs."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from attrs import frozen

from ..core.trees import map_tree, stack_trees, tree_leaves

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


def length(xs: Any) -> int:
    """Length of the time axis that all of `xs` share."""
    lengths = {len(leaf) for leaf in tree_leaves(xs)}
    if len(lengths) != 1:
        raise ValueError(f"scan needs one common length of the time axis, got {sorted(lengths)}")
    return lengths.pop()
