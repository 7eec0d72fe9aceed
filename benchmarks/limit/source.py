"""Statements of C++ for the nodes of a graph."""

from __future__ import annotations

from .graph import AFTER, BEFORE, COLUMN, HOUR, LITERAL, Graph

TEXT = {
    "add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "reciprocal": "K(1.0) / {}",
    "neg": "-{}", "exp": "v_exp({})", "log": "v_log({})", "sqrt": "v_sqrt({})",
    "tanh": "v_tanh({})", "erf": "v_erf({})", "cos": "v_cos({})", "sin": "v_sin({})",
    "abs": "v_abs({})",
    "max": "v_max({}, {})", "min": "v_min({}, {})", "select": "{} ? {} : {}",
    "gt": "{} > {}", "ge": "{} >= {}", "lt": "{} < {}", "le": "{} <= {}", "eq": "{} == {}",
    "and": "{} & {}", "or": "{} | {}", "not": "~{}",
}  # fmt: skip


def statements(
    graph: Graph, results: list[int], read: dict[str, str]
) -> tuple[dict[int, str], dict[int, list[str]], list[int]]:
    """Names of the nodes, statements by level, and the sums over hours.

    Args:
        graph: with the nodes.
        results: nodes that are wanted.
        read: code that reads an input; an input that is not here is a variable of its own name.
    """
    names: dict[int, str] = {}
    phases: dict[int, list[str]] = {level: [] for level in (COLUMN, BEFORE, HOUR, AFTER)}
    sums = []
    for node in graph.needed(results):
        operation, operands, level = (
            graph.operation[node],
            graph.operands[node],
            graph.level[node],
        )
        if operation == "literal":
            names[node] = f"K({operands[0]!r})"
            continue
        if operation == "input" and operands[0] not in read:
            names[node] = operands[0]
            continue
        names[node] = f"v{node}"
        if operation == "sum":
            sums.append(node)
            phases[HOUR].append(f"    {names[node]} += {names[operands[0]]};")
            continue
        if operation == "table":
            numbers = ", ".join(map(repr, operands))
            phases[COLUMN].append(f"  static const double t{node}[] = {{{numbers}}};")
            text = f"K(t{node}[h])"
        elif operation == "input":
            text = read[operands[0]]
        else:
            text = TEXT[operation].format(*(names[o] for o in operands))
        phases[max(level, COLUMN) if level != LITERAL else COLUMN].append(
            f"    const auto {names[node]} = {text};"
        )
    return names, phases, sums
