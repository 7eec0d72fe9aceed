"""Atmospheric CO2 through a linear transport Jacobian."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccdas_framework import hookimpl

from .deprecated import deprecated_names


@hookimpl
def observation_operators():
    """The operator of this package, under the name a configuration uses."""
    from .operator import Co2Transport

    return {"co2": Co2Transport}


if TYPE_CHECKING:
    from .operator import Co2Transport

__all__ = ["Co2Transport", "observation_operators"]

_deprecated = deprecated_names(
    __name__,
    (
        "Stations", "Transport", "TransportGrid", "TransportJacobian", "TransportSettings",
        "analytic_jacobian", "prove", "read_jacobian", "twelve_box_jacobian", "write_jacobian",
        "zonal_response",
    ),
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "Co2Transport":
        from .operator import Co2Transport  # slow to import

        return Co2Transport
    return _deprecated(name)
