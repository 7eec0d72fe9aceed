"""Graph of scalar operations: the form of a step between the trace of JAX and the source in C++.

Each operation acts on one number of a column. Equal operations on equal operands are one node.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

COMMUTATIVE = frozenset(("add", "mul", "max", "min", "eq", "ne", "and", "or"))
COMPARISONS = frozenset(("gt", "ge", "lt", "le", "eq", "ne"))
CONSTANTS = ("const", "truth")  # a number; true or false
# operations that give true or false
MASKS = COMPARISONS | {"truth", "and", "or", "not", "xor", "nonzero"}
FOLDED: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "max": max,
    "min": min,
    "neg": lambda a: -a,
}


class Graph:
    """Nodes by number, in an order in which operands come before their users.

    A node is an operation and its operands. The operands of `const`, `truth` and `input` are a
    number, true or false, and the name of an input; those of all others are numbers of nodes.

    Args:
        drops_zeros: whether 0 x is 0. The values of a step keep NaN times zero; in derivatives
            zeros stand for what does not depend on an input.
    """

    def __init__(self, drops_zeros: bool = False) -> None:
        self.drops_zeros = drops_zeros
        self.nodes: list[tuple[str, tuple[Any, ...]]] = []
        self._known: dict[tuple[Any, ...], int] = {}

    def for_derivatives(self) -> Graph:
        """The same nodes, to which those of derivatives are added."""
        other = Graph(drops_zeros=True)
        other.nodes, other._known = list(self.nodes), dict(self._known)
        return other

    def constant(self, value: float | bool) -> int:
        """Node of a number, or of true or false."""
        if isinstance(value, bool | np.bool_):
            return self._node("truth", (bool(value),))
        value = float(value)
        return self._node("const", (value, math.copysign(1.0, value)))

    def input(self, name: tuple[Any, ...]) -> int:
        """Node of an input."""
        return self._node("input", name)

    def value(self, node: int) -> float | None:
        """Number of a constant, None of another node."""
        operation, operands = self.nodes[node]
        return float(operands[0]) if operation == "const" else None

    def truth(self, node: int) -> bool | None:
        """True or false of a constant, None of another node."""
        operation, operands = self.nodes[node]
        return bool(operands[0]) if operation == "truth" else None

    def emit(self, operation: str, *operands: int) -> int:
        """Node of an operation, or a simpler one of the same value."""
        simpler = self._simplified(operation, operands)
        if simpler is not None:
            return simpler
        if operation in COMMUTATIVE:
            operands = tuple(sorted(operands))
        return self._node(operation, operands)

    def _node(self, operation: str, operands: tuple[Any, ...]) -> int:
        key = (operation, *operands)
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append((operation, operands))
        return self._known[key]

    def _simplified(self, operation: str, operands: tuple[int, ...]) -> int | None:
        numbers = [self.value(operand) for operand in operands]
        if operation in FOLDED and all(number is not None for number in numbers):
            return self.constant(FOLDED[operation](*numbers))
        if any(self.truth(operand) is not None for operand in operands):
            return self._simplified_truth(operation, operands)
        match operation, numbers:
            case ("add", [0.0, _]) | ("mul", [1.0, _]):
                return operands[1]
            case ("add", [_, 0.0]) | ("sub", [_, 0.0]) | ("mul" | "div", [_, 1.0]):
                return operands[0]
            case ("mul", [0.0, _] | [_, 0.0]) if self.drops_zeros:
                return self.constant(0.0)
            case ("sub", [0.0, _]) | ("mul", [-1.0, _]):
                return self.emit("neg", operands[1])
            case ("mul", [_, -1.0]):
                return self.emit("neg", operands[0])
        if operation == "neg" and self.nodes[operands[0]][0] == "neg":
            return int(self.nodes[operands[0]][1][0])
        if operation == "select" and operands[1] == operands[2]:
            return operands[1]
        if operation in ("add", "sub") and self.nodes[operands[1]][0] == "neg":
            opposite = "sub" if operation == "add" else "add"
            return self.emit(opposite, operands[0], self.nodes[operands[1]][1][0])
        if operation == "add" and self.nodes[operands[0]][0] == "neg":
            return self.emit("sub", operands[1], self.nodes[operands[0]][1][0])
        return None

    def _simplified_truth(self, operation: str, operands: tuple[int, ...]) -> int | None:
        """As `_simplified`, where at least one operand is true or false."""
        first = self.truth(operands[0])
        match operation, [self.truth(operand) for operand in operands]:
            case ("select", [True, *_]):
                return operands[1]
            case ("select", [False, *_]):
                return operands[2]
            case ("number", _):
                return self.constant(float(bool(first)))
            case ("nonzero", _):
                return operands[0]
            case ("not", _):
                return self.constant(not first)
            case ("and" | "eq", [True, _]) | ("or" | "xor" | "ne", [False, _]):
                return operands[1]
            case ("and" | "eq", [_, True]) | ("or" | "xor" | "ne", [_, False]):
                return operands[0]
            case ("and", _):
                return self.constant(False)
            case ("or", _):
                return self.constant(True)
            case ("eq" | "xor" | "ne", _):
                return self.emit("not", operands[1] if first is not None else operands[0])
        return None

    def operands(self, node: int) -> tuple[int, ...]:
        """Nodes that a node is computed from."""
        operation, operands = self.nodes[node]
        return () if operation in (*CONSTANTS, "input") else operands

    def needed(self, results: Iterable[int], stop: Iterable[int] = ()) -> list[int]:
        """Nodes that results are computed from, in order; those of `stop` count as inputs."""
        ends = set(stop)
        seen: set[int] = set()
        pending = list(results)
        while pending:
            node = pending.pop()
            if node in seen:
                continue
            seen.add(node)
            if node not in ends:
                pending.extend(self.operands(node))
        return sorted(seen)

    def reached(self, sources: Iterable[int]) -> set[int]:
        """Nodes whose value depends on one of the sources."""
        nodes = set(sources)
        for node in range(len(self.nodes)):
            if any(operand in nodes for operand in self.operands(node)):
                nodes.add(node)
        return nodes

    def function(
        self, arguments: Sequence[int], results: Sequence[int]
    ) -> Callable[[Sequence[Any]], list[Any]]:
        """Results as a JAX function of the values of the arguments."""
        from .operations import jax_operations

        operations = jax_operations()
        order = [n for n in self.needed(results, arguments) if n not in set(arguments)]

        def evaluate(values: Sequence[Any]) -> list[Any]:
            values = dict(zip(arguments, values, strict=True))
            for node in order:
                operation, operands = self.nodes[node]
                if operation in CONSTANTS:
                    values[node] = operands[0]
                else:
                    values[node] = operations[operation](*(values[o] for o in operands))
            return [values[node] for node in results]

        return evaluate
