"""Parts of the source of all kernels.

Arrays of a call have an axis of members first, which an input may lack, then one of days where
they change daily; columns are last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve, frozen

from .scalar_step import HOUR
from .source import ALWAYS, DAY, EVENING, IN_HOURS, Leaf, Sections, block
from .step import Step

HOURS_LOOP = "for (long long h = 0; h < HOURS; h++) {"


@frozen(eq=False)
class Kernel:
    """Source of a kernel, and its arrays in the order of the call."""

    source: str
    inputs: list[Leaf]
    outputs: list[Leaf]


def step_input(step: Step, name: tuple[Any, ...], of_carry: Any) -> tuple[str, int]:
    """An input of the step in C++, and the section in which it is known."""
    number, element, hour = name
    if number < step.carries:
        return of_carry((number, element)), DAY
    leaf = step.leaves[number]
    return leaf.load(element, hour), section_of(leaf, hour)


def section_of(leaf: Leaf, hour: Any) -> int:
    """Section in which an input is known."""
    if hour == HOUR:
        return IN_HOURS
    return DAY if leaf.daily else ALWAYS


def gradient_leaf(leaf: Leaf, name: str) -> Leaf:
    """The gradient of an array, by column."""
    if leaf.columns:
        return evolve(leaf, name=name)
    return evolve(leaf, name=name, columns=True, shape=(*leaf.shape, 1), shared=True)


def store(leaf: Leaf, element: int, text: str) -> str:
    """Statement that stores an element."""
    return f"store({leaf.name} + {leaf.offset(element, None)}, {text});"


def _pointer(leaf: Leaf) -> str:
    """Name of the pointer to the first day."""
    return f"{leaf.name}_0" if leaf.daily else leaf.name


def daily_pointers(leaves: Sequence[Leaf], each: bool = False) -> list[str]:
    """Pointers to arrays of a day."""
    return [
        f"auto* const {leaf.name} = {leaf.name}_0 + d*{leaf.size};"
        for leaf in leaves
        if leaf.daily and leaf.tangent == each
    ]


def pointers(inputs: Sequence[Leaf], outputs: Sequence[Leaf], each: bool = False) -> list[str]:
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


def day(sections: Sections, evening: list[str]) -> str:
    """Statements of a day, with those at its end."""
    return (
        block(sections.section(DAY, False), 3)
        + f"      {HOURS_LOOP}\n"
        + block(sections.section(IN_HOURS, False), 4)
        + "      }\n"
        + block(sections.section(EVENING, False), 3)
        + block(evening, 3)
    )


def kernel(
    step: Step,
    sections: Sections,
    inputs: Sequence[Leaf],
    outputs: Sequence[Leaf],
    body: str,
    scratch: str,
) -> Kernel:
    """The function `tile` around a body."""
    source = (
        f"#define HOURS {step.hours}\n"
        + sections.table_lines()
        + f"static long long scratch_size(const Call&) {{ return {scratch}; }}\n"
        + "static void tile(const Call& call, long long c, vec* scratch) {\n"
        + "  const long long N = call.columns, T = call.days, K = call.tangents;\n"
        + "  (void)K; (void)T; (void)scratch;\n"
        + "  for (long long m = 0; m < call.members; m++) {\n"
        + block(pointers(inputs, outputs), 2)
        + body
        + "  }\n}\n"
    )
    return Kernel(source, list(inputs), list(outputs))
