"""Daily forcing over local days from values of hours or of three hours on a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ccdas_framework import ImportedData

from ..refusal import refusal
from ..towers.weather import pressure_of_humidity, saturation_pressure
from .gridded import Axes, cells_with_values, grid_forcing, require_every_day
from .local_days import local_offsets, over_local_days, whole_days
from .signs import NOISE, not_negative

# series that a reader may give, in these units; rain and light are means over a step, and the
# others values of its middle or means over it
SERIES = {
    "temperature": "degC", "dewpoint": "degC", "humidity": "kg kg-1", "pressure": "Pa",
    "rain": "mm d-1", "light": "W m-2", "u": "m s-1", "v": "m s-1", "wind": "m s-1",
}  # fmt: skip
Series = Mapping[str, tuple[np.ndarray, np.ndarray]]
DAY_NOTE = "days are those of local time, UTC and the nearest hour of the longitude"


def local_day_forcing(
    path: Path, series: Series, axes: Axes, spacing: tuple[float, float], *, step_hours: int,
    minimum_hours: int, present: np.ndarray | None = None, product: str, version: str,
    notes: Sequence[str], credits: str,
) -> ImportedData:  # fmt: skip
    """Forcing over the local days that all variables have whole.

    Args:
        path: of the first file, for messages.
        series: name of `SERIES` -> times in UTC (middle of the step, or the moment), shape (time,),
            and values, shape (time, cell) over all cells, or over those of `present`.
        axes, spacing: of the grid (degrees).
        step_hours: time between values (h).
        minimum_hours: least number of hours of a local day.
        present: whether a cell of the grid is in `series`; None finds the cells with values.
        product, version, notes, credits: as of `ImportedData`.

    Raises:
        InvalidInput: no whole day, gaps, negative rain or light, or values that cannot be.
    """
    if present is None:
        present = cells_with_values(path, series)
        series = {name: (times, values[:, present]) for name, (times, values) in series.items()}
    offsets = local_offsets(axes.cells()[1][present])
    enough = -(-minimum_hours // step_hours)
    days = None
    for times, _ in series.values():
        whole = whole_days(times, offsets, enough)
        days = whole if days is None else np.intersect1d(days, whole)
    if days is None or not len(days):
        count = max(len(times) for times, _ in series.values())
        raise refusal(
            path, "missing-days", ", ".join(series),
            f"the files have {count} steps of {step_hours} h and no local day with {minimum_hours} "
            "hours of them in all cells. Give whole days, with the day before and after, or "
            "--set minimum_hours=N.",
        )  # fmt: skip
    require_every_day(path, days, "hours")
    # noise of a rate is that of a sum over the step
    least = {"rain": -NOISE["pr"] * 24.0 / step_hours, "light": -NOISE["rsds"]}
    series = {
        name: (times, not_negative(path, name, values, least[name]) if name in least else values)
        for name, (times, values) in series.items()
    }
    daily = _forcing(series, offsets, days)
    return grid_forcing(
        path, daily, days, axes, present, spacing, product=product, version=version,
        notes=[*notes, DAY_NOTE], credits=credits,
    )  # fmt: skip


def _forcing(series: Series, offsets: np.ndarray, days: np.ndarray) -> dict[str, np.ndarray]:
    """Daily variables of the framework that the series give, (day, cell) each."""

    def daily(name: str, function: str = "mean") -> np.ndarray:
        times, values = series[name]
        return over_local_days(values, times, offsets, days, function)

    def together(one: str, other: str) -> bool:
        both = one in series and other in series
        return both and np.array_equal(series[one][0], series[other][0])

    def mean_of(times: np.ndarray, values: np.ndarray) -> np.ndarray:
        return over_local_days(values, times, offsets, days, "mean")

    out: dict[str, np.ndarray] = {}
    if "temperature" in series:
        out |= {"tasmin": daily("temperature", "min"), "tasmax": daily("temperature", "max")}
    if "rain" in series:
        out["pr"] = daily("rain")
    if "light" in series:
        out["rsds"] = daily("light")
    if "dewpoint" in series:
        times, dewpoint = series["dewpoint"]
        out["vp"] = mean_of(times, saturation_pressure(dewpoint))
    elif together("humidity", "pressure"):
        times, humidity = series["humidity"]
        out["vp"] = mean_of(times, pressure_of_humidity(humidity, series["pressure"][1]))
    if "pressure" in series:
        out["ps"] = daily("pressure")
    if "wind" in series:
        out["sfcWind"] = daily("wind")
    elif together("u", "v"):
        times, u = series["u"]
        out["sfcWind"] = mean_of(times, np.hypot(u, series["v"][1]))
    return out
