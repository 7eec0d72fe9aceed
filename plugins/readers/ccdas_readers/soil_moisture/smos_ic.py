"""SMOS-IC, maps and cell files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ccdas_framework import ImportedData, ProductReader, in_range

from ..checks import require_distinct
from ..lazy_modules import pandas as pd
from ..netcdf_files import (
    load,
    moments,
    netcdf_head,
    require_numbers,
    require_variables,
    values_in,
)
from ..observations import observation_data
from .retrievals import (
    WITHOUT_FLAG,
    Retrievals,
    acquisition,
    cell_rows,
    grid_rows,
    is_missing,
    screened_retrievals,
)
from .smos_products import (
    CREDITS,
    IC_VERSION,
    MOISTURE,
    UNITS,
    VALUES,
    is_smos_ic,
    orbit_of,
    versions_of,
)


@frozen
class SmosIc(ProductReader):
    """SMOS-IC retrievals as maps or in the cell layout of the TU Wien.

    Args:
        maximum_rmse: largest RMSE of the brightness temperature (K).
        largest_scene_flag: 1 leaves out strong topography, frozen ground and polluted scenes.
        recommended_only: whether values with the quality flag 1 are left out.
    """

    maximum_rmse: float = field(default=8.0, validator=in_range(0.0, 1000.0))
    largest_scene_flag: int = 1
    recommended_only: bool = True

    title = "SMOS-IC soil moisture and optical depth (optical depth not tried on a real file)"
    gives: ClassVar = {
        "sm": "soil moisture, m3 m-3",
        "vod": "optical depth at nadir, 1, of files that have it",
    }
    aliases = ("smos_ic_cell",)
    tried_on = ("SMOS_105_ASC/0165.nc",)
    guide = "Fernandez-Moran et al. (2017), Remote Sens. 9, 457; Wigneron et al. (2021), RSE 254"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file of SMOS-IC, else ""."""
        head = netcdf_head(path)
        if head is None or MOISTURE not in head.variables or not is_smos_ic(head.variables):
            return ""
        return "SMOS-IC"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Soil moisture or optical depth.

        Raises:
            InvalidInput: a damaged file, or one without the quantity.
        """
        screened = []
        for path in paths:
            dataset = load(path)
            require_variables(path, dataset, (VALUES[stream], "RMSE", "Scene_Flags"))
            require_numbers(path, dataset, VALUES[stream])
            value, orbit = VALUES[stream], orbit_of(path)
            error = f"{value}_StdError"
            others = ["RMSE", "Scene_Flags", "Quality_Flag", "Days", "UTC_Seconds", error]
            if dataset[value].attrs.get("units") is not None:
                dims = dataset[value].dims
                dataset[value] = (dims, values_in(path, dataset, value, UNITS[stream]))
            if "location_id" in dataset:
                days = moments(path, dataset, "time")
                require_distinct(path, days, "time")
                frame, step = cell_rows(dataset, value, others)
                default = days[step]
            else:
                require_variables(path, dataset, ("Days", "UTC_Seconds"))
                names = [n for n in (value, *others) if n in dataset]
                frame = grid_rows(path, dataset, names, "lat", "lon")
                default = np.full(len(frame), np.datetime64("NaT", "s"))
            start = default
            if {"Days", "UTC_Seconds"} <= set(frame):
                start = acquisition(frame["Days"], frame["UTC_Seconds"], default)
            sd = frame[error].astype(float) if error in frame else np.nan
            frame = frame.assign(values=frame[value].astype(float), sd=sd, start=start,
                                 overpass=orbit)  # fmt: skip
            screened.append(screened_retrievals(
                Retrievals(path, frame), stream, self._drops(frame), ["overpass"],
                f"{stream} {orbit}".strip()))  # fmt: skip
        notes = ["times are those of acquisition in UTC", "the observation error is StdError"]
        return observation_data(screened, product="SMOS-IC", version=versions_of(paths, IC_VERSION),
                                notes=notes, credits=CREDITS)  # fmt: skip

    def _drops(self, frame: pd.DataFrame) -> list[tuple[str, Any]]:
        drops: list[tuple[str, Any]] = []
        if self.recommended_only and "Quality_Flag" in frame:
            drops.append((WITHOUT_FLAG, lambda f: is_missing(f["Quality_Flag"])))
            drops.append(("not recommended (Quality_Flag)", lambda f: f["Quality_Flag"] != 0))
        largest, limit = self.largest_scene_flag, self.maximum_rmse
        drops.append((f"Scene_Flags above {largest} or missing",
                      lambda f: ~(f["Scene_Flags"] <= largest)))  # fmt: skip
        drops.append((f"RMSE above {limit:g} K", lambda f: ~(f["RMSE"] <= limit)))
        return drops
