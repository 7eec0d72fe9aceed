"""The cost function, as it is defined, and compiled."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from attrs import frozen

from ..core.covariance import half_square
from ..core.interfaces import Prior
from .functions import Function, StreamFunctions
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

    def cost_terms(self, point: Mapping[str, Any]) -> dict[str, Array]:
        """J split into 'prior' and each stream."""
        functions = self.of_streams
        simulated = functions.completed(point)
        return cost_terms(point["x"], simulated, self.prior, functions.streams, functions.engine.xp)

    def cost(self, point: Mapping[str, Any]) -> Array:
        """J, a scalar."""
        terms = self.cost_terms(point)
        total = terms["prior"]
        for name in self.of_streams.streams:
            total = total + terms[name]
        return total

    @cached_property
    def terms(self) -> Function:
        """`cost_terms`, compiled."""
        return self.of_streams.engine.compile(self.cost_terms)

    @cached_property
    def gradient(self) -> Function:
        """Value and gradient of `cost`."""
        return self.of_streams.engine.value_and_grad(self.cost)

    @cached_property
    def hessians(self) -> Function:
        """Hessian products of `cost`."""
        return self.of_streams.engine.hessian_vectors(self.cost)
