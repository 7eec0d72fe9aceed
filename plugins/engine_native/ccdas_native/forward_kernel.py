"""Kernel of the values of a step over all days."""

from __future__ import annotations

from typing import Any

from .kernel_parts import Kernel, daily_pointers, day, kernel, step_input, store
from .source import ALWAYS, Sections, block
from .step import Step


def forward_kernel(step: Step, with_history: bool) -> Kernel:
    """Last carry and outputs of all days, and what the adjoint needs."""
    of_state = {pair: i for i, pair in enumerate(step.state)}

    def leaf_of(name: tuple[Any, ...]) -> tuple[str, int]:
        return step_input(step, name, lambda pair: f"s{of_state[pair]}")

    used = [*step.cut.results, *(step.cut.sums if with_history else ())]
    sections = Sections(step.graph, used, leaf_of)
    outputs = [*step.outputs, *([step.history] if with_history else [])]
    evening: list[str] = []
    if with_history:
        stored = [f"s{i}" for i in range(len(step.state))]
        stored += [sections.name(node) for node in step.cut.sums]
        evening += [f"store(x_history + {i}*N, {text});" for i, text in enumerate(stored)]
    for nodes, leaf in zip(step.results[step.carries :], step.outputs[step.carries :], strict=True):
        evening += [store(leaf, e, sections.name(node)) for e, node in enumerate(nodes.ravel())]
    for i, (number, element) in enumerate(step.state):
        evening.append(f"s{i} = {sections.name(step.results[number].ravel()[element])};")
    before = [f"vec s{i} = {step.leaves[n].load(e, None)};" for i, (n, e) in enumerate(step.state)]
    last = [store(step.outputs[n], e, f"s{i}") for i, (n, e) in enumerate(step.state)]
    body = (
        block(before, 2)
        + block(sections.section(ALWAYS, False), 2)
        + "    for (long long d = 0; d < T; d++) {\n"
        + block(daily_pointers([*step.leaves, *outputs]), 3)
        + day(sections, evening)
        + "    }\n"
        + block(last, 2)
    )
    return kernel(step, sections, step.leaves, outputs, body, "0")
