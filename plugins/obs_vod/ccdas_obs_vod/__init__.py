"""L-band vegetation optical depth from biomass and leaf area."""

from ccdas_framework import hookimpl


@hookimpl
def observation_operators():
    """Operator of this package, by the name that a configuration uses."""
    from .lband_vod import LbandVod

    return {"vod": LbandVod}
