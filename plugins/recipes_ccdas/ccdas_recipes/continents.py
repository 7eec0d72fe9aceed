"""The six continents of regional totals."""

from __future__ import annotations

REGIONS = (
    "six continents by cell centre: North America 180-20 W, 15-90 N; South America 180-20 W, 90 S-"
    "15 N; Europe 10 W-45 E, 40-90 N; Asia 45-180 E, 15-90 N; Africa 20 W-45 E, 90 S-40 N; "
    "Australia 90-180 E, 90 S-0; first match counts. Gaps filled: 45-180 E, 0-15 N to Asia, 45-90 "
    "E, 90 S-0 to Africa, the rest to Europe, so that regions add up to the globe"
)


def region(latitude: float, longitude: float) -> str:
    """The continent a cell centre belongs to, for regional totals.

    The six longitude and latitude boxes of the CCDAS regional totals; a centre on a border
    belongs to the first that matches. The boxes leave gaps, filled here so that regions add up
    to the globe: 45-90 E south of the equator goes to Africa, the rest of 45-180 E to Asia
    (north of the equator) and Australia (south), the north-east Atlantic to Europe.
    """
    boxes = (
        ("North America", -180, -20, 15, 90),
        ("South America", -180, -20, -90, 15),
        ("Europe", -10, 45, 40, 90),
        ("Asia", 45, 180, 15, 90),
        ("Africa", -20, 45, -90, 40),
        ("Australia", 90, 180, -90, 0),
        ("Asia", 45, 180, 0, 15),
        ("Africa", 45, 90, -90, 0),
    )
    for name, west, east, south, north in boxes:
        if west <= longitude <= east and south <= latitude <= north:
            return name
    return "Europe"
