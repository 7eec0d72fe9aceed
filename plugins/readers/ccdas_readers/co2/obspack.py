"""ObsPack netCDF files of CO2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData, ProductReader

from ..averages import NONE, PERIODS
from ..netcdf_files import load, moments, netcdf_head, opened, require_variables, values_in
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening
from ..settings import only_numbers, several
from .scales import KEEP, SCALES, scale_names
from .station_series import (
    ALL,
    REPEATED,
    StationSeries,
    StationSettings,
    require_co2,
    screened_station,
    valid_hours,
)

SECONDS = {"hour": 3600, "minute": 60, "day": 86400}
CORRECT = "OUR"  # flags of ICOS for correct data
ERRORS = {"value_unc": "value_unc", "mdm": "CT_MDM", "std_dev": "value_std_dev"}
DEGREES = {"latitude": "degrees_north", "longitude": "degrees_east"}


@frozen
class ObsPack(ProductReader):
    """ObsPack files, of which each has the CO2 of one station, intake and laboratory.

    Args:
        scale: "keep", "X2007" or "X2019".
        hours: of hourly values: "all", "well_mixed" or a range such as "12-16", local solar time.
        average: "none", "day" or "month"; the stream co2 needs one value a month.
        concerns: columns of assimilation_concerns by which values are left out.
        local_influence: whether values with obs_flag 0 (local influence) are kept.
        ct_assim: values of CT_assim that are kept (1 assimilated, 2 withheld by CarbonTracker).
        error: "value_unc", "mdm" (model-data mismatch of CarbonTracker) or "std_dev".
    """

    scale: str = field(default=KEEP, validator=in_(SCALES))
    hours: str = field(default=ALL, validator=valid_hours)
    average: str = field(default=NONE, validator=in_(PERIODS))
    concerns: tuple[str, ...] = field(default=("under review",), converter=several)
    local_influence: bool = False
    ct_assim: tuple[int, ...] = field(default=(0, 1, 2), converter=several, validator=only_numbers)
    error: str = field(default="value_unc", validator=in_(tuple(ERRORS)))

    title = "ObsPack netCDF files of CO2 (GLOBALVIEWplus, GVeu, ICOS)"
    gives: ClassVar = {"co2": "dry-air mole fraction of CO2, ppm"}
    tried_on = (
        "co2_cbw_tower-insitu_445_allvalid-27magl.nc",
        "co2_htm_tower-insitu_424_allvalid-150magl_small.nc",
        "co2_mlo_surface-flask_4_representative.nc",
    )
    guide = "Masarie et al. (2014), Earth Syst. Sci. Data 6, 375-384, and the ObsPack documentation"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file with the attributes of ObsPack, else ""."""
        head = netcdf_head(path)
        if head is None or "obspack_name" not in head.attributes:
            return ""
        species = str(head.attributes.get("dataset_parameter", "")).upper()
        return f"ObsPack {species} {head.attributes.get('dataset_project', '')}".strip()

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """CO2 of the stations.

        Raises:
            InvalidInput: another species, a damaged file, or no value.
        """
        notes: list[str] = []
        screened: list[Screening] = []
        versions: dict[str, None] = {}
        credits: dict[str, None] = {}
        for path in paths:
            dataset = load(path)
            require_co2(path, str(dataset.attrs.get("dataset_parameter", "not stated")))
            screened.append(self._station(path, dataset, notes))
            versions[str(dataset.attrs["obspack_name"])] = None
            for name in ("obspack_fair_use", "dataset_provider_license"):
                if name in dataset.attrs:
                    credits[str(dataset.attrs[name])[:400]] = None
        return observation_data(
            screened, product="ObsPack CO2", version=", ".join(versions),
            notes=list(dict.fromkeys(notes)), credits=" ".join(credits),
        )  # fmt: skip

    def _station(self, path: Path, dataset: Any, notes: list[str]) -> Screening:
        """CO2 of one file."""
        require_variables(path, dataset, ("time", "value", "latitude", "longitude", "altitude"))
        attributes = dataset.attrs
        values = values_in(path, dataset, "value", "ppm")
        sd = np.full(values.shape, np.nan)
        label = str(attributes.get("site_code", path.name.split("_")[1])).upper()
        names = dict.fromkeys((ERRORS[self.error], "value_unc", "value_std_dev"))
        if (error := next((n for n in names if n in dataset), None)) is not None:
            sd = values_in(path, dataset, error, "ppm", difference=True)
            notes.append(f"error of {label} is {error}, missing where it is 0")
        start, end, is_hourly = _period(path, dataset, label, notes)
        series = StationSeries(
            path, label, values, sd, start, end, dataset["latitude"].values.astype(float),
            dataset["longitude"].values.astype(float), dataset["altitude"].values.astype(float),
            float(attributes.get("site_elevation", np.nan)),
            scale_names(str(attributes.get("dataset_calibration_scale", ""))), is_hourly,
        )  # fmt: skip
        settings = StationSettings(self.scale, self.hours, self.average)
        return screened_station(series, settings, self._drops(path, dataset), notes)

    def _drops(self, path: Path, dataset: Any) -> list[tuple[str, np.ndarray]]:
        """Values that the flags of the provider and of CarbonTracker leave out."""
        raw, drops = _raw_flags(path), []
        if "obs_flag" not in raw and "qc_flag" not in raw and "CT_assim" not in raw:
            raise refusal(
                path, "missing-variable", "obs_flag",
                "the file has none of obs_flag, qc_flag and CT_assim, the flags of ObsPack.",
            )  # fmt: skip
        if "qc_flag" in raw:
            flags = np.char.decode(np.asarray(raw["qc_flag"]).astype("S1"))
            flags = flags.reshape(len(flags), -1)[:, 0]  # text of one character or more
            wrong = ~np.isin(flags, list(CORRECT))
            drops.append(("qc_flag of incorrect data", wrong))
        if "obs_flag" in raw and not self.local_influence:
            drops.append(("local influence (obs_flag 0)", raw["obs_flag"] == 0))
        if "assimilation_concerns" in raw:
            order = str(dataset["assimilation_concerns"].attrs.get("order", "")).split(",")
            names = [name.strip() for name in order]
            for concern in self.concerns:
                if concern in names:
                    column = raw["assimilation_concerns"][:, names.index(concern)]
                    drops.append((f"assimilation concern: {concern}", column > 0))
        if "icos_datalevel" in raw:
            drops.append((REPEATED, _lower_level(raw)))
        if "CT_assim" in raw:
            allowed = np.isin(raw["CT_assim"], self.ct_assim)
            drops.append(("CT_assim of another value", ~allowed))
        return drops


def _raw_flags(path: Path) -> Mapping[str, np.ndarray]:
    """Flags as they are stored, because a fill value may be that of a good value."""
    names = ("obs_flag", "qc_flag", "CT_assim", "assimilation_concerns", "icos_datalevel", "time")
    with opened(path) as file:
        file.set_auto_mask(False)
        return {name: file[name][:] for name in names if name in file.variables}


def _lower_level(raw: Mapping[str, np.ndarray]) -> np.ndarray:
    """True at times that occur again with a higher data level of ICOS, shape (time,).

    Files that join releases have such hours where one release ends and the next begins.
    """
    times, level = raw["time"], raw["icos_datalevel"].astype(int)
    order = np.lexsort((level, times))
    again = np.zeros(len(times), dtype=bool)
    is_lower = (times[order][:-1] == times[order][1:]) & (level[order][:-1] < level[order][1:])
    again[order[:-1][is_lower]] = True
    return again


def _period(
    path: Path, dataset: Any, label: str, notes: list[str]
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Beginning and end of each value, and whether they are hourly means.

    The comment of `time` says whether it is the beginning or the middle of the interval.
    """
    attributes, times = dataset.attrs, moments(path, dataset, "time")
    unit = str(attributes.get("dataset_data_frequency_unit", "")).rstrip("s")
    is_mean = "insitu" in str(attributes.get("dataset_project", "")) and unit in SECONDS
    if not is_mean:
        notes.append(f"values of {label} are samples at their times in UTC")
        return times, times, False
    length = round(float(attributes.get("dataset_data_frequency", 1.0)) * SECONDS[unit])
    comment = str(dataset["time"].attrs.get("comment", "")).lower()
    if "start_time" in dataset:
        start, meaning = moments(path, dataset, "start_time"), "start_time is their beginning"
    elif "midpoint" in comment or "middle of" in comment:
        start, meaning = times - np.timedelta64(length // 2, "s"), "time is their middle"
    else:
        start, meaning = times, "time is their beginning"
    notes.append(f"values of {label} are means of {length / 3600:g} h in UTC; {meaning}")
    return start, start + np.timedelta64(length, "s"), unit == "hour"
