"""A traced step as one list of primitives, without calls and inner loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

CALLS = ("jit", "pjit", "closed_call", "core_call", "remat", "checkpoint", "remat2")


class Unsupported(Exception):
    """A step that the generator cannot translate; JAX runs it instead."""


@frozen(eq=False)
class Variable:
    """A value of the list: an array of known shape, or a constant."""

    shape: tuple[int, ...]
    kind: str  # of the dtype: "f", "b", "i"
    constant: np.ndarray | None = None


@frozen(eq=False)
class Equation:
    """One primitive of JAX, or `index`, which takes one element of the first axis."""

    name: str
    inputs: list[Variable]
    outputs: list[Variable]
    params: dict[str, Any]


@frozen(eq=False)
class FlatProgram:
    """Inputs, equations in order, and results."""

    inputs: list[Variable]
    equations: list[Equation]
    results: list[Variable]


def flat_program(closed: Any, count: int) -> FlatProgram:
    """The list of a closed jaxpr, with only the equations that its results need.

    Args:
        closed: jaxpr with its constants, all of them arrays of numpy.
        count: equations at most.

    Raises:
        Unsupported: a primitive with an inner function that has no translation, or too many.
    """
    flattener = _Flattener(count)
    inputs = [_variable(v.aval) for v in closed.jaxpr.invars]
    results = flattener.run(closed.jaxpr, closed.consts, inputs)
    return FlatProgram(inputs, _live(flattener.equations, results), results)


def _live(equations: list[Equation], results: Sequence[Variable]) -> list[Equation]:
    needed = {id(v) for v in results}
    kept = []
    for equation in reversed(equations):
        if any(id(v) in needed for v in equation.outputs):
            needed.update(id(v) for v in equation.inputs)
            kept.append(equation)
    return kept[::-1]


def _variable(aval: Any) -> Variable:
    return Variable(tuple(aval.shape), np.dtype(aval.dtype).kind)


def _constant(value: Any) -> Variable:
    array = np.asarray(value)
    return Variable(array.shape, array.dtype.kind, array)


class _Flattener:
    def __init__(self, count: int) -> None:
        self.equations: list[Equation] = []
        self.count = count

    def run(self, jaxpr: Any, consts: Sequence[Any], inputs: Sequence[Variable]) -> list[Variable]:
        from jax.extend.core import Literal

        known: dict[Any, Variable] = {}

        def read(v: Any) -> Variable:
            return _constant(v.val) if isinstance(v, Literal) else known[v]

        known.update(zip(jaxpr.constvars, map(_constant, consts), strict=True))
        known.update(zip(jaxpr.invars, inputs, strict=True))
        for eqn in jaxpr.eqns:
            name, operands = eqn.primitive.name, [read(v) for v in eqn.invars]
            if name in CALLS:
                inner = eqn.params.get("jaxpr", eqn.params.get("call_jaxpr"))
                body, bound = (
                    (inner.jaxpr, inner.consts) if hasattr(inner, "consts") else (inner, ())
                )
                known.update(zip(eqn.outvars, self.run(body, bound, operands), strict=True))
            elif name == "scan":
                known.update(zip(eqn.outvars, self.unrolled(eqn.params, operands), strict=True))
            else:
                outputs = [_variable(v.aval) for v in eqn.outvars]
                self.add(name, operands, outputs, dict(eqn.params))
                known.update(zip(eqn.outvars, outputs, strict=True))
        return [read(v) for v in jaxpr.outvars]

    def add(
        self, name: str, inputs: list[Variable], outputs: list[Variable], params: dict[str, Any]
    ) -> None:
        if len(self.equations) >= self.count:
            raise Unsupported(f"the step has more than {self.count} operations")
        self.equations.append(Equation(name, inputs, outputs, params))

    def unrolled(self, params: dict[str, Any], operands: list[Variable]) -> list[Variable]:
        """Results of an inner loop, written out step by step."""
        consts, carries = params["num_consts"], params["num_carry"]
        body, length = params["jaxpr"], params["length"]
        fixed, carry = operands[:consts], operands[consts : consts + carries]
        rows: list[list[Variable]] = [[] for _ in range(length)]
        order = range(length)
        for number in reversed(order) if params["reverse"] else order:
            today = [self.element(xs, number) for xs in operands[consts + carries :]]
            results = self.run(body.jaxpr, body.consts, [*fixed, *carry, *today])
            carry, rows[number] = results[:carries], results[carries:]
        return [*carry, *(self.stacked(list(column)) for column in zip(*rows, strict=True))]

    def element(self, array: Variable, number: int) -> Variable:
        out = Variable(array.shape[1:], array.kind)
        self.add("index", [array], [out], {"index": number})
        return out

    def stacked(self, rows: list[Variable]) -> Variable:
        out = Variable((len(rows), *rows[0].shape), rows[0].kind)
        self.add("stack", rows, [out], {"axis": 0})
        return out
