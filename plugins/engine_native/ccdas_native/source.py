"""C++ of a graph: sections of statements around the loops over days, hours and tangents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from attrs import define, field, frozen

from .derivatives import TANGENT
from .flat import Unsupported
from .graph import CONSTANTS, MASKS, Graph
from .operations import expression
from .scalar_step import HOUR

ALWAYS, DAY, IN_HOURS, EVENING = range(4)  # sections, in order: before all days, then of each day
TOGETHER = 8  # tangents that share one evaluation of the step


@frozen(eq=False)
class Leaf:
    """An array of the call.

    Args:
        name: of the pointer in C++.
        shape: without members and days; columns last, if it has them.
        columns: whether it has columns.
        loop: position of the axis of hours, or None.
        daily: whether it has an axis of days first.
        tangent: whether it has an axis of tangents after that of members.
        shared: whether it is the gradient by column of an array that all columns share.
    """

    name: str
    shape: tuple[int, ...]
    columns: bool = True
    loop: int | None = None
    daily: bool = False
    tangent: bool = False
    shared: bool = False

    def offset(self, element: int, hour: Any) -> str:
        """Distance of an element from the first one, in C++."""
        lengths = self.shape[:-1] if self.columns else self.shape
        order = np.arange(int(np.prod(lengths, dtype=int))).reshape(lengths)
        unit = "N" if self.columns else "1"
        if self.loop is None:
            return f"{order.ravel()[element]}*{unit}"
        hours = np.moveaxis(order, self.loop, 0).reshape(lengths[self.loop], -1)[:, element]
        if hour != HOUR:
            return f"{hours[hour]}*{unit}"
        return f"({hours[0]} + h*{hours[1] - hours[0]})*{unit}"

    @property
    def size(self) -> str:
        """Numbers of a day and a member, in C++."""
        lengths = self.shape[:-1] if self.columns else self.shape
        return f"{int(np.prod(lengths, dtype=int))}{'*N' if self.columns else ''}"

    def load(self, element: int, hour: Any) -> str:
        """A vector of an element."""
        place = f"{self.name} + {self.offset(element, hour)}"
        return f"load({place})" if self.columns else f"splat(*({place}))"


@define(eq=False)
class Sections:
    """Statements of a graph by section; a node is computed as seldom as its operands allow.

    Args:
        graph: the nodes.
        used: nodes that are stored or added up.
        leaf_of: input name -> expression in C++, and the section in which it is known.
    """

    graph: Graph
    used: Sequence[int]
    leaf_of: Callable[[tuple[Any, ...]], tuple[str, int]]
    place: dict[int, tuple[int, bool]] = field(factory=dict)  # section, whether for each tangent
    lines: dict[tuple[int, bool], list[str]] = field(factory=dict)
    tables: dict[tuple[float, ...], str] = field(factory=dict)
    sums: list[int] = field(factory=list)
    slots: dict[int, int] = field(factory=dict)  # node -> place in the memory of a tangent

    def __attrs_post_init__(self) -> None:
        order = self.graph.needed(self.used)
        for node in order:
            self.place[node] = self._placed(node)
        self._reserve(order)
        for node in order:
            self._write(node)

    def name(self, node: int) -> str:
        """A node in C++, a constant as a vector."""
        value, truth = self.graph.value(node), self.graph.truth(node)
        if truth is not None:
            return "~mask{}" if truth else "mask{}"
        return f"v{node}" if value is None else _number(value)

    def _placed(self, node: int) -> tuple[int, bool]:
        operation, operands = self.graph.nodes[node]
        if operation in CONSTANTS:
            return ALWAYS, False
        if operation == "input":
            if operands[0] == "table":
                return IN_HOURS, False
            return self.leaf_of(operands)[1], operands[0] == TANGENT
        places = [self.place[o] for o in operands]
        section, each = max(p[0] for p in places), any(p[1] for p in places)
        if operation == "sum":
            self.sums.append(node)
            return EVENING, each
        if section == EVENING and any(p[0] == IN_HOURS for p in places):
            raise Unsupported("values of single hours depend on a sum over hours")
        return section, each

    def _reserve(self, order: Iterable[int]) -> None:
        """Memory for values of each tangent that a later section uses."""
        for node in order:
            section, each = self.place[node]
            operation = self.graph.nodes[node][0]
            if operation == "sum" and each:
                self._keep(node, True)
            use = IN_HOURS if operation == "sum" else section
            for operand in self.graph.operands(node):
                if each and self.place[operand] not in ((use, True), (use, False)):
                    self._keep(operand)
        for node in self.used:  # at the end of a day
            if self.place[node][0] != EVENING:
                self._keep(node)

    def _keep(self, node: int, always: bool = False) -> None:
        """Reserve memory for a node that differs between tangents."""
        if always or self.place[node][1]:
            self.slots.setdefault(node, len(self.slots))

    def section(self, section: int, each: bool) -> list[str]:
        """Statements of a section."""
        return self.lines.setdefault((section, each), [])

    def _write(self, node: int) -> None:
        operation, operands = self.graph.nodes[node]
        section, each = self.place[node]
        kind = "mask" if operation in MASKS else "vec"
        if operation in CONSTANTS:
            return
        if operation == "sum":
            self._sum(node, operands[0], each)
            return
        if operation == "input":
            text = self._input(operands)
        else:
            text = expression(operation, [self.read(o, section, each) for o in operands])
        lines = self.section(section, each)
        lines.append(f"const {kind} v{node} = {text};")
        if node in self.slots:
            lines.append(f"mine[{self.slots[node]}] = v{node};")

    def read(self, node: int, section: int, each: bool) -> str:
        """A node where a section uses it."""
        if each and node in self.slots and self.place[node][0] != section:
            return f"mine[{self.slots[node]}]"
        return self.name(node)

    def _sum(self, node: int, summed: int, each: bool) -> None:
        if each:
            slot = self.slots[node]
            self.section(DAY, True).append(f"mine[{slot}] = splat(0.0);")
            value = self.read(summed, IN_HOURS, True)
            self.section(IN_HOURS, True).append(f"mine[{slot}] = mine[{slot}] + {value};")
            self.section(EVENING, True).append(f"const vec v{node} = mine[{slot}];")
        else:
            self.section(DAY, False).append(f"vec v{node} = splat(0.0);")
            value = self.name(summed)
            self.section(IN_HOURS, False).append(f"v{node} = v{node} + {value};")

    def _input(self, name: tuple[Any, ...]) -> str:
        if name[0] == "table":
            table = self.tables.setdefault(name[1], f"table_{len(self.tables)}")
            return f"splat({table}[h])"
        return self.leaf_of(name)[0]

    def table_lines(self) -> str:
        """Declarations of the constants of each hour."""
        return "".join(
            f"static const double {name}[] = {{{', '.join(map(repr, values))}}};\n"
            for values, name in self.tables.items()
        )


def _number(value: float) -> str:
    text = repr(value)
    names = {"inf": "__builtin_inf()", "-inf": "-__builtin_inf()", "nan": '__builtin_nan("")'}
    return f"splat({names.get(text, text)})"


def block(lines: Sequence[str], depth: int) -> str:
    """Statements with their indentation."""
    return "".join(f"{'  ' * depth}{line}\n" for line in lines)


def tangent_loop(lines: Sequence[str]) -> list[str]:
    """Statements for each tangent of a group, each with its memory `mine`."""
    if not lines:
        return []
    start = "for (long long k = 0; k < group; k++) { vec* const mine = scratch + k*SLOTS;"
    return [start, *(f"  {line}" for line in lines), "}"]
