"""Atmospheric CO2 through a linear transport Jacobian."""

from ccdas_framework import hookimpl

from .deprecated import deprecated_names


@hookimpl
def observation_operators():
    """The operator of this package, under the name a configuration uses."""
    from .operator import Co2Transport

    return {"co2": Co2Transport}


__getattr__ = deprecated_names(
    __name__,
    (
        "Stations", "Transport", "TransportGrid", "TransportJacobian", "TransportSettings",
        "analytic_jacobian", "prove", "read_jacobian", "twelve_box_jacobian", "write_jacobian",
        "zonal_response",
    ),
)  # fmt: skip
