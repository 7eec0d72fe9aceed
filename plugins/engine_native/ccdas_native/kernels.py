"""Source of the three kernels of a step: its values, its adjoint and its tangents over all days.

Arrays of a call have an axis of members first, which an input may lack, then one of days where
they change daily; columns are last.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .derivatives import COTANGENT, SUM, TANGENT, Cut, adjoint, tangents
from .flat import FlatProgram, Unsupported
from .graph import Graph
from .layouts import Layouts, loop_length
from .scalar_step import HOUR, ScalarStep
from .source import ALWAYS, DAY, EVENING, IN_HOURS, TOGETHER, Leaf, Sections, block, tangent_loop

HOURS_LOOP = "for (long long h = 0; h < HOURS; h++) {"


@frozen(eq=False)
class Step:
    """A step of the time loop as a graph.

    Args:
        graph: of the step of one column.
        results: nodes of each result, shape of the result without columns; the carry first.
        leaves: inputs: the carry, today's values and parameters.
        outputs: results: the carry, and the outputs of a day.
        carries: number of arrays of the carry.
        hours: passes of the inner loop, 0 without one.
    """

    graph: Graph
    results: list[np.ndarray]
    leaves: list[Leaf]
    outputs: list[Leaf]
    carries: int
    hours: int

    @cached_property
    def cut(self) -> Cut:
        """The step before, within and after its hours."""
        cut = Cut(self.graph, [int(n) for nodes in self.results for n in nodes.ravel()])
        _ = cut.after
        return cut

    @cached_property
    def state(self) -> list[tuple[int, int]]:
        """Array and element of each number of the carry."""
        sizes = [nodes.size for nodes in self.results[: self.carries]]
        return [(number, e) for number, size in enumerate(sizes) for e in range(size)]

    @property
    def stored(self) -> int:
        """Numbers of a day that the adjoint needs: the carry and the sums over hours."""
        return len(self.state) + len(self.cut.sums)

    @cached_property
    def history(self) -> Leaf:
        """Array of the stored numbers."""
        return Leaf("x_history", (self.stored, 1), daily=True)

    def active_nodes(self, active: Sequence[bool]) -> set[int]:
        """Inputs in use of the active arrays, and of the carry that depends on them."""
        nodes = self.graph.nodes
        moving = list(active)
        while True:
            nodes_in_use = {
                node
                for node in self.cut.inputs
                if isinstance(nodes[node][1][0], int) and moving[nodes[node][1][0]]
            }
            reached = self.graph.reached(nodes_in_use)
            further = [
                n
                for n in range(self.carries)
                if not moving[n] and reached.intersection(map(int, self.results[n].ravel()))
            ]
            if not further:
                return nodes_in_use
            for n in further:
                moving[n] = True


def step_of(
    program: FlatProgram, carries: int, todays: int, columns: int, shapes: Sequence[tuple[int, ...]]
) -> Step:
    """Graph of a step; an axis of hours becomes a loop where every use of it allows that.

    Raises:
        Unsupported: the step has no translation.
    """
    hours = loop_length(shapes[carries:], columns)
    try:
        return _step(program, carries, todays, columns, hours)
    except Unsupported:
        if hours is None:
            raise
        return _step(program, carries, todays, columns, None)


def _step(program: FlatProgram, carries: int, todays: int, columns: int, hours: int | None) -> Step:
    layouts, graph = Layouts(program, columns, hours), Graph()
    scalar = ScalarStep(program, layouts, graph)
    leaves = []
    for number, variable in enumerate(program.inputs):
        layout = layouts.of(variable)
        if number < carries and (layout.column is None or layout.loop is not None):
            raise Unsupported("an array of the carry has no columns, or an axis of hours")
        daily = carries <= number < carries + todays
        name = f"{'x' if daily else 'a'}{number}"
        has_columns = layout.column is not None
        leaves.append(Leaf(name, variable.shape, has_columns, layout.loop, daily))
    outputs = [
        Leaf(f"{'o' if n < carries else 'y'}{n}", v.shape, daily=n >= carries)
        for n, v in enumerate(program.results)
    ]
    step = Step(graph, scalar.results, leaves, outputs, carries, hours or 0)
    _ = step.cut
    return step


@frozen(eq=False)
class Kernel:
    """Source of a kernel, and its arrays in the order of the call."""

    source: str
    inputs: list[Leaf]
    outputs: list[Leaf]


def forward_kernel(step: Step, with_history: bool) -> Kernel:
    """Last carry and outputs of all days, and what the adjoint needs."""
    of_state = {pair: i for i, pair in enumerate(step.state)}

    def leaf_of(name: tuple[Any, ...]) -> tuple[str, int]:
        return _step_input(step, name, lambda pair: f"s{of_state[pair]}")

    used = [*step.cut.results, *(step.cut.sums if with_history else ())]
    sections = Sections(step.graph, used, leaf_of)
    outputs = [*step.outputs, *([step.history] if with_history else [])]
    evening: list[str] = []
    if with_history:
        stored = [f"s{i}" for i in range(len(step.state))]
        stored += [sections.name(node) for node in step.cut.sums]
        evening += [f"store(x_history + {i}*N, {text});" for i, text in enumerate(stored)]
    for nodes, leaf in zip(step.results[step.carries :], step.outputs[step.carries :], strict=True):
        evening += [_store(leaf, e, sections.name(node)) for e, node in enumerate(nodes.ravel())]
    for i, (number, element) in enumerate(step.state):
        evening.append(f"s{i} = {sections.name(step.results[number].ravel()[element])};")
    before = [f"vec s{i} = {step.leaves[n].load(e, None)};" for i, (n, e) in enumerate(step.state)]
    last = [_store(step.outputs[n], e, f"s{i}") for i, (n, e) in enumerate(step.state)]
    body = (
        block(before, 2)
        + block(sections.section(ALWAYS, False), 2)
        + "    for (long long d = 0; d < T; d++) {\n"
        + block(_daily_pointers([*step.leaves, *outputs]), 3)
        + _day(sections, evening)
        + "    }\n"
        + block(last, 2)
    )
    return _kernel(step, sections, step.leaves, outputs, body, "0")


def adjoint_kernel(step: Step, active: Sequence[bool], wanted: Sequence[bool]) -> Kernel:
    """Gradients of the active inputs from cotangents of the wanted results.

    Inputs are the history, today's values and parameters, and the cotangents of wanted results.
    """
    sizes = [nodes.size for nodes in step.results]
    results = [(n, e) for n, size in enumerate(sizes) for e in range(size)]
    of_state = {pair: i for i, pair in enumerate(step.state)}
    driven = [n < step.carries or wanted[n] for n, _ in results]
    graph, gradients = adjoint(step.cut, step.active_nodes(active), driven)
    cotangents = [evolve(leaf, name=f"w{n}") for n, leaf in enumerate(step.outputs)]

    def leaf_of(name: tuple[Any, ...]) -> tuple[str, int]:
        kind, number = name[0], name[1]
        if kind == SUM:
            return f"load(x_history + {len(step.state) + number}*N)", DAY
        if kind == COTANGENT:
            n, element = results[number]
            if n < step.carries:
                return f"g{of_state[n, element]}", DAY
            return cotangents[n].load(element, None), DAY
        return _step_input(step, name, lambda pair: f"load(x_history + {of_state[pair]}*N)")

    sections = Sections(graph, list(gradients.values()), leaf_of)
    targets = [_gradient(leaf, f"r{n}") for n, leaf in enumerate(step.leaves)]
    names = {graph.nodes[node][1]: gradient for node, gradient in gradients.items()}
    before, evening, last = [], [], []
    for i, (n, e) in enumerate(step.state):
        start = cotangents[n].load(e, None) if wanted[n] else "splat(0.0)"
        before.append(f"vec g{i} = {start};")
        node = names.get((n, e, None))
        evening.append(f"g{i} = {'splat(0.0)' if node is None else sections.name(node)};")
        if active[n]:
            last.append(_store(targets[n], e, f"g{i}"))
    for number in range(step.carries, len(step.leaves)):
        if not active[number]:
            continue
        _gradient_stores(step, number, targets[number], names, sections, before, evening, last)
    chosen = [step.history, *step.leaves[step.carries :]]
    chosen += [leaf for leaf, want in zip(cotangents, wanted, strict=True) if want]
    outputs = [target for target, on in zip(targets, active, strict=True) if on]
    body = (
        block(before, 2)
        + block(sections.section(ALWAYS, False), 2)
        + "    for (long long d = T - 1; d >= 0; d--) {\n"
        + block(_daily_pointers([*chosen, *outputs]), 3)
        + _day(sections, evening)
        + "    }\n"
        + block(last, 2)
    )
    return _kernel(step, sections, chosen, outputs, body, "0")


def _gradient_stores(
    step: Step,
    number: int,
    target: Leaf,
    names: dict[tuple[Any, ...], int],
    sections: Sections,
    before: list[str],
    evening: list[str],
    last: list[str],
) -> None:
    """Statements that add up the gradient of today's values or of a parameter."""
    by_element = {name[1:]: node for name, node in names.items() if name[0] == number}
    count = int(np.prod(target.shape[:-1], dtype=int))
    if target.loop is not None:
        count //= target.shape[target.loop]
    for element in range(count):
        if target.loop is not None:
            _hourly_gradient(step, target, element, by_element, sections, before, evening)
            continue
        node = by_element.get((element, None))
        text = "splat(0.0)" if node is None else sections.name(node)
        if target.daily:
            evening.append(_store(target, element, text))
        else:
            total = f"p{number}_{element}"
            before.append(f"vec {total} = splat(0.0);")
            if node is not None:
                evening.append(f"{total} = {total} + {text};")
            last.append(_store(target, element, total))


def _hourly_gradient(
    step: Step,
    target: Leaf,
    element: int,
    by_element: dict[tuple[Any, ...], int],
    sections: Sections,
    before: list[str],
    evening: list[str],
) -> None:
    place = f"{target.name} + {target.offset(element, HOUR)}"
    clear = f"{HOURS_LOOP} store({place}, splat(0.0)); }}"
    if target.daily:
        sections.section(DAY, False).append(clear)
    else:
        before.append(clear)
    node = by_element.get((element, HOUR))
    if node is not None:
        sections.section(IN_HOURS, False).append(f"add_to({place}, {sections.name(node)});")
    for hour in range(step.hours):
        node = by_element.get((element, hour))
        if node is not None:
            place = f"{target.name} + {target.offset(element, hour)}"
            evening.append(f"add_to({place}, {sections.name(node)});")


def tangent_kernel(step: Step, active: Sequence[bool]) -> Kernel:
    """Tangents of the last carry and of the outputs from those of the active inputs."""
    of_state = {pair: i for i, pair in enumerate(step.state)}
    graph, pushed = tangents(step.cut, step.active_nodes(active))
    sources = {
        n: evolve(leaf, name=f"t_{leaf.name}", tangent=True)
        for n, leaf in enumerate(step.leaves)
        if active[n]
    }

    def leaf_of(name: tuple[Any, ...]) -> tuple[str, int]:
        if name[0] != TANGENT:
            return _step_input(step, name, lambda pair: f"s{of_state[pair]}")
        _, number, element, hour = name
        if number < step.carries:
            return f"mine[NODES + {of_state[number, element]}]", DAY
        leaf = sources[number]
        return leaf.load(element, hour), _section(leaf, hour)

    sections = Sections(graph, [*pushed, *step.cut.results[: len(step.state)]], leaf_of)
    outputs = [evolve(leaf, name=f"t_{leaf.name}", tangent=True) for leaf in step.outputs]
    sizes = [nodes.size for nodes in step.results]
    results = [(n, e) for n, size in enumerate(sizes) for e in range(size)]
    evening_each, evening = [], []
    for (n, e), node in zip(results, pushed, strict=True):
        text = sections.read(node, EVENING, True)
        if n < step.carries:
            evening_each.append(f"mine[NODES + {of_state[n, e]}] = {text};")
        else:
            evening_each.append(_store(outputs[n], e, text))
    for i, (n, e) in enumerate(step.state):
        evening.append(f"s{i} = {sections.name(step.results[n].ravel()[e])};")
    before, before_each, last_each = [], [], []
    for i, (n, e) in enumerate(step.state):
        before.append(f"vec s{i} = {step.leaves[n].load(e, None)};")
        start = sources[n].load(e, None) if n in sources else "splat(0.0)"
        before_each.append(f"mine[NODES + {i}] = {start};")
        last_each.append(_store(outputs[n], e, f"mine[NODES + {i}]"))
    leaves = [*step.leaves, *sources.values()]
    pointers = {
        True: _pointers(leaves, outputs, each=True),
        False: _daily_pointers(leaves, each=True) + _daily_pointers(outputs, each=True),
    }

    def each(lines: list[str], depth: int) -> str:
        body = [*pointers[True], *(pointers[False] if depth > 3 else ()), *lines]
        return block(tangent_loop(body if lines else []), depth)

    body = (
        "    for (long long first = 0; first < K; first += TOGETHER) {\n"
        "      const long long group = K - first < TOGETHER ? K - first : TOGETHER;\n"
        + block(before, 3)
        + block(sections.section(ALWAYS, False), 3)
        + each([*before_each, *sections.section(ALWAYS, True)], 3)
        + "      for (long long d = 0; d < T; d++) {\n"
        + block(_daily_pointers(step.leaves), 4)
        + block(sections.section(DAY, False), 4)
        + each(sections.section(DAY, True), 4)
        + f"        {HOURS_LOOP}\n"
        + block(sections.section(IN_HOURS, False), 5)
        + each(sections.section(IN_HOURS, True), 5)
        + "        }\n"
        + block(sections.section(EVENING, False), 4)
        + each([*sections.section(EVENING, True), *evening_each], 4)
        + block(evening, 4)
        + "      }\n"
        + each(last_each, 3)
        + "    }\n"
    )
    slots = len(sections.slots)
    defines = f"#define NODES {slots}\n#define SLOTS {slots + len(step.state)}\n"
    defines += f"#define TOGETHER {TOGETHER}\n"
    kernel = _kernel(step, sections, leaves, outputs, body, "SLOTS*TOGETHER")
    return evolve(kernel, source=defines + kernel.source)


# -- parts of a kernel --------------------------------------------------------------------


def _step_input(step: Step, name: tuple[Any, ...], of_carry: Any) -> tuple[str, int]:
    number, element, hour = name
    if number < step.carries:
        return of_carry((number, element)), DAY
    leaf = step.leaves[number]
    return leaf.load(element, hour), _section(leaf, hour)


def _section(leaf: Leaf, hour: Any) -> int:
    if hour == HOUR:
        return IN_HOURS
    return DAY if leaf.daily else ALWAYS


def _gradient(leaf: Leaf, name: str) -> Leaf:
    """The gradient of an array, by column."""
    if leaf.columns:
        return evolve(leaf, name=name)
    return evolve(leaf, name=name, columns=True, shape=(*leaf.shape, 1), shared=True)


def _store(leaf: Leaf, element: int, text: str) -> str:
    return f"store({leaf.name} + {leaf.offset(element, None)}, {text});"


def _pointer(leaf: Leaf) -> str:
    """Name of the pointer to the first day."""
    return f"{leaf.name}_0" if leaf.daily else leaf.name


def _daily_pointers(leaves: Sequence[Leaf], each: bool = False) -> list[str]:
    return [
        f"auto* const {leaf.name} = {leaf.name}_0 + d*{leaf.size};"
        for leaf in leaves
        if leaf.daily and leaf.tangent == each
    ]


def _pointers(inputs: Sequence[Leaf], outputs: Sequence[Leaf], each: bool = False) -> list[str]:
    """Pointers to arrays of a member, or of a member and a tangent."""
    lines = []
    for i, leaf in enumerate(inputs):
        if leaf.tangent != each:
            continue
        place = f"call.in[{i}] + m*call.step[{i}]"
        if each:
            place += f" + (first + k)*{_whole(leaf)}"
        place += " + c" if leaf.columns else ""
        lines.append(f"const double* const {_pointer(leaf)} = {place};")
    for i, leaf in enumerate(outputs):
        if leaf.tangent != each:
            continue
        member = f"(m*K + first + k)*{_whole(leaf)}" if each else f"m*{_whole(leaf)}"
        lines.append(f"double* const {_pointer(leaf)} = call.out[{i}] + {member} + c;")
    return lines


def _whole(leaf: Leaf) -> str:
    """Numbers of a member."""
    return f"T*{leaf.size}" if leaf.daily else leaf.size


def _day(sections: Sections, evening: list[str]) -> str:
    return (
        block(sections.section(DAY, False), 3)
        + f"      {HOURS_LOOP}\n"
        + block(sections.section(IN_HOURS, False), 4)
        + "      }\n"
        + block(sections.section(EVENING, False), 3)
        + block(evening, 3)
    )


def _kernel(
    step: Step,
    sections: Sections,
    inputs: Sequence[Leaf],
    outputs: Sequence[Leaf],
    body: str,
    scratch: str,
) -> Kernel:
    source = (
        f"#define HOURS {step.hours}\n"
        + sections.table_lines()
        + f"static long long scratch_size(const Call&) {{ return {scratch}; }}\n"
        + "static void tile(const Call& call, long long c, vec* scratch) {\n"
        + "  const long long N = call.columns, T = call.days, K = call.tangents;\n"
        + "  (void)K; (void)T; (void)scratch;\n"
        + "  for (long long m = 0; m < call.members; m++) {\n"
        + block(_pointers(inputs, outputs), 2)
        + body
        + "  }\n}\n"
    )
    return Kernel(source, list(inputs), list(outputs))
