"""Vegetation optical depth from leaf area."""

from ccdas_framework import hookimpl


@hookimpl
def observation_operators():
    """The operator, under the name that `--obs` and a configuration use."""
    from .lai_vod import LaiVod

    return {"lai_vod": LaiVod}
