"""Exact values of a problem, by which methods are tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from attrs import field, frozen

from ..core.observations import floats

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
