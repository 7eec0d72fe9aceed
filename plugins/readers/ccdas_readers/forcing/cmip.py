"""Daily fields of climate models, and of forcing in their layout such as that of ISIMIP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData

from ..netcdf_files import load, netcdf_head, require_variables, values_in, with_dimensions
from ..refusal import refusal
from ..towers.weather import pressure_of_humidity, saturation_pressure
from .calendars import CALENDARS, KEEP, with_days_between, with_standard_days
from .gridded import GridReader, GridSeries, cells_with_values, grid_forcing
from .signs import not_negative

# variable -> unit in which it is read, and its standard name
VARIABLES: Mapping[str, tuple[str, str]] = {
    "tas": ("degC", "air_temperature"), "tasmin": ("degC", "air_temperature"),
    "tasmax": ("degC", "air_temperature"), "pr": ("mm d-1", "precipitation_flux"),
    "rsds": ("W m-2", "surface_downwelling_shortwave_flux_in_air"),
    "hurs": ("1", "relative_humidity"), "huss": ("1", "specific_humidity"),
    "ps": ("Pa", "surface_air_pressure"), "sfcWind": ("m s-1", "wind_speed"),
}  # fmt: skip
ALIASES = {"lat": ("lat", "latitude"), "lon": ("lon", "longitude")}
SOURCES = ("source_id", "model_id", "GCM", "driving_model_id")
ABOUT = ("experiment_id", "variant_label", "parent_experiment_rip", "version")
MEMBERS = ("variant_label", "parent_experiment_rip")
PROJECTS = ("mip_era", "project_id", "project")
NEVER_NEGATIVE = ("pr", "rsds", "sfcWind")


@frozen
class Cmip(GridReader):
    """Daily fields with the names of CMIP, one or several variables a file.

    Args:
        calendar: "keep" refuses calendars other than the standard one, "convert" converts noleap,
            360_day and others to it.
        box: as of `GridReader`.
    """

    calendar: str = field(default=KEEP, validator=in_(CALENDARS))

    title = "daily fields with the names of CMIP: CMIP5, CMIP6, ISIMIP and similar"
    gives: ClassVar = {"forcing": "daily weather: tasmin, tasmax, pr, rsds, vp, ps, sfcWind"}
    aliases = ("cmip5", "cmip6", "isimip")
    guide = "CMIP6 data request, table day; CMIP6 output requirements (Taylor et al. 2018)"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Variables and source of a file in the layout of CMIP, else ""."""
        head = netcdf_head(path)
        if head is None or "time" not in head.variables:
            return ""
        names = [
            name for name, (_, standard) in VARIABLES.items()
            if head.variables.get(name, {}).get("standard_name") == standard
        ]  # fmt: skip
        if not names:
            return ""
        return " ".join(["CMIP-style", *filter(None, (_source(head.attributes),)), *names])

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Daily weather over the days that all variables have.

        Raises:
            InvalidInput: another calendar, time step or grid, files of several models, or gaps.
        """
        grid = GridSeries(self.box)
        notes: list[str] = []
        sources: dict[str, None] = {}
        members: dict[str, None] = {}
        calendars: dict[str, None] = {}
        about: dict[str, None] = {}
        for path in paths:
            dataset = load(path)
            sources[_source(dataset.attrs)] = None
            members |= {str(dataset.attrs[k]): None for k in MEMBERS if dataset.attrs.get(k)}
            about |= {str(dataset.attrs[k]): None for k in ABOUT if dataset.attrs.get(k)}
            axes = tuple(next((n for n in ALIASES[a] if n in dataset), a) for a in ("lat", "lon"))
            require_variables(path, dataset, (*axes, "time"))
            part = grid.cut(path, dataset, axes)
            names = [name for name in VARIABLES if name in part]
            for name in names:
                array = part[name] = with_dimensions(path, part, name, ("time", *axes))
                numbers = values_in(path, part, name, VARIABLES[name][0])
                part[name] = array.copy(data=numbers)
            part = part[names]
            part, stated = with_standard_days(path, part, "time", self.calendar)
            if stated:
                calendars[stated] = None
            days = part["time"].values.astype("datetime64[D]")
            _require_daily(path, days)
            for name in names:
                values = part[name].transpose("time", *axes).values
                grid.add(name, days.astype("datetime64[s]"), values)
        path = paths[0]
        if len(sources) > 1:
            raise refusal(path, "mixed-sources", "source_id",
                          f"the files are of {', '.join(sources)}; give those of one.")  # fmt: skip
        if len(members) > 1:
            raise refusal(path, "mixed-sources", "variant_label",
                          f"the files are of the members {', '.join(members)}; give those of one."
                          )  # fmt: skip
        assert grid.axes is not None
        series = grid.joined(path)
        present = cells_with_values(path, series)
        daily, days, filled = _common(path, series, present, bool(calendars))
        if calendars:
            notes.append(
                f"days of the calendar {', '.join(calendars)} are converted to the standard one; "
                f"{filled} days that it lacks repeat the day before"
            )
        product = f"daily fields of {next(iter(sources)) or 'a model that the files do not name'}"
        step = grid.spacing((1.0, 1.0))
        return grid_forcing(
            path, _weather(path, daily, notes), days, grid.axes, present, step, product=product,
            version=", ".join(about), notes=notes,
            credits="see the licence and citation in the attributes of the files",
        )  # fmt: skip


def _source(attributes: Mapping[str, Any]) -> str:
    """Project and model of a file."""
    words = [next((str(attributes[k]) for k in keys if attributes.get(k)), "")
             for keys in (PROJECTS, SOURCES)]  # fmt: skip
    return " ".join(filter(None, words))


def _require_daily(path: Path, days: np.ndarray) -> None:
    """Refuse monthly and sub-daily values."""
    if len(days) > 1:
        step = float(np.median(np.diff(days).astype(int)))
        if step != 1.0:
            text = "more than once a day" if step < 1.0 else f"every {step:g} days"
            raise refusal(path, "wrong-version", "time",
                          f"the file has values {text}; expected daily ones (table 'day')."
                          )  # fmt: skip


def _common(
    path: Path, series: Mapping[str, tuple[np.ndarray, np.ndarray]], present: np.ndarray,
    is_converted: bool,
) -> tuple[dict[str, np.ndarray], np.ndarray, int]:  # fmt: skip
    """Values of the days that all variables have, and how many of them were filled in one."""
    added = np.zeros(0, dtype="datetime64[D]")
    parts = {}
    for name, (times, values) in series.items():
        days, values = times.astype("datetime64[D]"), values[:, present]
        if is_converted:
            before = days
            days, values, _ = with_days_between(days, values)
            added = np.union1d(added, np.setdiff1d(days, before))
        parts[name] = days, values
    common = next(iter(parts.values()))[0]
    for days, _ in parts.values():
        common = np.intersect1d(common, days)
    if not len(common):
        periods = "; ".join(f"{n} {days[0]} to {days[-1]}" for n, (days, _) in parts.items())
        raise refusal(path, "missing-days", "time", f"the variables share no day: {periods}.")
    daily = {n: values[np.searchsorted(days, common)] for n, (days, values) in parts.items()}
    return daily, common, int(np.isin(common, added).sum())


def _weather(
    path: Path, daily: Mapping[str, np.ndarray], notes: list[str]
) -> dict[str, np.ndarray]:
    """Variables of the framework."""
    out = {n: daily[n] for n in ("tasmin", "tasmax", "pr", "rsds", "ps", "sfcWind") if n in daily}
    out |= {n: not_negative(path, n, out[n]) for n in NEVER_NEGATIVE if n in out}
    mean = daily.get("tas")
    if mean is None and {"tasmin", "tasmax"} <= set(daily):
        mean = 0.5 * (daily["tasmin"] + daily["tasmax"])
    if {"huss", "ps"} <= set(daily):
        vapour = pressure_of_humidity(daily["huss"], daily["ps"])
        out["vp"] = not_negative(path, "vp", vapour)
        notes.append("vp is that of huss and ps")
    elif "hurs" in daily and mean is not None:
        out["vp"] = not_negative(path, "hurs", daily["hurs"]) * saturation_pressure(mean)
        notes.append("vp is that of hurs and the mean temperature of the day")
    return out
