"""Positions of towers, from settings, a table of sites or the file itself."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput

from ..lazy_modules import pandas as pd
from ..refusal import refusal
from ..text_files import csv_table, numbers

CODE = r"([A-Z]{2}-[A-Za-z0-9]{3})(?![A-Za-z0-9])"
# after the name of a network, else at the beginning of a name or after a mark
SITE_CODES = (
    re.compile(rf"(?:FLX|AMF|AMF-FLX|ICOSETC|EFDC|ASF|JPF|OZF|KOF)_{CODE}"),
    re.compile(rf"(?:^|[^A-Za-z-]){CODE}(?!-)"),
)
# names of the columns of a table of sites, lower case, the first one is documented
NAMES = {
    "id": ("id", "site", "site_id", "site_code"),
    "latitude": ("latitude", "lat", "location_lat"),
    "longitude": ("longitude", "lon", "location_long"),
    "elevation": ("elevation", "elevation_m", "elev", "location_elev"),
    "igbp": ("igbp", "igbp_class", "land_cover"),
    "utc_offset": ("utc_offset",),
    "texture": ("texture", "soil_texture", "soil_class"),
    "sand": ("sand", "soil_tex_sand"),
    "silt": ("silt", "soil_tex_silt"),
    "clay": ("clay", "soil_tex_clay"),
    "c4_fraction": ("c4_fraction",),
}  # fmt: skip
BADM = ("SITE_ID", "VARIABLE", "DATAVALUE")  # columns of a BADM file, a value in each row
GRASSY = ("WSA", "SAV", "GRA", "8", "9", "10")  # IGBP classes with grasses


@frozen
class Site:
    """A tower.

    Args:
        name: site code.
        latitude, longitude: degrees north and east.
        elevation: m above sea level; NaN where unknown.
        utc_offset: local standard time less UTC (h); NaN where unknown.
        igbp: class of land cover; "" where unknown.
        texture: texture class of the soil; "" where unknown.
        sand, silt, clay: of the soil (per cent); NaN where unknown.
        c4_fraction: share of grasses of the C4 type (1); NaN where unknown.
    """

    name: str
    latitude: float
    longitude: float
    elevation: float = np.nan
    utc_offset: float = np.nan
    igbp: str = ""
    texture: str = ""
    sand: float = np.nan
    silt: float = np.nan
    clay: float = np.nan
    c4_fraction: float = np.nan

    @property
    def offset(self) -> float:
        """Local standard time less UTC (h): that given, or the nearest hour of the longitude."""
        if np.isfinite(self.utc_offset):
            return self.utc_offset
        return float(np.round(((self.longitude + 180.0) % 360.0 - 180.0) / 15.0))

    @property
    def offset_note(self) -> str:
        """Origin of the offset in words."""
        origin = "as given" if np.isfinite(self.utc_offset) else "from its longitude"
        return f"local standard time of {self.name} is UTC{self.offset:+g} h, {origin}"


@frozen
class SitePlaces:
    """Settings by which a reader finds the position of a tower.

    Args:
        site: code; None takes it from the name of the file.
        latitude, longitude, elevation, utc_offset: of a single tower; None where unknown.
        table: file with the columns id, latitude, longitude, elevation, igbp and utc_offset.
    """

    site: str | None
    latitude: float | None
    longitude: float | None
    elevation: float | None
    utc_offset: float | None
    table: Path | None

    def of(self, path: Path) -> Site:
        """The tower of a product file.

        Raises:
            InvalidInput: its name or position is not known; the message names what is missing.
        """
        code = self.site or site_code(path)
        if not code:
            raise refusal(
                path, "missing-site", "site",
                "the name of the file has no site code such as DE-Tha. Give it by "
                "--set site=CODE.",
            )  # fmt: skip
        if self.table is not None:
            return listed_site(self.table, code)
        missing = [name for name in ("latitude", "longitude") if getattr(self, name) is None]
        if missing or self.latitude is None or self.longitude is None:
            raise refusal(
                path, "missing-site", " and ".join(missing),
                f"the file states no position. Give the {' and '.join(missing)} of {code} by "
                + " ".join(f"--set {name}=DEGREES" for name in missing)
                + ", or a table of sites with the columns id, latitude, longitude, elevation, igbp "
                "and utc_offset by --set sites=sites.csv.",
            )  # fmt: skip
        return Site(
            code, self.latitude, self.longitude,
            np.nan if self.elevation is None else self.elevation,
            np.nan if self.utc_offset is None else self.utc_offset,
        )  # fmt: skip


def site_code(path: Path) -> str:
    """Site code in the name of a file or of its folder, "" without one."""
    for pattern in SITE_CODES:
        for text in (path.name, path.parent.name):
            if (match := pattern.search(text)) is not None:
                return match[1]
    return ""


def listed_site(path: Path, code: str) -> Site:
    """A tower of a table of sites, or of a BADM file."""
    table = _one_row_a_site(csv_table(path))
    names = {
        key: next((c for c in table.columns if c.lower() in names), None)
        for key, names in NAMES.items()
    }
    missing = [key for key in ("id", "latitude", "longitude") if names[key] is None]
    if missing:
        raise refusal(
            path, "missing-variable", missing[0],
            f"the table of sites has no column {', '.join(missing)}. It has: "
            f"{', '.join(table.columns)}.",
        )  # fmt: skip
    rows = table[table[names["id"]].str.strip() == code]
    if len(rows) != 1:
        known = ", ".join(table[names["id"]].str.strip())
        raise InvalidInput(
            f"{path} has {len(rows)} rows for the site {code}; expected one. It has: {known}.",
            code="missing-site",
            where=f"{path.name}: {code}",
        )

    def number(key: str) -> float:
        name = names[key]
        return np.nan if name is None else float(numbers(path, rows[name], name)[0])

    def text(key: str) -> str:
        name = names[key]
        value = "" if name is None else str(rows[name].iloc[0]).strip()
        return "" if value.lower() in ("nan", "na", "-9999") else value

    return Site(
        code, number("latitude"), number("longitude"), number("elevation"), number("utc_offset"),
        text("igbp"), text("texture"), number("sand"), number("silt"), number("clay"),
        number("c4_fraction"),
    )  # fmt: skip


def _one_row_a_site(table: pd.DataFrame) -> pd.DataFrame:
    """A table of sites; of a BADM file with the first value of each variable of a site."""
    if not set(BADM) <= set(table.columns):
        return table
    site, variable, value = BADM
    first = table.drop_duplicates([site, variable])
    return first.pivot(index=site, columns=variable, values=value).reset_index()
