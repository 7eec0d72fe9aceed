"""Masks of targets: which share of each cell belongs to what is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.domain import Grid
from ..core.errors import Findings, did_you_mean
from ..io.masks import RegionMasks, read_masks

GLOBAL = "Global"  # all cells
BOX = ("south", "north", "west", "east")
PLACES = ("region", "mask", "cells", "box")  # keys that say where a target is

Shares = tuple[str, np.ndarray]  # label and share of each cell, shape (cell,)


@frozen(eq=False)
class Masks:
    """Files of masks, each read once.

    Args:
        tables: of [targets.masks], by name.
        folders: where relative paths are looked for, in this order.
    """

    tables: Mapping[str, Mapping[str, Any]]
    folders: Sequence[Path] = ()
    _read: dict[str, tuple[Path, RegionMasks | None]] = field(factory=dict, init=False)

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that were read."""
        return tuple(path for path, masks in self._read.values() if masks is not None)

    def read(self, name: str, problems: list[Any]) -> RegionMasks | None:
        """The masks of a name in [targets.masks] or of a path; None and problems, told once."""
        if name not in self._read:
            table = self.tables.get(name, {"file": name})
            file = str(table["file"])
            path = next((f / file for f in self.folders if (f / file).is_file()), Path(file))
            found = None
            if name not in self.tables and not path.is_file():
                problems.append(
                    f"there is no mask '{name}': neither a file nor a name in [targets.masks]."
                    f"{did_you_mean(name, self.tables)} Give the path of a netCDF file, or add a "
                    "table [targets.masks.NAME] with the key 'file'."
                )
            else:
                left_out = table.get("leave_out", ())
                findings = Findings()
                found = read_masks(path, table.get("variable"), left_out, findings)
                problems.extend(findings)
            self._read[name] = (path, found)
        return self._read[name][1]


def regions_of(
    wanted: str | None, grid: Grid, masks: Masks, problems: list[Any]
) -> tuple[list[Shares], str]:
    """Every region and the globe, and a sentence about how they are defined.

    Args:
        wanted: name or path of masks; None takes the labels of the cells.
        grid: the whole one.
        masks: reads files.
        problems: sentences are appended here.
    """
    everywhere = (GLOBAL, (grid.area > 0.0).astype(float))
    if wanted is None:
        labels = grid.region.astype(str)
        names = [str(name) for name in dict.fromkeys(labels[grid.area > 0.0])]
        found = [(name, (labels == name).astype(float)) for name in names]
        return [*found, everywhere], "labels of the cells, variable 'region' of the forcing file"
    read = masks.read(wanted, problems)
    if read is None:
        return [], ""
    shares = read.of_cells(grid)
    inside = shares @ (grid.area > 0.0)
    found = [
        (name, share) for name, share, some in zip(read.names, shares, inside, strict=True) if some
    ]
    if not found:
        problems.append(_empty(f"any region of {read.where}", grid))
    left_out = [name for name, some in zip(read.names, inside, strict=True) if not some]
    beside = f"; without cells here: {', '.join(left_out)}" if left_out else ""
    return [*found, everywhere], f"{read.where}, averaged over the cells{beside}"


def place_of(
    name: str, table: Mapping[str, Any], grid: Grid, masks: Masks, problems: list[Any]
) -> Shares | None:
    """The mask of one declared target, or None and problems.

    Args:
        name: of the target.
        table: its configuration; of `PLACES` it has at most one.
        grid: the whole one.
        masks: reads files.
        problems: sentences are appended here.
    """
    where = f"target '{name}'"
    given = [key for key in PLACES if key in table]
    if len(given) > 1:
        problems.append(
            f"{where} has {' and '.join(repr(key) for key in given)}; one of them says where it is."
        )
        return None
    before = len(problems)
    if not given:
        label, share = GLOBAL, np.ones(grid.cells)
    else:
        make = {"region": _region, "mask": _mask, "cells": _cells, "box": _box}[given[0]]
        label, share = make(where, table[given[0]], grid, masks, problems)
    if len(problems) > before:
        return None
    if not np.any(share[grid.area > 0.0] > 0.0):
        problems.append(_empty(f"{where}: {label}", grid))
        return None
    return label, share


def _empty(what: str, grid: Grid) -> str:
    real = grid.area > 0.0
    south, north = grid.latitude[real].min(), grid.latitude[real].max()
    west, east = grid.longitude[real].min(), grid.longitude[real].max()
    return (
        f"{what} has none of the {int(real.sum())} cells, whose centres lie between {south:g} and "
        f"{north:g} degrees north and {west:g} and {east:g} degrees east. Choose another place, or "
        "more cells (grid.cells)."
    )


def _region(
    where: str, wanted: Any, grid: Grid, masks: Masks, problems: list[Any]
) -> tuple[str, np.ndarray]:
    """Cells of one label or of several."""
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    labels = grid.region.astype(str)
    known = [*dict.fromkeys(labels[grid.area > 0.0].tolist()), GLOBAL]
    for name in names:
        if name not in known:
            problems.append(
                f"{where} asks for region '{name}', to which none of the "
                f"{int(np.sum(grid.area > 0.0))} cells belongs.{did_you_mean(name, known)} Regions "
                f"with cells: {', '.join(known)}."
            )
    return " + ".join(names), (np.isin(labels, names) | (GLOBAL in names)).astype(float)


def _mask(
    where: str, wanted: str, grid: Grid, masks: Masks, problems: list[Any]
) -> tuple[str, np.ndarray]:
    """A region of a file, 'name or path:region'; without a region all of them."""
    source, colon, region = wanted.rpartition(":")
    if not colon:
        source, region = wanted, ""
    found: list[Any] = []
    read = masks.read(source, found)
    problems += [f"{where}: {text}" for text in found]
    if read is None:
        if not found:  # told where the file was asked for first
            problems.append(f"{where} asks for mask '{source}', which cannot be read.")
        return wanted, np.zeros(grid.cells)
    if not region:
        return source, read.of_cells(grid).sum(axis=0)
    position = read.position(region)
    if position is None:
        numbers = [] if read.numbers is None else [str(n) for n in read.numbers]
        known = [f"{n} ({name})" for n, name in zip(numbers, read.names, strict=False)]
        problems.append(
            f"{where} asks for region '{region}', which {read.where} does not have."
            f"{did_you_mean(region, [*read.names, *numbers])} It has: "
            f"{', '.join(known or read.names)}."
        )
        return wanted, np.zeros(grid.cells)
    label = f"region '{read.names[position]}' of {Path(source).name}"
    return label, read.of_cells(grid)[position]


def _cells(
    where: str, wanted: Any, grid: Grid, masks: Masks, problems: list[Any]
) -> tuple[str, np.ndarray]:
    """The cells that places [latitude, longitude] lie in."""
    found = grid.locate(np.array([p[0] for p in wanted]), np.array([p[1] for p in wanted]))
    share = np.zeros(grid.cells)
    for place, cell in zip(wanted, found, strict=True):
        if cell < 0:
            problems.append(
                f"{where} asks for the cell at {place[0]:g} degrees north, {place[1]:g} degrees "
                f"east, which lies in none of the {int(np.sum(grid.area > 0.0))} cells. Write "
                "[latitude, longitude] of a place inside one."
            )
        else:
            share[cell] = 1.0
    text = ", ".join(f"{p[0]:g} N {p[1]:g} E" for p in wanted)
    return f"cells at {text}", share


def _box(
    where: str, wanted: Mapping[str, Any], grid: Grid, masks: Masks, problems: list[Any]
) -> tuple[str, np.ndarray]:
    """Cells whose centre lies in a latitude-longitude box, its borders included."""
    south, north, west, east = (float(wanted[key]) for key in BOX)
    if south > north:
        problems.append(
            f"{where} has a box from {south:g} to {north:g} degrees north; south comes first."
        )
    width = (east - west) % 360.0 or (360.0 if east != west else 0.0)
    around = (grid.longitude - west) % 360.0 <= width
    inside = (grid.latitude >= south) & (grid.latitude <= north) & around
    label = f"the box {south:g} to {north:g} N, {west:g} to {east:g} E"
    return label, inside.astype(float)
