"""Problems with known answers: the problem in a few lines, and the exact values beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from attrs import evolve, field, frozen

from ..core.control import Control
from ..core.covariance import Covariance, Dense, Diagonal
from ..core.domain import Forcing
from ..core.errors import InvalidInput
from ..core.interfaces import Engine, Prior
from ..core.observations import floats
from ..core.parameters import Parameter
from ..core.robust_errors import RobustErrors
from ..priors import Gaussian
from ..problem.assembled_problem import Problem
from ..problem.assembly import assemble
from .derivatives import engine_named
from .function_model import (
    Function,
    FunctionModel,
    MatrixProduct,
    OutputOfDay,
    daily_values,
    one_column,
)

OWNER = "known"  # of the parameters
STREAM = "y"
# minimiser: by derivatives; search: without; ensemble: reads y and R; sampler: exact
MethodClass = Literal["minimiser", "search", "ensemble", "sampler"]
ALL_CLASSES: frozenset[MethodClass] = frozenset({"minimiser", "search", "ensemble", "sampler"})


@frozen(eq=False)
class Quantity:
    """Exact posterior distribution of one function of x.

    Args:
        function: of control vectors, shape (draw, control) -> (draw,).
        mean, sd: NaN where they are no test, or unknown.
        quantiles: probability -> value.
    """

    function: Callable[[np.ndarray], np.ndarray]
    mean: float = np.nan
    sd: float = np.nan
    quantiles: Mapping[float, float] = field(factory=dict)


@frozen(eq=False)
class Element:
    """Element `position` of control vectors, shape (draw, control) -> (draw,)."""

    position: int

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(x)[:, self.position]


@frozen(eq=False)
class Combination:
    """Sum of `weights` times x, shape (draw, control) -> (draw,)."""

    weights: np.ndarray = field(converter=floats)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(np.asarray(x) @ self.weights)


def _rows(values: Any) -> np.ndarray | None:
    return None if values is None else np.atleast_2d(np.asarray(values, float))


@frozen(eq=False)
class KnownAnswer:
    """Exact values of a problem; a value that is None or NaN is unknown or no test.

    Args:
        minima: control vectors of least cost, shape (minimum, control).
        cost: J there.
        sd_at_minimum: sqrt of the diagonal of the inverse Hessian there, shape (control,); that of
            the others where a bound holds an element, whose own is NaN.
        gauss_newton_sd: the same by the Gauss-Newton Hessian, where it differs.
        at_bound: names of the parameters that a bound holds at the minimum.
        quantities: exact distributions by name; those of the elements of x are 'x1', 'x2', ...
        correlations: pair of names of quantities -> exact correlation.
        ensemble_limit: mean and sd of x, shape (control,) each, to which one step of an ensemble
            Kalman method tends with the number of members.
        failures: share of the prior at which the model fails.
        methods: classes of methods with which the problem can be solved.
    """

    minima: np.ndarray | None = field(default=None, converter=_rows)
    cost: float = np.nan
    sd_at_minimum: np.ndarray | None = None
    gauss_newton_sd: np.ndarray | None = None
    at_bound: tuple[str, ...] = ()
    quantities: Mapping[str, Quantity] = field(factory=dict)
    correlations: Mapping[tuple[str, str], float] = field(factory=dict)
    ensemble_limit: tuple[np.ndarray, np.ndarray] | None = None
    failures: float = 0.0
    methods: frozenset[MethodClass] = ALL_CLASSES

    @property
    def mean(self) -> np.ndarray:
        """Exact mean of x, shape (control,)."""
        return np.array([q.mean for q in self._elements])

    @property
    def sd(self) -> np.ndarray:
        """Exact sd of x, shape (control,)."""
        return np.array([q.sd for q in self._elements])

    @property
    def _elements(self) -> list[Quantity]:
        names = [f"x{n}" for n in range(1, len(self.quantities) + 1)]
        return [self.quantities[name] for name in names if name in self.quantities]


def elements(
    mean: Sequence[float],
    sd: Sequence[float],
    quantiles: Mapping[str, Mapping[float, float]] | None = None,
) -> dict[str, Quantity]:
    """Exact distributions of the elements of x, named 'x1', 'x2', ..."""
    return {
        name: Quantity(Element(n), m, s, (quantiles or {}).get(name, {}))
        for n, (m, s) in enumerate(zip(mean, sd, strict=True))
        for name in [f"x{n + 1}"]
    }


def gaussian_answer(
    mean: Sequence[float],
    sd: Sequence[float],
    cost: float,
    further: Mapping[str, Quantity] | None = None,
    correlations: Mapping[tuple[str, str], float] | None = None,
) -> KnownAnswer:
    """Answer of a linear problem with Gaussian errors, which is one for every class of method."""
    return KnownAnswer(
        minima=mean,
        cost=cost,
        sd_at_minimum=floats(sd),
        quantities={**elements(mean, sd), **(further or {})},
        correlations=correlations or {},
        ensemble_limit=(floats(mean), floats(sd)),
    )


@frozen(eq=False)
class KnownProblem:
    """A problem of a function h(p) and its exact answer.

    Args:
        name: in the table of known problems.
        label: in the list that it was taken from.
        function: h, from p, shape (control,), to simulated values, shape (obs,); None without
            observations.
        values: y, shape (obs,).
        errors: R; None without observations.
        parameters: p with their transforms and bounds.
        prior: x_b and B.
        robust: errors that are not Gaussian.
        start: where a minimisation starts, shape (control,).
        answer: exact values.
    """

    name: str
    label: str
    function: Function | None
    values: np.ndarray = field(converter=floats)
    errors: Covariance | None
    parameters: tuple[Parameter, ...]
    prior: Prior
    robust: RobustErrors | None
    start: np.ndarray = field(converter=floats)
    answer: KnownAnswer

    def problem(self, engine: Engine | Literal["autograd", "jax"] = "autograd") -> Problem:
        """The assembled problem, evaluated and differentiated by an engine or one of that name."""
        model = FunctionModel(self.function, self.parameters)
        operators, observations = {}, {}
        if self.errors is not None:
            operators = {STREAM: OutputOfDay(self.errors)}
            observations = {STREAM: daily_values(self.values, self.errors.sd)}
        domain = one_column(max(len(self.values), 1))
        return assemble(
            model_name=OWNER, model=model, operators=operators, observations=observations,
            forcing=Forcing(domain, {}, {}), control=self.control,
            engine=engine_named(engine) if isinstance(engine, str) else engine,
            prior=self.prior, robust=None if self.robust is None else {STREAM: self.robust},
        )  # fmt: skip

    @property
    def control(self) -> Control:
        """Names, bounds and transforms of x."""
        return Control.of({OWNER: self.parameters})

    def with_answer(self, answer: KnownAnswer) -> KnownProblem:
        """The same problem with other exact values."""
        return evolve(self, answer=answer)


def known_problem(
    function: Function | Sequence[Sequence[float]] | np.ndarray | None,
    y: Sequence[float] | np.ndarray = (),
    *,
    sd: float | Sequence[float] | np.ndarray | None = None,
    covariance: Sequence[Sequence[float]] | np.ndarray | None = None,
    prior_mean: Sequence[float] | np.ndarray | None = None,
    prior_covariance: Sequence[Sequence[float]] | np.ndarray | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    parameters: Sequence[Parameter] | None = None,
    prior: Prior | None = None,
    robust: RobustErrors | None = None,
    start: Sequence[float] | np.ndarray | None = None,
    name: str = "",
    label: str = "",
    answer: KnownAnswer | None = None,
) -> KnownProblem:
    """A problem J(x) = |x - m|^2 / 2 in B + |y - h(p(x))|^2 / 2 in R.

    Without `parameters` x has the names x1, x2, ... and p = x:

        known_problem([[1, 1]], [2], sd=0.01, prior_mean=[0, 0], prior_covariance=np.eye(2))

    Args:
        function: h(p, xp), or its matrix where it is linear; None without observations.
        y: observed values, shape (obs,).
        sd: of independent errors, one number or shape (obs,).
        covariance: R in place of `sd`, shape (obs, obs).
        prior_mean: m, shape (control,); by default 0.
        prior_covariance: B of x, shape (control, control); by default the identity.
        bounds: name -> lower and upper bound of p.
        parameters: p with units, transforms and bounds. x is 0 at their mean and 1 at one sd.
        prior: in place of mean and covariance.
        robust: errors that are not Gaussian, with `sd` as their scale.
        start: where a minimisation starts, shape (control,); by default the mean of the prior.
        name, label: of a table of problems.
        answer: exact values, where they are known.

    Raises:
        InvalidInput: the number of parameters or the errors cannot be told, or lengths differ.
    """
    count = _control_length(parameters, prior, prior_mean, prior_covariance)
    limits: dict[str, Any] = dict(bounds or {})
    if parameters is None:
        parameters = [Parameter(f"x{n}", "1", 0.0, 1.0) for n in range(1, count + 1)]
    parameters = [evolve(p, bounds=limits.get(p.name, p.bounds)) for p in parameters]
    unknown = sorted(set(limits) - {p.name for p in parameters})
    _require(not unknown, "bounds", f"there is no parameter {', '.join(unknown)}.")
    if prior is None:
        mean = np.zeros(count) if prior_mean is None else floats(prior_mean)
        matrix = np.eye(count) if prior_covariance is None else floats(prior_covariance)
        _require(
            mean.shape == (count,) and matrix.shape == (count, count), "prior_covariance",
            f"mean and covariance of the prior have the shapes {mean.shape} and {matrix.shape}; "
            f"expected ({count},) and ({count}, {count}).",
        )  # fmt: skip
        prior = Gaussian(mean, _covariance(matrix))
    values = floats(y)
    if function is not None and not callable(function):
        function = MatrixProduct(function)
    return KnownProblem(
        name=name,
        label=label,
        function=function,
        values=values,
        errors=None if function is None else _errors(sd, covariance, len(values)),
        parameters=tuple(parameters),
        prior=prior,
        robust=robust,
        start=prior.mean if start is None else start,
        answer=answer or KnownAnswer(),
    )


def _control_length(
    parameters: Sequence[Parameter] | None, prior: Prior | None, mean: Any, covariance: Any
) -> int:
    """Length of x."""
    for sized in (parameters, None if prior is None else prior.mean, mean, covariance):
        if sized is not None:
            return len(sized)
    raise InvalidInput(
        "the number of parameters is unknown; give prior_mean, prior_covariance or parameters.",
        code="missing-values",
        where="prior_mean",
    )


def _errors(sd: Any, covariance: Any, count: int) -> Covariance:
    """R of `count` observations, shape (obs, obs)."""
    _require(
        (sd is None) != (covariance is None), "sd",
        "the errors of the observations need either sd or covariance, not both.",
    )  # fmt: skip
    if covariance is None:
        return Diagonal(np.broadcast_to(floats(sd), (count,)))
    matrix = floats(covariance)
    message = f"the error covariance has the shape {matrix.shape}; expected ({count}, {count})."
    _require(matrix.shape == (count, count), "covariance", message)
    return _covariance(matrix)


def _covariance(matrix: np.ndarray) -> Covariance:
    """Diagonal where no element is correlated, which loses no digit of very different sizes."""
    variance = np.diag(matrix)
    if np.array_equal(matrix, np.diag(variance)):
        return Diagonal(np.sqrt(variance))
    return Dense(matrix)


def _require(condition: bool, where: str, message: str) -> None:
    if not condition:
        raise InvalidInput(message, code="wrong-value", where=where)
