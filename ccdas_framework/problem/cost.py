"""The cost function, as it is defined, and compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ..core.interfaces import Engine, Prior
from ..core.pickling import ByFields
from .component_results import require_results, scalar_findings
from .functions import StreamFunctions
from .model_functions import by_engine

Array = Any


@frozen(eq=False, slots=False)
class CostFunctions(ByFields):
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
        """J(x) = J_prior(x) + sum over streams s of |y_s - H_s(M(x))|^2 / 2 in R_s, term by term.

        A stream with robust errors has the sum of rho(R^-1/2 (y - H)); see `RobustErrors`.

        Args:
            point: `x`, shape (control,), and the summed contributions by stream, shape (obs,).

        Returns:
            'prior' and each stream: scalars without unit.
        """
        simulated, xp = self.of_streams.completed(point), self.engine.xp
        of_prior = self.prior.negative_log_density(point["x"], xp)
        findings = scalar_findings(of_prior, "negative_log_density")
        require_results(findings, self.prior, "prior")
        terms = {"prior": of_prior}
        for name, stream in self.of_streams.streams.items():
            terms[name] = stream.cost(stream.values - simulated[name], xp)
        return terms

    def cost(self, point: Mapping[str, Any]) -> Array:
        """J, a scalar."""
        prior, *of_streams = self.cost_terms(point).values()
        return sum(of_streams, start=prior)

    def cost_of_block(self, x: Array, index: Any, drivers: Any, inputs: Any) -> Array:
        """J of a grid of one block as one function of x, a scalar."""
        return self.cost({"x": x, **self.of_streams.block_values(x, index, drivers, inputs)})

    terms = by_engine("compile", cost_terms)
    gradient = by_engine("value_and_grad", cost)
    tangent = by_engine("pushforward", cost)
    hessians = by_engine("hessian_vectors", cost)
    block_gradient = by_engine("value_and_grad", cost_of_block)
    members = by_engine("batched", cost)
    members_gradient = by_engine("batched_value_and_grad", cost)
    members_block_gradient = by_engine("batched_value_and_grad", cost_of_block)
