"""Readers of data products for `ccdas data import`."""

from __future__ import annotations

from ccdas_framework import hookimpl

__all__ = ["readers"]


@hookimpl
def readers() -> dict[str, type]:
    """Readers by kind."""
    from .towers.ameriflux_base import AmeriFluxBase
    from .towers.fluxnet import Fluxnet
    from .towers.plumber2 import Plumber2

    return {"ameriflux_base": AmeriFluxBase, "fluxnet": Fluxnet, "plumber2": Plumber2}
