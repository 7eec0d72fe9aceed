"""Daily weather of towers in the layout of forcing files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ccdas_framework import ImportedData, ScreenedSeries

from ..checks import require_on_earth, require_past
from ..lazy_modules import xarray as xr
from ..refusal import refusal
from .ground import ground_variables
from .sites import Site

UNITS = {
    "tasmin": "degC", "tasmax": "degC", "pr": "mm d-1", "rsds": "W m-2", "vp": "Pa", "ps": "Pa",
    "sfcWind": "m s-1",
}  # fmt: skip
POSSIBLE = {
    "tasmin": (-90.0, 60.0), "tasmax": (-90.0, 65.0), "pr": (0.0, 2000.0), "rsds": (0.0, 600.0),
    "vp": (0.0, 8000.0), "ps": (4e4, 1.1e5), "sfcWind": (0.0, 60.0),
}  # fmt: skip
NEVER_NEGATIVE = ("pr", "rsds", "vp", "sfcWind")
HALF_WIDTH = 0.05  # degrees: observations within it belong to the tower
EPSILON = 0.622  # ratio of the molar masses of water and dry air


@frozen(eq=False)
class DailyWeather:
    """Daily weather of one tower, in the units `UNITS`.

    Args:
        path: of the product file, for messages.
        site: tower.
        days: datetime64[D], shape (day,).
        values: variable -> shape (day,).
    """

    path: Path
    site: Site
    days: np.ndarray
    values: Mapping[str, np.ndarray]


def daily_weather(
    path: Path, site: Site, start: np.ndarray, temperature: np.ndarray, rain: np.ndarray,
    means: Mapping[str, np.ndarray],
) -> DailyWeather:  # fmt: skip
    """Daily extremes, sums and means of the whole days of a half-hourly or hourly record.

    Args:
        path, site: of the record.
        start: beginning of each row in local standard time, shape (row,).
        temperature: of the air (degC), shape (row,).
        rain: amount of each row (mm), shape (row,).
        means: variables that are averaged, shape (row,) each.

    Raises:
        InvalidInput: there is no whole day.
    """
    days, row, count = np.unique(start.astype("datetime64[D]"), return_inverse=True,
                                 return_counts=True)  # fmt: skip
    whole = count == count.max()
    steps = round(86400 / float(np.median(np.diff(start).astype(int)))) if len(start) > 1 else 0
    whole &= count == steps
    if not whole.any():
        raise refusal(path, "missing-days", site.name, "the file has no whole day.")
    lowest, highest = np.full(len(days), np.inf), np.full(len(days), -np.inf)
    with np.errstate(invalid="ignore"):  # a day with a gap is missing, which the forcing refuses
        np.minimum.at(lowest, row, temperature)
        np.maximum.at(highest, row, temperature)
    daily = {"tasmin": lowest, "tasmax": highest, "pr": np.bincount(row, rain)}
    daily |= {name: np.bincount(row, values) / count for name, values in means.items()}
    return DailyWeather(path, site, days[whole], {n: v[whole] for n, v in daily.items()})


def extremes_from_halves(
    mean: np.ndarray, day: np.ndarray, night: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Minimum and maximum of a day (degC) from its mean and the means over day and night.

    A sine of amplitude A has the mean 2A/pi over its upper half and -2A/pi over the lower one, so
    that A = pi/4 (day - night).

    Args:
        mean, day, night: temperature (degC), shape (day,); without a night the amplitude is 0.
    """
    amplitude = np.pi / 4.0 * np.maximum(np.nan_to_num(day - night), 0.0)
    return mean - amplitude, mean + amplitude


def vapour_pressure(temperature: np.ndarray, deficit: np.ndarray) -> np.ndarray:
    """Vapour pressure (Pa) from temperature (degC) and vapour pressure deficit (Pa).

    Source: Magnus form of the WMO, Guide to Instruments and Methods of Observation (2018), annex
    4.B, over water.
    """
    return np.maximum(saturation_pressure(temperature) - deficit, 0.0)


def saturation_pressure(temperature: np.ndarray) -> np.ndarray:
    """Saturation vapour pressure over water (Pa) at a temperature (degC); source as above."""
    return 611.2 * np.exp(17.62 * temperature / (243.12 + temperature))


def pressure_of_humidity(humidity: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """Vapour pressure (Pa) from specific humidity (kg kg-1) and air pressure (Pa)."""
    return humidity * pressure / (EPSILON + (1.0 - EPSILON) * humidity)


def forcing_data(
    weather: Sequence[DailyWeather], *, product: str, version: str, notes: Sequence[str],
    credits: str, sites_table: Path | None = None, with_ground: bool = False,
) -> ImportedData:  # fmt: skip
    """Forcing of all towers over the days that they share; gaps are refused.

    A variable that one tower lacks is left out for all of them. The properties of soil and
    vegetation are not in the files of towers. The notes say so.

    Args:
        weather: of each tower.
        product, version, notes, credits: as of `ImportedData`.
        sites_table: table of the sites, for messages.
        with_ground: whether soil and vegetation come from the sites.

    Raises:
        InvalidInput: no common day, a gap, or values that cannot be.
    """
    for each in weather:
        require_past(each.path, each.days, each.site.name)
        place = np.array([each.site.latitude]), np.array([each.site.longitude])
        require_on_earth(each.path, *place, each.site.name)
    days = weather[0].days
    for each in weather[1:]:
        days = np.intersect1d(days, each.days)
    path = weather[0].path
    if not len(days):
        periods = "; ".join(f"{w.site.name} {w.days[0]} to {w.days[-1]}" for w in weather)
        raise refusal(path, "missing-days", "", f"the towers share no day: {periods}.")
    if len(gaps := np.flatnonzero(np.diff(days).astype(int) != 1)):
        raise refusal(
            path, "missing-days", str(days[gaps[0]] + 1),
            f"the day after {days[gaps[0]]} is missing; forcing needs every day.",
        )  # fmt: skip
    names = [name for name in UNITS if all(name in w.values for w in weather)]
    notes = [*notes, *_left_out(weather)]
    variables: dict[str, Any] = {}
    for name in names:
        columns = [_checked(w, name)[np.isin(w.days, days)] for w in weather]
        variables[name] = ("time", "cell"), np.stack(columns, axis=1), {"units": UNITS[name]}
    sites = [w.site for w in weather]
    coordinates = {
        "latitude": ([s.latitude for s in sites], "degrees_north"),
        "longitude": ([s.longitude for s in sites], "degrees_east"),
        "latitude_half_width": ([HALF_WIDTH] * len(sites), "degrees"),
        "longitude_half_width": ([HALF_WIDTH] * len(sites), "degrees"),
        "elevation": ([s.elevation for s in sites], "m"),
    }
    variables |= {n: ("cell", np.array(v, dtype=float), {"units": u})
                  for n, (v, u) in coordinates.items()}  # fmt: skip
    labels = np.array([s.name for s in sites], dtype=object)
    variables |= {"region": ("cell", labels), "label": ("cell", labels)}
    dataset = xr.Dataset(variables, {"time": days.astype("datetime64[ns]")})
    counts = [ScreenedSeries(f"{w.site.name} {name}", len(days),
                             {"days that other towers lack": len(w.days) - len(days)}
                             if len(w.days) > len(days) else {})
              for w in weather for name in names]  # fmt: skip
    if with_ground:
        daily = {name: variables[name][1] for name in ("tasmin", "tasmax", "pr")}
        ground, origin = ground_variables(sites, days, daily, sites_table)
        dataset, notes = dataset.assign(ground), [*notes, *origin]
    else:
        notes = [
            *notes,
            "the file has weather and no soil and vegetation: add theta_sat, theta_fc, "
            "theta_wp, campbell_b, saturated_conductivity and the columns before a run",
        ]
    return ImportedData(dataset, product, version, tuple(counts), tuple(notes), credits)


def _left_out(weather: Sequence[DailyWeather]) -> list[str]:
    """Sentences on the variables that a tower lacks, one for each set of such towers."""
    lacking: dict[str, list[str]] = {}
    for name in UNITS:
        if towers := [w.site.name for w in weather if name not in w.values]:
            lacking.setdefault(", ".join(towers), []).append(name)
    for_all = "" if len(weather) == 1 else (
        " for all towers: a forcing file has a variable at each of its sites or at none"
    )  # fmt: skip
    return [
        f"{', '.join(names)} of {towers} {'has' if len(names) == 1 else 'have'} gaps or no column, "
        f"and {'is' if len(names) == 1 else 'are'} left out{for_all}"
        for towers, names in lacking.items()
    ]


def _checked(weather: DailyWeather, name: str) -> np.ndarray:
    """Values of a variable, none of them missing or impossible."""
    values, path = weather.values[name], weather.path
    where = f"{weather.site.name} {name}"
    if (missing := ~np.isfinite(values)).any():
        raise refusal(
            path, "missing-values", where,
            f"'{name}' is missing on {int(missing.sum())} of {len(values)} days, the first "
            f"{weather.days[missing][0]}. Forcing has no gaps: give a gap-filled file.",
        )  # fmt: skip
    if name in NEVER_NEGATIVE:
        values = np.maximum(values, 0.0)  # radiation of sensors is slightly negative at night
    lowest, highest = POSSIBLE[name]
    bad = (values < lowest) | (values > highest)
    if bad.any():
        raise refusal(
            path, "wrong-units", where,
            f"'{name}' is {values[bad][0]:.4g} on {weather.days[bad][0]}; expected {lowest:g} to "
            f"{highest:g} {UNITS[name]}. The file has another unit than its product.",
        )  # fmt: skip
    return values
