"""SMOS: level 2 of ESA, level 3 of the CATDS, and SMOS-IC."""

from __future__ import annotations

import re
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
from ..refusal import refusal
from ..screening import Screening
from ..settings import several
from ..text_files import csv_table, numbers
from .retrievals import (
    Retrievals,
    acquisition,
    cell_rows,
    grid_rows,
    has_bit,
    is_cell_layout,
    screened_retrievals,
)

# bits of the science flags, in the order of their meanings
FLAGS = (
    "FL_NON_NOM", "FL_SCENE_T", "FL_BARREN", "FL_TOPO_S", "FL_TOPO_M", "FL_OW", "FL_SNOW_MIX",
    "FL_SNOW_WET", "FL_SNOW_DRY", "FL_FOREST", "FL_NOMINAL", "FL_FROST", "FL_ICE", "FL_WETLANDS",
    "FL_FLOOD_PROB", "FL_URBAN_LOW", "FL_URBAN_HIGH", "FL_SAND", "FL_SEA_ICE", "FL_COAST",
    "FL_OCCUR_T", "FL_LITTER", "FL_PR", "FL_INTERCEP", "FL_EXTERNAL", "FL_RAIN", "FL_TEC",
    "FL_TAU_FO", "FL_WINTER_FOREST", "FL_DUAL_RETR_FNO_FFO",
)  # fmt: skip
SCREENED = ("FL_TOPO_S", "FL_SNOW_MIX", "FL_SNOW_WET", "FL_SNOW_DRY", "FL_FROST", "FL_ICE")
MOISTURE, THICKNESS = "Soil_Moisture", "Optical_Thickness_Nad"
ERRORS = {"sm": ("Soil_Moisture_Dqx", "Soil_Moisture_DQX"), "vod": ("Optical_Thickness_Nad_Dqx",)}
VALUES = {"sm": MOISTURE, "vod": THICKNESS}
UNITS = {"sm": "m3 m-3", "vod": "1"}
CLIPPED = 0.9999  # m3 m-3: retrievals end at 1
ORBITS = {"A": "ascending", "D": "descending", "ASC": "ascending", "DES": "descending"}
LEVEL_3 = re.compile(r"CLF3\dA?([AD])|_(ASC|DES)")
LEVEL_3_VERSION = re.compile(r"_(\d{3})_\d{3}_\d\.DBL|SMOSL3_(v\d+)")
LEVEL_2_VERSION = re.compile(r"_(\d{3})_\d{3}_\d\.nc")
IC_VERSION = re.compile(r"SMOS(?:_?IC)?_(\d{3})|_(\d{3})_\d{3}_\d\.DBL")
CREDITS = "SMOS data of ESA and CATDS, free to use with acknowledgement"


@frozen
class SmosLevel3(ProductReader):
    """Daily SMOS retrievals of the CATDS as maps or in the cell layout of the TU Wien.

    Args:
        maximum_dqx: largest DQX of soil moisture (m3 m-3).
        maximum_rfi: largest probability of radio-frequency interference.
        maximum_chi_2: largest normalised chi squared of the retrieval.
        flags: science flags by which values are left out.
    """

    maximum_dqx: float = field(default=0.07, validator=in_range(0.0, 1.0))
    maximum_rfi: float = field(default=0.2, validator=in_range(0.0, 1.0))
    maximum_chi_2: float = field(default=3.0, validator=in_range(0.0, 1e6))
    flags: tuple[str, ...] = field(default=SCREENED, converter=several)

    title = "SMOS CATDS level 3, daily maps and cell files"
    gives: ClassVar = {
        "sm": "soil moisture, m3 m-3, with dqx and rfi_probability",
        "vod": "optical thickness at nadir, 1",
    }
    aliases = ("smos_l3_cell", "smos_l3_image")
    tried_on = (
        "SM_OPER_MIR_CLF31A_20150506T000000_20150506T235959_300_002_7.DBL.nc",
        "SM_OPER_MIR_CLF31A_20150507T000000_20150507T235959_300_002_7.DBL.nc",
        "SMOSL3_v339_ASC/0165.nc",
    )
    guide = "Al Bitar et al. (2017), Earth Syst. Sci. Data 9, 293-315; Kerr et al. (2012)"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file of level 3, else ""."""
        head = netcdf_head(path)
        if head is None or MOISTURE not in head.variables or _is_ic(head.variables):
            return ""
        title = str(head.attributes.get("title", ""))
        if is_cell_layout(head.variables):
            return "SMOS CATDS level 3, cell layout" if "Chi_2" in head.variables else ""
        is_map = {"lat", "lon"} <= set(head.variables) and (
            "CATDS" in str(head.attributes.get("institution", "")) or "L3" in title
        )
        return "SMOS CATDS level 3, map" if is_map else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Soil moisture or optical thickness.

        Raises:
            InvalidInput: a damaged file, or one without the quantity.
        """
        screened: list[Screening] = []
        notes: list[str] = []
        for path in paths:
            dataset = load(path)
            require_variables(path, dataset, (VALUES[stream],))
            require_numbers(path, dataset, VALUES[stream])
            rows = _cells(path, dataset, stream) if "location_id" in dataset else (
                _map(path, dataset, stream))  # fmt: skip
            missing = [n for n in ("Rfi_Prob", "Chi_2", "Science_Flags") if n not in rows.frame]
            if missing:
                notes.append(f"{path.name} has no {', '.join(missing)}, so that no value is left "
                             "out by it")  # fmt: skip
            orbit = _orbit(path)
            frame = rows.frame.assign(overpass=orbit)
            columns = _columns(frame, stream)
            drops = self._drops(frame, stream)
            screened.append(screened_retrievals(Retrievals(path, frame), stream, drops, columns,
                                                f"{stream} {orbit}".strip()))  # fmt: skip
        notes.append("times are the mean times of acquisition in UTC, where the file has them")
        notes.append("the observation error is DQX where the file has it" if stream == "sm" else
                     "the files state no error of the optical thickness")  # fmt: skip
        return observation_data(
            screened, product="SMOS CATDS level 3", version=_version(paths, LEVEL_3_VERSION),
            notes=list(dict.fromkeys(notes)), credits=CREDITS,
        )  # fmt: skip

    def _drops(self, frame: pd.DataFrame, stream: str) -> list[tuple[str, Any]]:
        return quality_drops(frame, stream, self.maximum_dqx, self.maximum_rfi, self.maximum_chi_2,
                             self.flags)  # fmt: skip


def quality_drops(
    frame: pd.DataFrame, stream: str, dqx: float, rfi: float, chi_2: float, flags: Sequence[str]
) -> list[tuple[str, Any]]:
    """Rules that leave out rows by the columns that a file of SMOS has."""
    unknown = [flag for flag in flags if flag not in FLAGS]
    if unknown:
        message = f"unknown flags {', '.join(unknown)}; expected some of {', '.join(FLAGS)}."
        raise refusal(Path("--set flags"), "wrong-value", unknown[0], message)
    drops: list[tuple[str, Any]] = []
    if stream == "sm":
        drops.append(("clipped at 1 m3 m-3", lambda f: f["values"] >= CLIPPED))
        if "dqx" in frame:
            drops.append((f"DQX above {dqx:g} or missing", lambda f: ~(f["dqx"] <= dqx)))
    if "Rfi_Prob" in frame:
        drops.append((f"RFI above {rfi:g}", lambda f: f["Rfi_Prob"] > rfi))
    if "Chi_2" in frame:
        drops.append((f"chi squared above {chi_2:g}", lambda f: f["Chi_2"] > chi_2))
    if "Science_Flags" in frame:
        for flag in flags:
            bit = FLAGS.index(flag)
            drops.append((f"flag {flag}", lambda f, bit=bit: has_bit(f["Science_Flags"], bit)))
    return drops


def _columns(frame: pd.DataFrame, stream: str) -> list[str]:
    """Columns of the observation file."""
    if "Rfi_Prob" in frame:
        # 0 is the fill value of the product, so that a missing probability is one of 0
        frame["rfi_probability"] = frame["Rfi_Prob"].astype(float).fillna(0.0)
    names = [n for n in ("overpass", "rfi_probability") if n in frame]
    return [*names, "dqx"] if stream == "sm" and "dqx" in frame else names


def _cells(path: Path, dataset: Any, stream: str) -> Retrievals:
    """Rows of the cell layout, whose variables state no units."""
    value = VALUES[stream]
    error = next((n for n in ERRORS[stream] if n in dataset), None)
    others = ["Rfi_Prob", "Chi_2", "Science_Flags", "Mean_Acq_Time_Days", "Mean_Acq_Time_Seconds"]
    others += [error] if error else []
    if dataset[value].attrs.get("units") is not None:
        dataset[value] = (dataset[value].dims, values_in(path, dataset, value, UNITS[stream]))
    days = moments(path, dataset, "time")
    require_distinct(path, days, "time")
    frame, step = cell_rows(dataset, value, others)
    names = [n for n in ("Mean_Acq_Time_Days", "Mean_Acq_Time_Seconds") if n in frame]
    start = acquisition(*(frame[n] for n in names), days[step]) if len(names) == 2 else days[step]
    sd = frame[error].astype(float) if error else np.nan
    frame = frame.assign(values=frame[value].astype(float), sd=sd, start=start)
    if error and stream == "sm":
        frame["dqx"] = sd
    return Retrievals(path, frame)


def _map(path: Path, dataset: Any, stream: str) -> Retrievals:
    """Rows of a daily map."""
    require_variables(path, dataset, ("lat", "lon", "Mean_Acq_Time_Days", "Mean_Acq_Time_Seconds"))
    value = VALUES[stream]
    for axis in ("lat", "lon"):
        if np.any(np.diff(dataset[axis].values) == 0.0) or dataset[axis].ndim != 1:
            raise refusal(path, "wrong-grid", axis, f"'{axis}' is no axis of a regular grid.")
    names = [value, "Mean_Acq_Time_Days", "Mean_Acq_Time_Seconds"]
    names += [n for n in ("Rfi_Prob", "Chi_2", "Science_Flags", *ERRORS[stream]) if n in dataset]
    converted = values_in(path, dataset, value, UNITS[stream])
    dataset[value] = (dataset[value].dims, converted)
    frame = grid_rows(dataset, names, "lat", "lon")
    error = next((n for n in ERRORS[stream] if n in frame), None)
    nothing = np.full(len(frame), np.datetime64("NaT", "s"))
    start = acquisition(frame["Mean_Acq_Time_Days"], frame["Mean_Acq_Time_Seconds"], nothing)
    has_value = np.isfinite(frame[value].to_numpy(dtype=float))
    if (has_value & np.isnat(start)).any():
        raise refusal(path, "missing-values", "Mean_Acq_Time_Days", "values have no time.")
    sd = frame[error].astype(float) if error else np.nan
    frame = frame.assign(values=frame[value].astype(float), sd=sd, start=start)
    if error and stream == "sm":
        frame["dqx"] = sd
    return Retrievals(path, frame)


def _orbit(path: Path) -> str:
    """Half of the orbit by the name of a file or of its folder."""
    for text in (path.name, path.parent.name):
        if (match := LEVEL_3.search(text)) is not None:
            return ORBITS[match[1] or match[2]]
    return ""


def _version(paths: Sequence[Path], pattern: re.Pattern[str]) -> str:
    """Versions in the names of files and folders, without repetition."""
    found = []
    for path in paths:
        match = pattern.search(path.name) or pattern.search(path.parent.name)
        if match is not None:
            found.append(next(group for group in match.groups() if group))
    return ", ".join(dict.fromkeys(found))


def _is_ic(variables: Any) -> bool:
    return "Scene_Flags" in variables and "RMSE" in variables


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
        if head is None or MOISTURE not in head.variables or not _is_ic(head.variables):
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
            value, orbit = VALUES[stream], _orbit(path)
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
                frame = grid_rows(dataset, names, "lat", "lon")
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
        return observation_data(screened, product="SMOS-IC", version=_version(paths, IC_VERSION),
                                notes=notes, credits=CREDITS)  # fmt: skip

    def _drops(self, frame: pd.DataFrame) -> list[tuple[str, Any]]:
        drops: list[tuple[str, Any]] = []
        if self.recommended_only and "Quality_Flag" in frame:
            drops.append(("not recommended (Quality_Flag)", lambda f: f["Quality_Flag"] != 0))
        largest, limit = self.largest_scene_flag, self.maximum_rmse
        drops.append((f"Scene_Flags above {largest}", lambda f: f["Scene_Flags"] > largest))
        drops.append((f"RMSE above {limit:g} K", lambda f: ~(f["RMSE"] <= limit)))
        return drops


@frozen
class SmosLevel2(ProductReader):
    """SMOS user data product of ESA, half orbits.

    Args:
        maximum_dqx, maximum_rfi, maximum_chi_2, flags: as of level 3; chi squared as in the file.
        grid: table with the columns id, latitude and longitude of the grid points ISEA 4H9, for
            files that lack positions.
    """

    maximum_dqx: float = field(default=0.07, validator=in_range(0.0, 1.0))
    maximum_rfi: float = field(default=0.2, validator=in_range(0.0, 1.0))
    maximum_chi_2: float = field(default=1e6, validator=in_range(0.0, 1e6))
    flags: tuple[str, ...] = field(default=SCREENED, converter=several)
    grid: Path | None = None

    title = "SMOS level 2 soil moisture user data product, v700 (the sample lacks positions)"
    gives: ClassVar = {
        "sm": "soil moisture, m3 m-3, with dqx and rfi_probability",
        "vod": "optical thickness at nadir, 1, of files that have it",
    }
    aliases = ("smos_l2_swath",)
    tried_on = ("SM_REPR_MIR_SMUDP2_20100601T073146_20100601T082504_700_100_1.nc",)
    guide = "SMOS level 2 product specification, SO-TN-IDR-GS-0006"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file of level 2, else ""."""
        head = netcdf_head(path)
        if head is None or "Grid_Point_ID" not in head.variables:
            return ""
        kind = str(head.attributes.get("Fixed_Header:File_Type", ""))
        return f"SMOS level 2 {kind}".strip()

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Soil moisture or optical thickness.

        Raises:
            InvalidInput: a damaged file, or one without the quantity or positions.
        """
        screened = []
        value = VALUES[stream]
        for path in paths:
            dataset = load(path)
            require_variables(path, dataset, (value, "Days", "Seconds", "RFI_Prob",
                                              "Science_Flags"))  # fmt: skip
            error = next((n for n in (*ERRORS[stream], f"{value}_DQX") if n in dataset), None)
            values = values_in(path, dataset, value, UNITS[stream], "1")
            names = {"RFI_Prob": "Rfi_Prob", "Chi_2": "Chi_2", "Science_Flags": "Science_Flags"}
            frame = pd.DataFrame({new: dataset[old].values for old, new in names.items()
                                  if old in dataset})  # fmt: skip
            identity = dataset["Grid_Point_ID"].values.astype(np.int64)
            sd = np.full(len(values), np.nan)
            if error:
                sd = values_in(path, dataset, error, UNITS[stream], difference=True)
            nothing = np.full(len(values), np.datetime64("NaT", "s"))
            start = acquisition(dataset["Days"].values, dataset["Seconds"].values, nothing)
            latitude, longitude = self._places(path, dataset, identity, np.isfinite(values))
            frame = frame.assign(
                values=values, sd=sd, start=start, latitude=latitude, longitude=longitude,
                label=[f"grid point {n}" for n in identity],
            )  # fmt: skip
            if stream == "sm" and error:
                frame["dqx"] = sd
            repeated = pd.Series(identity).duplicated().to_numpy()
            if repeated.any():
                message = f"{int(repeated.sum())} grid points occur twice in a half orbit."
                raise refusal(path, "duplicate-times", "Grid_Point_ID", message)
            drops = quality_drops(frame, stream, self.maximum_dqx, self.maximum_rfi,
                                  self.maximum_chi_2, self.flags)  # fmt: skip
            columns = _columns(frame, stream)
            screened.append(screened_retrievals(Retrievals(path, frame), stream, drops, columns))
        notes = ["times are those of acquisition in UTC", "the observation error is DQX"]
        return observation_data(
            screened, product="SMOS level 2 user data product",
            version=_version(paths, LEVEL_2_VERSION), notes=notes, credits=CREDITS,
        )  # fmt: skip

    def _places(
        self, path: Path, dataset: Any, identity: np.ndarray, used: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Positions from the file or from the table of the grid, NaN of unused points."""
        if {"Latitude", "Longitude"} <= set(dataset.variables):
            return dataset["Latitude"].values.astype(float), dataset["Longitude"].values.astype(
                float
            )
        if self.grid is None:
            raise refusal(
                path, "missing-site", "Latitude and Longitude",
                "the file has grid points and no positions. Give a table of the grid ISEA 4H9 with "
                "the columns id, latitude and longitude by --set grid=FILE.",
            )  # fmt: skip
        table = csv_table(self.grid, ("id", "latitude", "longitude"))
        position = {n: numbers(self.grid, table[n], n) for n in ("id", "latitude", "longitude")}
        order = np.argsort(position["id"])
        at = np.searchsorted(position["id"][order], identity).clip(max=len(order) - 1)
        known = position["id"][order][at] == identity
        if (used & ~known).any():
            raise refusal(
                self.grid, "wrong-grid", "id",
                f"the table lacks {int((used & ~known).sum())} grid points that have a value, the "
                f"first {identity[used & ~known][0]}.",
            )  # fmt: skip
        return tuple(np.where(known, position[n][order][at], np.nan)
                     for n in ("latitude", "longitude"))  # fmt: skip
