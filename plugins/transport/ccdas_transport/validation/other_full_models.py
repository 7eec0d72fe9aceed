"""Comparison with other full models, component by component, at southern records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import netcdf_lock

from ..stations import Stations
from ..tracer import Transport
from .agreement import correlation, detrended, standard_deviation
from .zonal_fluxes import COMPONENTS, published_file, zonal_fluxes

MODELS = ("CT2019B", "CTE2018", "s99oc_v2020", "CAMSv20r1", "MIROC")
FIRST_MONTH = np.datetime64("2007-01", "M")  # the first month that all models have


@frozen
class ComponentAgreement:
    """Agreement of a component at a record with that of a full model.

    Args:
        model, component, record: names.
        correlation: correlation of the detrended series (1).
        sd, full_sd: standard deviation of the detrended series (ppm).
    """

    model: str
    component: str
    record: str
    correlation: float
    sd: float
    full_sd: float


def component_agreements(data: Path, transport: Transport) -> list[ComponentAgreement]:
    """Agreement with each model of `co2/southern_station_components.nc`, from 2007 on.

    Trend and mean are subtracted, since each component has another offset.

    Args:
        data: folder of published data.
        transport: the transport.
    """
    import xarray as xr  # slow to import

    with (
        netcdf_lock,
        xr.open_dataset(published_file(data, "co2/southern_station_components.nc")) as file,
    ):
        file = file.load()
    names = [str(name) for name in file["record"].values]
    stations = Stations(names, *(file[key].values for key in ("lat", "lon", "alt")))
    time = file["time"].values.astype("datetime64[M]")
    out = []
    for model in (m for m in MODELS if m in file["model"].values):
        fluxes = zonal_fluxes(data, model, transport.grid)
        parts = transport.forward(fluxes.values, stations)
        simulated = dict(zip(COMPONENTS, parts, strict=True))
        simulated["total"] = parts.sum(axis=0)
        months = np.intersect1d(fluxes.months[fluxes.months >= FIRST_MONTH], time)
        ours, theirs = np.searchsorted(fluxes.months, months), np.searchsorted(time, months)
        for component, series in simulated.items():
            full = file["co2"].sel(model=model, component=component).values.T[theirs]
            full = np.where(np.isfinite(full), full, np.nan)
            mine = np.where(np.isfinite(full), series[ours], np.nan)
            one, other = detrended(mine), detrended(full)
            out += [
                ComponentAgreement(
                    model, component, names[s], correlation(one[:, s], other[:, s]),
                    standard_deviation(one[:, s]), standard_deviation(other[:, s]),
                )
                for s in range(len(names))
            ]  # fmt: skip
    return out
