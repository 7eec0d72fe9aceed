"""AmeriFlux BASE files: half-hourly or hourly measurements without gap filling."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from attrs import evolve, field, frozen

from ccdas_framework import ImportedData, convert_units

from ..observations import observation_data
from ..screening import Screening
from ..settings import not_empty, several
from ..text_files import csv_table, head
from .columns import (
    TowerTable,
    check_temperature,
    missing_column,
    series,
    step_note,
    tower_table,
    weather_note,
)
from .sites import Site, SitePlaces
from .tower_reader import TowerReader
from .weather import (
    DailyWeather,
    daily_weather,
    forcing_data,
    saturation_pressure,
    vapour_pressure,
)

SITE, VERSION = (
    re.compile(rf"^#\s*{key}:\s*([\w-]+)", re.MULTILINE) for key in ("Site", "Version")
)
PRODUCT, CREDITS = "AmeriFlux BASE", "AmeriFlux data policy of the site (CC BY 4.0 or legacy)"
FILLED = ("_PI_F", "_F", "_PI", "")  # ends of names: filled by the investigator, checked, measured
UNITS = {"gpp": "umolCO2 m-2 s-1", "nee": "umolCO2 m-2 s-1", "latent_heat": "W m-2", "sm": "%"}
RESULT = {"gpp": "gC m-2 d-1", "nee": "gC m-2 d-1", "latent_heat": "W m-2", "sm": "1"}


@frozen
class AmeriFluxBase(TowerReader):
    """AmeriFlux BASE files; variables with and without qualifiers of position.

    Args:
        quantities: of the stream `flux`, from gpp (of the principal investigator) and nee.

    The other settings are those of `TowerReader`.
    """

    quantities: tuple[str, ...] = field(default=("nee",), converter=several, validator=not_empty)

    title = "AmeriFlux BASE, half-hourly and hourly"
    gives: ClassVar = {
        "flux": "nee (measured, not gap-filled), gC m-2 d-1; gpp where the investigator gives it",
        "latent_heat": "latent heat flux, W m-2",
        "sm": "soil moisture of the sensors, m3 m-3",
        "forcing": "daily weather without gaps: tasmin, tasmax, pr, rsds; also vp, ps, sfcWind",
    }
    tried_on = ("AMF_US-CRT_BASE_HH_2-5.csv",)
    guide = "AmeriFlux data variables, ameriflux.lbl.gov/data/aboutdata/data-variables"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file with the comments of BASE, else ""."""
        text = head(path)
        if SITE.search(text[:300]) is None or "TIMESTAMP_START" not in text[:400]:
            return ""
        return PRODUCT

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Fluxes, soil moisture or weather of the towers.

        Raises:
            InvalidInput: a file that is damaged, or lacks the quantity or the position.
        """
        screened: list[Screening] = []
        weather: list[DailyWeather] = []
        notes: list[str] = []
        versions: dict[str, None] = {}
        quantities = {"sm": ("sm",), "latent_heat": ("latent_heat",)}.get(stream, self.quantities)
        for path in paths:
            text = head(path)[:400]
            code = SITE.search(text)
            if (version := VERSION.search(text)) is not None:
                versions[version[1]] = None
            places = SitePlaces(self.site, self.latitude, self.longitude, self.elevation,
                                self.utc_offset, self.sites)  # fmt: skip
            site = evolve(places, site=self.site or (code[1] if code else None)).of(path)
            table = tower_table(path, csv_table(path))
            if (air := _column(table, ("TA",))) is not None:
                check_temperature(table, air)
            if stream == "forcing":
                weather.append(_weather(table, site, notes))
                notes.append(weather_note(table, site))
                continue
            for quantity in quantities:
                layers = self.layers if quantity == "sm" else (1,)
                for n, layer in enumerate(layers):
                    each = self._series(table, site, quantity, layer, notes)
                    if quantity == "sm":
                        each = _of_layer(each, site, layer, layers, self.depths[n : n + 1])
                    screened.append(each)
            notes.append(step_note(table, site, self.average))
        version = ", ".join(versions)
        if stream == "forcing":
            return forcing_data(weather, product=PRODUCT, version=version, notes=notes,
                                credits=CREDITS, sites_table=self.sites,
                                with_ground=self.with_ground)  # fmt: skip
        settings = 'product = "in_situ"' if stream == "sm" else (
            f'operator = "flux"\nquantities = {list(quantities)}'.replace("'", '"'))  # fmt: skip
        return observation_data(
            screened, product=PRODUCT, version=version, notes=notes, credits=CREDITS,
            settings=settings,
        )  # fmt: skip

    def _series(
        self, table: TowerTable, site: Site, quantity: str, layer: int, notes: list[str]
    ) -> Screening:
        """One quantity, measured where it has a value."""
        names = {
            "nee": ("NEE_PI", "NEE", "FC"), "gpp": ("GPP_PI", "GPP"), "latent_heat": ("LE",),
            "sm": ("SWC",),
        }[quantity]  # fmt: skip
        name = _column(table, names, layer)
        if name is None:
            raise missing_column(table, names[0])
        values = table.column(name)
        note = f"{quantity} of {site.name} is {name}"
        if name.startswith("FC"):
            if (storage := _column(table, ("SC",))) is not None:
                values, note = values + table.column(storage), f"{note} plus storage {storage}"
            else:
                note = f"{note}, without the storage below the sensor"
        notes.append(note)
        values = convert_units(values, UNITS[quantity], RESULT[quantity])
        quality = np.where(np.isfinite(values), 0.0, np.nan)  # all that is there is measured
        return series(
            table, site, quantity, values, np.full(len(values), np.nan), quality,
            minimum_quality=self.minimum_quality, average=self.average, flags=True,
        )  # fmt: skip


def _weather(table: TowerTable, site: Site, notes: list[str]) -> DailyWeather:
    """Daily weather of a tower; pressures and wind only where no value is missing.

    Raises:
        InvalidInput: a file without temperature, precipitation or radiation, or a whole day.
    """
    columns = {name: _most_complete(table, name) for name in ("TA", "P", "SW_IN")}
    for name, column in columns.items():
        if column is None:
            raise missing_column(table, name)
    air, rain, radiation = (table.column(str(column)) for column in columns.values())
    further = {"rsds": radiation}
    optional = {"ps": ("PA", "kPa", "Pa"), "sfcWind": ("WS", "m s-1", "m s-1"),
                "deficit": ("VPD", "hPa", "Pa"), "humidity": ("RH", "%", "1")}  # fmt: skip
    for field_, (name, units, wanted) in optional.items():
        if field_ == "humidity" and "deficit" in further:
            continue  # vapour pressure follows from the deficit
        column = _most_complete(table, name)
        if column is not None and np.isfinite(values := table.column(column)).all():
            further[field_], columns[name] = convert_units(values, units, wanted), column
    deficit, humidity = further.pop("deficit", None), further.pop("humidity", None)
    if deficit is not None:
        further["vp"] = vapour_pressure(air, deficit)
    elif humidity is not None:
        further["vp"] = humidity * saturation_pressure(air)
    notes.append(f"weather of {site.name} is {', '.join(str(c) for c in columns.values())}")
    return daily_weather(table.path, site, table.start, air, rain, further)


def _most_complete(table: TowerTable, name: str) -> str | None:
    """Variable of the weather with the fewest gaps; of equals that of the investigator."""
    found = _columns(table, [f"{name}{end}" for end in FILLED])
    gaps = {column: int(np.isnan(table.column(column)).sum()) for column in found}
    present = [column for column in found if gaps[column] < len(table.column(column))]
    return min(present, key=gaps.__getitem__, default=None)


def _of_layer(
    screening: Screening, site: Site, layer: int, layers: Sequence[int], depth: Sequence[float]
) -> Screening:
    """Soil moisture with label and depth of its sensor."""
    frame = screening.frame.drop(columns=["quantity", "quality"])
    frame = frame.assign(label=site.name if len(layers) == 1 else f"{site.name} layer {layer}")
    screening.frame = frame.assign(depth=float(depth[0])) if depth else frame
    return screening


def _column(table: TowerTable, names: Sequence[str], layer: int = 1) -> str | None:
    """First of some variables that has a value."""
    return table.first_with_values(_columns(table, names, layer))


def _columns(table: TowerTable, names: Sequence[str], layer: int = 1) -> list[str]:
    """Columns of some variables at a layer, with or without qualifiers of position.

    Qualifiers are _H_V_R (horizontal, vertical, replicate), or one number of an aggregated layer.
    """
    present: list[str] = []
    for name in names:
        pattern = re.compile(rf"{name}(?:_(\d+)(?:_(\d+)_(?:\d+|A))?)?")
        found = [(column, m) for column in table.frame.columns if (m := pattern.fullmatch(column))]
        present += [c for c, m in sorted(found) if int(m[2] or m[1] or 1) == layer]
    return present
