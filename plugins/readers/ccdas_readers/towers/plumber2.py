"""PLUMBER2 files: half-hourly weather and fluxes of towers in netCDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import evolve, field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData, ProductReader, convert_units, in_range, is_flag

from ..averages import DAY, NONE
from ..checks import require_distinct
from ..lazy_modules import pandas as pd
from ..netcdf_files import load, moments, netcdf_head, require_variables, values_in
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening
from ..settings import not_empty, several
from .columns import TowerTable, series, step_note, weather_note
from .sites import Site, listed_site, site_code
from .weather import (
    DailyWeather,
    daily_weather,
    forcing_data,
    pressure_of_humidity,
    saturation_pressure,
)

WEATHER = {"Tair": "degC", "Qair": "kg kg-1", "Psurf": "Pa", "SWdown": "W m-2",
           "Precip": "kg m-2 s-1", "Wind": "m s-1"}  # fmt: skip
FLUXES = {
    "gpp": ("GPP", "GPP_se", "gC m-2 d-1"),
    "nee": ("NEE", "NEE_uc", "gC m-2 d-1"),
    "latent_heat": ("Qle", "Qle_uc", "W m-2"),
}
CREDITS = "CC BY 4.0; cite Ukkola et al. (2022), Earth Syst. Sci. Data 14, 449-461"
USUAL_CO2 = (300.0, 550.0)  # ppm, medians of towers since 1990


@frozen
class Plumber2(ProductReader):
    """PLUMBER2 v1.0 files, `..._Met.nc` for forcing and `..._Flux.nc` for fluxes.

    Args:
        quantities: of the stream `flux`, from gpp and nee.
        minimum_quality: least measured share of a day.
        largest_flag: largest flag of a good value: 0 measured, 1 filled well.
        average: "day" for daily means of fluxes, or "none".
        sites: table of sites with the soil; positions are those of the files.
        with_ground: whether files of forcing have the soil and the vegetation of the table.
    """

    quantities: tuple[str, ...] = field(
        default=("gpp", "nee"), converter=several, validator=not_empty
    )
    minimum_quality: float = field(default=0.8, validator=in_range(0.0, 1.0))
    largest_flag: int = 0
    average: str = field(default=DAY, validator=in_((DAY, NONE)))
    sites: Path | None = None
    with_ground: bool = field(default=False, validator=is_flag)

    title = "PLUMBER2 weather and fluxes of towers (the flux files not tried on a real file)"
    gives: ClassVar = {
        "forcing": "daily weather: tasmin, tasmax, pr, rsds, vp, ps, sfcWind",
        "flux": "gpp and nee, gC m-2 d-1",
        "latent_heat": "latent heat flux, W m-2",
    }
    tried_on = ("AU-ASM_2011-2017_OzFlux_Met.nc",)
    guide = "Ukkola et al. (2022), Earth Syst. Sci. Data 14, 449-461"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file of PLUMBER2, else ""."""
        opened = netcdf_head(path)
        if opened is None or "PLUMBER2" not in str(opened.attributes.get("title", "")):
            return ""
        return f"PLUMBER2 {'meteorology' if 'Tair' in opened.variables else 'fluxes'}"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Daily weather or fluxes of the towers.

        Raises:
            InvalidInput: a file that is damaged or lacks a variable.
        """
        notes: list[str] = []
        weather: list[DailyWeather] = []
        screened: list[Screening] = []
        version = ""
        quantities = ("latent_heat",) if stream == "latent_heat" else self.quantities
        if stream == "forcing":  # files of fluxes beside those of weather are no error
            weather_files = [p for p in paths if self.recognise(p).endswith("meteorology")]
            paths = weather_files or paths
        for path in paths:
            dataset = load(path)
            version = str(dataset.attrs.get("product_version", ""))
            site = _site(path, dataset, self.sites if self.with_ground else None)
            start = moments(path, dataset, "time")
            require_distinct(path, start, "time")
            if stream == "forcing":
                weather.append(_weather(path, dataset, site, start, notes))
            else:
                screened += [self._flux(path, dataset, site, start, q) for q in quantities]
                notes.append(step_note(_table(path, start), site, self.average))
        product = self.recognise(paths[0])
        if stream == "forcing":
            return forcing_data(weather, product=product, version=version, notes=notes,
                                credits=CREDITS, sites_table=self.sites,
                                with_ground=self.with_ground)  # fmt: skip
        settings = f'operator = "flux"\nquantities = {list(quantities)}'.replace("'", '"')
        return observation_data(screened, product=product, version=version, notes=notes,
                                credits=CREDITS, settings=settings)  # fmt: skip

    def _flux(
        self, path: Path, dataset: Any, site: Site, start: np.ndarray, quantity: str
    ) -> Screening:
        """One flux with its error, where the file has it."""
        name, error, units = FLUXES[quantity]
        require_variables(path, dataset, (name, f"{name}_qc"))
        values = values_in(path, dataset, name, units).ravel()
        sd = np.full(len(values), np.nan)
        if error in dataset:
            sd = values_in(path, dataset, error, units, difference=True).ravel()
        quality = dataset[f"{name}_qc"].values.ravel().astype(float)
        return series(
            _table(path, start), site, quantity, values, sd, quality,
            minimum_quality=self.minimum_quality, average=self.average, flags=True,
            largest_flag=self.largest_flag,
        )  # fmt: skip


def _table(path: Path, start: np.ndarray) -> TowerTable:
    """Times of the file as those of other towers; time is the beginning of a step."""
    step = np.diff(start).min() if len(start) > 1 else np.timedelta64(1800, "s")
    name = "half-hour" if step == np.timedelta64(1800, "s") else "hour"
    return TowerTable(path, pd.DataFrame(), name, start, start + step, "time")


def _site(path: Path, dataset: Any, table: Path | None) -> Site:
    """Tower of a file with its position from the file, and its soil from a table of sites."""
    require_variables(path, dataset, ("latitude", "longitude"))
    numbers = {n: float(np.ravel(dataset[n].values)[0])
               for n in ("latitude", "longitude", "elevation") if n in dataset}  # fmt: skip
    igbp = dataset["IGBP_veg_short"].values if "IGBP_veg_short" in dataset else b""
    text = b"".join(np.ravel(igbp).tolist()) if np.ndim(igbp) else igbp
    named = text.decode() if isinstance(text, bytes) else str(text)
    name, igbp = site_code(path) or path.stem, named.strip(" \x00")
    if table is None:
        return Site(name, igbp=igbp, **numbers)
    listed = listed_site(table, name)
    return evolve(listed, igbp=listed.igbp or igbp, **numbers)


def _weather(
    path: Path, dataset: Any, site: Site, start: np.ndarray, notes: list[str]
) -> DailyWeather:
    """Daily weather; humidity comes from Qair, so that the labels of VPD and RH do not matter."""
    require_variables(path, dataset, WEATHER)
    values = {n: values_in(path, dataset, n, u).ravel() for n, u in WEATHER.items()}
    for name, numbers in values.items():
        if not np.isfinite(numbers).any():
            raise refusal(path, "all-missing", name, f"'{name}' has no value.")
    vp = pressure_of_humidity(values["Qair"], values["Psurf"])
    notes.extend(_wrong_labels(dataset, site, values, vp))
    seconds = float(np.median(np.diff(start).astype(int)))
    further = {"rsds": values["SWdown"], "vp": vp, "ps": values["Psurf"], "sfcWind": values["Wind"]}
    shares = [f"{100 * float((dataset[f'{n}_qc'].values == 0).mean()):.0f} % of {n}"
              for n in WEATHER if f"{n}_qc" in dataset]  # fmt: skip
    notes.append(f"measured at {site.name}: {', '.join(shares)}; the rest is filled by the product")
    notes.append(f"vp of {site.name} comes from Qair and Psurf")
    notes.append(weather_note(_table(path, start), site))
    return daily_weather(path, site, start, values["Tair"], values["Precip"] * seconds, further)


def _wrong_labels(
    dataset: Any, site: Site, values: Mapping[str, np.ndarray], vp: np.ndarray
) -> list[str]:
    """Remarks on variables whose numbers do not fit their unit, none of which is used."""
    notes = []
    saturated = saturation_pressure(values["Tair"])
    deficit, share = np.nanmean(saturated - vp), np.nanmean(vp / saturated)
    for name, expected, units in (("VPD", deficit, "Pa"), ("RH", share, "1")):
        if name not in dataset:
            continue
        factor = convert_units(1.0, str(dataset[name].attrs.get("units", "1")), units)
        stated = float(np.nanmean(dataset[name].values)) * float(factor)
        if not 0.5 < stated / expected < 2.0:
            notes.append(
                f"{name} of {site.name} says '{dataset[name].attrs.get('units')}', but its mean is "
                f"{stated / expected:.2g} times that of Tair, Qair and Psurf; it is not used"
            )
    if "CO2air" in dataset:
        median = float(np.nanmedian(dataset["CO2air"].values))
        lowest, highest = USUAL_CO2
        if not lowest <= median <= highest:
            notes.append(f"CO2air of {site.name} has the median {median:.0f} "
                         f"'{dataset['CO2air'].attrs.get('units')}', which is no mole fraction of "
                         "the air; it is not used")  # fmt: skip
    return notes
