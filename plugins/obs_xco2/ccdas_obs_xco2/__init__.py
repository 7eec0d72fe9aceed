"""Column averages of atmospheric CO2 (XCO2)."""

from __future__ import annotations

from ccdas_framework import ObservationOperator, hookimpl


@hookimpl
def observation_operators() -> dict[str, type[ObservationOperator]]:
    """The operator of this package, under the name a configuration uses."""
    from .operator import Xco2

    return {"xco2": Xco2}
