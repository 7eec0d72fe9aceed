"""A problem with a known answer, stated in a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from ..priors import Gaussian
from ..problem.assembled_problem import Problem
from ..problem.assembly import assemble
from ..problem.robust_errors import RobustErrors
from .derivatives import engine_named
from .function_model import (
    Function,
    FunctionModel,
    MatrixProduct,
    OutputOfDay,
    daily_values,
    one_column,
)
from .known_answers import KnownAnswer

OWNER = "known"  # of the parameters
STREAM = "y"


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
        traceable: whether JAX can trace h. With the engine "auto", a study takes autograd if not.
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
    traceable: bool = True

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
    traceable: bool = True,
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
        traceable: False for a function that JAX cannot trace, such as one that branches on values.

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
        traceable=traceable,
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
