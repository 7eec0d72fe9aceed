"""Kernel of the tangents of a step over all days, several at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from .derivatives import TANGENT, tangents
from .kernel_parts import (
    HOURS_LOOP,
    Kernel,
    daily_pointers,
    kernel,
    pointers,
    section_of,
    step_input,
    store,
)
from .source import ALWAYS, DAY, EVENING, IN_HOURS, TOGETHER, Sections, block, tangent_loop
from .step import Step


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
            return step_input(step, name, lambda pair: f"s{of_state[pair]}")
        _, number, element, hour = name
        if number < step.carries:
            return f"mine[NODES + {of_state[number, element]}]", DAY
        leaf = sources[number]
        return leaf.load(element, hour), section_of(leaf, hour)

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
            evening_each.append(store(outputs[n], e, text))
    for i, (n, e) in enumerate(step.state):
        evening.append(f"s{i} = {sections.name(step.results[n].ravel()[e])};")
    before, before_each, last_each = [], [], []
    for i, (n, e) in enumerate(step.state):
        before.append(f"vec s{i} = {step.leaves[n].load(e, None)};")
        start = sources[n].load(e, None) if n in sources else "splat(0.0)"
        before_each.append(f"mine[NODES + {i}] = {start};")
        last_each.append(store(outputs[n], e, f"mine[NODES + {i}]"))
    leaves = [*step.leaves, *sources.values()]
    first = pointers(leaves, outputs, each=True)
    of_day = daily_pointers(leaves, each=True) + daily_pointers(outputs, each=True)

    def each(lines: list[str], depth: int) -> str:
        body = [*first, *(of_day if depth > 3 else ()), *lines]
        return block(tangent_loop(body if lines else []), depth)

    body = (
        "    for (long long first = 0; first < K; first += TOGETHER) {\n"
        "      const long long group = K - first < TOGETHER ? K - first : TOGETHER;\n"
        + block(before, 3)
        + block(sections.section(ALWAYS, False), 3)
        + each([*before_each, *sections.section(ALWAYS, True)], 3)
        + "      for (long long d = 0; d < T; d++) {\n"
        + block(daily_pointers(step.leaves), 4)
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
    plain = kernel(step, sections, leaves, outputs, body, "SLOTS*TOGETHER")
    return evolve(plain, source=defines + plain.source)
