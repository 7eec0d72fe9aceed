"""Settings that the text files of flux towers share."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen
from attrs.validators import in_, optional

from ccdas_framework import ProductReader, in_range, is_flag

from ..averages import DAY, NONE
from ..settings import only_numbers, several


@frozen
class TowerReader(ProductReader):
    """Reader of tower files that name sensors by number and lack the position of the tower.

    Args:
        minimum_quality: least measured share of a day or month.
        average: "day" for daily means of half-hourly files, or "none".
        layers: numbers of the soil moisture sensors, from the surface.
        depths: depth of each of the layers (m).
        site, latitude, longitude, elevation, utc_offset: of the tower (degrees, m, h).
        sites: table of sites in place of these, or a BADM file.
        with_ground: whether files of forcing have the soil and the vegetation of the table of
            sites, from its columns igbp, texture (or sand, silt and clay) and c4_fraction.
    """

    minimum_quality: float = field(default=0.8, validator=in_range(0.0, 1.0))
    average: str = field(default=DAY, validator=in_((DAY, NONE)))
    layers: tuple[int, ...] = field(default=(1,), converter=several, validator=only_numbers)
    depths: tuple[float, ...] = field(default=(), converter=several, validator=only_numbers)
    site: str | None = None
    latitude: float | None = field(default=None, validator=optional(in_range(-90.0, 90.0)))
    longitude: float | None = field(default=None, validator=optional(in_range(-180.0, 360.0)))
    elevation: float | None = field(default=None, validator=optional(in_range(-500.0, 9000.0)))
    utc_offset: float | None = field(default=None, validator=optional(in_range(-12.0, 14.0)))
    sites: Path | None = None
    with_ground: bool = field(default=False, validator=is_flag)
