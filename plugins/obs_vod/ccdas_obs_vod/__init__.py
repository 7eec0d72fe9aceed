"""L-band vegetation optical depth from biomass and leaf area."""

from ccdas_framework import hookimpl


@hookimpl
def observation_operators():
    """The operator of this package, under the name a configuration uses."""
    from .lband_vod import LbandVod

    return {"vod": LbandVod}
