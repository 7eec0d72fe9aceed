"""Surface soil moisture (SMOS or towers)."""

from ccdas_framework import hookimpl


@hookimpl
def observation_operators():
    """The operator of this package, under the name a configuration uses."""
    from .soil_moisture import SoilMoisture

    return {"sm": SoilMoisture}
