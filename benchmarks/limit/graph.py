"""A graph of operations on the numbers of one column, where equal operations are one node."""

from __future__ import annotations

import math

import numpy as np

# where a node can be computed: once, for a column, before, within or after the hours of a day
LITERAL, COLUMN, BEFORE, HOUR, AFTER = range(5)
FOLD = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "reciprocal": np.reciprocal,
    "neg": np.negative, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh,
    "cos": np.cos, "sin": np.sin, "abs": np.abs, "max": np.maximum, "min": np.minimum,
}  # fmt: skip
COMMUTATIVE = ("add", "mul", "max", "min", "and", "or", "eq")


class Graph:
    """Nodes are numbers. A node has an operation, its operands and a level.

    Leaves are `literal` (a number), `table` (a number for each hour) and `input` (a name).

    Args:
        hours: of a day.
        saved: sums over the hours are read, as the reverse sweep of a day does; `sum_of` has them.
    """

    def __init__(self, hours: int = 0, saved: bool = False) -> None:
        self.hours, self.saved = hours, saved
        self.sum_of: dict[int, int] = {}
        self.operation: list[str] = []
        self.operands: list[tuple] = []
        self.level: list[int] = []
        self._known: dict[tuple, int] = {}

    def node(self, operation: str, operands: tuple, level: int) -> int:
        """Number of a node, the same for the same operation."""
        key = (operation, *operands)
        if key not in self._known:
            self._known[key] = len(self.operation)
            self.operation.append(operation)
            self.operands.append(operands)
            self.level.append(level)
        return self._known[key]

    def literal(self, value: float) -> int:
        """A number that is written into the program."""
        return self.node("literal", (float(value),), LITERAL)

    def table(self, values: np.ndarray) -> int:
        """A number that depends on the hour of the day alone."""
        return self.node("table", tuple(map(float, values)), HOUR)

    def input(self, name: str, level: int) -> int:
        """A number that the program reads."""
        return self.node("input", (name,), level)

    def hour_sum(self, node: int) -> int:
        """Sum over the hours of a day."""
        if self.level[node] != HOUR:
            return self.emit("mul", node, self.literal(self.hours))
        if not self.saved:
            return self.node("sum", (node,), AFTER)
        read = self.input(f"q{len(self.sum_of)}", BEFORE)
        self.sum_of[read] = node
        return read

    def total(self, nodes: list[int]) -> int:
        """Sum of nodes."""
        result = nodes[0]
        for node in nodes[1:]:
            result = self.emit("add", result, node)
        return result

    def value(self, node: int) -> float | np.ndarray | None:
        """Number or table of a leaf, else None."""
        if self.operation[node] == "literal":
            return self.operands[node][0]
        if self.operation[node] == "table":
            return np.array(self.operands[node])
        return None

    def emit(self, operation: str, *operands: int) -> int:
        """Node of an operation, simplified where an operand is 0 or 1."""
        if operation == "div":
            return self.emit("mul", operands[0], self.emit("reciprocal", operands[1]))
        values = [self.value(node) for node in operands]
        if operation in FOLD and all(value is not None for value in values):
            result = FOLD[operation](*values)
            return self.table(result) if np.ndim(result) else self.literal(result)
        short = self._simplified(operation, operands, values)
        if short is not None:
            return short
        if operation in COMMUTATIVE:
            operands = tuple(sorted(operands))
        level = max(self.level[node] for node in operands)
        if level == AFTER and any(self.level[node] == HOUR for node in operands):
            raise ValueError("an hour needs the sum over the hours")
        return self.node(operation, operands, level)

    def _simplified(self, operation: str, operands: tuple, values: list) -> int | None:
        def is_(position: int, number: float) -> bool:
            return isinstance(values[position], float) and values[position] == number

        match operation:
            case "add" if is_(0, 0.0):
                return operands[1]
            case "add" | "sub" if is_(1, 0.0):
                return operands[0]
            case "sub" if is_(0, 0.0):
                return self.emit("neg", operands[1])
            case "mul" if is_(0, 0.0) or is_(1, 0.0):
                return self.literal(0.0)
            case "mul" if is_(0, 1.0):
                return operands[1]
            case "mul" if is_(1, 1.0):
                return operands[0]
            case "mul" if is_(0, -1.0):
                return self.emit("neg", operands[1])
            case "mul" if is_(1, -1.0):
                return self.emit("neg", operands[0])
            case "neg" if self.operation[operands[0]] == "neg":
                return self.operands[operands[0]][0]
            case "select" if operands[1] == operands[2]:
                return operands[1]
        return None

    def operands_of(self, node: int) -> tuple[int, ...]:
        """Nodes that a node is computed from."""
        leaf = self.operation[node] in ("literal", "table", "input")
        return () if leaf else self.operands[node]

    def needed(self, results: list[int], through_sums: bool = False) -> list[int]:
        """Nodes that results depend on, in an order in which they can be computed."""
        found: set[int] = set()
        left = list(results)
        while left:
            node = left.pop()
            if node not in found:
                found.add(node)
                left.extend(self.operands_of(node))
                if through_sums and node in self.sum_of:
                    left.append(self.sum_of[node])
        return sorted(found)


def adjoints(graph: Graph, seeds: dict[int, int], wanted: list[int]) -> dict[int, int]:
    """Nodes of the derivatives of sum(seed * node) by the wanted nodes.

    The rule of each operation is applied from the last node to the first. What a node of a day
    receives from the hours is summed over them.

    Args:
        graph: receives the new nodes.
        seeds: node of the weight of each result.
        wanted: leaves.
    """
    active = set(wanted)
    nodes = graph.needed(list(seeds), through_sums=True)
    for node in nodes:
        if active.intersection((*graph.operands_of(node), graph.sum_of.get(node, -1))):
            active.add(node)
    graph.saved = False
    daily: dict[int, list[int]] = {node: [seed] for node, seed in seeds.items()}
    hourly: dict[int, list[int]] = {}
    found: dict[int, int] = {}
    for node in reversed(nodes):
        if node not in active:
            continue
        parts = list(daily.get(node, []))
        if node in hourly:
            total = graph.total(hourly[node])
            within = graph.level[node] == HOUR
            parts.append(total if within else graph.hour_sum(total))
        if not parts:
            continue
        found[node] = graph.total(parts)
        if node in graph.sum_of:
            hourly.setdefault(graph.sum_of[node], []).append(found[node])
            continue
        if graph.operation[node] == "input":
            continue
        within = graph.level[node] == HOUR
        for operand, part in _rule(graph, node, found[node]):
            if operand in active:
                into_hour = within or graph.level[operand] == HOUR
                (hourly if into_hour else daily).setdefault(operand, []).append(part)
    zero = graph.literal(0.0)
    return {node: found.get(node, zero) for node in wanted}


def _rule(graph: Graph, node: int, bar: int) -> list[tuple[int, int]]:
    """Operands of a node with what each receives of its adjoint."""
    emit, literal = graph.emit, graph.literal
    operation, operands = graph.operation[node], graph.operands[node]
    a, b = operands[0], operands[1] if len(operands) > 1 else operands[0]
    zero = literal(0.0)
    match operation:
        case "add":
            return [(a, bar), (b, bar)]
        case "sub":
            return [(a, bar), (b, emit("neg", bar))]
        case "neg":
            return [(a, emit("neg", bar))]
        case "mul":
            return [(a, emit("mul", bar, b)), (b, emit("mul", bar, a))]
        case "reciprocal":
            return [(a, emit("neg", emit("mul", bar, emit("mul", node, node))))]
        case "exp":
            return [(a, emit("mul", bar, node))]
        case "log":
            return [(a, emit("div", bar, a))]
        case "sqrt":
            return [(a, emit("mul", bar, emit("div", literal(0.5), node)))]
        case "tanh":
            slope = emit("sub", literal(1.0), emit("mul", node, node))
            return [(a, emit("mul", bar, slope))]
        case "erf":
            bell = emit("exp", emit("neg", emit("mul", a, a)))
            return [(a, emit("mul", bar, emit("mul", literal(2.0 / math.sqrt(math.pi)), bell)))]
        case "cos":
            return [(a, emit("neg", emit("mul", bar, emit("sin", a))))]
        case "abs":
            return [(a, emit("select", emit("lt", a, zero), emit("neg", bar), bar))]
        case "max" | "min":  # equal operands share the adjoint
            half = emit("mul", bar, literal(0.5))
            shared = emit("select", emit("eq", a, b), half, zero)
            larger = emit("lt", b, a) if operation == "max" else emit("lt", a, b)
            smaller = emit("lt", a, b) if operation == "max" else emit("lt", b, a)
            return [
                (a, emit("select", larger, bar, shared)),
                (b, emit("select", smaller, bar, shared)),
            ]
        case "select":
            yes, no = operands[1], operands[2]
            return [
                (yes, emit("select", a, bar, zero)),
                (no, emit("select", a, zero, bar)),
            ]
    raise NotImplementedError(f"no derivative of {operation}")
