"""GOSIF fluorescence in GeoTIFF files of 8 days or a month."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from attrs import field, frozen

from ccdas_framework import ImportedData, InvalidInput, ProductReader, in_range

from ..lazy_modules import pandas as pd
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening
from ..settings import only_numbers, several
from ..tiff_files import is_tiff, raster

SCALE = 1e-4  # W m-2 um-1 sr-1 of a count, which are mW m-2 nm-1 sr-1
WATER, SNOW = 32767, 32766  # counts that mark no fluorescence, undeclared in the files
LARGEST_COUNT = 32768  # of 16 bits, also in copies with more
NAME = re.compile(r"gosif_(\d{4})(?:(\d{3})|\.M(\d{2}))", re.IGNORECASE)
COARSEST = 0.0501  # degrees, spacing of the product
MOST = 3_000_000  # rows of a file


@frozen
class Gosif(ProductReader):
    """GOSIF maps of 0.05 degrees.

    Args:
        box: south, north, west and east of the cells that are kept (degrees); all by default.
        factor: of the fluorescence at 757 nm to that at 740 nm, which the operator sif observes.
    """

    box: tuple[float, ...] = field(default=(), converter=several, validator=only_numbers)
    factor: float = field(default=1.0, validator=in_range(0.1, 10.0))

    title = "GOSIF fluorescence, 8 days and months, GeoTIFF"
    gives: ClassVar = {"sif": "solar-induced fluorescence at 757 nm, mW m-2 sr-1 nm-1"}
    tried_on = ("gosif_2001001.tif",)
    guide = "Li and Xiao (2019), Remote Sens. 11, 517"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a TIFF file with the name of GOSIF, else ""."""
        return "GOSIF" if is_tiff(path) and NAME.search(path.name) else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Fluorescence of each cell.

        Raises:
            InvalidInput: a damaged file, another grid, or too many cells.
        """
        screened = [self._map(path) for path in paths]
        notes = ["the files state no error; the operator sets it",
                 "fluorescence is that at 757 nm of OCO-2; the operator sif observes 740 nm, to "
                 f"which --set factor converts (now {self.factor:g})"]  # fmt: skip
        return observation_data(screened, product="GOSIF", version="", notes=notes,
                                credits="GOSIF, cite Li and Xiao (2019)")  # fmt: skip

    def _map(self, path: Path) -> Screening:
        """Screened cells of one file."""
        counts, north, west, step = raster(path, COARSEST)
        if np.nanmax(np.abs(counts), initial=0.0) > LARGEST_COUNT:
            raise refusal(path, "wrong-units", "sif",
                          f"counts are up to {np.nanmax(np.abs(counts)):.4g}; those of GOSIF have "
                          "16 bits. The map has another unit.")  # fmt: skip
        rows = north - (np.arange(counts.shape[0]) + 0.5) * step[1]
        columns = west + (np.arange(counts.shape[1]) + 0.5) * step[0]
        if self.box:
            if len(self.box) != 4:
                raise InvalidInput(
                    f"'box' has {len(self.box)} numbers; expected south, north, west and east.",
                    code="wrong-value", where="box",
                )  # fmt: skip
            south, top, left, right = map(float, self.box)
            inside = (rows >= south) & (rows <= top), (columns >= left) & (columns <= right)
            rows, columns = rows[inside[0]], columns[inside[1]]
            counts = counts[np.ix_(*inside)]
        latitude, longitude = (a.ravel() for a in np.meshgrid(rows, columns, indexing="ij"))
        raw = counts.ravel()
        start, end = _period(path)
        frame = pd.DataFrame({
            "values": np.where(np.isfinite(raw), raw * SCALE * self.factor, np.nan), "raw": raw,
            "sd": np.nan, "latitude": latitude, "longitude": longitude,
        }).assign(start=start, end=end, altitude=np.nan)  # fmt: skip
        screening = Screening(path, f"sif {str(start)[:10]}", "sif", frame)
        screening.drop_missing(required=False)
        screening.drop("water", screening.frame["raw"] == WATER)
        screening.drop("snow or ice", screening.frame["raw"] == SNOW)
        if len(screening.frame):
            screening.drop_impossible()
        kept = screening.frame
        if len(kept) > MOST:
            raise refusal(
                path, "too-many-values", "box",
                f"the map has {len(kept)} values; at most {MOST} fit a file. Choose a part by "
                "--set box=[SOUTH, NORTH, WEST, EAST].",
            )  # fmt: skip
        pairs = zip(kept["latitude"], kept["longitude"], strict=True)
        labels = [f"{lat:.3f}N {lon:.3f}E" for lat, lon in pairs]
        screening.frame = kept.drop(columns="raw").assign(label=labels)
        return screening


def _period(path: Path) -> tuple[np.datetime64, np.datetime64]:
    """First and last day of a file from its name; the last 8 days end with the year."""
    match = NAME.search(path.name)
    assert match is not None
    year = np.datetime64(match[1], "Y")
    if match[3]:
        month = year.astype("datetime64[M]") + (int(match[3]) - 1)
        last = (month + 1).astype("datetime64[D]") - 1
        return month.astype("datetime64[s]"), last.astype("datetime64[s]")
    first = year.astype("datetime64[D]") + (int(match[2]) - 1)
    last = min(first + 7, (year + 1).astype("datetime64[D]") - 1)
    return first.astype("datetime64[s]"), last.astype("datetime64[s]")
