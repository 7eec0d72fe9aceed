"""Readers of data products for `ccdas data import`."""

from __future__ import annotations

from ccdas_framework import hookimpl

__all__ = ["readers"]


@hookimpl
def readers() -> dict[str, type]:
    """Readers by kind."""
    from .co2.icos_atc import IcosAtc
    from .co2.noaa_gml import NoaaGml
    from .co2.obspack import ObsPack
    from .co2.scripps import Scripps
    from .co2.wdcgg import Wdcgg
    from .towers.ameriflux_base import AmeriFluxBase
    from .towers.fluxnet import Fluxnet
    from .towers.plumber2 import Plumber2

    return {
        "ameriflux_base": AmeriFluxBase,
        "fluxnet": Fluxnet,
        "icos_atc": IcosAtc,
        "noaa_gml": NoaaGml,
        "obspack": ObsPack,
        "plumber2": Plumber2,
        "scripps": Scripps,
        "wdcgg": Wdcgg,
    }
