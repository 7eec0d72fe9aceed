"""Column averages of atmospheric CO2 (XCO2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ccdas_framework import ObservationOperator, ObservationRecord, RecipeDomain, hookimpl


@hookimpl
def observation_operators() -> dict[str, type[ObservationOperator]]:
    """The operator of this package, under the name a configuration uses."""
    from .operator import Xco2

    return {"xco2": Xco2}


@hookimpl
def recipe_observations() -> dict[
    str, dict[str, Callable[[RecipeDomain, Path | None], ObservationRecord]]
]:
    """Hypothetical columns of the demonstration."""
    from .demo_columns import monthly_columns

    return {"demo": {"xco2": monthly_columns}}
