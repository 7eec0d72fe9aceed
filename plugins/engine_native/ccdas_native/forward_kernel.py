"""Kernel of the values of a step over all days."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from .kernel_parts import Kernel, daily_pointers, day, kernel, step_input, store
from .source import ALWAYS, Sections, block
from .step import Step


def forward_kernel(step: Step) -> Kernel:
    """Last carry and outputs of all days, and the history where the call has an array for it.

    One kernel serves runs with and without the adjoint, so that it is compiled once.
    """
    of_state = {pair: i for i, pair in enumerate(step.state)}

    def leaf_of(name: tuple[Any, ...]) -> tuple[str, int]:
        return step_input(step, name, lambda pair: f"s{of_state[pair]}")

    sections = Sections(step.graph, [*step.cut.results, *step.cut.sums], leaf_of)
    evening = _history_stores(step, sections)
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
        + block(daily_pointers([*step.leaves, *step.outputs]), 3)
        + day(sections, evening)
        + "    }\n"
        + block(last, 2)
    )
    plain = kernel(step, sections, step.leaves, step.outputs, body, "0")
    return evolve(plain, outputs=[*plain.outputs, step.history])


def _history_stores(step: Step, sections: Sections) -> list[str]:
    """Statements that store what the adjoint needs, the last array of a call that wants it."""
    number, size = len(step.outputs), step.history.size
    values = [f"s{i}" for i in range(len(step.state))]
    values += [sections.name(node) for node in step.cut.sums]
    place = f"call.out[{number}] + (m*T + d)*{size} + c"
    return [
        f"if (call.results > {number}) {{",
        f"  double* const x_history = {place};",
        *(f"  store(x_history + {i}*N, {value});" for i, value in enumerate(values)),
        "}",
    ]
