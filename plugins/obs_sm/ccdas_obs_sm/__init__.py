"""Surface soil moisture (SMOS or towers)."""

from __future__ import annotations

from ccdas_framework import ObservationOperator, hookimpl


@hookimpl
def observation_operators() -> dict[str, type[ObservationOperator]]:
    """The operator of this package, under the name a configuration uses."""
    from .soil_moisture import SoilMoisture

    return {"sm": SoilMoisture}
