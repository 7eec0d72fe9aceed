"""L-band vegetation optical depth from biomass and leaf area."""

from __future__ import annotations

from typing import Any

from ccdas_framework import ObservationOperator, hookimpl


@hookimpl
def observation_operators() -> dict[str, type[ObservationOperator]]:
    """Operator of this package, by the name that a configuration uses."""
    from .lband_vod import LbandVod

    return {"vod": LbandVod}


@hookimpl
def commands(app: Any) -> None:
    """Add `ccdas vod`."""
    from .command_line import vod  # typer is slow to import

    app.add_typer(vod(), name="vod")
