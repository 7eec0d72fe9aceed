"""Drivers: weather and soil that depend on no parameter, computed once with numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ccdas_framework import Array, Drivers, Fields, Forcing, InvalidInput, marine_co2

from .constants import WIND_SPEED
from .energy.aerodynamics import drag
from .hydrology.capacity import climate_capacity, shared_capacity
from .meteorology import humidity, solar
from .meteorology.radiation import beam_transmittance, radiation_split
from .meteorology.temperature import diurnal_shape, lagged
from .phenology.cover import daily_fading
from .plant_types import DRY_SOIL_ALBEDO, SHRUBS, TREES, WET_SOIL_ALBEDO, plant_column

YEAR = 365  # d
LOWEST_WIND = 0.3  # m s-1; still air would leave no exchange at all
SOIL = ("theta_sat", "theta_fc", "theta_wp", "campbell_b", "saturated_conductivity")


def drivers(forcing: Forcing, settings: Any) -> Drivers:
    """Nested dict of arrays that `Bethy.run` takes.

    `site` (column,) holds constants of the columns. `weather` (interval, hour, column) and
    (interval, column) drives the diurnal cycle, `days` (interval, day, column) the daily update.
    `start` belongs to the initial state. `air` (time, column) is weather returned as fields, and
    `window` (window day, column) the temperature that decay in the soil follows.
    """
    measured_humidity(forcing.fields, settings)
    domain, grid = forcing.domain, forcing.domain.grid
    cell = np.asarray(grid.column_cell, dtype=int)
    tmin, tmax = forcing.fields["tasmin"], forcing.fields["tasmax"]
    mean = 0.5 * (tmin + tmax)
    length = settings.dayint
    fading = daily_fading(len(mean), domain.lead, settings.start)
    soil = lagged(mean, settings.soil_temperature_memory)
    sine, cosine = solar.sun_angles(grid.latitude[None, :], domain.day_of_year[:, None])
    days = {
        "precipitation": forcing.fields["pr"],
        "mean_temperature": mean,
        "day_length": solar.day_length(sine, cosine),
        "record_fading": np.broadcast_to(fading[:, None], mean.shape),
    }
    return {
        "site": site(forcing, settings),
        "start": {
            "temperature": mean[:30].mean(axis=0)[cell],
            "filling": first_filling(forcing, settings)[cell],
            "grown": np.full(len(cell), float(starts_grown(domain.lead, settings.start))),
        },
        "weather": {
            name: np.take(values, cell, axis=-1)
            for name, values in weather(forcing, settings).items()
        },
        "days": {
            name: np.take(by_interval(values, length), cell, axis=-1)
            for name, values in days.items()
        },
        "air": {
            "mean": mean[:, cell],
            "minimum": tmin[:, cell],
            "precipitation": forcing.fields["pr"][:, cell],
        },
        "window": {"soil_temperature": soil[domain.window][:, cell]},
    }


def by_interval(values: Array, length: int) -> Array:
    """(time, ...) as (interval, day, ...); the last interval is filled with its last day."""
    missing = -len(values) % length
    filled = np.concatenate([values, np.repeat(values[-1:], missing, axis=0)])
    return filled.reshape(-1, length, *values.shape[1:])


def interval_mean(values: Array, length: int) -> Array:
    """Mean over the days of each interval, shape (interval, ...)."""
    first = np.arange(0, len(values), length)
    count = np.diff(np.append(first, len(values)))
    total = np.add.reduceat(values, first, axis=0)
    return total / count.reshape(-1, *[1] * (values.ndim - 1))


def middle_day(values: Array, length: int) -> Array:
    """The middle day of each interval, shape (interval, ...)."""
    first = np.arange(0, len(values), length)
    count = np.diff(np.append(first, len(values)))
    return values[first + count // 2]


def weather(forcing: Forcing, settings: Any) -> dict[str, Array]:
    """Weather of each interval within the day, (interval, hour, cell) or (interval, cell)."""
    domain, fields, static = forcing.domain, forcing.fields, forcing.static
    grid, length = domain.grid, settings.dayint
    hour = np.array(settings.hours, dtype=float)[None, :, None]
    tmin, tmax, shortwave = (
        interval_mean(fields[name], length) for name in ("tasmin", "tasmax", "rsds")
    )
    mean = 0.5 * (tmin + tmax)
    pressure = solar.surface_pressure(static["elevation"], mean)
    if "ps" in fields:
        pressure = interval_mean(fields["ps"], length)
    day = middle_day(domain.day_of_year, length)[:, None]
    sine, cosine_product = solar.sun_angles(grid.latitude[None, :], day)
    day_length = solar.day_length(sine, cosine_product)
    cosine = solar.cosine_zenith(sine[:, None], cosine_product[:, None], hour)
    transmittance = beam_transmittance(cosine, pressure[:, None])
    shape = diurnal_shape(hour, day_length[:, None])
    temperature = mean[:, None] + 0.5 * (tmax - tmin)[:, None] * shape
    out = {
        "temperature": temperature,
        "saturation": humidity.saturation_vapour_pressure(temperature, np),
        "transmittance": transmittance,
        "sine": sine,
        "cosine": cosine_product,
        "pressure": pressure,
        "wind": np.full_like(mean, WIND_SPEED),
        **radiation_split(
            shortwave,
            cosine,
            transmittance,
            solar.sun_distance_factor(day),
            settings.renormalise_shortwave,
        ),
    }
    if "sfcWind" in fields:
        out["wind"] = np.maximum(interval_mean(fields["sfcWind"], length), LOWEST_WIND)
    if "co2" in fields:
        out["co2"] = interval_mean(fields["co2"], length)
    else:
        yearly = interval_mean(marine_co2(domain.year_number), length)
        out["co2"] = yearly[:, None] + np.zeros_like(mean)
    if measured_humidity(fields, settings):
        out["vapour_pressure"] = interval_mean(fields["vp"], length)
    else:
        out["saturation_at_minimum"] = humidity.saturation_vapour_pressure(tmin, np)
        if settings.humidity_aridity:
            out["saturation_at_minimum"] = out["saturation_at_minimum"] * aridity(forcing, settings)
    return out


def water_balance(forcing: Forcing) -> tuple[Array, Array]:
    """Precipitation and potential evaporation of the window (mm d-1), (time, cell) each.

    The lead is excluded because it repeats the first year, and days after the last whole year
    because they would weigh a season twice. A window shorter than a year counts as it is.
    """
    window, fields = forcing.domain.window, forcing.fields
    days = forcing.domain.days - forcing.domain.lead
    window = slice(window.start, window.start + (YEAR * (days // YEAR) or days))
    rain, tmin, tmax, shortwave = (
        fields[name][window] for name in ("pr", "tasmin", "tasmax", "rsds")
    )
    pressure = solar.surface_pressure(forcing.static["elevation"], 0.5 * (tmin + tmax))
    if "ps" in fields:
        pressure = fields["ps"][window]
    return rain, humidity.potential_evaporation(tmin, tmax, shortwave, pressure)


def starts_grown(lead: int, start: str) -> bool:
    """Whether plants begin with the greatest leaf area: as published, or with no year to grow."""
    return start != "equilibrium" or lead < YEAR


def first_filling(forcing: Forcing, settings: Any) -> Array:
    """Available water of the first day over capacity (1), shape (cell,).

    It is min(1, P/PET)^2 of the climate for an equilibrium start, which deep roots in dry climates
    would else reach after many years. The square is our choice: plants empty the soil of a dry
    climate further than the ratio says. It is one half as published, and where the window is
    shorter than a year and does not show the climate.
    """
    domain = forcing.domain
    if settings.start != "equilibrium" or domain.days - domain.lead < YEAR:
        return np.full(forcing.domain.grid.cells, 0.5)
    rain, potential = (np.maximum(v.mean(axis=0), 0.05) for v in water_balance(forcing))
    return np.minimum(1.0, rain / potential) ** 2


def aridity(forcing: Forcing, settings: Any) -> Array:
    """k of the humidity scheme (1), shape (cell,), from the climate of the window."""
    limits = settings.aridity_driest, settings.aridity_moistest
    return humidity.aridity_factor(*water_balance(forcing), *limits)


def measured_humidity(fields: Fields, settings: Any) -> bool:
    """Whether the vapour pressure comes from the forcing.

    Raises:
        InvalidInput: the settings require it and the forcing has none.
    """
    if settings.humidity == "forcing" and "vp" not in fields:
        raise InvalidInput(
            "model 'bethy' has humidity = 'forcing', but the forcing has no vapour pressure 'vp' "
            "(Pa, daily mean). Add it, or set humidity = 'tmin' or 'auto'.",
            code="missing-variable",
            where="forcing: vp",
        )
    return settings.humidity != "tmin" and "vp" in fields


def site(forcing: Forcing, settings: Any) -> dict[str, Array]:
    """Constants of the columns, each (column,): soil, plant type and share of the cell."""
    grid, static = forcing.domain.grid, forcing.static
    cell = np.asarray(grid.column_cell, dtype=int)
    classes = np.asarray(grid.column_class, dtype=int)
    out = {name: np.asarray(static[name], dtype=float)[cell] for name in SOIL}
    check_soil(out, cell)
    wet, dry = static.get("albedo_wet"), static.get("albedo_dry")
    out["albedo_wet"] = wet[cell] if wet is not None else np.full(len(cell), WET_SOIL_ALBEDO)
    out["albedo_dry"] = dry[cell] if dry is not None else np.full(len(cell), DRY_SOIL_ALBEDO)
    capacity = static.get("w_max")
    if capacity is None:
        depth = 1000.0 * plant_column("rooting_depth", classes)  # mm
        capacity = depth * (out["theta_fc"] - out["theta_wp"])
    if settings.share_bucket:
        capacity = shared_capacity(capacity, grid.column_fraction, cell, classes)
    if static.get("w_max") is None and settings.root_zone == "climate":
        of_climate = climate_capacity(*water_balance(forcing))[cell]
        woody = np.isin(classes, (*TREES, *SHRUBS))
        capacity = np.where(woody, np.maximum(capacity, of_climate), capacity)
    out["w_max"] = np.asarray(capacity, dtype=float)
    if np.any(~(out["w_max"] > 0)):
        worst = int(np.argmin(np.where(out["w_max"] > 0, np.inf, out["w_max"])))
        raise InvalidInput(
            f"plant-available water 'w_max' of column {worst} (cell {cell[worst]}) is "
            f"{out['w_max'][worst]} mm; expected a positive value.",
            code="wrong-soil",
            where="forcing: w_max",
        )
    lifetime = plant_column("leaf_lifetime", classes)
    if settings.leaf_lifetime is not None:
        lifetime = np.full(len(cell), settings.leaf_lifetime)
    groups = plant_column("phenology", classes)
    out |= {
        "c4": plant_column("c4", classes).astype(float),
        "nitrogen_profile": plant_column("nitrogen_profile", classes).astype(float),
        "group_a": (groups == "A").astype(float),
        "group_b": (groups == "B").astype(float),
        "specific_leaf_area": plant_column("specific_leaf_area", classes),
        "leaf_lifetime": lifetime,
        "root_profile": plant_column("root_profile", classes),
        "drag": drag(plant_column("height", classes)),
    }
    if settings.humidity_wetness == "cell":
        fraction = np.where(np.asarray(grid.column_fraction) > 0, grid.column_fraction, 1e-12)
        total = np.bincount(cell, weights=fraction, minlength=grid.cells)
        out["cell_share"] = fraction / total[cell]
        out["cell"] = cell
        out["cells"] = np.arange(grid.cells)
    return out


def check_soil(soil: Mapping[str, Array], cell: Array) -> None:
    """Refuse a soil whose contents are not 0 <= wilting < field capacity < saturation <= 1."""
    ordered = (
        (soil["theta_wp"] >= 0)
        & (soil["theta_wp"] < soil["theta_fc"])
        & (soil["theta_fc"] < soil["theta_sat"])
        & (soil["theta_sat"] <= 1)
    )
    if not np.all(ordered):
        worst = int(np.argmin(ordered))
        raise InvalidInput(
            f"the soil of cell {cell[worst]} has theta_wp {soil['theta_wp'][worst]}, theta_fc "
            f"{soil['theta_fc'][worst]} and theta_sat {soil['theta_sat'][worst]} m3 m-3; expected "
            "0 <= theta_wp < theta_fc < theta_sat <= 1. Correct the static input.",
            code="wrong-soil",
            where="forcing: theta_wp",
        )
