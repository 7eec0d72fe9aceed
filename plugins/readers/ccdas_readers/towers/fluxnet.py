"""FLUXNET files in the layout of ONEFlux: FULLSET and SUBSET, half-hourly to yearly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import ge, in_

from ccdas_framework import ImportedData, InvalidInput, convert_units

from ..observations import observation_data
from ..refusal import refusal
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
    extremes_from_halves,
    forcing_data,
    vapour_pressure,
)

AUTO, NIGHT, DAYTIME = "auto", "night", "day"
METHODS = {NIGHT: "NT", DAYTIME: "DT"}
FULLSET, SUBSET, FLUXMET = "FULLSET", "SUBSET", "FLUXMET"
VERSION = re.compile(r"_(v[\d.]+_r\d+|beta-\d+|\d+-\d+)\.csv$")
DAILY_FLUX, SHORT_FLUX, YEARLY_FLUX = "gC m-2 d-1", "umolCO2 m-2 s-1", "gC m-2 yr-1"
INTERQUARTILE = 1.349  # sd of a normal distribution between its quartiles
QUANTITIES = ("gpp", "nee")
CREDITS = "FLUXNET data, CC BY 4.0: cite Pastorello et al. (2020) and each site"
WEATHER = {"TA_F": "degC", "P_F": "mm", "SW_IN_F": "W m-2", "VPD_F": "hPa", "PA_F": "kPa",
           "WS_F": "m s-1"}  # fmt: skip


@frozen
class Fluxnet(TowerReader):
    """FLUXNET2015, Warm Winter 2020, ICOS and AmeriFlux FLUXNET files of ONEFlux.

    Args:
        quantities: of the stream `flux`, from gpp and nee.
        partitioning: of GPP, "night" or "day"; "auto" takes "night" where it has values.
        largest_flag: largest flag of a good half-hourly value: 0 measured, 1 filled well.

    The other settings are those of `TowerReader`.
    """

    quantities: tuple[str, ...] = field(default=QUANTITIES, converter=several, validator=not_empty)
    partitioning: str = field(default=AUTO, validator=in_((AUTO, NIGHT, DAYTIME)))
    largest_flag: int = field(default=1, validator=ge(0))

    title = "FLUXNET files of ONEFlux: FULLSET, SUBSET and FLUXMET, half-hourly to yearly"
    gives: ClassVar = {
        "flux": "gpp and nee, gC m-2 d-1",
        "latent_heat": "latent heat flux, W m-2",
        "sm": "soil moisture of the sensors, m3 m-3",
        "forcing": "daily weather: tasmin, tasmax, pr, rsds, vp, ps, sfcWind",
    }
    aliases = ("ameriflux_fluxnet", "icos_etc", "oneflux")
    tried_on = (
        "FLX_DK-Gds_FLUXNET2015_FULLSET_DD_2020-2020_beta-3.csv",
        "FLX_DK-Gds_FLUXNET2015_FULLSET_MM_2020-2020_beta-3.csv",
        "FLX_IT-BFt_FLUXNET2015_FULLSET_DD_2019-2020_beta-3.csv",
        "FLX_IT-BFt_FLUXNET2015_FULLSET_MM_2019-2020_beta-3.csv",
        "exampledata_FLUXNET-FULLSET-HH-CSV-30MIN_FLX_CH-Cha_FLUXNET2015_FULLSET_HH_2005-2020_"
        "beta-3.csv",
        "fluxnet_hh.csv",
        "AMF_US-Me2_FLUXNET_SUBSET_DD_2019-2022_4-6.csv",
    )
    guide = "Pastorello et al. (2020), Sci. Data 7, 225, and the list of variables of FULLSET"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product and time step of a file with columns of ONEFlux, else ""."""
        text = head(path)
        names = text.partition("\n")[0].replace('"', "").split(",")
        if not names[0].startswith("TIMESTAMP") or not {"TA_F", "TA_F_MDS"} & set(names):
            return ""
        return f"FLUXNET {_subset(names, path)} {_step(text)}"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Fluxes or soil moisture of the towers.

        Raises:
            InvalidInput: a file that is damaged, or lacks the quantity or the position.
        """
        places = SitePlaces(self.site, self.latitude, self.longitude, self.elevation,
                            self.utc_offset, self.sites)  # fmt: skip
        screened: list[Screening] = []
        weather: list[DailyWeather] = []
        notes: list[str] = []
        for path in paths:
            table = tower_table(path, csv_table(path))
            site = places.of(path)
            check_temperature(table, "TA_F" if "TA_F" in table.frame else "TA_F_MDS")
            if stream == "forcing":
                weather.append(_weather(table, site, notes))
            elif stream == "sm":
                screened += self._moisture(table, site, notes)
            elif stream == "latent_heat":
                screened.append(self._latent_heat(table, site))
            else:
                screened += [self._carbon(table, site, q, notes) for q in self.quantities]
            notes.append(
                weather_note(table, site)
                if stream == "forcing"
                else step_note(table, site, self.average)
            )
        product, version = self.recognise(paths[0]), _versions(paths)
        if stream == "forcing":
            return forcing_data(weather, product=product, version=version, notes=notes,
                                credits=CREDITS, sites_table=self.sites,
                                with_ground=self.with_ground)  # fmt: skip
        if stream != "sm":
            notes.append(
                "quality is the share of a period that is measured or filled with good quality"
            )
        names = ["latent_heat"] if stream == "latent_heat" else list(self.quantities)
        settings = f'operator = "flux"\nquantities = {names}'
        if stream == "sm":
            settings = 'product = "in_situ"'
        return observation_data(
            screened, product=product, version=version, notes=notes, credits=CREDITS,
            settings=settings.replace("'", '"'),
        )  # fmt: skip

    def _carbon(self, table: TowerTable, site: Site, quantity: str, notes: list[str]) -> Screening:
        """GPP or NEE with its joint error."""
        if quantity not in QUANTITIES:
            raise InvalidInput(
                f"unknown quantity '{quantity}' of the stream flux; expected some of "
                f"{', '.join(QUANTITIES)}.",
                code="wrong-value",
                where="quantities",
            )
        exchange = table.first_with_values(("NEE_VUT_REF", "NEE_CUT_REF"))
        if exchange is None:
            raise missing_column(table, "NEE_VUT_REF")
        threshold = exchange[4:7]
        name = exchange
        if quantity == "gpp":
            methods = [self.partitioning] if self.partitioning != AUTO else [NIGHT, DAYTIME]
            columns = [f"GPP_{METHODS[m]}_{threshold}_REF" for m in methods]
            chosen = table.first_with_values(columns)
            if chosen is None:
                raise missing_column(table, columns[0])
            name = chosen
        if f"{exchange}_QC" not in table.frame:
            raise missing_column(table, f"{exchange}_QC")
        notes.append(f"{quantity} of {site.name} is {name}")
        units = (
            SHORT_FLUX if table.is_short else YEARLY_FLUX if table.step == "year" else DAILY_FLUX
        )
        values = convert_units(table.column(name), units, DAILY_FLUX)
        sd, origin = _error(table, name, exchange)
        notes.append(f"error of {quantity} of {site.name} is {origin}")
        return series(
            table, site, quantity, values, convert_units(sd, units, DAILY_FLUX),
            table.column(f"{exchange}_QC"), minimum_quality=self.minimum_quality,
            average=self.average, flags=table.is_short, largest_flag=self.largest_flag,
        )  # fmt: skip

    def _latent_heat(self, table: TowerTable, site: Site) -> Screening:
        """Latent heat flux, without the correction for the energy balance."""
        for name in ("LE_F_MDS", "LE_F_MDS_QC"):
            if name not in table.frame:
                raise missing_column(table, name)
        sd = np.full(len(table.start), np.nan)
        if "LE_RANDUNC" in table.frame:
            sd = table.column("LE_RANDUNC")
        return series(
            table, site, "latent_heat", table.column("LE_F_MDS"), sd, table.column("LE_F_MDS_QC"),
            minimum_quality=self.minimum_quality, average=self.average, flags=table.is_short,
            largest_flag=self.largest_flag,
        )  # fmt: skip

    def _moisture(self, table: TowerTable, site: Site, notes: list[str]) -> list[Screening]:
        """Soil moisture of the layers that the setting names."""
        if self.depths and len(self.depths) != len(self.layers):
            raise InvalidInput(
                f"'depths' has {len(self.depths)} numbers for {len(self.layers)} layers; expected "
                "one each.",
                code="wrong-value",
                where="depths",
            )
        screened = []
        for n, layer in enumerate(self.layers):
            name = f"SWC_F_MDS_{layer}"
            for needed in (name, f"{name}_QC"):
                if needed not in table.frame:
                    raise missing_column(table, needed)
            moisture = series(
                table, site, "sm", convert_units(table.column(name), "%", "1"),
                np.full(len(table.start), np.nan), table.column(f"{name}_QC"),
                minimum_quality=self.minimum_quality, average=self.average, flags=table.is_short,
                largest_flag=self.largest_flag, name=f"{site.name} sm layer {layer}",
            )  # fmt: skip
            if self.depths:
                moisture.frame = moisture.frame.assign(depth=float(self.depths[n]))
            moisture.frame = moisture.frame.drop(columns=["quantity", "quality"]).assign(
                label=site.name if len(self.layers) == 1 else f"{site.name} layer {layer}"
            )
            screened.append(moisture)
        if not self.depths:
            notes.append(
                "the files state no depth of the sensors, so that the operator takes its setting "
                "`depth`; give depths in m by --set depths=0.05"
            )
        return screened


def _weather(table: TowerTable, site: Site, notes: list[str]) -> DailyWeather:
    """Daily weather of a tower from its gap-filled variables."""
    for name in WEATHER:
        if name not in table.frame:
            raise missing_column(table, name)
    values = {name: table.column(name) for name in WEATHER}
    vp = vapour_pressure(values["TA_F"], convert_units(values["VPD_F"], "hPa", "Pa"))
    further = {
        "rsds": values["SW_IN_F"], "vp": vp, "ps": convert_units(values["PA_F"], "kPa", "Pa"),
        "sfcWind": values["WS_F"],
    }  # fmt: skip
    if table.is_short:
        return daily_weather(table.path, site, table.start, values["TA_F"], values["P_F"], further)
    if table.step != "day":
        raise refusal(
            table.path, "wrong-time", "TIMESTAMP",
            f"rows are {table.step}s; daily weather needs days, hours or half-hours.",
        )  # fmt: skip
    day, night = "TA_F_DAY", "TA_F_NIGHT"
    for name in (day, night):
        if name not in table.frame:
            raise missing_column(table, name)
    notes.append(
        f"extremes of the daily temperature of {site.name} come from its means over day and night, "
        "for a sine curve; half-hourly files give the extremes themselves"
    )
    lowest, highest = extremes_from_halves(values["TA_F"], table.column(day), table.column(night))
    daily = {"tasmin": lowest, "tasmax": highest, "pr": values["P_F"], **further}
    return DailyWeather(table.path, site, table.start.astype("datetime64[D]"), daily)


def _error(table: TowerTable, name: str, exchange: str) -> tuple[np.ndarray, str]:
    """Error of a flux in its units, and its origin in words.

    The joint error is the root of the sum of squares of the random error and of half the range
    from percentile 16 to 84 of the thresholds of friction velocity (Pastorello et al. 2020). The
    SUBSET has quartiles in place of these percentiles.
    """
    if name == exchange and f"{exchange}_JOINTUNC" in table.frame:
        return table.column(f"{exchange}_JOINTUNC"), f"{exchange}_JOINTUNC"
    random = f"{exchange}_RANDUNC"
    if random not in table.frame:
        return np.full(len(table.start), np.nan), "not in the file; the operator sets it"
    stem = name.removesuffix("_REF")
    for low, high, width in (("16", "84", 2.0), ("25", "75", INTERQUARTILE)):
        if f"{stem}_{low}" in table.frame and f"{stem}_{high}" in table.frame:
            spread = (table.column(f"{stem}_{high}") - table.column(f"{stem}_{low}")) / width
            origin = f"{random} and the percentiles {low} and {high} of {stem}"
            return np.hypot(table.column(random), spread), origin
    return table.column(random), random


def _subset(names: Sequence[str], path: Path) -> str:
    """FULLSET, SUBSET or FLUXMET, by the name of the file, else by its columns."""
    for subset in (FULLSET, SUBSET, FLUXMET):
        if subset in path.name:
            return subset
    return FULLSET if any("USTAR50" in name for name in names) else SUBSET


def _step(text: str) -> str:
    """Time step in words, from the first row."""
    lines = text.split("\n")
    first = lines[1].split(",") if len(lines) > 1 else [""]
    if lines[0].startswith("TIMESTAMP_START"):
        return "half-hourly or hourly" if len(first[0]) == 12 else "weekly"
    return {4: "yearly", 6: "monthly", 8: "daily"}.get(len(first[0]), "")


def _versions(paths: Sequence[Path]) -> str:
    """Versions in the names of the files, without repetition."""
    found = [match[1] for path in paths if (match := VERSION.search(path.name)) is not None]
    return ", ".join(dict.fromkeys(found))
