"""Linear problems with Gaussian errors, whose posterior is a closed form.

Each is one that a class of methods gets wrong. Source of the values: the posterior of a linear
problem, Tarantola (2005), Inverse Problem Theory, eqs 3.37 and 3.38.
"""

from __future__ import annotations

import numpy as np

from ..core.interfaces import Array, Namespace
from .known_answers import Combination, Quantity, gaussian_answer
from .known_problem_statement import known_problem

RANK_DEFICIENT = known_problem(
    [[1, 1, 0, 0], [2, 2, 0, 0]],
    [3, 5.5],
    covariance=np.diag([0.25, 1]),
    prior_mean=[0, 0, 1, -1],
    prior_covariance=np.diag([1, 4, 1, 0.25]),
    name="rank_deficient",
    label="B1",
    answer=gaussian_answer(
        mean=[0.5609756, 2.2439024, 1, -1],
        sd=[0.8971500, 0.9370426, 1, 0.5],
        cost=0.8689024,
        further={"x1 + x2": Quantity(Combination([1, 1, 0, 0]), 2.8048780, 0.3492151)},
        correlations={("x1", "x2"): -0.9284142, ("x1", "x3"): 0.0, ("x2", "x4"): 0.0},
    ),
)

STRONG_CORRELATION = known_problem(
    [[1, 1]],
    [2],
    covariance=[[1e-4]],
    prior_mean=[0, 0],
    name="strong_correlation",
    label="B2",
    answer=gaussian_answer(
        mean=[0.9999500, 0.9999500],
        sd=[0.7071245, 0.7071245],
        cost=0.9999500,
        further={"x1 + x2": Quantity(Combination([1, 1]), 1.9999, 0.0099998)},
        correlations={("x1", "x2"): -0.99990001},
    ),
)

UNOBSERVED_PARAMETER = known_problem(
    [[1, 1, 0, 0], [1, -1, 0, 0]],
    [1.5, 0.5],
    sd=0.5,
    prior_mean=[0, 0, 0.7, -0.2],
    prior_covariance=[[1, 0, 0, 0.4], [0, 1, 0, 0], [0, 0, 2.25, 0], [0.4, 0, 0, 0.25]],
    name="unobserved_parameter",
    label="B3",
    answer=gaussian_answer(
        mean=[0.8888889, 0.4444444, 0.7, 0.1555556],
        sd=[0.3333333, 0.3333333, 1.5, 0.3282953],
        cost=0.5555556,
        correlations={("x1", "x4"): 0.4061385, ("x1", "x2"): 0.0, ("x3", "x4"): 0.0},
    ),
)

UNEQUAL_ERRORS = known_problem(
    [[1, 1], [1e6, -1e6]],
    [2, 3e5],
    sd=[1e-6, 1e5],
    prior_mean=[0, 0],
    name="unequal_errors",
    label="B10",
    answer=gaussian_answer(
        mean=[1.1492537313, 0.8507462687],
        sd=[0.0498755, 0.0498755],
        cost=1.0223880597,
        further={
            "x1 + x2": Quantity(Combination([1, 1]), 2.0, 1e-6),
            "x1 - x2": Quantity(Combination([1, -1]), 0.2985075, 0.0997509),
        },
    ),
)

_TIME = -1.0 + 2.0 * np.arange(200) / 199.0
MANY_OBSERVATIONS = known_problem(
    np.stack([np.ones(200), _TIME], axis=1),
    1.0 + 2.0 * _TIME + 0.5 * np.sin(37.0 * np.arange(200)),
    sd=0.5,
    prior_covariance=4.0 * np.eye(2),
    name="many_observations",
    label="B11a",
    answer=gaussian_answer(
        mean=[0.9974352, 2.0116868],
        sd=[0.0353498, 0.0609036],
        cost=50.3604621,
        correlations={("x1", "x2"): 0.0},
    ),
)

MANY_PARAMETERS = known_problem(
    np.eye(40),
    np.ones(40),
    sd=1.0,
    prior_mean=np.zeros(40),
    name="many_parameters",
    label="B11b",
    answer=gaussian_answer(mean=[0.5] * 40, sd=[0.5**0.5] * 40, cost=10.0),
)


def constant_second(p: Array, xp: Namespace) -> Array:
    """h = (p1, 3), shape (2,): the second output depends on nothing."""
    return xp.stack([p[0], 3.0 + 0.0 * p[0]])


CONSTANT_OUTPUT = known_problem(
    constant_second,
    [1, 5],
    covariance=np.diag([0.25, 1]),
    prior_mean=[0],
    name="constant_output",
    label="B9a",
    answer=gaussian_answer(mean=[0.8], sd=[0.4472136], cost=2.4),
)

# the constant is four sd from its observation
CONSTANT_OUTPUT_CONTRADICTED = known_problem(
    constant_second,
    [1, 7],
    covariance=np.diag([0.25, 1]),
    prior_mean=[0],
    name="constant_output_contradicted",
    label="B9b",
    answer=gaussian_answer(mean=[0.8], sd=[0.4472136], cost=8.4),
)
