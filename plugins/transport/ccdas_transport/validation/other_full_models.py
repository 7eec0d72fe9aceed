"""The same transport beside four other full models, component by component, at southern records."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from ..stations import Stations
from .agreement import correlation, detrended, spread
from .zonal_fluxes import COMPONENTS, found, zonal_fluxes

MODELS = ("CT2019B", "CTE2018", "s99oc_v2020", "CAMSv20r1", "MIROC")
FIRST = np.datetime64("2007-01", "M")  # the first month that all models have
YEAR = 12


@frozen
class Transferred:
    """How near a component at a record is to that of a full model.

    Args:
        model, component, record: names.
        correlation: of the detrended series (1).
        sd, full_sd: of the detrended series (ppm).
    """

    model: str
    component: str
    record: str
    correlation: float
    sd: float
    full_sd: float


def transfer(data, transport):
    """Agreement with each model of `co2/southern_station_components.nc`, from 2007 on.

    Each component starts from an offset of its own, so that trend and mean are taken off.

    Args:
        data: folder of published data.
        transport: the transport.
    """
    import xarray as xr  # slow to import

    with xr.open_dataset(found(data, "co2/southern_station_components.nc")) as file:
        file = file.load()
    names = [str(name) for name in file["record"].values]
    places = [file[key].values for key in ("lat", "lon", "alt")]
    stations = Stations(names, *places)
    time = file["time"].values.astype("datetime64[M]")
    out = []
    for model in (m for m in MODELS if m in file["model"].values):
        fluxes = zonal_fluxes(data, model, transport.grid)
        parts = transport.forward(fluxes.values, stations)
        simulated = dict(zip(COMPONENTS, parts, strict=True))
        simulated["total"] = parts.sum(axis=0)
        months = np.intersect1d(fluxes.months[fluxes.months >= FIRST], time)
        ours, theirs = np.searchsorted(fluxes.months, months), np.searchsorted(time, months)
        for component, series in simulated.items():
            full = file["co2"].sel(model=model, component=component).values.T[theirs]
            full = np.where(np.isfinite(full), full, np.nan)
            mine = np.where(np.isfinite(full), series[ours], np.nan)
            one, other = detrended(mine), detrended(full)
            out += [
                Transferred(
                    model, component, names[s], correlation(one[:, s], other[:, s]),
                    spread(one[:, s]), spread(other[:, s]),
                )
                for s in range(len(names))
            ]  # fmt: skip
    return out
