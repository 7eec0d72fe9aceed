"""A problem that remembers what it was asked for."""

from __future__ import annotations

from typing import Any

from ..core.problem import Problem

# what stands for each word of `Optimiser.needs`
KINDS = {
    "simulate": "simulate", "cost": "simulate", "cost_terms": "simulate", "residuals": "simulate",
    "values_of": "simulate", "value_and_gradient": "gradient", "jacobian": "jacobian",
    "simulate_and_jacobian": "jacobian", "derivatives": "jacobian",
    "hessian_vector": "jacobian", "hessian_vectors": "jacobian",
}  # fmt: skip
FREE = ("simulate",)  # whoever gets a gradient or a Jacobian may also ask for the cost


class Asked:
    """Everything of a problem, and which kinds of evaluation were asked for.

    Args:
        problem: that answers.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._kinds: set[str] = set()

    @property
    def kinds(self) -> set[str]:
        """Words of `Optimiser.needs` that were asked for, beyond plain values."""
        return self._kinds - set(FREE)

    def __getattr__(self, name: str) -> Any:
        if name in KINDS:
            self._kinds.add(KINDS[name])
        return getattr(self._problem, name)
