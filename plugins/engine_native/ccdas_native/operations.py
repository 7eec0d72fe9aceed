"""Operations on scalars: in JAX, in C++, and the primitives of JAX that they come from."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

# primitive of JAX -> operation; elementwise, with the operands of the primitive
ELEMENTWISE = {
    "add": "add", "add_any": "add", "sub": "sub", "mul": "mul", "div": "div", "neg": "neg",
    "max": "max", "min": "min", "pow": "pow", "atan2": "atan2", "rem": "fmod",
    "exp": "exp", "log": "log", "sqrt": "sqrt", "tanh": "tanh", "erf": "erf", "abs": "abs",
    "sin": "sin", "cos": "cos", "tan": "tan", "asin": "asin", "acos": "acos", "atan": "atan",
    "sinh": "sinh", "cosh": "cosh", "expm1": "expm1", "log1p": "log1p", "erfc": "erfc",
    "cbrt": "cbrt", "floor": "floor", "ceil": "ceil", "sign": "sign",
    "gt": "gt", "ge": "ge", "lt": "lt", "le": "le", "eq": "eq", "ne": "ne",
    "logistic": "logistic", "clamp": "clamp",
    "and": "and", "or": "or", "not": "not", "xor": "xor",
}  # fmt: skip

SYMBOLS = {
    "add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "div": "{0} / {1}", "neg": "-{0}",
    "gt": "(mask)({0} > {1})", "ge": "(mask)({0} >= {1})", "lt": "(mask)({0} < {1})",
    "le": "(mask)({0} <= {1})", "eq": "(mask)({0} == {1})", "ne": "(mask)({0} != {1})",
    "and": "{0} & {1}", "or": "{0} | {1}", "xor": "{0} ^ {1}", "not": "~{0}",
    "nonzero": "(mask)({0} != splat(0.0))", "number": "({0} ? splat(1.0) : splat(0.0))",
    "select": "({0} ? {1} : {2})",
}  # fmt: skip


def expression(operation: str, operands: list[str]) -> str:
    """An operation in C++; what has no symbol is a function `v_NAME` of `kernel.hh`."""
    if operation in SYMBOLS:
        return SYMBOLS[operation].format(*operands)
    return f"v_{operation}({', '.join(operands)})"


@cache
def jax_operations() -> dict[str, Callable[..., Any]]:
    """Operation -> the same as a function of JAX, with the derivative that JAX gives it."""
    from jax import lax

    operations = {
        operation: getattr(lax, name)
        for name, operation in ELEMENTWISE.items()
        if name not in ("add_any", "and", "or", "not", "xor", "rem", "clamp")
    }
    return operations | {
        "and": lax.bitwise_and,
        "or": lax.bitwise_or,
        "xor": lax.bitwise_xor,
        "not": lax.bitwise_not,
        "fmod": lax.rem,
        "clamp": lambda low, x, high: lax.clamp(*_doubles(low, x, high)),
        "select": lambda mask, yes, no: lax.select(mask, *_doubles(yes, no)),
        "nonzero": lambda x: lax.ne(x, 0.0),
        "number": lambda mask: lax.convert_element_type(mask, "float64"),
    }


def _doubles(*values: Any) -> list[Any]:
    from jax.numpy import asarray

    return [asarray(value, "float64") for value in values]
