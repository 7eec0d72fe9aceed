"""L-band vegetation optical depth from biomass and leaf area."""

from __future__ import annotations

from ccdas_framework import ObservationOperator, hookimpl


@hookimpl
def observation_operators() -> dict[str, type[ObservationOperator]]:
    """Operator of this package, by the name that a configuration uses."""
    from .lband_vod import LbandVod

    return {"vod": LbandVod}
