"""Forcing, fields and parameters of DALEC under its settings."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from ccdas_framework import Parameter, Variable

from . import parameters as controls

_INPUT, _FIELD = ("time", "cell"), ("time", "column")
_CARBON, _POOL = "gC m-2 d-1", "gC m-2"

FORCING = (
    Variable("tasmin", "degC", _INPUT, (-95.0, 60.0), long_name="daily minimum of air temperature"),
    Variable("tasmax", "degC", _INPUT, (-95.0, 65.0), long_name="daily maximum of air temperature"),
    Variable(
        "rsds",
        "W m-2",
        _INPUT,
        (0.0, 550.0),
        long_name="daily mean incoming shortwave",
        direction="downward",
    ),
    Variable("co2", "ppm", _INPUT, (100.0, 3000.0), True, "background CO2 of the air"),
)
RAIN = (
    Variable("pr", "mm d-1", _INPUT, (0.0, 2000.0), long_name="precipitation"),
    Variable("vp", "Pa", _INPUT, (0.0, 8e3), True, "daily mean vapour pressure"),
)

FIELDS = (
    Variable("gpp", _CARBON, _FIELD, (0.0, 60.0), long_name="gross primary production, uptake > 0"),
    Variable("npp", _CARBON, _FIELD, (0.0, 60.0), long_name="net primary production, uptake > 0"),
    Variable("nep", _CARBON, _FIELD, (-200.0, 60.0),
             long_name="net ecosystem production, uptake > 0"),
    Variable("autotrophic_respiration", _CARBON, _FIELD, (0.0, 60.0),
             long_name="respiration of plants, release > 0"),
    Variable("heterotrophic_respiration", _CARBON, _FIELD, (0.0, 200.0),
             long_name="respiration of litter and soil, release > 0"),
    Variable("lai", "m2 m-2", _FIELD, (0.0, 100.0), long_name="leaf area index"),
    Variable("fapar", "1", _FIELD, (0.0, 1.0),
             long_name="absorbed fraction of photosynthetically active radiation"),
    *(Variable(f"{name}_carbon", _POOL, _FIELD, (0.0, 1e7),
               long_name=f"{words}, at the beginning of the day")
      for name, words in (("labile", "labile carbon"), ("foliage", "carbon of leaves"),
                          ("root", "carbon of fine roots"), ("wood", "carbon of wood"),
                          ("litter", "carbon of litter"), ("soil", "carbon of the soil"))),
    Variable("air_temperature", "degC", _FIELD, (-95.0, 65.0), long_name="daily mean",
             over="columns"),
    Variable("air_temperature_min", "degC", _FIELD, (-95.0, 60.0), long_name="daily minimum",
             over="columns"),
)  # fmt: skip
WATER = (
    Variable("evapotranspiration", "mm d-1", _FIELD, (0.0, 200.0),
             long_name="water lost by plants, upward > 0"),
    Variable("runoff", "mm d-1", _FIELD, (0.0, 1e5), long_name="runoff and drainage"),
    Variable("available_water", "mm", _FIELD, (0.0, 1e6), over="columns",
             long_name="water that plants can reach, at the beginning of the day"),
)  # fmt: skip


def requires(settings: Any) -> tuple[Variable, ...]:
    """Forcing; rain and vapour pressure where there is a pool of water."""
    return (*FORCING, *RAIN) if settings.water == "bucket" else FORCING


def provides(settings: Any) -> tuple[Variable, ...]:
    """Fields; those of water where there is a pool of it."""
    return (*FIELDS, *WATER) if settings.water == "bucket" else FIELDS


def parameters(settings: Any) -> tuple[Parameter, ...]:
    """Controls that act under these settings.

    With start = 'balance' the spin-up forgets the first water, so it is not a control.
    """
    watered = settings.water == "bucket"
    start = controls.DEPARTURES
    water = (*controls.WATER, evolve(controls.FIRST_WATER, active=False))
    if settings.start == "pools":
        start = controls.SLOW_POOLS
        water = (*controls.WATER, controls.FIRST_WATER)
    processes = {
        "canopy": (*controls.CANOPY, *controls.LEAF_POOLS),
        "water": water if watered else (),
        "turnover of carbon": (*controls.TURNOVER, *start),
    }
    return tuple(
        evolve(parameter, process=process)
        for process, group in processes.items()
        for parameter in group
    )
