"""Drivers: weather that depends on no parameter, computed once with numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccdas_framework import Domain, Drivers, Forcing, InvalidInput, marine_co2

from . import meteorology
from .parameters import CLASSES
from .photosynthesis import canopy_conductance, daylight_response, warmth

YEAR = 365  # days of the lead that the balance of the slow pools refers to


def drivers(forcing: Forcing, settings: Any) -> Drivers:
    """Nested dict of arrays that `Dalec.run` takes.

    `weather` (time, column) drives the step of a day. It has `deficit` and `rain` with a pool of
    water. `day`, `temperature` and `minimum` (time, column) act outside the first time loop.
    `start` (time,) is the weight of each day in the balance from which the slow pools start.
    """
    domain, fields = forcing.domain, forcing.fields
    grid = domain.grid
    check_classes(grid.column_class)
    cell = np.asarray(grid.column_cell, dtype=int)
    low, high = fields["tasmin"], fields["tasmax"]
    latitude, day = grid.latitude[None, :], domain.day_of_year[:, None]
    weather = {
        "light": meteorology.MEGAJOULE_A_DAY * fields["rsds"],
        "co2": co2_of_air(forcing, settings.co2),
        "conductance": canopy_conductance(np.maximum(high - low, 0.0)),
        "warmth": warmth(high),
        "daylight": daylight_response(meteorology.day_length(latitude, day)),
    }
    if settings.water == "bucket":
        weather["rain"] = fields["pr"]
        weather["deficit"] = meteorology.vapour_pressure_deficit(low, high, fields.get("vp"))
    series = {
        "day": meteorology.seasonal_day(latitude, day),
        "temperature": 0.5 * (low + high),
        "minimum": low,
    }
    return {
        "weather": {name: values[:, cell] for name, values in weather.items()},
        **{name: np.broadcast_to(values, low.shape)[:, cell] for name, values in series.items()},
        "start": start_weight(domain),
    }


def co2_of_air(forcing: Forcing, constant: float | None) -> np.ndarray:
    """CO2 of the air (ppm), shape (time, cell): of the forcing, or a constant in place of a record.

    Args:
        forcing: its own CO2 wins.
        constant: setting `co2` (ppm), or None.
    """
    domain, shape = forcing.domain, forcing.fields["tasmin"].shape
    if "co2" in forcing.fields and (constant is None or "co2" not in forcing.filled):
        return forcing.fields["co2"]
    if constant is not None:
        return np.full(shape, constant)
    return np.broadcast_to(marine_co2(domain.year_number)[:, None], shape)


def start_weight(domain: Domain) -> np.ndarray:
    """Share of each day (1), shape (time,), in the balance that the slow pools start from.

    These are the days of the last year of the lead, when leaves are settled. With a lead shorter
    than a year they are all days.
    """
    weight = np.zeros(domain.days)
    days = slice(domain.lead - YEAR, domain.lead) if domain.lead >= YEAR else slice(None)
    weight[days] = 1.0
    return weight / weight.sum()


def check_classes(column_class: np.ndarray) -> None:
    """Refuse a class without parameters.

    Raises:
        InvalidInput: names the column and its class.
    """
    classes = [label for group in CLASSES for label in group]
    wrong = np.flatnonzero(~np.isin(column_class, classes))
    if wrong.size:
        raise InvalidInput(
            f"column {wrong[0]} has class {column_class[wrong[0]]}, but DALEC has priors for the "
            f"plant functional types 1 to {len(classes)}. Change 'column_class' of the grid.",
            code="unknown-class",
            where="grid: column_class",
        )
