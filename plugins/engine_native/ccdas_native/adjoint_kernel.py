"""Kernel of the adjoint of a step over all days, from the last to the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import evolve

from .derivatives import COTANGENT, SUM, adjoint
from .kernel_parts import (
    HOURS_LOOP,
    Kernel,
    daily_pointers,
    day,
    gradient_leaf,
    kernel,
    step_input,
    store,
)
from .scalar_step import HOUR
from .source import ALWAYS, DAY, IN_HOURS, Leaf, Sections, block
from .step import Step


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
        return step_input(step, name, lambda pair: f"load(x_history + {of_state[pair]}*N)")

    sections = Sections(graph, list(gradients.values()), leaf_of)
    targets = [gradient_leaf(leaf, f"r{n}") for n, leaf in enumerate(step.leaves)]
    names = {graph.nodes[node][1]: gradient for node, gradient in gradients.items()}
    before, evening, last = [], [], []
    for i, (n, e) in enumerate(step.state):
        start = cotangents[n].load(e, None) if wanted[n] else "splat(0.0)"
        before.append(f"vec g{i} = {start};")
        node = names.get((n, e, None))
        evening.append(f"g{i} = {'splat(0.0)' if node is None else sections.name(node)};")
        if active[n]:
            last.append(store(targets[n], e, f"g{i}"))
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
        + block(daily_pointers([*chosen, *outputs]), 3)
        + day(sections, evening)
        + "    }\n"
        + block(last, 2)
    )
    return kernel(step, sections, chosen, outputs, body, "0")


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
            evening.append(store(target, element, text))
        else:
            total = f"p{number}_{element}"
            before.append(f"vec {total} = splat(0.0);")
            if node is not None:
                evening.append(f"{total} = {total} + {text};")
            last.append(store(target, element, total))


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
