"""Soil moisture of SMAP at pixels of the contiguous United States, with the weather of NLDAS-2."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import (
    ObservationRecord,
    Observations,
    RecipeDomain,
    RecipeOutput,
    data_file,
    netcdf_lock,
    plant_types_of_igbp,
    soil_hydraulic_properties,
    soil_texture_class,
)

from . import maps, netcdf_files, plant_types, site_maps, solar_radiation, ten_sites, weather
from .daily_extremes import daily_extremes
from .period import require_times, window

FILE = "land/smap_nldas_conus.nc"
HALF_WIDTH = (0.16, 0.2)  # degrees; 36 km at 40 N
# class of the pixel -> IGBP number; those without plants (URB, BSV) are left out
IGBP = {
    "ENF": 1, "DBF": 4, "MF": 5, "CSH": 6, "OSH": 7, "WSA": 8, "SAV": 9, "GRA": 10, "WET": 11,
    "CRO": 12, "CVM": 14,
}  # fmt: skip
RETRIEVAL_SD = 0.04  # m3 m-3; target of SMAP without dense vegetation, Entekhabi et al. (2010)
WATER_TO_AIR = 0.622  # molar mass of water over that of dry air (1)
HISTORY = "ccdas_recipes, recipe conus_smap"


@frozen(eq=False)
class Pixels:
    """Weather and soil moisture of pixels.

    Args:
        latitude, longitude: degrees, shape (pixel,).
        land_cover: class of the International Geosphere-Biosphere Programme, shape (pixel,).
        texture: sand, silt and clay (1), shape (3, pixel).
        water, dense: share of open water (1) and flag of dense vegetation, shape (pixel,).
        daily: name -> daily values, shape (time, pixel): `tas` (degC), `rsds` (W m-2), `pr`
            (mm d-1), `huss` (kg kg-1), `soil_moisture` (m3 m-3), NaN without a retrieval.
        climate: `tas` and `pr` -> means of calendar months over all years of the file, same units,
            shape (12, pixel).
    """

    latitude: np.ndarray
    longitude: np.ndarray
    land_cover: np.ndarray
    texture: np.ndarray
    water: np.ndarray
    dense: np.ndarray
    daily: dict[str, np.ndarray]
    climate: dict[str, np.ndarray]

    @property
    def label(self) -> np.ndarray:
        """Name of each pixel by its place, such as '41.10N 96.50W'."""
        places = zip(self.latitude, self.longitude, strict=True)
        return np.array([f"{north:.2f}N {-east:.2f}W" for north, east in places])


def read_pixels(data: Path | None, time: np.ndarray) -> Pixels:
    """Pixels with plants on these days.

    Raises:
        InvalidInput: the file does not have every day.
    """
    import xarray as xr  # slow to import

    with netcdf_lock, xr.open_dataset(data_file(data, FILE)) as file:
        days = file["time"].values.astype("datetime64[D]")
        file = file.isel(pixel=np.flatnonzero(np.isin(file["igbp"].values, list(IGBP))))
        climate = file[["tas", "pr"]].groupby("time.month").mean().transpose("month", "pixel")
        file = file.isel(time=require_times(FILE, days, time))
        return Pixels(
            latitude=file["lat"].values.astype(float),
            longitude=file["lon"].values.astype(float),
            land_cover=file["igbp"].values.astype(str),
            texture=np.stack([file[n].values.astype(float) for n in ("sand", "silt", "clay")])
            / 100,
            water=file["water_body_fraction"].values.astype(float),
            dense=file["dense_vegetation_flag"].values.astype(float),
            daily={
                name: file[name].transpose("time", "pixel").values.astype(float)
                for name in ("tas", "rsds", "pr", "huss", "soil_moisture")
            },
            climate={name: climate[name].values.astype(float) for name in ("tas", "pr")},
        )


def prepare(
    out: Path,
    data: Path | None,
    *,
    start: str = "2015-04",
    end: str = "2017-03",
) -> RecipeOutput:
    """Daily SMAP soil moisture at 306 pixels of the United States, 2015-2017.

    Args:
        out: folder to write to.
        data: folder of published data.
        start, end: first and last month.
    """
    _, time = window(start, end)
    pixels = read_pixels(data, time)
    land = data_file(data, "land/global_land_1deg.nc")
    place = pixels.latitude, pixels.longitude
    elevation, sunshine, c4, koppen = (
        site_maps.nearest_values(maps.field(land, name), *place)
        for name in ("elevation", "sunshine", "c4_fraction", "koppen_fraction")
    )
    classes = [soil_texture_class(*parts) for parts in pixels.texture.T]
    netcdf_files.write_forcing(
        out / "forcing.nc", time, daily_weather(pixels, data, elevation, sunshine, time),
        {"elevation": elevation, **soil_hydraulic_properties(classes)},
        ten_sites.site_cells(
            *place, type_shares(pixels, koppen, c4), pixels.label, HALF_WIDTH
        ),
        about("Daily weather of NLDAS-2 at SMAP pixels", "no", comment=(
            "the diurnal range of temperature is fitted to sunshine; vapour pressure follows from "
            "specific humidity and the pressure at the elevation of the 0.5 degree cell; carbon "
            "dioxide is the global background; plant types follow from the class of the pixel"
        )),
    )  # fmt: skip
    places = RecipeDomain(*place, elevation, pixels.label, time)
    return RecipeOutput(places, {"sm": partial(soil_moisture_record, pixels, elevation, time)})


def daily_weather(
    pixels: Pixels,
    data: Path | None,
    elevation: np.ndarray,
    sunshine: np.ndarray,
    time: np.ndarray,
) -> dict[str, np.ndarray]:
    """Daily weather of the pixels, units as in `netcdf_files.FORCING`, each (time, pixel).

    Args:
        pixels: with their weather.
        data: folder of published data.
        elevation: m, shape (pixel,).
        sunshine: of calendar months (per cent), shape (12, pixel).
        time: days, datetime64[D].
    """
    tas, pr, rsds = (pixels.daily[name] for name in ("tas", "pr", "rsds"))
    pressure = solar_radiation.relative_pressure(elevation, tas)
    lowest, highest = daily_extremes(tas, pr, rsds, sunshine, pixels.latitude, pressure, time)
    vapour = vapour_pressure(pixels.daily["huss"], ten_sites.SEA_LEVEL_PRESSURE * pressure)
    saturated = ten_sites.mean_saturation_pressure(lowest, highest)
    month, _ = weather.month_of(time)
    co2 = maps.background_co2(data, np.unique(time.astype("datetime64[M]")))
    smooth = weather.smooth_days(co2[:, None], month)
    return {
        "tasmin": lowest,
        "tasmax": highest,
        "pr": pr,
        "rsds": rsds,
        "vp": np.clip(vapour, ten_sites.LEAST_VAPOUR_PRESSURE, saturated),
        "ps": ten_sites.SEA_LEVEL_PRESSURE * pressure,
        "co2": np.repeat(smooth, len(elevation), axis=1),
    }


def vapour_pressure(specific_humidity: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """Vapour pressure (Pa), e = q p / (0.622 + 0.378 q).

    Args:
        specific_humidity: q (kg kg-1).
        pressure: p (Pa), same shape.
    """
    dry = WATER_TO_AIR + (1.0 - WATER_TO_AIR) * specific_humidity
    return specific_humidity * pressure / dry


def type_shares(pixels: Pixels, koppen: np.ndarray, c4: np.ndarray) -> list[dict[int, float]]:
    """Shares of plant functional types (1) of each pixel, from its land cover and climate."""
    tas, pr = pixels.climate["tas"], pixels.climate["pr"]
    days = maps.MONTH_DAYS[:, None]
    shares = []
    for n, name in enumerate(pixels.land_cover):
        by_class = plant_types_of_igbp(
            IGBP[str(name)], plant_types.KOPPEN[int(np.argmax(koppen[:, n]))],
            float(tas[:, n].mean()), float(tas[:, n].min()), float((pr * days)[:, n].min()),
            float(np.clip(c4[n], 0.0, 1.0)),
        )  # fmt: skip
        shares.append({kind: part for kind, part in by_class.items() if part > 0.0})
    return shares


def soil_moisture_record(
    pixels: Pixels, elevation: np.ndarray, time: np.ndarray
) -> ObservationRecord:
    """Daily retrievals of SMAP with the columns of their masks."""
    values = pixels.daily["soil_moisture"]
    pixel, day = np.nonzero(np.isfinite(values).T)
    observations = Observations(
        values=values[day, pixel], sd=np.full(len(day), RETRIEVAL_SD), start=time[day],
        end=time[day], latitude=pixels.latitude[pixel], longitude=pixels.longitude[pixel],
        altitude=elevation[pixel], label=pixels.label[pixel],
        extra={
            "water_fraction": pixels.water[pixel], "dense_forest": pixels.dense[pixel],
            "place_class": pixels.land_cover[pixel],
        },
    )  # fmt: skip
    return netcdf_files.record("sm", observations, about(
        "Daily soil moisture of SMAP L3, 36 km, morning overpass",
        "no: SMAP stands in for SMOS, the same band, resolution and kind of retrieval",
        comment="observed_sd: 0.04 m3 m-3, the target of the mission without dense vegetation",
        substitute_for="SMOS soil moisture"))  # fmt: skip


def about(
    title: str, synthetic: str, comment: str = "", substitute_for: str = ""
) -> dict[str, str]:
    """Global attributes of the files of the pixels."""
    attributes = {
        "title": title,
        "source": "SMAP L3 soil moisture and NLDAS-2 weather as compiled by Fang et al. (2017)",
        "credits": (
            "NASA: SMAP L3 (O'Neill et al.), NLDAS-2 (Xia et al. 2012); Fang et al. (2017), "
            "doi:10.1002/2017GL075619; Lan, Tans and Thoning, NOAA/GML (CO2)"
        ),
        "synthetic": synthetic,
        "comment": comment,
        "history": HISTORY,
    }
    return {**attributes, "substitute_for": substitute_for} if substitute_for else attributes
