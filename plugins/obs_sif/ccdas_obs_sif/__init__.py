"""Solar-induced fluorescence (SIF) of chlorophyll at 740 nm."""

from __future__ import annotations

from ccdas_framework import ObservationOperator, hookimpl


@hookimpl
def observation_operators() -> dict[str, type[ObservationOperator]]:
    """The operator of this package, under the name a configuration uses."""
    from .sif import Sif

    return {"sif": Sif}
