"""Arrays that record the operations of a component, in place of those that an engine traces.

A `TracedArray` computes by numpy. Its `Trace` records the branch that each primitive took, the
operation that made a value NaN or a slope infinite, and code that no engine can follow: a Python
branch, a function of numpy, a value that a scan step reaches by closure. Each record has the line
of the component's own code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import define, field
from numpy.lib.mixins import NDArrayOperatorsMixin

from ...core.trees import map_tree, tree_leaves
from .branches import branch_of, singular
from .source_lines import Place, component_line

PLAIN = ("shape", "ndim", "size", "result_type", "issubdtype", "iscomplexobj", "dtype")
NUMBERS = (np.ndarray, np.generic, float, int)
ARITHMETIC = {  # functions of numpy that operators of Python call
    "add", "subtract", "multiply", "divide", "power", "floor_divide", "remainder", "matmul",
    "bitwise_and", "bitwise_or", "bitwise_xor", "less", "less_equal", "greater", "greater_equal",
    "equal", "not_equal", "negative", "positive", "invert",
}  # fmt: skip


class WrittenInPlace(TypeError):
    """An assignment to an element of a traced array."""


@define(eq=False)
class Trace:
    """Record of one run.

    Args:
        branches: (operation, place, which branch each element took), in order.
        nans: (operation, place) that made a value NaN or infinite from finite ones.
        singular: (operation, place) whose slope is not finite, or not one-sided.
        misuse: (description, place) of code that no engine can trace.
        closures: place of each use of an outer value within a scan step, and the step's name.
        level: number of scans around the running code.
        steps: names of the steps of these scans.
    """

    branches: list[tuple[str, Place, Any]] = field(factory=list)
    nans: dict[tuple[str, Place], None] = field(factory=dict)
    singular: dict[tuple[str, Place], None] = field(factory=dict)
    misuse: dict[tuple[str, Place], None] = field(factory=dict)
    closures: dict[tuple[str, Place], None] = field(factory=dict)
    level: int = 0
    steps: list[str] = field(factory=list)


class TracedArray(NDArrayOperatorsMixin):
    """An array that records its operations.

    Args:
        value: the array or number.
        trace: record of its operations.
        active: whether it depends on a differentiated variable.
        level: number of scans around its creation.
    """

    __slots__ = ("active", "history", "level", "value")

    def __init__(self, value: Any, trace: Trace, active: bool, level: int) -> None:
        self.value, self.history, self.active, self.level = value, trace, active, level

    @property
    def T(self) -> TracedArray:
        return self.transpose()  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Any:
        return (self[n] for n in range(len(self)))

    # -- operations that engines refuse --------------------------------------------------------

    def _refused(self, what: str) -> None:
        self.history.misuse[what, component_line()] = None

    def __bool__(self) -> bool:
        self._refused("a Python branch")
        return bool(self.value)

    def __float__(self) -> float:
        self._refused("float()")
        return float(self.value)

    def __int__(self) -> int:
        self._refused("int()")
        return int(self.value)

    def __index__(self) -> int:
        self._refused("a Python number or index made")
        return int(self.value)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        self._refused("numpy, which takes the value and loses its derivative,")
        return np.array(self.value, dtype)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._refused("an assignment in place")
        raise WrittenInPlace("arrays of an engine cannot be written in place; make new ones")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        name = ufunc.__name__
        options.pop("out", None)  # of `a += b`, which makes a new array on an engine
        if method != "__call__" or (name not in ARITHMETIC and self.active):
            self._refused(f"numpy.{name}")
        return apply(name, getattr(ufunc, method), inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function.__name__ not in PLAIN and self.active:
            self._refused(f"numpy.{function.__name__}")
        return apply(function.__name__, function, args, options)

    # -- operations ---------------------------------------------------------------------------

    def _method(self, name: str) -> Callable[..., Any]:
        return lambda *args, **options: apply(name, getattr(np, name), (self, *args), options)

    def __getattr__(self, name: str) -> Any:
        if name in ("shape", "ndim", "size", "dtype"):
            return getattr(np.asarray(self.value), name)
        if name in ("item", "tolist"):
            self._refused(f".{name}()")
            return getattr(np.asarray(self.value), name)
        if name == "astype":
            return lambda kind: apply("astype", lambda v: np.asarray(v).astype(kind), (self,), {})
        if name.startswith("_") or not callable(getattr(np, name, None)):
            raise AttributeError(f"arrays of an engine have no '{name}'")
        return self._method(name)

    def __getitem__(self, index: Any) -> Any:
        return apply("[]", lambda v, i: np.asarray(v)[i], (self, index), {})

    def __abs__(self) -> Any:
        return self._method("abs")()

    def reshape(self, *shape: Any) -> Any:
        new = shape[0] if len(shape) == 1 else shape
        return apply("reshape", np.reshape, (self, new), {})

    def transpose(self, *axes: Any) -> Any:
        return apply("transpose", np.transpose, (self, axes or None), {})


def apply(name: str, function: Callable[..., Any], args: Any, options: Any) -> Any:
    """`function` of the plain values, recorded, as traced arrays."""
    arrays: list[TracedArray] = []
    args, options = _plain(args, arrays), _plain(options, arrays)
    result = function(*args, **options)
    if not arrays:
        return result
    trace, active = arrays[0].history, any(array.active for array in arrays)
    if name in PLAIN:
        return result
    if trace.level and any(array.active and array.level < trace.level for array in arrays):
        trace.closures[trace.steps[-1], component_line()] = None
    if active:
        _note(trace, name, args, options, result)
        if not _finite(result) and _finite([array.value for array in arrays]):
            trace.nans[name, component_line()] = None

    def recorded(leaf: Any) -> Any:
        is_number = isinstance(leaf, NUMBERS)
        return TracedArray(leaf, trace, active, trace.level) if is_number else leaf

    return map_tree(recorded, result)


def _note(trace: Trace, name: str, args: Any, options: Any, result: Any) -> None:
    branch = branch_of(name, args, options, result)
    if branch is not None:
        trace.branches.append((name, component_line(), branch))
    if singular(name, args):
        trace.singular[name, component_line()] = None


def _finite(tree: Any) -> bool:
    """Whether all floating-point numbers of nested lists are finite."""
    numbers = (np.asarray(v) for v in tree_leaves(tree) if isinstance(v, NUMBERS))
    return all(np.isfinite(v).all() for v in numbers if v.dtype.kind == "f")


def _plain(tree: Any, arrays: list[TracedArray]) -> Any:
    if isinstance(tree, TracedArray):
        arrays.append(tree)
        return tree.value
    if isinstance(tree, dict):
        return {key: _plain(value, arrays) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(_plain(value, arrays) for value in tree)
    if isinstance(tree, slice):
        return slice(*(_plain(v, arrays) for v in (tree.start, tree.stop, tree.step)))
    return tree
