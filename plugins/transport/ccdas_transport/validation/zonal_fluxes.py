"""Zonal fluxes of a full model, distributed over longitude on the boxes of the transport."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput, distribute_zonally, netcdf_lock

from ..constants import KG_PER_PGC
from ..grid import TransportGrid, regridded

COMPONENTS = {"fossil": "SFCO2_FFF", "ocean": "SFCO2_OCN", "land": "SFCO2_LND"}
FIRST_OCEAN_REGION = 12  # TransCom-3 regions 12 to 22 are ocean; Gurney et al. (2000)
ONE_DEGREE = np.linspace(-90.0, 90.0, 181), np.linspace(-180.0, 180.0, 361)


@frozen(eq=False)
class ZonalFluxes:
    """Fluxes of boxes by component and month.

    Args:
        months: datetime64[M], shape (month,).
        values: kgC yr-1, shape (component, month, latitude, longitude), in the order of
            `COMPONENTS`.
    """

    months: np.ndarray
    values: np.ndarray


def longitude_patterns(data: Path) -> dict[str, np.ndarray]:
    """Distribution of the fluxes over longitude, 1 degree, by component.

    Fossil: the CDIAC map of 2000 to 2013, by year. Ocean: evenly over the sea of the TransCom-3
    mask. Land: the annual range of the vegetation index NDVI, which follows the seasonal exchange.

    Args:
        data: folder with the published files, `co2/` and `land/`.

    Returns:
        name -> shape (year, 180, 360), fossil for each year from 2000, the others for one.

    Source: Tucker et al. (1986), Nature 319, 195-199, and Fung et al. (1987), J. Geophys. Res. 92,
        2999-3015 (vegetation index and CO2); Andres et al. (2016), CDIAC NDP-058; Gurney et al.
        (2002), Nature 415, 626-630 (regions).
    """
    import xarray as xr  # slow to import

    with (
        netcdf_lock,
        xr.open_dataset(published_file(data, "co2/cdiac_fossil_1x1_2000_2013.nc")) as file,
    ):
        fossil = file["fossil_co2"].sortby("lat").values.astype(float)
    path = published_file(data, "co2/transcom3_regions_1x1.nc")
    with netcdf_lock, xr.open_dataset(path) as file:
        region = file["region"].sortby("lat").values
    path = published_file(data, "land/global_land_1deg.nc")
    with netcdf_lock, xr.open_dataset(path) as file:
        file = file.sortby("lat")
        index_range = (file["ndvi_max"] - file["ndvi_min"]).values.astype(float)
    growing = np.where(
        region < FIRST_OCEAN_REGION, np.maximum(np.nan_to_num(index_range), 0.0), 0.0
    )
    sea = (region >= FIRST_OCEAN_REGION).astype(float)
    return {"fossil": fossil, "ocean": sea[None], "land": growing[None]}


def published_file(data: Path, name: str) -> Path:
    """A file of the data folder. The folder may also be the subfolder itself."""
    for path in (Path(data) / name, Path(data).parent / name):
        if path.is_file():
            return path
    raise InvalidInput(
        f"transport: there is no {name} in {data}. Give the folder that holds co2/ and land/.",
        code="missing-file",
        where=f"{data}: {name}",
    )


def zonal_fluxes(data: Path, model: str, grid: TransportGrid) -> ZonalFluxes:
    """Fluxes of a model of `co2/zonal_flux_<model>.nc` on the boxes of a grid.

    A flux at a latitude without any pattern (ships, small seas) is even around the globe.

    Args:
        data: folder of published data.
        model: name of the model, as in the name of the file.
        grid: boxes of the transport.
    """
    import xarray as xr  # slow to import

    patterns = longitude_patterns(data)
    path = published_file(data, f"co2/zonal_flux_{model}.nc")
    with netcdf_lock, xr.open_dataset(path) as file:
        file = file.sortby("lat")
        months = file["time"].values.astype("datetime64[M]")
        latitude = file["lat"].values.astype(float)
        zonal = {name: file[key].values.astype(float) for name, key in COMPONENTS.items()}
    step = np.abs(np.diff(latitude)).mean()
    south, north = (np.clip(latitude + side * step, -90.0, 90.0) for side in (-0.5, 0.5))
    year = months.astype("datetime64[Y]").astype(int) - 30  # since 2000
    values = []
    for name, table in zonal.items():
        amount = table * step * KG_PER_PGC
        boxes = np.zeros((len(months), *grid.area.shape))
        pattern_year = np.clip(year, 0, len(patterns[name]) - 1)  # other years take the nearest
        for number, pattern in enumerate(patterns[name]):
            selected = pattern_year == number
            degrees = distribute_zonally(amount[selected], south, north, pattern, weight="degrees")
            boxes[selected] = regridded(degrees, *ONE_DEGREE, grid)
        values.append(boxes)
    return ZonalFluxes(months, np.stack(values))
