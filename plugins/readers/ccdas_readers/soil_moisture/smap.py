"""SMAP radiometer retrievals: half orbits of level 2, daily grids and cell files of level 3."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData, ProductReader, in_range

from ..lazy_modules import pandas as pd
from ..netcdf_files import load, moments, netcdf_head, require_variables, values_in
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening
from .retrievals import (
    WITHOUT_FLAG,
    Retrievals,
    cell_rows,
    has_bit,
    is_missing,
    screened_retrievals,
)

GROUP = "Soil_Moisture_Retrieval_Data"
HALVES = {f"{GROUP}_AM": ("", "AM, descending"), f"{GROUP}_PM": ("_pm", "PM, ascending")}
VALUES = {"sm": "soil_moisture", "vod": "vegetation_opacity"}
UNITS = {"sm": "m3 m-3", "vod": "1"}
FLAG, WATER, ERROR = "retrieval_qual_flag", "static_water_body_fraction", "soil_moisture_error"
ANGLE, INCIDENCE = "boresight_incidence", 40.0  # degrees, of all footprints within 0.2
NOT_RECOMMENDED, NOT_ATTEMPTED, FAILED = 0, 1, 2  # bits that are SET where the name does not hold
EPOCH = np.datetime64("2000-01-01T12:00:00", "s")
RELEASE = re.compile(r"_(R\d{5})_|SMAP_V(\d+)")
ORBIT = re.compile(r"_([AD])_\d{8}T")
OVERPASS = {1: "AM, descending", 2: "PM, ascending"}
CREDITS = "NASA SMAP data, NSIDC; free to use with citation"
BOTH, AM, PM = "both", "AM", "PM"
NOTE = "bits of retrieval_qual_flag that are set mean that the retrieval is not recommended"


@frozen
class SmapReader(ProductReader):
    """Reader of a product of the SMAP radiometer.

    Args:
        option: algorithm 1, 2 or 3 (DCA); 0 is the baseline of the product.
        recommended_only: whether retrievals that are not recommended are left out.
        maximum_water: largest share of static water.
        nadir: whether the opacity, which is that of the path at 40 degrees, becomes that at nadir.
    """

    option: int = field(default=0, validator=in_((0, 1, 2, 3)))
    recommended_only: bool = True
    maximum_water: float = field(default=0.1, validator=in_range(0.0, 1.0))
    nadir: bool = True


@frozen
class SmapLevel2(SmapReader):
    """SPL2SMP, half orbits in HDF5; settings as of `SmapReader`."""

    title = "SMAP level 2 radiometer soil moisture, half orbits (SPL2SMP)"
    gives: ClassVar = {
        "sm": "soil moisture, m3 m-3",
        "vod": "optical depth at nadir, 1, from the opacity of the slant path at 40 degrees",
    }  # fmt: skip
    aliases = ("smap_l2_swath",)
    tried_on = ("SMAP_L2_SM_P_02801_A_20150811T013002_R18290_001.h5",)
    guide = "Chan and Dunbar, SMAP level 2 passive soil moisture product specification"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a half orbit of SMAP, else ""."""
        head = netcdf_head(path)
        return "SMAP level 2, half orbit" if head is not None and GROUP in head.groups else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Soil moisture or vegetation opacity.

        Raises:
            InvalidInput: a damaged file, or one without the quantity.
        """
        screened = []
        suffix = f"_option{self.option}" if self.option else ""
        for path in paths:
            match = ORBIT.search(path.name)
            orbit = {"A": "PM, ascending", "D": "AM, descending"}.get(match[1], "") if match else ""
            screened.append(_group(path, load(path, GROUP), stream, suffix, "", orbit, self))
        return _imported(screened, "SMAP level 2 radiometer", paths, stream, self)


@frozen
class SmapLevel3(SmapReader):
    """SPL3SMP, daily grids in HDF5 or in the cell layout of the TU Wien.

    Args:
        overpass: "both", "AM" or "PM".
        further settings: as of `SmapReader`.
    """

    overpass: str = field(default=BOTH, validator=in_((BOTH, AM, PM)))

    title = "SMAP level 3 radiometer soil moisture (SPL3SMP; daily grids not tried on a real file)"
    gives: ClassVar = {
        "sm": "soil moisture, m3 m-3",
        "vod": "optical depth at nadir, 1, from the opacity of the slant path at 40 degrees",
    }  # fmt: skip
    aliases = ("smap_l3_cell",)
    tried_on = ("SMAP_V9_AM_PM/0165.nc",)
    guide = "O'Neill et al., SMAP L3 radiometer soil moisture user guide, NSIDC SPL3SMP version 9"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file of level 3, else ""."""
        head = netcdf_head(path)
        if head is None:
            return ""
        if set(HALVES) & set(head.groups):
            return "SMAP level 3, daily grid"
        is_cell = {"location_id", FLAG, "vegetation_opacity"} <= set(head.variables)
        return "SMAP level 3, cell layout" if is_cell else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Soil moisture or vegetation opacity.

        Raises:
            InvalidInput: a damaged file, or one without the quantity.
        """
        screened: list[Screening] = []
        option = f"_option{self.option}" if self.option else ""
        for path in paths:
            head = netcdf_head(path)
            groups = [] if head is None else [g for g in HALVES if g in head.groups]
            for group in groups:
                end, overpass = HALVES[group]
                if self.overpass in (BOTH, overpass[:2]):
                    screened.append(
                        _group(path, load(path, group), stream, option, end, overpass, self)
                    )
            if not groups:
                screened += self._cells(path, stream)
        return _imported(screened, "SMAP level 3 radiometer", paths, stream, self)

    def _cells(self, path: Path, stream: str) -> list[Screening]:
        """Rows of the cell layout, one series for each half of the orbit."""
        dataset, value = load(path), VALUES[stream]
        require_variables(path, dataset, (value, FLAG, WATER, "Overpass"))
        converted = _values(path, dataset, value, stream, "", self)
        times = moments(path, dataset, "time")
        frame, step = cell_rows(dataset, value, [FLAG, WATER, "Overpass", ERROR])
        frame = frame.assign(values=converted[step], start=times[step], water_fraction=frame[WATER])
        frame["sd"] = frame[ERROR].astype(float) if stream == "sm" and ERROR in frame else np.nan
        frame["overpass"] = frame["Overpass"].map(OVERPASS).fillna("")
        screened = []
        for overpass in OVERPASS.values():
            of_half = frame[frame["overpass"] == overpass]
            if len(of_half) and self.overpass in (BOTH, overpass[:2]):
                screened.append(_screened(path, of_half, stream, overpass, self))
        if not screened:
            raise refusal(path, "empty-file", "Overpass", f"no value of overpass {self.overpass}.")
        return screened


def _values(
    path: Path, dataset: Any, name: str, stream: str, end: str, settings: SmapReader
) -> np.ndarray:
    """Values of a variable, opacities at nadir.

        tau_nadir = tau_slant cos(theta)

    Source: SMAP level 2 passive soil moisture product specification, `vegetation_opacity`: tau
    divided by the cosine of the incidence angle. In a half orbit of version 8 the opacity of the
    single-channel algorithm times cos(40 degrees) is 0.110 times the vegetation water content in
    open shrubland, the `b` of the algorithm's table.
    """
    values = values_in(path, dataset, name, UNITS[stream], "1" if stream == "vod" else None)
    if stream != "vod" or not settings.nadir:
        return values
    angle = np.full(values.shape, INCIDENCE)
    if f"{ANGLE}{end}" in dataset:
        stated = values_in(path, dataset, f"{ANGLE}{end}", "degrees", "degrees")
        angle = np.where(np.isfinite(stated), stated, angle)
    return values * np.cos(np.radians(angle))


def _group(
    path: Path, dataset: Any, stream: str, option: str, end: str, overpass: str,
    settings: SmapReader,
) -> Screening:  # fmt: skip
    """Rows of a group of an HDF5 file, whose arrays may have any shape."""
    value, flag = f"{VALUES[stream]}{option}{end}", f"{FLAG}{option}{end}"
    if option and flag not in dataset:
        flag = f"{FLAG}{end}{option}"
    needed = (value, flag, f"latitude{end}", f"longitude{end}", f"tb_time_seconds{end}",
              f"{WATER}{end}")  # fmt: skip
    require_variables(path, dataset, needed)
    converted = _values(path, dataset, value, stream, end, settings)
    shape = converted.shape
    columns = {name: np.broadcast_to(dataset[name].values, shape).ravel() for name in needed[1:]}
    seconds = columns[f"tb_time_seconds{end}"].astype(float)
    known = np.isfinite(seconds)
    start = EPOCH + np.rint(np.where(known, seconds, 0.0)).astype("timedelta64[s]")
    frame = pd.DataFrame({
        "values": converted.ravel(), "sd": np.nan,
        "start": np.where(known, start, np.datetime64("NaT")),
        "latitude": columns[f"latitude{end}"].astype(float),
        "longitude": columns[f"longitude{end}"].astype(float), FLAG: columns[flag],
        "water_fraction": columns[f"{WATER}{end}"].astype(float), "overpass": overpass,
    })  # fmt: skip
    error = f"{ERROR}{end}"
    if stream == "sm" and error in dataset and not option:
        frame["sd"] = values_in(path, dataset, error, "m3 m-3", difference=True).ravel()
    pairs = zip(frame["latitude"], frame["longitude"], strict=True)
    frame["label"] = [f"{lat:.3f}N {lon:.3f}E" for lat, lon in pairs]
    return _screened(path, frame, stream, overpass, settings)


def _screened(
    path: Path, frame: pd.DataFrame, stream: str, overpass: str, settings: SmapReader
) -> Screening:
    """Screened rows of one half of the orbits."""
    drops: list[tuple[str, Any]] = []
    water = settings.maximum_water
    if settings.recommended_only:
        drops.append((WITHOUT_FLAG, lambda f: is_missing(f[FLAG])))
        for bit, word in ((FAILED, "failed"), (NOT_RECOMMENDED, "not recommended")):
            drops.append((f"retrieval {word}", lambda f, bit=bit: has_bit(f[FLAG], bit)))
    drops.append(
        (f"open water above {water:g} or missing", lambda f: ~(f["water_fraction"] <= water))
    )
    return screened_retrievals(Retrievals(path, frame), stream, drops,
                               ["overpass", "water_fraction"], f"{stream} {overpass}")  # fmt: skip


def _imported(
    screened: Sequence[Screening], product: str, paths: Sequence[Path], stream: str,
    settings: SmapReader,
) -> ImportedData:  # fmt: skip
    """Contents of the observation file."""
    versions = []
    for path in paths:
        match = RELEASE.search(path.name) or RELEASE.search(path.parent.name)
        if match is not None:
            versions.append(match[1] or match[2])
    notes = [NOTE, "times are the mean times of the brightness temperatures in UTC"]
    if all(series.frame["sd"].isna().all() for series in screened):
        notes.append("the files state no error; the operator sets it")
    if stream == "vod":
        notes.append(
            "opacities of the slant path are multiplied by the cosine of the incidence angle"
            if settings.nadir
            else "opacities are those of the slant path at 40 degrees, not of nadir"
        )
    if stream == "vod" and settings.option in (1, 2):
        notes.append(f"option {settings.option} takes the opacity from a climatology of NDVI; only "
                     "option 3 retrieves it")  # fmt: skip
    return observation_data(screened, product=product, version=", ".join(dict.fromkeys(versions)),
                            notes=notes, credits=CREDITS)  # fmt: skip
