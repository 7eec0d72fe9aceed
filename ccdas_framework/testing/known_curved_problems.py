"""Problems that are not linear or not Gaussian, with values by quadrature.

Each is one that a class of methods gets wrong.
"""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from ..core.covariance import Covariance, Diagonal
from ..core.errors import FailedRun
from ..core.interfaces import Array, Namespace, Prior
from ..core.parameters import Parameter
from ..problem.robust_errors import StudentT
from .known_answers import Element, KnownAnswer, MethodClass, Quantity, elements
from .known_problem_statement import known_problem

WITHOUT_ENSEMBLES: frozenset[MethodClass] = frozenset({"minimiser", "search", "sampler"})
LOG_STEP = float(np.log(1.5))  # p = 2 exp(LOG_STEP x)
LOG_NORMAL = (Parameter("x1", "1", 2.0, 1.0, transform="log"),)


def logarithm(p: Array, xp: Namespace) -> Array:
    """h = ln p."""
    return xp.log(p)


def identity(p: Array, xp: Namespace) -> Array:
    """h = p."""
    return 1.0 * p


def square(p: Array, xp: Namespace) -> Array:
    """h = p^2."""
    return p**2


def log_normal_value(x: np.ndarray) -> np.ndarray:
    """p of control vectors, shape (draw, 1) -> (draw,)."""
    return np.asarray(2.0 * np.exp(LOG_STEP * np.asarray(x)[:, 0]))


LOG_NORMAL_LOG_OBSERVED = known_problem(
    logarithm,
    [np.log(3.5)],
    sd=0.2,
    parameters=LOG_NORMAL,
    name="log_normal_log_observed",
    label="B4a",
    answer=KnownAnswer(
        minima=[1.1100905],
        cost=0.7660637,
        sd_at_minimum=np.array([0.4423718]),
        quantities={
            **elements([1.1100905], [0.4423718]),
            "p": Quantity(
                log_normal_value, 3.1878168, 0.5764170,
                {0.05: 2.3354831, 0.5: 3.1369474, 0.95: 4.2134490},
            ),
        },
        ensemble_limit=(np.array([1.1100905]), np.array([0.4423718])),
    ),
)  # fmt: skip

LOG_NORMAL_OBSERVED = known_problem(
    identity,
    [3.5],
    sd=0.8,
    parameters=LOG_NORMAL,
    name="log_normal_observed",
    label="B4b",
    answer=KnownAnswer(
        minima=[0.9828886],
        cost=0.6948885,
        sd_at_minimum=np.array([0.5891005]),
        gauss_newton_sd=np.array([0.5521539]),
        quantities={
            **elements(
                [0.8240210], [0.6244764],
                {"x1": {0.05: -0.2863016, 0.5: 0.8775132, 0.95: 1.7513625}},
            ),
            "p": Quantity(
                log_normal_value, 2.8805510, 0.6954792,
                {0.05: 1.7807986, 0.5: 2.8546469, 0.95: 4.0684561},
            ),
        },
        ensemble_limit=(np.array([0.7890570]), np.array([0.6907579])),
    ),
)  # fmt: skip

FAILS_BELOW = -0.8416212336  # a fifth of the prior lies below


def output_or_failure(p: Array, xp: Namespace) -> Array:
    """h = p above FAILS_BELOW, else NaN."""
    return xp.where(p > FAILS_BELOW, p, np.nan)


def output_or_exception(p: Array, xp: Namespace) -> Array:
    """h = p above FAILS_BELOW; the declared exception below it, which JAX cannot trace."""
    if p[0] <= FAILS_BELOW:
        raise FailedRun(f"p is not above {FAILS_BELOW}")
    return 1.0 * p


FAILING_MODEL, RAISING_MODEL = (
    known_problem(
        function,
        [-0.5],
        sd=0.5,
        prior_mean=[0],
        name=name,
        label="B5",
        traceable=function is not output_or_exception,
        answer=KnownAnswer(
            minima=[-0.4],
            cost=0.1,
            sd_at_minimum=np.array([0.4472136]),
            quantities=elements(
                [-0.2693001],
                [0.3538329],
                {"x1": {0.05: -0.7706408, 0.5: -0.3087378, 0.95: 0.3731801}},
            ),
            ensemble_limit=(np.array([-0.2449141]), np.array([0.4182948])),
            failures=0.2,
        ),
    )
    for name, function in (
        ("failing_model", output_or_failure),
        ("raising_model", output_or_exception),
    )
)

TWO_MINIMA = known_problem(
    square,
    [2],
    sd=0.3,
    prior_mean=[0],
    start=[0.5],  # at 0 lies a maximum between the minima
    name="two_minima",
    label="B6",
    answer=KnownAnswer(
        minima=[[-1.3982131], [1.3982131]],
        cost=0.98875,
        sd_at_minimum=np.array([0.1072798]),
        gauss_newton_sd=np.array([0.1066677]),
        quantities=elements([0.0], [1.3896325], {"x1": {0.5: 0.0}}),
        ensemble_limit=(np.zeros(1), np.ones(1)),
    ),
)

BOUND_AT_OPTIMUM = known_problem(
    [[1, 0.5], [0, 1]],
    [-1, 1],
    sd=0.5,
    prior_mean=[0.5, 0],
    bounds={"x1": (0.0, np.inf)},
    name="bound_at_optimum",
    label="B7",
    answer=KnownAnswer(
        minima=[0, 1 / 3],
        cost=3.7916667,
        sd_at_minimum=np.array([np.nan, 0.4082483]),
        at_bound=("known.x1",),
        quantities=elements(
            [0.1791990, 0.2736003], [0.1623274, 0.4118185],
            {"x1": {0.5: 0.1332843, 0.95: 0.5050296}},
        ),
    ),
)  # fmt: skip

HEAVY_TAILS = known_problem(
    np.ones((7, 1)),
    [1.2, 0.8, 1.0, 1.1, 0.9, 1.05, 9.0],
    sd=0.5,
    prior_mean=[0],
    prior_covariance=[[100]],
    robust=StudentT(3.0),
    name="heavy_tails",
    label="B8",
    answer=KnownAnswer(
        minima=[1.0250678],
        cost=9.1795073,
        sd_at_minimum=np.array([0.1828746]),
        gauss_newton_sd=np.array([0.1796596]),
        quantities=elements(
            [1.0270970], [0.1946531], {"x1": {0.05: 0.7095162, 0.5: 1.0263522, 0.95: 1.3471766}}
        ),
        methods=WITHOUT_ENSEMBLES,
    ),
)


@frozen(eq=False)
class FunnelPrior(Prior):
    """v ~ N(0, 9), and each z ~ N(0, exp(v)) given v; x = (v, z).

    Mean and covariance are those of the density, which is not Gaussian.

    Source: Neal (2003), Ann. Statist. 31, 705-767, section 8.
    """

    count: int = 6
    mean: np.ndarray = field(init=False)
    covariance: Covariance = field(init=False)

    @mean.default
    def _mean(self) -> np.ndarray:
        return np.zeros(self.count)

    @covariance.default
    def _covariance(self) -> Covariance:
        return Diagonal(np.array([3.0] + [np.exp(9.0 / 4.0)] * (self.count - 1)))

    def sample(self, generator: np.random.Generator, draws: int) -> np.ndarray:
        u = generator.standard_normal((draws, self.count))
        v = 3.0 * u[:, :1]
        return np.asarray(np.concatenate([v, np.exp(0.5 * v) * u[:, 1:]], axis=1))

    def negative_log_density(self, x: Array, xp: Namespace) -> Array:
        v, z = x[0], x[1:]
        width = 0.5 * (self.count - 1) * v  # the logarithm of the widths of z
        return v**2 / 18.0 + width + 0.5 * xp.exp(-v) * xp.sum(z**2)


@frozen(eq=False)
class Magnitude:
    """|x[position]|, shape (draw, control) -> (draw,)."""

    position: int

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(np.abs(np.asarray(x)[:, self.position]))


_V = {0.05: -4.9345609, 0.25: -2.0234693, 0.5: 0.0, 0.75: 2.0234693, 0.95: 4.9345609}
FUNNEL = known_problem(
    None,
    prior=FunnelPrior(),
    parameters=[Parameter(n, "1", 0.0, 1.0) for n in ("v", "z1", "z2", "z3", "z4", "z5")],
    name="funnel",
    label="B12",
    answer=KnownAnswer(
        minima=[-22.5, 0, 0, 0, 0, 0],
        cost=-28.125,
        sd_at_minimum=np.array([3.0] + [np.exp(-11.25)] * 5),
        quantities={
            "v": Quantity(Element(0), 0.0, 3.0, {**_V, 0.1586553: -3.0}),
            **{
                # the fourth moment of z is so large that its sd is no test
                f"|z{n}|": Quantity(Magnitude(n), quantiles={0.5: 0.5740346, 0.9: 5.3054515})
                for n in range(1, 6)
            },
        },
        methods=frozenset({"minimiser", "sampler"}),
    ),
)


def valley(p: Array, xp: Namespace) -> Array:
    """h = 10 (p2 - p1^2), whose half square is Rosenbrock's first term, halved.

    Source: Rosenbrock (1960), Comput. J. 3, 175-184.
    """
    return xp.stack([10.0 * (p[1] - p[0] ** 2)])


# J = (100 (x2 - x1^2)^2 + (1 - x1)^2 + (1 - x2)^2) / 2: the last term makes the posterior proper
ROSENBROCK = known_problem(
    valley,
    [0],
    sd=1.0,
    prior_mean=[1, 1],
    start=[-1.2, 1.0],
    name="rosenbrock",
    answer=KnownAnswer(
        minima=[1, 1],
        cost=0.0,
        sd_at_minimum=np.array([np.sqrt(101 / 501), np.sqrt(401 / 501)]),
        quantities=elements(
            [0.5849239, 0.8254101], [0.6939223, 0.7274214],
            {
                "x1": {0.05: -0.7956339, 0.5: 0.7324233, 0.95: 1.4885560},
                "x2": {0.05: -0.0190861, 0.5: 0.6607272, 0.95: 2.2309675},
            },
        ),
        correlations={("x1", "x2"): 0.6134624},
        methods=WITHOUT_ENSEMBLES,
    ),
)  # fmt: skip


def parabola(p: Array, xp: Namespace) -> Array:
    """h = p2 + p1^2."""
    return xp.stack([p[1] + p[0] ** 2])


BANANA = known_problem(
    parabola,
    [2],
    sd=0.3,
    prior_mean=[0, 2],
    prior_covariance=np.diag([4, 25]),
    start=[1.0, 0.0],
    name="banana",
    answer=KnownAnswer(
        minima=[0, 2],
        cost=0.0,
        sd_at_minimum=np.array([2.0, (1 / 25 + 1 / 0.09) ** -0.5]),
        quantities=elements(
            [0.0, 0.2833867], [1.3125521, 2.0575861],
            {
                "x1": {0.05: -2.1372914, 0.5: 0.0, 0.95: 2.1372914},
                "x2": {0.05: -3.9994863, 0.5: 1.0168325, 0.95: 2.2056771},
            },
        ),
        correlations={("x1", "x2"): 0.0},
        methods=WITHOUT_ENSEMBLES,
    ),
)  # fmt: skip
