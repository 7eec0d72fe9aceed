"""Atmospheric CO2 through a linear transport Jacobian."""

from ccdas_framework import hookimpl


@hookimpl
def observation_operators():
    """The operator of this package, under the name a configuration uses."""
    from .operator import Co2Transport

    return {"co2": Co2Transport}
