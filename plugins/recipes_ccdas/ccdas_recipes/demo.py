"""Recipe of the demonstration: climatological weather and observations without values.

The experiment computes the values from a known truth. The recipe needs no published data.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from ccdas_framework import (
    InvalidInput,
    ObservationRecord,
    Observations,
    RecipeDomain,
    RecipeOutput,
    netcdf_lock,
    soil_hydraulic_properties,
)

from . import climate, netcdf_files, ten_stations, weather
from .period import window

FOLDER = Path(__file__).parent


def prepare(
    out: Path,
    data: Path | None,
    *,
    seed: int = 1,
    start: str = "2010-01",
    end: str = "2011-12",
    soil_moisture_every_days: int = 3,
) -> RecipeOutput:
    """Two years of climatological weather on a 10 x 7.5 degree grid; synthetic observations.

    Args:
        out: folder to write to.
        data: not used.
        seed: of the weather.
        start, end: first and last month.
        soil_moisture_every_days: days between two passes of the soil-moisture satellite.
    """
    if not 1 <= soil_moisture_every_days <= 366:
        raise InvalidInput(
            f"soil_moisture_every_days = {soil_moisture_every_days}; expected 1 to 366.",
            code="wrong-value",
            where="inputs.settings.soil_moisture_every_days",
        )
    table = demo_climate()
    months, time = window(start, end)
    spread = climate.diurnal_range_from_clearness(weather.monthly_clearness(table))
    fields = weather.monthly_weather(table, spread, time, seed)
    count = len(table.number)
    static = soil_hydraulic_properties(["loam"] * count)
    netcdf_files.write_forcing(
        out / "forcing.nc",
        time,
        fields,
        {"elevation": table.elevation, **static},
        cells_of(table),
        about("Daily weather drawn from a monthly climate", seed=seed, synthetic=(
            "yes: daily weather is drawn by a generator whose monthly means are those of the "
            "climate; every year has the same climate; the soil is loam everywhere")),
    )  # fmt: skip
    places = places_of(table, time)
    network = (
        ("co2", partial(ten_stations.design, months), "Monthly CO2 at ten stations"),
        ("sm", partial(satellite_passes, places, table.number, soil_moisture_every_days),
         "Soil moisture by satellite pass"),
        ("vod", places.monthly, "Monthly vegetation optical depth"),
    )  # fmt: skip
    streams = {name: partial(empty_record, name, title, make) for name, make, title in network}
    return RecipeOutput(places, streams, answers_any=True)


def empty_record(
    name: str, title: str, observations: Callable[[], Observations]
) -> ObservationRecord:
    """A stream without values. The experiment computes them from a known truth."""
    synthetic = (
        "yes: places, times and errors only; values stand for no measurement and are made from a "
        "known truth"
    )
    attributes = about(title, synthetic)
    return netcdf_files.record(name, observations(), attributes)


def places_of(table: climate.MonthlyClimate, time: np.ndarray) -> RecipeDomain:
    """The cells of a climate and the days of a run."""
    labels = cell_labels(table)
    return RecipeDomain(table.latitude, table.longitude, table.elevation, labels, time)


def demo_climate() -> climate.MonthlyClimate:
    """The climate that ships with the package."""
    import xarray as xr  # slow to import

    with netcdf_lock, xr.open_dataset(FOLDER / "demo_climate.nc") as file:
        names = (
            "number", "elevation", "tas", "pr", "rsds", "rsds_daily_sd",
            "column_cell", "column_class", "column_fraction",
        )  # fmt: skip
        return climate.MonthlyClimate(**{name: file[name].values for name in names})


def cells_of(table: climate.MonthlyClimate) -> dict[str, netcdf_files.Variable]:
    """Cells and columns of a climate, as `forcing.nc` holds them."""
    return netcdf_files.cells(
        table.latitude,
        table.longitude,
        table.area,
        (0.5 * table.grid.latitude_step, 0.5 * table.grid.longitude_step),
        table.column_cell,
        table.column_class,
        table.column_fraction,
    )


def cell_labels(table: climate.MonthlyClimate) -> np.ndarray:
    """A name for each cell, such as '48.75N 005.00E'."""
    return np.array([
        f"{abs(lat):05.2f}{'N' if lat >= 0 else 'S'} {abs(lon):06.2f}{'E' if lon >= 0 else 'W'}"
        for lat, lon in zip(table.latitude, table.longitude, strict=True)
    ])  # fmt: skip


def satellite_passes(places: RecipeDomain, number: np.ndarray, interval: int) -> Observations:
    """Daily soil moisture at an interval of days in each cell, neighbours on successive days.

    Args:
        places: cells and days.
        number: of each cell on the grid, shape (cell,); cells of one number share their days.
        interval: days between two passes.
    """
    cell, day = np.nonzero((np.arange(len(places.time))[None, :] + number[:, None]) % interval == 0)
    return places.asked(cell, places.time[day], places.time[day])


def about(title: str, synthetic: str, seed: int | None = None) -> dict[str, str]:
    """Global attributes of the files of the demonstration."""
    credits = (FOLDER / "NOTICE").read_text(encoding="utf-8")
    history = "ccdas_recipes, recipe demo"
    return {
        "title": title,
        "source": "monthly climate shipped with ccdas-recipes (ERA5, MERRA-2, MODIS)",
        "credits": credits,
        "synthetic": synthetic,
        "history": history if seed is None else f"{history}, seed {seed}",
    }
