"""The cost function, as it is defined, and compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ..core.covariance import half_square
from ..core.interfaces import Engine, Prior
from .functions import StreamFunctions, by_engine
from .stream_data import StreamData

Array = Any


def cost_terms(
    x: Array,
    simulated: Mapping[str, Array],
    prior: Prior,
    streams: Mapping[str, StreamData],
    xp: Any,
) -> dict[str, Array]:
    """J(x) = J_prior(x) + sum over streams s of |y_s - H_s(M(x))|^2 / 2 in R_s, term by term.

    Args:
        x: control vector, shape (control,).
        simulated: H_s(M(x)) by stream, shape (obs,) each.
        prior: supplies J_prior.
        streams: supply y and R.

    Returns:
        'prior' and each stream: scalars without unit.
    """
    terms = {"prior": prior.negative_log_density(x, xp)}
    for name, stream in streams.items():
        terms[name] = half_square(stream.whiten(stream.values - simulated[name], xp), xp)
    return terms


@frozen(eq=False, slots=False)
class CostFunctions:
    """The cost from x and summed contributions.

    Args:
        prior: x_b and B.
        of_streams: gives the simulated values.
    """

    prior: Prior
    of_streams: StreamFunctions

    @property
    def engine(self) -> Engine:
        """The engine that compiles them."""
        return self.of_streams.engine

    def cost_terms(self, point: Mapping[str, Any]) -> dict[str, Array]:
        """J split into 'prior' and each stream."""
        functions = self.of_streams
        simulated = functions.completed(point)
        return cost_terms(point["x"], simulated, self.prior, functions.streams, self.engine.xp)

    def cost(self, point: Mapping[str, Any]) -> Array:
        """J, a scalar."""
        terms = self.cost_terms(point)
        total = terms["prior"]
        for name in self.of_streams.streams:
            total = total + terms[name]
        return total

    terms = by_engine("compile", cost_terms)
    gradient = by_engine("value_and_grad", cost)
    hessians = by_engine("hessian_vectors", cost)
