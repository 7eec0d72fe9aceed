"""Solar-induced fluorescence (SIF) of chlorophyll at 740 nm."""

from ccdas_framework import hookimpl


@hookimpl
def observation_operators():
    """The operator of this package, under the name a configuration uses."""
    from .sif import Sif

    return {"sif": Sif}
