"""A sequence of loops over the days of a run, as C++ for a tile of columns, forward and reverse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from attrs import define, field, frozen

from .graph import AFTER, BEFORE, COLUMN, HOUR, Graph, adjoints
from .source import statements
from .trace import Tracer


@frozen
class Slot:
    """An array of a tile of columns.

    Args:
        number: in the table of arrays.
        kind: `column`, `day` or `hour`, the axes beside that of columns.
        shape: of one column on one day, as the traced functions see it.
        window: whether the days are those of the window, without the lead.
    """

    number: int
    kind: str
    shape: tuple[int, ...] = (1,)
    window: bool = False

    def at(self) -> str:
        """Address of the day of the loop."""
        day = "(d - lead)" if self.window else "d"
        rows = {"column": "", "day": f" + {day} * W", "hour": f" + ({day} * hours + h) * W"}
        return f"a[{self.number}]{rows[self.kind]}"


@define
class Program:
    """Arrays and loops in the order in which they run.

    Args:
        hours: of a day.
        noon: number of the hour of noon.
        slots, loops: so far.
        active: numbers of the arrays that depend on parameters.
    """

    hours: int
    noon: int
    slots: list[Slot] = field(factory=list)
    loops: list[_Loop] = field(factory=list)
    active: set[int] = field(factory=set)

    def array(self, kind: str, shape: tuple[int, ...] = (1,), window: bool = False) -> Slot:
        """A new array."""
        self.slots.append(Slot(len(self.slots), kind, shape, window))
        return self.slots[-1]

    def loop(
        self, step: Callable, carry: Any, today: Any, constants: Any, window: bool = False
    ) -> tuple[Any, Any]:
        """Arrays of the last carry and of the results of `step(carry, today, constants)`."""
        return self._add(step, (carry, today, constants), ("day", window))

    def once(self, function: Callable, constants: Any) -> Any:
        """Arrays of the results of `function(constants)`."""

        def step(carry, today, constants):
            return {}, function(constants)

        return self._add(step, ({}, {}, constants), ("column", False))[1]

    def _add(self, step: Callable, trees: tuple, results: tuple[str, bool]) -> tuple[Any, Any]:
        carry, today, constants = (jax.tree.leaves(tree) for tree in trees)
        nesting = jax.tree.structure(trees)
        out_nesting: Any = None

        def flat(*leaves):
            nonlocal out_nesting
            out, out_nesting = jax.tree.flatten(step(*jax.tree.unflatten(nesting, leaves)))
            return out

        slots = [*carry, *today, *constants]
        shapes = [jax.ShapeDtypeStruct(slot.shape, float) for slot in slots]
        closed = jax.make_jaxpr(flat)(*shapes)
        last = [self.array("column") for _ in carry]
        ys = [self.array(*results[:1], window=results[1]) for _ in closed.out_avals[len(carry) :]]
        loop = _Loop(self, closed, carry, today, constants, last, ys, results)
        self.loops.append(loop)
        if any(slot.number in self.active for slot in slots):
            self.active.update(slot.number for slot in (*last, *ys))
        return jax.tree.unflatten(out_nesting, [*last, *ys])

    def source(self) -> str:
        """C++ of all loops, and the functions `forward` and `reverse` of a tile."""
        parts = [loop.forward(i) + loop.reverse(i) for i, loop in enumerate(self.loops)]
        numbers = range(len(self.loops))
        forward = "\n".join(f"  f{i}(a, hist[{i}], days, lead, hours, save);" for i in numbers)
        backward = "\n".join(f"  r{i}(a, hist[{i}], days, lead, hours);" for i in reversed(numbers))
        arguments = "double* const* a, double* const* hist, long days, long lead, long hours"
        kinds = ", ".join(str(("column", "day", "hour").index(s.kind)) for s in self.slots)
        windows = ", ".join(str(int(s.window)) for s in self.slots)
        histories = ", ".join(str(loop.saved) for loop in self.loops)
        return (
            f"enum {{ SLOTS = {len(self.slots)}, LOOPS = {len(self.loops)} }};\n"
            f"static const int KIND[] = {{{kinds}}}, WINDOW[] = {{{windows}}}, "
            f"SAVED[] = {{{histories}}};\n" + "".join(parts)
            + f"static void forward({arguments}, bool save) {{\n{forward}\n}}\n"
            + f"static void reverse({arguments}) {{\n{backward}\n}}\n"
        )  # fmt: skip


@define
class _Loop:
    """One loop over days; adjoints of arrays have the numbers SLOTS and on.

    Args:
        program: that the loop belongs to.
        closed: jaxpr of (carry, today, constants) -> (carry, results).
        carry, today, constants: arrays of its arguments.
        last, ys: arrays of the last carry and of the results of each day.
        results: kind of the results, and whether the days are those of the window.
        saved: numbers of a day that the reverse sweep reads.
    """

    program: Program
    closed: Any
    carry: list[Slot]
    today: list[Slot]
    constants: list[Slot]
    last: list[Slot]
    ys: list[Slot]
    results: tuple[str, bool]
    saved: int = 0

    def traced(self, graph: Graph) -> tuple[list[int], list[int], dict[str, str]]:
        """Nodes of the arguments and of the results, and the code that reads each input."""
        read: dict[str, str] = {}
        arguments = []
        tracer = Tracer(graph, self.program.noon)
        for place, slot in enumerate((*self.carry, *self.today, *self.constants)):
            name = f"x{place}"
            if place < len(self.carry):
                nodes = [graph.input(f"s{place}", BEFORE)]
            elif slot.kind == "hour":
                read[name] = f"LOAD({slot.at()})"
                read[f"n{place}"] = read[name].replace(" h)", f" {self.program.noon})")
                nodes = [graph.input(f"n{place}", BEFORE), graph.input(name, HOUR)]
            else:
                read[name] = f"LOAD({slot.at()})"
                nodes = [graph.input(name, COLUMN if slot.kind == "column" else BEFORE)]
            arguments.append(np.array(nodes, dtype=object).reshape(tracer.rows(slot.shape)))
        out = tracer.run(self.closed.jaxpr, self.closed.consts, arguments)
        return [a.ravel()[-1] for a in arguments], [o.ravel()[0] for o in out], read

    def forward(self, number: int) -> str:
        """Function of the forward run of a tile; with `save` it keeps what `reverse` reads."""
        graph = Graph(self.program.hours)
        _, results, read = self.traced(graph)
        names, phases, sums = statements(graph, results, read)
        self.saved = len(self.carry) + len(sums)
        begin, end = self.days()
        carry = range(len(self.carry))
        keep = [f"    if (save) STORE(hist + (d * {self.saved} + {j}) * W, s{j});" for j in carry]
        for k, node in enumerate(sums):
            place = len(self.carry) + k
            keep.append(
                f"    if (save) STORE(hist + (d * {self.saved} + {place}) * W, {names[node]});"
            )
        kept_carry, kept_sums = keep[: len(self.carry)], keep[len(self.carry) :]
        return "\n".join([
            f"static void f{number}(double* const* a, double* hist, long days, long lead, "
            "long hours, bool save) {",
            *phases[COLUMN],
            *(f"  vec s{j} = LOAD(a[{self.carry[j].number}]);" for j in carry),
            f"  for (long d = {begin}; d < {end}; d++) {{",
            *kept_carry,
            *phases[BEFORE], *hours_of(phases, sums, names), *kept_sums, *phases[AFTER],
            *(f"    STORE({slot.at()}, {names[node]});"
              for slot, node in zip(self.ys, results[len(self.carry):], strict=True)),
            *(f"    s{j} = {names[results[j]]};" for j in carry),
            "  }",
            *(f"  STORE(a[{slot.number}], s{j});" for j, slot in enumerate(self.last)),
            "}\n",
        ])  # fmt: skip

    def days(self) -> tuple[str, str]:
        """First day and the day after the last one."""
        kind, window = self.results
        return ("0", "1") if kind == "column" else ("lead" if window else "0", "days")

    def reverse(self, number: int) -> str:
        """Function of the reverse sweep of a tile: adds to the adjoints of all inputs."""
        graph = Graph(self.program.hours, saved=True)
        arguments, results, read = self.traced(graph)
        count, active = len(self.carry), self.program.active
        slots = [*self.carry, *self.today, *self.constants]
        places = [i for i, s in enumerate(slots) if i < count or s.number in active]
        seeds: dict[int, int] = {}
        for j, (slot, node) in enumerate(zip((*self.last, *self.ys), results, strict=True)):
            if j >= count:
                read[f"y{j}"] = f"LOAD({adjoint(slot.at())})"
            seed = graph.input(f"b{j}" if j < count else f"y{j}", BEFORE)
            seeds[node] = graph.emit("add", seeds[node], seed) if node in seeds else seed
        found = adjoints(graph, seeds, [arguments[i] for i in places])
        for k in range(len(graph.sum_of)):
            read[f"q{k}"] = f"LOAD(hist + (d * {self.saved} + {count + k}) * W)"
        for j in range(count):
            read[f"s{j}"] = f"LOAD(hist + (d * {self.saved} + {j}) * W)"
        outs = [found[arguments[i]] for i in places]
        names, phases, sums = statements(graph, outs, read)
        begin, end = self.days()
        days, totals = [], []
        for i, node in zip(places, outs, strict=True):
            if i < count:
                totals.append((i, f"b{i}", names[node]))
            elif slots[i].kind == "column":
                days.append(f"    g{i} += {names[node]};")
            else:
                days.append(f"    ADD({adjoint(slots[i].at())}, {names[node]});")
        kinds = [i for i in places if i >= count and slots[i].kind == "column"]
        return "\n".join([
            f"static void r{number}(double* const* a, double* hist, long days, long lead, "
            "long hours) {",
            *phases[COLUMN],
            *(f"  vec b{j} = LOAD(a[SLOTS + {slot.number}]);" for j, slot in enumerate(self.last)),
            *(f"  vec g{i} = K(0.0);" for i in kinds),
            f"  for (long d = {end} - 1; d >= {begin}; d--) {{",
            *phases[BEFORE], *hours_of(phases, sums, names), *phases[AFTER],
            *days,
            *(f"    {name} = {value};" for _, name, value in totals),
            "  }",
            *(f"  ADD(a[SLOTS + {slots[i].number}], {name});" for i, name, _ in totals),
            *(f"  ADD(a[SLOTS + {slots[i].number}], g{i});" for i in kinds),
            "}\n",
        ])  # fmt: skip


def adjoint(address: str) -> str:
    """Address of the adjoint of an array."""
    return address.replace("a[", "a[SLOTS + ", 1)


def hours_of(phases: dict[int, list[str]], sums: list[int], names: dict[int, str]) -> list[str]:
    """The loop over the hours of a day."""
    if not sums:
        return []
    return [
        *(f"    vec {names[node]} = K(0.0);" for node in sums),
        "    for (long h = 0; h < hours; h++) {",
        *phases[HOUR],
        "    }",
    ]
