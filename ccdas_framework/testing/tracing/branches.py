"""Which primitives of an array namespace have branches, and where their slopes break down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def _clipped(args: Any, options: Any) -> Any:
    values, clipped = np.asarray(args[0]), np.clip(*args, **options)
    return (values < clipped) + 2 * (values > clipped)


def _largest(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    def chosen(args: Any, options: Any) -> Any:
        axis = args[1] if len(args) > 1 else options.get("axis")
        return function(args[0], axis=axis if isinstance(axis, int) else None)

    return chosen


# name -> branch of each element, from arguments and options
_BY_ARGUMENTS: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(
        ("maximum", "minimum", "fmax", "fmin"), lambda a, o: np.asarray(a[0]) > np.asarray(a[1])
    ),
    **dict.fromkeys(
        ("abs", "absolute", "fabs", "sqrt", "cbrt", "log", "log10", "log2"),
        lambda a, o: np.asarray(a[0]) > 0.0,
    ),
    "clip": _clipped,
    "where": lambda a, o: np.asarray(a[0], bool),
    **dict.fromkeys(("divide", "true_divide"), lambda a, o: np.asarray(a[1]) > 0.0),
    "max": _largest(np.argmax), "amax": _largest(np.argmax),
    "min": _largest(np.argmin), "amin": _largest(np.argmin),
    "sort": lambda a, o: np.argsort(a[0], axis=o.get("axis", -1)),
    "median": lambda a, o: np.argsort(a[0], axis=None),
    "interp": lambda a, o: np.searchsorted(a[1], a[0]),
    **dict.fromkeys(
        ("floor_divide", "mod", "remainder"), lambda a, o: np.floor_divide(a[0], a[1])
    ),
    "select": lambda a, o: np.stack([np.asarray(c, bool) for c in a[0]]),
}  # fmt: skip
_BY_RESULT = {  # whose result is the branch
    "less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "sign", "heaviside",
    "floor", "ceil", "round", "rint", "trunc", "fix", "argmax", "argmin", "argsort", "searchsorted",
    "digitize", "isnan", "isfinite",
}  # fmt: skip
MOST = 100_000  # elements of a recorded branch


def branch_of(name: str, args: Any, options: Any, result: Any) -> Any:
    """Branch of each element, or None for a primitive without branches."""
    if name in _BY_RESULT:
        branch = np.asarray(result)
    elif name in _BY_ARGUMENTS:
        branch = np.asarray(_BY_ARGUMENTS[name](args, options))
    else:
        return None
    return branch if branch.size <= MOST else None


def _power_is_singular(base: Any, exponent: Any) -> Any:
    integral = (exponent == np.round(exponent)) & (exponent >= 0.0)
    return ~integral & ((base < 0.0) | ((base == 0.0) & (exponent < 1.0)))


# name -> whether there is no finite slope at each element of the first two arguments
_SINGULAR: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("sqrt", "log", "log10", "log2"), lambda x, y: x <= 0.0),
    **dict.fromkeys(("cbrt", "reciprocal"), lambda x, y: x == 0.0),
    "log1p": lambda x, y: x <= -1.0,
    **dict.fromkeys(("divide", "true_divide"), lambda x, y: y == 0.0),
    **dict.fromkeys(("power", "float_power"), _power_is_singular),
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), lambda x, y: np.abs(x) >= 1.0),
    "arccosh": lambda x, y: x <= 1.0,
    **dict.fromkeys(("exp", "expm1", "sinh", "cosh"), lambda x, y: np.abs(x) > 709.0),
    "linalg.norm": lambda x, y: not np.any(x),
}


def singular(name: str, args: Any) -> bool:
    """Whether a primitive has no finite slope at some element of its arguments."""
    if name not in _SINGULAR:
        return False
    first, second = map(np.asarray, (*args, None)[:2])
    return bool(np.any(_SINGULAR[name](first, second)))
