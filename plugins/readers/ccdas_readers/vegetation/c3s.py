"""C3S leaf area index and fAPAR of version 3, as netCDF or in the zip file of the data store."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np
from attrs import frozen

from ccdas_framework import ImportedData, ProductReader

from ..netcdf_files import load, moments, netcdf_head, require_numbers, require_variables, values_in
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening
from ..soil_moisture.retrievals import WITHOUT_FLAG, grid_rows, has_bit, is_missing
from ..zip_files import member_names

VALUES = {"lai": "LAI", "fapar": "fAPAR"}
UNITS = {"lai": "m2 m-2", "fapar": "1"}
FLAG = "retrieval_flag"
# bits of the flag by which the product user guide leaves out values
REFUSED = {0: "fill value", 6: "retrieval untrusted", 7: "observation unusable",
           8: "observation inconsistent"}  # fmt: skip
MEMBER = re.compile(r"c3s_\w+_\d{14}_.*\.nc$")
DAYS = np.timedelta64(9, "D")  # of a window without its dates


@frozen
class C3sVegetation(ProductReader):
    """C3S effective LAI or fAPAR, windows of 10 or 20 days.

    Args:
        screen: whether values that the retrieval flag refuses are left out.
    """

    screen: bool = True

    title = "C3S leaf area index and fAPAR, version 3"
    gives: ClassVar = {
        "lai": "effective leaf area index, m2 m-2",
        "fapar": "absorbed fraction of photosynthetically active radiation, 1",
    }
    aliases = ("c3s_lai_fapar",)
    guide = "C3S LAI and fAPAR product user guide and specification, version 3"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a netCDF or zip file of C3S, else ""."""
        if (names := member_names(path)) is not None:
            return "C3S LAI and fAPAR, zip" if names and all(map(MEMBER.search, names)) else ""
        head = netcdf_head(path)
        if head is None or not {"LAI", "fAPAR"} & set(head.variables):
            return ""
        return "C3S LAI and fAPAR" if "c3s" in str(head.attributes).lower() else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """LAI or fAPAR of each cell and window.

        Raises:
            InvalidInput: a damaged file, another version, or no value.
        """
        screened: list[Screening] = []
        versions: dict[str, None] = {}
        for path in paths:
            with TemporaryDirectory() as folder:
                for member in _members(path, Path(folder)):
                    dataset = load(member)
                    versions[str(dataset.attrs.get("product_version", ""))] = None
                    screened.append(self._map(path, dataset, stream))
        notes = ["values belong to the window of the composite; the observation error is that of "
                 "the product"]  # fmt: skip
        if stream == "lai":
            notes.append("LAI is effective: it has no clumping, unlike the leaf area of models")
        return observation_data(
            screened, product=f"C3S {VALUES[stream]}", version=", ".join(versions), notes=notes,
            credits="Copernicus Climate Change Service, Copernicus licence",
        )  # fmt: skip

    def _map(self, path: Path, dataset: Any, stream: str) -> Screening:
        """Screened cells of one window."""
        name = VALUES[stream]
        error = f"{name}_ERR"
        if FLAG not in dataset and "QFLAG" in dataset:
            raise refusal(
                path, "unknown-version", str(dataset.attrs.get("product_version", "")),
                "the file has QFLAG of version 2 or older; expected retrieval_flag of version 3.",
            )  # fmt: skip
        require_variables(path, dataset, (name, error, FLAG, "time", "lat", "lon"))
        for each in (name, error):
            require_numbers(path, dataset, each)
            text = str(dataset[each].attrs.get("units", "1")).replace("m2.m-2", "m2 m-2")
            dataset[each].attrs["units"] = text
            dims = dataset[each].dims
            dataset[each] = (dims, values_in(path, dataset, each, UNITS[stream]))
        times = moments(path, dataset, "time")
        if len(times) != 1:
            raise refusal(
                path, "wrong-grid", "time",
                f"the file has {len(times)} times; expected the one of a window. Give a file for "
                "each window.",
            )  # fmt: skip
        start, end = _window(path, dataset, times)
        frame = grid_rows(path, dataset, [name, error, FLAG], "lat", "lon")
        frame = frame.assign(values=frame[name], sd=frame[error], start=start, end=end,
                             altitude=np.nan)  # fmt: skip
        screening = Screening(path, f"{stream} {str(times[0])[:10]}", stream, frame)
        screening.drop_missing(required=False)
        if self.screen:
            screening.drop(WITHOUT_FLAG, is_missing(screening.frame[FLAG]))
            for bit, reason in REFUSED.items():
                screening.drop(reason, has_bit(screening.frame[FLAG], bit))
        if len(screening.frame):
            screening.drop_impossible()
        screening.frame = screening.frame.drop(columns=[name, error, FLAG])
        return screening


def _members(path: Path, folder: Path) -> Iterator[Path]:
    """The netCDF files of a zip file, unpacked one by one, or the file itself."""
    if not zipfile.is_zipfile(path):
        yield path
        return
    with zipfile.ZipFile(path) as packed:
        for name in sorted(packed.namelist()):
            try:
                yield Path(packed.extract(name, folder))
            except (OSError, zipfile.BadZipFile, EOFError) as cause:
                raise refusal(path, "unreadable-file", name,
                              f"'{name}' cannot be unpacked ({cause}).") from cause  # fmt: skip


def _window(path: Path, dataset: Any, times: np.ndarray) -> tuple[np.datetime64, np.datetime64]:
    """First and last day of the window; `time` is its end.

    Raises:
        InvalidInput: a date of the window is none.
    """
    last = times[0].astype("datetime64[D]")
    words = [str(dataset.attrs.get(f"time_coverage_{k}", ""))[:10] for k in ("start", "end")]
    if all(words):
        try:
            first, end = (datetime.strptime(word, "%Y-%m-%d") for word in words)
        except ValueError as cause:
            raise refusal(
                path, "wrong-time", "time_coverage",
                f"the window is '{words[0]}' to '{words[1]}'; expected dates as YYYY-MM-DD.",
            ) from cause  # fmt: skip
        if np.datetime64(end, "D") == last:
            return np.datetime64(first, "s"), np.datetime64(end, "s")
    return (last - DAYS).astype("datetime64[s]"), last.astype("datetime64[s]")
