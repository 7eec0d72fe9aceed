"""AppEEARS point samples of the MODIS products of LAI and FPAR."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData, ProductReader

from ..lazy_modules import pandas as pd
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening
from ..text_files import csv_table, head, numbers, require_columns, stamps

DAYS = {"MCD15A3H": 4, "MCD15A2H": 8, "MOD15A2H": 8, "MYD15A2H": 8}  # length of a composite
VERSIONS = ("006", "061")
COLUMN = re.compile(r"((?:MCD|MOD|MYD)15A\dH)_(\d{3})_(\w+)")
VALUES = {"lai": "Lai_500m", "fapar": "Fpar_500m"}
ERRORS = {"lai": "LaiStdDev_500m", "fapar": "FparStdDev_500m"}
SCALES = {"lai": 0.1, "fapar": 0.01}
FILLS = (249, 255)  # counts from the first to the last mark places without a retrieval
QUALITY = "FparLai_QC"
CLOUD_SHIFT, CLOUD_BITS, SIGNIFICANT_CLOUD = 3, 3, 1
METHOD_SHIFT = 5  # bits 5 to 7: 0 main, 1 main with saturation, 2 and 3 back-up, 4 no retrieval
COORDINATES = ("Category", "ID", "Latitude", "Longitude", "Date")


@frozen
class Appeears(ProductReader):
    """AppEEARS results of MCD15A3H, MCD15A2H, MOD15A2H and MYD15A2H at points.

    Args:
        largest_method: largest SCF_QC: 0 main algorithm, 1 with saturation, 3 back-up.
        clouds: "any", or "none" to leave out composites with significant clouds.
    """

    largest_method: int = field(default=1, validator=in_((0, 1, 2, 3)))
    clouds: str = field(default="none", validator=in_(("none", "any")))

    title = "AppEEARS point samples of MODIS LAI and FPAR, collections 6 and 6.1"
    gives: ClassVar = {
        "lai": "leaf area index, m2 m-2",
        "fapar": "absorbed fraction of photosynthetically active radiation, 1",
    }
    aliases = ("modis_appeears",)
    tried_on = ("NPS-Vegetation-MCD15A3H-006-results.csv",)
    guide = "Myneni et al. (2015), MODIS collection 6 LAI/FPAR product user's guide"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a table of AppEEARS, else ""."""
        first = head(path).partition("\n")[0]
        if not first.startswith("Category,ID,"):
            return ""
        match = COLUMN.search(first)
        return f"AppEEARS {match[1]} v{match[2]}" if match else "AppEEARS, another product"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """LAI or FPAR at the points.

        Raises:
            InvalidInput: another product or version, a damaged file, or no value.
        """
        screened: list[Screening] = []
        products: dict[str, None] = {}
        for path in paths:
            frame = csv_table(path, COORDINATES)
            matches = [m for m in map(COLUMN.fullmatch, frame.columns) if m]
            if not matches:
                raise refusal(
                    path, "other-species", "",
                    "the table has no LAI or FPAR of MODIS. Sample MCD15A3H or a similar product.",
                )  # fmt: skip
            product, version = matches[0][1], matches[0][2]
            if version not in VERSIONS or product not in DAYS:
                raise refusal(
                    path, "unknown-version", f"{product} {version}",
                    f"the table has {product} version {version}; known are the versions "
                    f"{', '.join(VERSIONS)} of {', '.join(DAYS)}.",
                )  # fmt: skip
            products[f"{product} v{version}"] = None
            screened.append(self._points(path, frame, f"{product}_{version}_", product, stream))
        notes = [
            "values are composites; the date is their first day, and the last one ends with the "
            "year",
            f"the observation error is {ERRORS[stream]} where it was requested",
        ]
        return observation_data(
            screened, product=f"AppEEARS {', '.join(products)}",
            version=", ".join(p.split()[-1] for p in products),
            notes=notes, credits="MODIS data of NASA LP DAAC, free to use; cite Myneni et al.",
        )  # fmt: skip

    def _points(
        self, path: Path, frame: pd.DataFrame, prefix: str, product: str, stream: str
    ) -> Screening:
        """Screened composites of all points."""
        name, quality = f"{prefix}{VALUES[stream]}", f"{prefix}{QUALITY}"
        require_columns(path, list(frame.columns), (name, quality))
        values = numbers(path, frame[name], name)
        counts = np.rint(values / SCALES[stream])
        is_fill = (counts >= FILLS[0]) & (counts <= FILLS[1])
        error, sd = f"{prefix}{ERRORS[stream]}", np.full(len(values), np.nan)
        if error in frame:
            sd = numbers(path, frame[error], error)
            sd = np.where(sd / SCALES[stream] > FILLS[0] - 1.5, np.nan, sd)  # 248 is one too
        start = stamps(path, frame["Date"], "Date", "%Y-%m-%d")
        days = start.astype("datetime64[D]")
        year_end = (days.astype("datetime64[Y]") + 1).astype("datetime64[D]") - 1
        end = np.minimum(days + (DAYS[product] - 1), year_end)
        flags = numbers(path, frame[quality], quality)
        bits = np.nan_to_num(flags, nan=255.0).astype(int)
        identity = frame["ID"].str.strip()
        numbered = identity.str.fullmatch(r"\d+")
        label = np.where(numbered, frame["Category"].str.strip() + " " + identity, identity)
        rows = pd.DataFrame({
            "values": np.where(is_fill, np.nan, values), "sd": np.where(sd > 0.0, sd, np.nan),
            "start": start, "end": end.astype("datetime64[s]"),
            "latitude": numbers(path, frame["Latitude"], "Latitude"),
            "longitude": numbers(path, frame["Longitude"], "Longitude"), "altitude": np.nan,
            "label": label, "method": bits >> METHOD_SHIFT,
            "cloud": (bits >> CLOUD_SHIFT) & CLOUD_BITS,
        })  # fmt: skip
        repeated = rows.duplicated(["label", "start"])
        if repeated.any():
            raise refusal(
                path, "duplicate-times", "Date",
                f"{int(repeated.sum())} dates of a point occur twice, the first "
                f"{rows['start'][repeated].iloc[0]}. Leave out the copies.",
            )  # fmt: skip
        screening = Screening(path, stream, stream, rows)
        screening.drop_missing()
        screening.drop(f"SCF_QC above {self.largest_method}",
                       screening.frame["method"] > self.largest_method)  # fmt: skip
        if self.clouds == "none":
            cloudy = screening.frame["cloud"] == SIGNIFICANT_CLOUD
            screening.drop("significant clouds", cloudy)
        if len(screening.frame):
            screening.drop_impossible()
        screening.frame = screening.frame.drop(columns=["method", "cloud"])
        return screening
