"""Coastlines, borders between continents, and borders between the regions of a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from ..core.errors import InvalidInput, did_you_mean

HUNDREDTHS = 0.01  # degrees, of the numbers in `outlines.json`
COAST, BORDER = "#4d4d4d", "#1a1a1a"
TURNS = (-360.0, 0.0, 360.0)  # degrees, for maps around any longitude


@cache
def outlines(name: str) -> tuple[np.ndarray, ...]:
    """Lines of Natural Earth 110 m, each of shape (point, 2), longitude and latitude in degrees.

    Args:
        name: "coastlines" or "continents" (borders between them; Europe ends at 60 degrees east).

    Source: Natural Earth, public domain; `scripts/make_outlines.py` writes the file.
    """
    text = files(__package__).joinpath("outlines.json").read_text(encoding="utf-8")
    return tuple(HUNDREDTHS * np.reshape(line, (-1, 2)) for line in json.loads(text)[name])


def borders_of(kind: str, at: Any) -> Sequence[np.ndarray]:
    """Borders to draw on a map.

    Args:
        kind: "cells" (between the regions of the cells), "continents", or "" for none.
        at: cells with region, latitude, longitude and half widths, as `fields.nc` has them.

    Raises:
        InvalidInput: another kind.
    """
    kinds = {"": (), "continents": outlines("continents"), "cells": region_borders(at)}
    if kind not in kinds:
        raise InvalidInput(
            f"regions is '{kind}'; expected 'cells', 'continents' or ''."
            f"{did_you_mean(kind, kinds)}",
            code="unknown-name",
            where="regions",
        )
    return kinds[kind]


def draw_outlines(
    panel: Any, window: tuple[float, ...], borders: Sequence[np.ndarray] = ()
) -> None:
    """Draw coastlines and borders.

    Args:
        panel: axes of a map in degrees.
        window: west, east, south and north (degrees).
        borders: of regions, lines of shape (point, 2).
    """
    panel.add_collection(_lines(outlines("coastlines"), window, COAST, 0.5), autolim=False)
    if len(borders):
        panel.add_collection(_lines(borders, window, BORDER, 1.0), autolim=False)


def _lines(
    lines: Iterable[np.ndarray], window: tuple[float, ...], colour: str, width: float
) -> Any:
    """A collection of those lines that a map shows."""
    from matplotlib.collections import LineCollection  # slow to import

    west, east, south, north = window
    shown = []
    for line in lines:
        if line[:, 1].max() < south or line[:, 1].min() > north:
            continue
        turned = (line + np.array((turn, 0.0)) for turn in TURNS)
        shown += [each for each in turned if each[:, 0].max() > west and each[:, 0].min() < east]
    return LineCollection(shown, colors=colour, linewidths=width, zorder=4)


def region_borders(at: Any) -> list[np.ndarray]:
    """Edges of cells between two regions, each of shape (2, 2); none without regions.

    Args:
        at: cells with region, latitude, longitude and half widths, as `fields.nc` has them.
    """
    if "region" not in at or "latitude_half_width" not in at:
        return []
    names = np.asarray(at["region"]).astype(str)
    sides: dict[tuple[tuple[float, float], ...], set[str]] = {}
    half = [np.asarray(at[f"{axis}_half_width"]) for axis in ("longitude", "latitude")]
    for name, lon, lat, w, h in zip(
        names, np.asarray(at["longitude"]), np.asarray(at["latitude"]), *half, strict=True
    ):
        west, east, south, north = (
            round(float(edge), 3) for edge in (lon - w, lon + w, lat - h, lat + h)
        )
        for edge in (
            ((west, south), (east, south)), ((west, north), (east, north)),
            ((west, south), (west, north)), ((east, south), (east, north)),
        ):  # fmt: skip
            sides.setdefault(edge, set()).add(name)
    return [np.array(edge) for edge, of_regions in sides.items() if len(of_regions) > 1]
