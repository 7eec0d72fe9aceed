"""Arrays that note what a component does with them, in place of those that an engine traces.

A `Watched` array computes by numpy. It notes which primitive chose which branch, where a value
became NaN or a slope infinite, and where code does what no engine can follow: a Python branch, a
function of numpy, a value that a scan step reached by closure. All with the line of the
component's own code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import define, field

from .branches import branch_of, singular
from .places import Place, here

PLAIN = ("shape", "ndim", "size", "result_type", "issubdtype", "iscomplexobj", "dtype")


@define(eq=False)
class Notes:
    """What was seen in one run.

    Args:
        branches: (operation, place, which branch each element took), in order.
        nans: (operation, place) that made a value NaN or infinite from finite ones.
        singular: (operation, place) whose slope is not finite, or not one-sided.
        misuse: sentence -> place, of what an engine cannot follow.
        closures: place of each use of an outer value within a scan step, and the step's name.
        level: number of scans around what is being run.
        steps: names of the steps of these scans.
    """

    branches: list[tuple[str, Place, Any]] = field(factory=list)
    nans: dict[tuple[str, Place], None] = field(factory=dict)
    singular: dict[tuple[str, Place], None] = field(factory=dict)
    misuse: dict[tuple[str, Place], None] = field(factory=dict)
    closures: dict[tuple[str, Place], None] = field(factory=dict)
    level: int = 0
    steps: list[str] = field(factory=list)


class Watched:
    """An array that is watched.

    Args:
        value: the array or number.
        notes: where what happens to it is noted.
        moving: whether it depends on what is differentiated.
        level: number of scans around where it was made.
    """

    __slots__ = ("level", "moving", "notes", "value")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any, notes: Notes, moving: bool, level: int) -> None:
        self.value, self.notes, self.moving, self.level = value, notes, moving, level

    # -- what is known of a traced array ------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.value)

    @property
    def ndim(self) -> int:
        return np.ndim(self.value)

    @property
    def size(self) -> int:
        return int(np.size(self.value))

    @property
    def dtype(self) -> Any:
        return np.asarray(self.value).dtype

    @property
    def T(self) -> Watched:
        return self._method("transpose")()  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Any:
        return (self[n] for n in range(len(self)))

    # -- what a traced array refuses ----------------------------------------------------------

    def _refused(self, what: str) -> None:
        self.notes.misuse[what, here()] = None

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
        raise TypeError("arrays of an engine cannot be written in place; make new ones")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        name = ufunc.__name__
        if method != "__call__" or (name not in ARITHMETIC and self.moving):
            self._refused(f"numpy.{name}")
        return apply(name, getattr(ufunc, method), inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function.__name__ not in PLAIN and self.moving:
            self._refused(f"numpy.{function.__name__}")
        return apply(function.__name__, function, args, options)

    # -- what it computes ---------------------------------------------------------------------

    def _method(self, name: str) -> Callable[..., Any]:
        return lambda *args, **options: apply(name, getattr(np, name), (self, *args), options)

    def __getattr__(self, name: str) -> Any:
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

    def reshape(self, *shape: Any) -> Any:
        new = shape[0] if len(shape) == 1 else shape
        return apply("reshape", np.reshape, (self, new), {})

    def transpose(self, *axes: Any) -> Any:
        return apply("transpose", np.transpose, (self, axes or None), {})


def _forward(name: str) -> Callable[..., Any]:
    return lambda a, b: apply(name, getattr(np, name), (a, b), {})


def _backward(name: str) -> Callable[..., Any]:
    return lambda a, b: apply(name, getattr(np, name), (b, a), {})


def _alone(name: str) -> Callable[..., Any]:
    return lambda a: apply(name, getattr(np, name), (a,), {})


_BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power",
    "floordiv": "floor_divide", "mod": "mod", "matmul": "matmul", "and": "bitwise_and",
    "or": "bitwise_or", "xor": "bitwise_xor",
}  # fmt: skip
_COMPARED = {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal",
    "ne": "not_equal",
}  # fmt: skip
_UNARY = {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "invert"}
for _short, _name in _BINARY.items():
    setattr(Watched, f"__{_short}__", _forward(_name))
    setattr(Watched, f"__r{_short}__", _backward(_name))
for _short, _name in _COMPARED.items():
    setattr(Watched, f"__{_short}__", _forward(_name))
for _short, _name in _UNARY.items():
    setattr(Watched, f"__{_short}__", _alone(_name))
# what an operator of Python calls when the other side is an array of numpy
ARITHMETIC = {*_BINARY.values(), *_COMPARED.values(), *_UNARY.values(), "true_divide", "remainder"}


def apply(name: str, function: Callable[..., Any], args: Any, options: Any) -> Any:
    """`function` of the plain values, noted and watched again; floating-point warnings are off."""
    found: list[Watched] = []
    args, options = _plain(args, found), _plain(options, found)
    result = function(*args, **options)
    if not found:
        return result
    notes, moving = found[0].notes, any(array.moving for array in found)
    if name in PLAIN:
        return result
    if notes.level and any(array.moving and array.level < notes.level for array in found):
        notes.closures[notes.steps[-1], here()] = None
    if moving:
        _note(notes, name, args, options, result)
        if not _finite(result) and all(_finite(array.value) for array in found):
            notes.nans[name, here()] = None
    return _watched(result, notes, moving)


def _note(notes: Notes, name: str, args: Any, options: Any, result: Any) -> None:
    branch = branch_of(name, args, options, result)
    if branch is not None:
        notes.branches.append((name, here(), branch))
    if singular(name, args):
        notes.singular[name, here()] = None


def _finite(values: Any) -> bool:
    if isinstance(values, list | tuple):
        return all(_finite(v) for v in values)
    if not isinstance(values, np.ndarray | np.generic | float):
        return True
    values = np.asarray(values)
    return values.dtype.kind != "f" or bool(np.isfinite(values).all())


def _plain(tree: Any, found: list[Watched]) -> Any:
    if isinstance(tree, Watched):
        found.append(tree)
        return tree.value
    if isinstance(tree, dict):
        return {key: _plain(value, found) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(_plain(value, found) for value in tree)
    if isinstance(tree, slice):
        return slice(*(_plain(v, found) for v in (tree.start, tree.stop, tree.step)))
    return tree


def _watched(result: Any, notes: Notes, moving: bool) -> Any:
    if isinstance(result, list | tuple):
        return type(result)(_watched(r, notes, moving) for r in result)
    if isinstance(result, np.ndarray | np.generic | float | int):
        return Watched(result, notes, moving, notes.level)
    return result
