"""SMOS level 3 of the CATDS, daily maps and cell files."""

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
from ..refusal import refusal
from ..screening import Screening
from ..settings import several
from .retrievals import (
    Retrievals,
    acquisition,
    cell_rows,
    grid_rows,
    is_cell_layout,
    screened_retrievals,
)
from .smos_products import (
    CREDITS,
    ERRORS,
    LEVEL_3_VERSION,
    MOISTURE,
    SCREENED,
    UNITS,
    VALUES,
    file_columns,
    is_smos_ic,
    orbit_of,
    quality_drops,
    versions_of,
)


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
        if head is None or MOISTURE not in head.variables or is_smos_ic(head.variables):
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
            orbit = orbit_of(path)
            frame = rows.frame.assign(overpass=orbit)
            columns = file_columns(frame, stream)
            drops = self._drops(frame, stream)
            screened.append(screened_retrievals(Retrievals(path, frame), stream, drops, columns,
                                                f"{stream} {orbit}".strip()))  # fmt: skip
        notes.append("times are the mean times of acquisition in UTC, where the file has them")
        notes.append("the observation error is DQX where the file has it" if stream == "sm" else
                     "the files state no error of the optical thickness")  # fmt: skip
        return observation_data(
            screened, product="SMOS CATDS level 3", version=versions_of(paths, LEVEL_3_VERSION),
            notes=list(dict.fromkeys(notes)), credits=CREDITS,
        )  # fmt: skip

    def _drops(self, frame: pd.DataFrame, stream: str) -> list[tuple[str, Any]]:
        return quality_drops(frame, stream, self.maximum_dqx, self.maximum_rfi, self.maximum_chi_2,
                             self.flags)  # fmt: skip


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
    frame = grid_rows(path, dataset, names, "lat", "lon")
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
