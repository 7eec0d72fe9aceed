"""Sections of [targets]: regional tables, masks and single targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from .keys import (
    PAIR,
    TEXT,
    TEXTS,
    flag,
    matching,
    one_of,
    path,
    remaining,
    sections,
    text,
    texts,
)
from .section import Section
from .values import is_number

STATISTICS = ("total", "mean")
BOX = ("south", "north", "west", "east")
ANNUAL = "annual"
EACH_CELL = "cells"  # regions of the tables: each cell is one


def _is_box(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == set(BOX)
        and all(map(is_number, value.values()))
    )


@frozen(kw_only=True)
class MaskSection(Section):
    """A file of masks."""

    complete: ClassVar[bool] = False

    file: str | None = text("netCDF file of the masks", expected="a file", required=True)
    variable: str | None = text("variable of the masks", otherwise="the only one")
    leave_out: tuple[int, ...] = matching(
        "numbers of regions to leave out",
        "a list of whole numbers",
        {"type": "array", "items": {"type": "integer"}},
        default=(),
    )


def _names(doc: str, what: str) -> Any:
    """A key that holds a name, or a list of names."""
    schema = {"anyOf": [TEXT, {**TEXTS, "minItems": 1}]}
    return matching(doc, f"{what}, or a list of names", schema, otherwise="none")


@frozen(kw_only=True)
class PlaceSection(Section):
    """A place: cells that names, a mask, points or a box determine."""

    complete: ClassVar[bool] = False

    label: str | tuple[str, ...] | None = _names(
        "name of a cell in the forcing file, or several", "the name of a cell"
    )
    region: str | tuple[str, ...] | None = _names(
        "region of the forcing file, or several", "the name of a region"
    )
    mask: str | None = text(
        "mask and region of it, as in `masks/transcom.nc:3`",
        expected='a mask and a region of it, as in "masks/transcom.nc:3",',
        otherwise="none",
    )
    cells: tuple[tuple[float, float], ...] | None = matching(
        "places inside the cells, [latitude, longitude] of each",
        "a list of places, [[latitude, longitude], ...],",
        {"type": "array", "minItems": 1, "items": PAIR},
        otherwise="none",
    )
    box: Mapping[str, float] | None = matching(
        "latitude-longitude box with south, north, west and east (degrees)",
        "a table with south, north, west and east",
        {"type": "object", "properties": {key: {"type": "number"} for key in BOX},
         "required": list(BOX), "additionalProperties": False},
        otherwise="none",
        test=_is_box,
    )  # fmt: skip


@frozen(kw_only=True)
class TargetSection(PlaceSection):
    """One target: a field over a place and a period."""

    field: str | None = text("field of the model", expected="the name of a field", required=True)
    statistic: str | None = one_of(
        "statistic over the place", STATISTICS, otherwise="depends on the unit"
    )
    period: str = text("season, month or dates", default=ANNUAL, expected="a period")


@frozen(kw_only=True)
class TargetsSection(Section):
    """Quantities whose uncertainty is reported."""

    fields: tuple[str, ...] = texts(
        "fields whose regional totals or means are reported with uncertainty",
        default=("gpp", "npp", "nep"),
    )
    periods: tuple[str, ...] = texts("further periods", default=(), expected="a list of periods")
    masks: Mapping[str, MaskSection] = sections(MaskSection, "files of masks by name")
    sensitivity: bool = flag("whether `sensitivity.nc` is written", default=False)
    prescribed: tuple[str, ...] = texts(
        "prescribed arrays of operators, STREAM.NAME, for `sensitivity.nc`",
        default=(),
        expected="a list of names such as co2.background",
    )
    regions: str | None = path(
        "name or file of masks whose regions the tables have, or `cells` for each cell",
        kind='the name or the file of masks, or "cells"',
        otherwise="labels of the cells",
    )
    statistic: str | None = one_of(
        "statistic of the tables, and of single targets without one",
        STATISTICS,
        otherwise="depends on the unit",
    )
    single: Mapping[str, TargetSection] = remaining(
        "one target; without label, region, mask, cells and box of all cells", TargetSection
    )
