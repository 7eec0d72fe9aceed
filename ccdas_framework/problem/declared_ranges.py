"""Fields and simulated observations outside the ranges that their components declare.

The same run shows whether fields that ought to be in balance drift.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ..core.errors import Findings
from ..core.variables import Variable
from .assembled_problem import Problem
from .component_package import package_of
from .drift import StatesAYearApart
from .nan_report import day_and_cell, place_and_day

ROUNDING = 1e-9  # of the width of a range


def range_findings(problem: Problem, x: np.ndarray, run: str = "prior") -> Findings:
    """Findings "outside-range" and "drift" about fields and simulated observations at x.

    Each names owner and package, the most distant value with its day and place, and the number of
    values outside. They are remarks, because a model may leave a range by a little.

    Args:
        problem: assembled.
        x: control vector, shape (control,).
        run: name of x, "prior" or "given".
    """
    findings, forward = Findings(), problem.forward
    outside, states = set[str](), StatesAYearApart(problem)
    for b, block in enumerate(problem.blocks):
        fields, real = problem.block_fields(x, b), len(block.columns)
        described = partial(day_and_cell, forward, b)
        states.add(b, fields)
        for variable in problem.model.provides:
            if variable.name in outside:  # the first block with such values stands for all
                continue
            values = np.asarray(fields[variable.name])[:, :real]
            if remark := _remark(variable, values, described, run):
                place = f"field '{variable.name}'"
                owner = f"model '{problem.model_name}' of {package_of(problem.model)}"
                findings.add("outside-range", place, f"{place}: {owner} {remark}")
                outside.add(variable.name)
    findings.extend(states.findings(run))
    for name, values in problem.simulate(x).items():
        operator, described = problem.streams[name].operator, partial(place_and_day, forward, name)
        if remark := _remark(operator.observes, values, described, run):
            place = f"stream '{name}'"
            owner = f"its operator of {package_of(operator)}"
            findings.add("outside-range", place, f"{place}: {owner} {remark}")
    return findings


def _remark(
    variable: Variable,
    values: np.ndarray,
    described: Callable[[tuple[int, ...]], str],
    run: str,
) -> str:
    """The most distant value outside the declared range, and their number; "" without any."""
    if variable.valid_range is None or not values.size:
        return ""
    lower, upper = (float(limit) for limit in variable.valid_range)
    margin = ROUNDING * (upper - lower if np.isfinite(upper - lower) else 1.0)
    excess = np.maximum(lower - values, values - upper)
    bad = excess > margin  # NaN is a matter of `require_finite`
    if not bad.any():
        return ""
    flat = int(np.argmax(np.where(bad, excess, -np.inf)))
    worst = tuple(int(n) for n in np.unravel_index(flat, values.shape))
    return (
        f"gives {values[worst]:.6g} {variable.units} {described(worst)} with the {run} parameters, "
        f"and {int(bad.sum())} of {bad.size} values outside the range that it declares, {lower:g} "
        f"to {upper:g}. Check units, input and parameters, or the range."
    )
