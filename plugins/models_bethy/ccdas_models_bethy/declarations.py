"""Forcing, statics, fields and parameters of BETHY under its settings."""

from __future__ import annotations

from typing import Any

from ccdas_framework import Parameter, Variable

from . import parameters as controls
from .hydrology import SOIL_SCHEMES
from .overpass import NUMBERS
from .published_priors import ALL_PUBLISHED

_CELL, _COLUMN, _INPUT, _FIELD = ("cell",), ("column",), ("time", "cell"), ("time", "column")

FORCING = (
    Variable("tasmin", "degC", _INPUT, (-95.0, 60.0), long_name="daily minimum of air temperature"),
    Variable("tasmax", "degC", _INPUT, (-95.0, 65.0), long_name="daily maximum of air temperature"),
    Variable("pr", "mm d-1", _INPUT, (0.0, 2000.0), long_name="precipitation"),
    Variable(
        "rsds",
        "W m-2",
        _INPUT,
        (0.0, 550.0),
        long_name="daily mean incoming shortwave",
        direction="downward",
    ),
    Variable("ps", "Pa", _INPUT, (3e4, 1.1e5), True, "surface pressure"),
    Variable("sfcWind", "m s-1", _INPUT, (0.0, 60.0), True, "wind speed above the canopy"),
    Variable("co2", "ppm", _INPUT, (100.0, 3000.0), True, "background CO2 of the air"),
)
VAPOUR_PRESSURE = Variable("vp", "Pa", _INPUT, (0.0, 8e3), True, "daily mean vapour pressure")
REQUIRED_VAPOUR = Variable("vp", "Pa", _INPUT, (0.0, 8e3), False, "daily mean vapour pressure")

STATIC = (
    Variable("elevation", "m", _CELL, (-500.0, 9000.0), long_name="elevation above sea level"),
    Variable("theta_sat", "m3 m-3", _CELL, (0.0, 1.0), long_name="soil water at saturation"),
    Variable("theta_fc", "m3 m-3", _CELL, (0.0, 1.0), long_name="soil water at field capacity"),
    Variable("theta_wp", "m3 m-3", _CELL, (0.0, 1.0), long_name="soil water at wilting"),
    Variable("campbell_b", "1", _CELL, (0.1, 30.0), long_name="Campbell exponent of the soil"),
    Variable("saturated_conductivity", "mm d-1", _CELL, (0.01, 5e4),
             long_name="hydraulic conductivity at saturation"),
    Variable("w_max", "mm", _COLUMN, (0.0, 1e4), True, "plant-available water capacity"),
    Variable("albedo_wet", "1", _CELL, (0.0, 1.0), True, "albedo of wet soil"),
    Variable("albedo_dry", "1", _CELL, (0.0, 1.0), True, "albedo of dry soil"),
)  # fmt: skip

_CARBON, _WATER = "gC m-2 d-1", "mm d-1"
FIELDS = (
    Variable("gpp", _CARBON, _FIELD, (0.0, 60.0), long_name="gross primary production, uptake > 0"),
    Variable("npp", _CARBON, _FIELD, (-60.0, 60.0), long_name="net primary production, uptake > 0"),
    Variable("nep", _CARBON, _FIELD, (-200.0, 60.0),
             long_name="net ecosystem production, uptake > 0; 0 before the window"),
    Variable("autotrophic_respiration", _CARBON, _FIELD, (0.0, 100.0),
             long_name="respiration of plants, release > 0"),
    Variable("heterotrophic_respiration", _CARBON, _FIELD, (-60.0, 200.0),
             long_name="respiration of the soil, release > 0; 0 before the window"),
    Variable("lai", "m2 m-2", _FIELD, (0.0, 20.0), long_name="leaf area index"),
    Variable("cover", "1", _FIELD, (0.0, 1.01), long_name="fraction of the ground under plants",
             largest_drift=0.01),
    Variable("fapar", "1", _FIELD, (0.0, 1.0),
             long_name="absorbed fraction of photosynthetically active radiation at 13 h"),
    Variable("apar", "W m-2", _FIELD, (0.0, 700.0),
             long_name="absorbed photosynthetically active radiation at 13 h"),
    Variable("fapar_diffuse", "1", _FIELD, (0.0, 1.0),
             long_name="absorbed fraction of diffuse photosynthetically active radiation"),
    *(
        Variable(f"apar_layer_{n}", "mol m-2 s-1", _FIELD, (0.0, 0.003),
                 long_name=f"photons absorbed by third {n} of the leaf area at the overpass hour")
        for n in NUMBERS
    ),
    *(
        Variable(f"photochemistry_layer_{n}", "1", _FIELD, (-0.01, 1.01), over="columns",
                 long_name=f"electron transport of third {n} of the leaf area at the overpass "
                 "hour, over what its light could drive")
        for n in NUMBERS
    ),
    Variable("canopy_temperature", "degC", _FIELD, (-95.0, 80.0), over="columns",
             long_name="temperature of the leaves at the overpass hour"),
    Variable("soil_moisture", "m3 m-3", _FIELD, (0.0, 1.0),
             long_name="water content of the surface layer", over="columns"),
    Variable("surface_layer_thickness", "m", _FIELD, (0.0, 0.2),
             long_name="thickness of the surface layer, the same on all days", over="columns"),
    Variable("root_zone_soil_moisture", "m3 m-3", _FIELD, (0.0, 1.0),
             long_name="water content of the root layer", over="columns"),
    Variable("relative_soil_moisture", "1", _FIELD, (-1e-6, 1.000001), over="columns",
             long_name="plant-available share of the root zone's water capacity"),
    Variable("evapotranspiration", _WATER, _FIELD, (-1.0, 50.0),
             long_name="all evaporation, upward > 0"),
    Variable("transpiration", _WATER, _FIELD, (0.0, 50.0), long_name="transpiration, upward > 0"),
    Variable("soil_evaporation", _WATER, _FIELD, (-1.0, 50.0),
             long_name="evaporation from the soil, upward > 0"),
    Variable("interception_evaporation", _WATER, _FIELD, (-1e-6, 50.0),
             long_name="evaporation from leaves, upward > 0"),
    Variable("sublimation", _WATER, _FIELD, (0.0, 50.0), long_name="from snow, upward > 0"),
    Variable("runoff", _WATER, _FIELD, (-1.0, 2000.0), long_name="runoff and drainage"),
    Variable("snow", "mm", _FIELD, (0.0, 1e5), long_name="snow water equivalent"),
    Variable("precipitation", _WATER, _FIELD, (0.0, 2000.0), long_name="of the forcing"),
    Variable("air_temperature", "degC", _FIELD, (-95.0, 65.0), long_name="daily mean",
             over="columns"),
    Variable("air_temperature_min", "degC", _FIELD, (-95.0, 60.0), long_name="daily minimum",
             over="columns"),
)  # fmt: skip

_SCHEME_FIELDS = {name for scheme in SOIL_SCHEMES.values() for name in scheme.FIELDS}
_SCHEME_PARAMETERS = {name for scheme in SOIL_SCHEMES.values() for name in scheme.PARAMETERS}


def requires(settings: Any) -> tuple[Variable, ...]:
    """Forcing and statics. Vapour pressure is required with humidity = 'forcing' alone."""
    vapour = {"auto": (VAPOUR_PRESSURE,), "forcing": (REQUIRED_VAPOUR,), "tmin": ()}
    return (*FORCING, *vapour[settings.humidity], *STATIC)


def provides(settings: Any) -> tuple[Variable, ...]:
    """Fields that the soil scheme provides."""
    unsupported = _SCHEME_FIELDS - SOIL_SCHEMES[settings.hydrology].FIELDS
    return tuple(variable for variable in FIELDS if variable.name not in unsupported)


def parameters(settings: Any) -> tuple[Parameter, ...]:
    """Controls that act under these settings."""
    unused = _SCHEME_PARAMETERS - SOIL_SCHEMES[settings.hydrology].PARAMETERS
    unused |= {"k_ex"} if settings.layer_exchange == "campbell" else {"s_D"}
    if settings.humidity == "forcing":
        unused = unused | {parameter.name for parameter in controls.HUMIDITY}
    table = ALL_PUBLISHED if settings.priors == "ccdas" else controls.ALL
    return tuple(p for p in table if p.name not in unused)
