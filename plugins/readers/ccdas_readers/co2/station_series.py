"""Series of a station: selection of hours, means, and the columns of an observation file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..averages import NONE, period_means
from ..lazy_modules import pandas as pd
from ..refusal import refusal
from ..screening import Screening
from .scales import on_scale

ALL, WELL_MIXED = "all", "well_mixed"
HOURS = re.compile(r"(\d{1,2})-(\d{1,2})")
AFTERNOON, NIGHT = (12, 16), (0, 4)  # hours of local solar time
MOUNTAIN = 1000.0  # m: ground above it is a mountain, whose nights see the free troposphere
CO2 = "co2"
REPEATED = "repeated time of a lower data level"


@frozen
class StationSettings:
    """How the values of a station are selected and averaged.

    Args:
        scale: "keep", "X2007" or "X2019".
        hours: "all", "well_mixed" (12 to 16 h of local solar time, on mountains 0 to 4 h) or
            "FIRST-LAST", of hourly values.
        average: "none", "day" or "month".
    """

    scale: str
    hours: str
    average: str


@frozen(eq=False)
class StationSeries:
    """Values of a station as a product gives them.

    Args:
        path: of the file.
        label: code of the station.
        values, sd: ppm, shape (value,); sd NaN where unknown.
        start, end: in UTC, datetime64[s]; equal for samples. Of days and months the first and the
            last day.
        latitude, longitude, altitude: degrees and m of the samples, numbers or shape (value,).
        elevation: of the ground (m).
        scales: calibration scales that the file names.
        is_hourly: whether the hour of the day says how well the air is mixed.
    """

    path: Path
    label: str
    values: np.ndarray
    sd: np.ndarray
    start: np.ndarray
    end: np.ndarray
    latitude: Any
    longitude: Any
    altitude: Any
    elevation: float
    scales: tuple[str, ...]
    is_hourly: bool = False


def valid_hours(instance: Any, attribute: Any, value: str) -> None:
    """Validator of the setting `hours`.

    Raises:
        ValueError: it is no choice and no range of hours.
    """
    match = HOURS.fullmatch(value)
    if value in (ALL, WELL_MIXED) or (match and all(int(h) <= 24 for h in match.groups())):
        return
    raise ValueError(
        f"'{attribute.name}' is '{value}'; expected all, well_mixed or a range such as 12-16"
    )


def screened_station(
    series: StationSeries, settings: StationSettings, drops: list[tuple[str, np.ndarray]],
    notes: list[str], **columns: Any,
) -> Screening:  # fmt: skip
    """Screened values of a station on the scale, at the hours and as the means of the settings.

    Args:
        series: all values of the file.
        settings: scale, hours and means.
        drops: reason and mask, shape (value,) each, of the quality filter of the product.
        notes: receives remarks.
        columns: further columns, shape (value,) each.
    """
    values, scale = on_scale(series.path, series.values, series.scales, settings.scale, notes)
    frame = pd.DataFrame({
        "values": values, "sd": np.where(series.sd > 0.0, series.sd, np.nan),
        "start": series.start, "end": series.end, "latitude": series.latitude,
        "longitude": series.longitude, "altitude": series.altitude, "label": series.label,
        "scale": scale, **columns,
    })  # fmt: skip
    masks = pd.DataFrame({str(n): mask for n, (_, mask) in enumerate(drops)}, index=frame.index)
    other = np.logical_or.reduce([mask for reason, mask in drops if reason == REPEATED] or [False])
    _require_distinct(series, frame[~np.broadcast_to(other, len(frame))])
    screening = Screening(series.path, f"{series.label} co2", CO2, frame)
    screening.drop_missing()
    # flags first: values that they reject may be beyond all limits
    for n, (reason, _) in enumerate(drops):
        screening.drop(reason, masks.loc[screening.frame.index, str(n)])
    if len(screening.frame):
        screening.drop_impossible()
    if series.is_hourly and settings.hours != ALL and len(screening.frame):
        _select_hours(screening, series, settings.hours, notes)
    if settings.average != NONE and len(screening.frame):
        _average(screening, settings.average, notes)
    return screening


def _require_distinct(series: StationSeries, frame: Any) -> None:
    """Refuse samples or periods that occur twice, whatever their values and flags."""
    keys = [key for key in ("start", "altitude", "sample") if key in frame]
    repeated = frame.duplicated(keys).to_numpy()
    if repeated.any():
        raise refusal(
            series.path, "duplicate-times", series.label,
            f"{int(repeated.sum())} values of {series.label} have the time of another, the first "
            f"{frame['start'][repeated].iloc[0]}. Leave out the copies.",
        )  # fmt: skip


def _select_hours(
    screening: Screening, series: StationSeries, hours: str, notes: list[str]
) -> None:
    """Leave out hours of the day in local solar time."""
    if hours == WELL_MIXED:
        first, last = NIGHT if series.elevation > MOUNTAIN else AFTERNOON
    else:
        first, last = (int(hour) for hour in hours.split("-"))
    frame = screening.frame
    middle = frame["start"] + (frame["end"] - frame["start"]) / 2
    moments = middle.to_numpy().astype("datetime64[s]")
    since = (moments - moments.astype("datetime64[D]")).astype(int) / 3600.0
    solar = (since + frame["longitude"].to_numpy(dtype=float) / 15.0) % 24.0
    after, before = solar >= first, solar < last
    inside = after & before if first < last else after | before
    screening.drop(f"outside {first} to {last} h of local solar time", ~inside)
    notes.append(f"{series.label} has hours of {first} to {last} h of local solar time")


def _average(screening: Screening, period: str, notes: list[str]) -> None:
    """Means over days or months of UTC in place of single values."""
    count = len(screening.frame)
    frame = period_means(screening.frame.drop(columns="sample", errors="ignore"), period,
                         ["label", "scale"], independent=False)  # fmt: skip
    screening.frame, screening.averaged = frame, count
    notes.append(
        f"{count} values of {screening.name} are averaged to {len(frame)} {period}s; their error "
        "is the root mean square of those of the values"
    )


def require_co2(path: Path, species: str) -> None:
    """Refuse a file of another species.

    Raises:
        InvalidInput: with the species.
    """
    name = re.sub(r"[^a-z0-9]", "", species.lower())
    if name not in ("co2", "carbondioxide"):
        raise refusal(
            path, "other-species", species,
            f"the file has '{species}', not CO2. Give the file of CO2 of the station.",
        )  # fmt: skip


def month_ends(start: np.ndarray) -> np.ndarray:
    """Last day of the month of each time, datetime64[s]."""
    months = start.astype("datetime64[M]")
    return ((months + 1).astype("datetime64[D]") - 1).astype("datetime64[s]")


def months_of(years: np.ndarray, months: np.ndarray, path: Path) -> np.ndarray:
    """First day of months from numbers of years and months, datetime64[s].

    Raises:
        InvalidInput: a number is no month, or is missing.
    """
    bad = ~((months >= 1) & (months <= 12) & (years > 1800) & (years < 3000))
    if bad.any():
        raise refusal(
            path, "wrong-time", "month",
            f"the row with year {years[bad][0]:g} and month {months[bad][0]:g} is no month.",
        )  # fmt: skip
    whole = (years.astype(int) - 1970) * 12 + months.astype(int) - 1
    return whole.astype("datetime64[M]").astype("datetime64[s]")
