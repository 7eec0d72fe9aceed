"""Table of the problems with known answers, by name."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.errors import UnknownComponent, did_you_mean
from .known_curved_problems import (
    BANANA,
    BOUND_AT_OPTIMUM,
    FAILING_MODEL,
    FUNNEL,
    HEAVY_TAILS,
    LOG_NORMAL_LOG_OBSERVED,
    LOG_NORMAL_OBSERVED,
    RAISING_MODEL,
    ROSENBROCK,
    TWO_MINIMA,
)
from .known_linear_problems import (
    CONSTANT_OUTPUT,
    CONSTANT_OUTPUT_CONTRADICTED,
    MANY_OBSERVATIONS,
    MANY_PARAMETERS,
    RANK_DEFICIENT,
    STRONG_CORRELATION,
    UNEQUAL_ERRORS,
    UNOBSERVED_PARAMETER,
)
from .known_problem_statement import KnownProblem
from .lorenz_1963 import LORENZ_1963

KNOWN_PROBLEMS: Mapping[str, KnownProblem] = {
    problem.name: problem
    for problem in (
        RANK_DEFICIENT,
        STRONG_CORRELATION,
        UNOBSERVED_PARAMETER,
        LOG_NORMAL_LOG_OBSERVED,
        LOG_NORMAL_OBSERVED,
        FAILING_MODEL,
        RAISING_MODEL,
        TWO_MINIMA,
        BOUND_AT_OPTIMUM,
        HEAVY_TAILS,
        CONSTANT_OUTPUT,
        CONSTANT_OUTPUT_CONTRADICTED,
        UNEQUAL_ERRORS,
        MANY_OBSERVATIONS,
        MANY_PARAMETERS,
        FUNNEL,
        ROSENBROCK,
        BANANA,
        LORENZ_1963,
    )
}


def known_problem_named(name: str) -> KnownProblem:
    """The known problem of a name.

    Raises:
        UnknownComponent: there is none.
    """
    if name not in KNOWN_PROBLEMS:
        raise UnknownComponent(
            f"no known problem has the name '{name}'.{did_you_mean(name, KNOWN_PROBLEMS)} "
            f"Known problems: {', '.join(KNOWN_PROBLEMS)}.",
            where=name,
        )
    return KNOWN_PROBLEMS[name]
