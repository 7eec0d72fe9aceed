"""`report/outlines.json` from Natural Earth 110 m: coastlines, and borders between continents.

    npm pack world-atlas@2.0.2                       # land-110m.json, Natural Earth 4.1.0
    pip download --no-deps geopandas==0.14.4         # naturalearth_lowres.shp, Natural Earth 5.1
    python scripts/make_outlines.py land-110m.json naturalearth_lowres.shp

Natural Earth is in the public domain (https://www.naturalearthdata.com/about/terms-of-use/). It
needs `pyshp` and `shapely`, which are no dependency of the project.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

OUT = Path(__file__).parents[1] / "ccdas_framework" / "report" / "outlines.json"
URAL = 60.0  # degrees east, where Russia is divided between Europe and Asia
ATLANTIC = -30.0  # degrees east: parts of European countries west of it lie in South America
SHORT = 0.3  # degrees, shorter borders are artefacts of the intersection


def coastlines(path: Path) -> list[list[list[float]]]:
    """Rings of land of a TopoJSON file, each a list of [longitude, latitude]."""
    world = json.loads(path.read_text())
    (scale_x, scale_y), (shift_x, shift_y) = (world["transform"][k] for k in ("scale", "translate"))
    arcs = []
    for arc in world["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append([shift_x + scale_x * x, shift_y + scale_y * y])
        arcs.append(points)
    return [
        [point for n in ring for point in (arcs[n] if n >= 0 else arcs[~n][::-1])]
        for geometry in world["objects"]["land"]["geometries"]
        for polygon in geometry["arcs"]
        for ring in polygon
    ]


def continent_borders(path: Path) -> list[list[list[float]]]:
    """Lines between continents of a shapefile of countries, without any border of a country."""
    import shapefile
    from shapely.geometry import box, shape
    from shapely.ops import linemerge, unary_union

    parts: dict[str, list[Any]] = {}
    for record in shapefile.Reader(str(path)).shapeRecords():
        land = shape(record.shape.__geo_interface__).buffer(0)
        name = record.record["continent"]
        if name == "Europe":
            east = box(URAL, -90, 181, 90).union(box(-181, 60, -150, 90))  # with Chukotka
            west = box(-100, -60, ATLANTIC, 20)
            parts.setdefault("Asia", []).append(land.intersection(east))
            parts.setdefault("South America", []).append(land.intersection(west))
            land = land.difference(east).difference(west)
        parts.setdefault(name, []).append(land)
    continents = {name: unary_union(of) for name, of in parts.items()}
    lines = []
    for a, b in combinations(continents.values(), 2):
        common = a.boundary.intersection(b.boundary)
        if common.is_empty:
            continue
        pieces = [g for g in getattr(common, "geoms", [common]) if g.geom_type == "LineString"]
        merged = linemerge(pieces) if pieces else None
        for line in [] if merged is None else getattr(merged, "geoms", [merged]):
            if line.length > SHORT:
                lines.append([list(point) for point in line.coords])
    return lines


def rounded(lines: list[list[list[float]]]) -> Iterator[list[int]]:
    """Hundredths of degrees: longitude, latitude, longitude, ... of each line."""
    for line in lines:
        points = [(round(100 * x), round(100 * y)) for x, y in line]
        kept = [points[0]]
        for point in [*points[1:], None]:
            if point is None or _edge_of_the_map(kept[-1], point):
                if len(kept) > 1:
                    yield [value for p in kept for value in p]
                kept = [] if point is None else [point]
            elif point != kept[-1]:
                kept.append(point)


def _edge_of_the_map(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether a segment crosses or follows the date line, which is no coast."""
    return abs(a[0] - b[0]) > 18000 or min(abs(a[0]), abs(b[0])) >= 17995


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("land", type=Path)
    parser.add_argument("countries", type=Path)
    given = parser.parse_args()
    contents = {
        "source": "Natural Earth, 1:110m, public domain, https://www.naturalearthdata.com/",
        "made_by": "scripts/make_outlines.py",
        "coastlines_from": "ne_110m_land 4.1.0, of the npm package world-atlas 2.0.2",
        "continents_from": (
            "ne_110m_admin_0_countries, of the PyPI package geopandas 0.14.4, countries dissolved "
            "by continent; Russia divided at 60 degrees east, French Guiana in South America"
        ),
        "units": "hundredths of degrees: longitude, latitude, longitude, ... of each line",
        "coastlines": list(rounded(coastlines(given.land))),
        "continents": list(rounded(continent_borders(given.countries))),
    }
    OUT.write_text(json.dumps(contents, separators=(",", ":")).replace("],[", "],\n[") + "\n")
    print(f"{OUT}: {len(contents['coastlines'])} coastlines, {len(contents['continents'])} borders")


if __name__ == "__main__":
    main()
