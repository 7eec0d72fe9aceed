"""Drivers: all of the weather that no parameter touches, computed once with numpy."""

from __future__ import annotations

import numpy as np

from ccdas_framework import InvalidInput

from . import meteorology
from .parameters import CLASSES
from .photosynthesis import canopy_conductance, daylight_response, warmth

YEAR = 365  # days of the lead that the balance of the slow pools refers to


def drivers(forcing, settings):
    """Nested dict of arrays that `Dalec.run` takes.

    `weather` (time, column): of a day's step, with `deficit` and `rain` where there is a pool of
    water; `day`, `temperature`, `minimum` (time, column): of what is outside the first time loop;
    `start` (time,): weight of each day in the balance that the slow pools start from.
    """
    domain, fields = forcing.domain, forcing.fields
    grid = domain.grid
    require_known(grid.column_class)
    cell = np.asarray(grid.column_cell, dtype=int)
    low, high = fields["tasmin"], fields["tasmax"]
    latitude, day = grid.latitude[None, :], domain.day_of_year[:, None]
    weather = {
        "light": meteorology.MEGAJOULE_A_DAY * fields["rsds"],
        "co2": fields["co2"] if "co2" in fields else np.full_like(low, settings.co2),
        "conductance": canopy_conductance(np.maximum(high - low, 0.0)),
        "warmth": warmth(high),
        "daylight": daylight_response(meteorology.day_length(latitude, day)),
    }
    if settings.water == "bucket":
        weather["rain"] = fields["pr"]
        weather["deficit"] = meteorology.vapour_pressure_deficit(low, high, fields.get("vp"))
    rest = {
        "day": meteorology.seasonal_day(latitude, day),
        "temperature": 0.5 * (low + high),
        "minimum": low,
    }
    return {
        "weather": {name: values[:, cell] for name, values in weather.items()},
        **{name: np.broadcast_to(values, low.shape)[:, cell] for name, values in rest.items()},
        "start": start_weight(domain),
    }


def start_weight(domain):
    """Share of each day (1), shape (time,), in the balance that the slow pools start from.

    The last year of the lead, which is the first of the forcing once the leaves have settled; the
    whole run where the lead is shorter than a year.
    """
    weight = np.zeros(domain.days)
    days = slice(domain.lead - YEAR, domain.lead) if domain.lead >= YEAR else slice(None)
    weight[days] = 1.0
    return weight / weight.sum()


def require_known(column_class):
    """Raise where a column has a class the model knows no parameters of.

    Raises:
        InvalidInput: names the column and its class.
    """
    known = [label for group in CLASSES for label in group]
    wrong = np.flatnonzero(~np.isin(column_class, known))
    if wrong.size:
        raise InvalidInput(
            f"column {wrong[0]} has class {column_class[wrong[0]]}, but DALEC has priors for the "
            f"plant functional types 1 to {len(known)}. Change 'column_class' of the grid.",
            code="unknown-class",
            where="grid: column_class",
        )
