"""Masks of targets: the share of each cell that belongs to a target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen

from ..config.target_tables import BOX, EACH_CELL, MaskSection, PlaceSection, TargetsSection
from ..core.domain import Grid
from ..core.errors import Findings, did_you_mean
from ..io.mask_files import RegionMasks, read_masks

GLOBAL = "Global"  # all cells
ALL_CELLS = "All cells"  # the same beside tables of single cells
PLACES = ("label", "region", "mask", "cells", "box")  # keys of a place

Shares = tuple[str, np.ndarray]  # label and share of each cell, shape (cell,)


@frozen(eq=False)
class Masks:
    """Masks of targets from labels, files, points and boxes; each file is read once.

    Args:
        sections: of [targets.masks], by name.
        folders: where relative paths are looked for, in this order.
        grid: undivided.
        findings: receives a finding for each fault.
    """

    sections: Mapping[str, MaskSection]
    folders: Sequence[Path]
    grid: Grid
    findings: Findings
    _read: dict[str, tuple[Path, RegionMasks | None]] = field(factory=dict, init=False)

    @classmethod
    def of(
        cls, section: TargetsSection, folders: Sequence[Path], grid: Grid, findings: Findings
    ) -> Masks:
        """Masks with the names of [targets.masks]."""
        named = {name: mask for name, mask in section.masks.items() if mask.file is not None}
        return cls(named, folders, grid, findings)

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that were read."""
        return tuple(path for path, masks in self._read.values() if masks is not None)

    def read(self, name: str, findings: Findings) -> RegionMasks | None:
        """The masks of a name in [targets.masks] or of a path; None and findings, reported once."""
        if name not in self._read:
            section = self.sections.get(name, MaskSection(file=name))
            file = str(section.file)
            path = next((f / file for f in self.folders if (f / file).is_file()), Path(file))
            masks = None
            if name not in self.sections and not path.is_file():
                findings.add(
                    "unknown-mask",
                    "targets.regions",
                    f"there is no mask '{name}': neither a file nor a name in [targets.masks]."
                    f"{did_you_mean(name, self.sections)} Give the path of a netCDF file, or add a "
                    "table [targets.masks.NAME] with the key 'file'.",
                )
            else:
                masks = read_masks(path, section.variable, section.leave_out, findings)
            self._read[name] = (path, masks)
        return self._read[name][1]

    def regions(self, source: str | None) -> tuple[list[Shares], str]:
        """Every region and the globe, and their definition in a sentence.

        Args:
            source: name or path of masks. None takes the labels of the cells, and "cells" each
                cell, unless masks have this name.
        """
        real = self.grid.area > 0.0
        everywhere = (GLOBAL, real.astype(float))
        if source is None:
            labels, names = _labels(self.grid)
            regions = [(name, (labels == name).astype(float)) for name in names]
            definition = "labels of the cells, variable 'region' of the forcing file"
            return [*regions, everywhere], definition
        if source == EACH_CELL and source not in self.sections:
            cells = np.flatnonzero(real)
            names, shares = cell_names(self.grid)[cells].tolist(), np.eye(self.grid.cells)[cells]
            each = list(zip(names, shares, strict=True))
            return [*each, (ALL_CELLS, everywhere[1])], "each cell of the grid"
        read = self.read(source, self.findings)
        if read is None:
            return [], ""
        regions, left_out = [], []
        for name, share in zip(read.names, read.of_cells(self.grid), strict=True):
            if share @ real:
                regions.append((name, share))
            else:
                left_out.append(name)
        if not regions:
            message = _empty(f"any region of {read.where}", self.grid)
            self.findings.add("empty-mask", "targets.regions", message)
        beside = f"; without cells here: {', '.join(left_out)}" if left_out else ""
        return [*regions, everywhere], f"{read.where}, averaged over the cells{beside}"

    def place(self, where: str, place: PlaceSection) -> Shares | None:
        """The mask of a place, all cells where it has no key; or None and findings.

        Args:
            where: dotted key of its table.
        """
        keys = [key for key in PLACES if getattr(place, key) is not None]
        before = len(self.findings)
        if len(keys) > 1:
            several = " and ".join(repr(key) for key in keys)
            message = f"[{where}] has {several}; one of them says where it is."
            self.findings.add("several-places", where, message)
            return None
        label, share = GLOBAL, np.ones(self.grid.cells)
        for key in keys:
            label, share = getattr(_Place(where, self), key)(getattr(place, key))
        if len(self.findings) > before:
            return None
        if not np.any(share[self.grid.area > 0.0] > 0.0):
            self.findings.add("empty-mask", where, _empty(f"[{where}], {label}", self.grid))
            return None
        return label, share


def _empty(what: str, grid: Grid) -> str:
    real = grid.area > 0.0
    south_north, west_east = (
        f"{axis[real].min():g} and {axis[real].max():g}" for axis in (grid.latitude, grid.longitude)
    )
    return (
        f"{what} has none of the {int(real.sum())} cells, whose centres lie between {south_north} "
        f"degrees north and {west_east} degrees east. Choose another place, or more cells "
        "(grid.cells)."
    )


def cell_names(grid: Grid) -> np.ndarray:
    """Name of each cell, its label or its place as '51.25N 13.5E', shape (cell,)."""
    names = []
    for n in range(grid.cells):
        north, east = float(grid.latitude[n]), float(grid.longitude[n])
        of_place = f"{abs(north):g}{'SN'[north >= 0.0]} {abs(east):g}{'WE'[east >= 0.0]}"
        names.append(str(grid.label[n]) if len(grid.label) and str(grid.label[n]) else of_place)
    return np.array(names)


def _labels(grid: Grid) -> tuple[np.ndarray, list[str]]:
    """Label of each cell, shape (cell,), and the labels of cells with an area."""
    labels = grid.region.astype(str)
    return labels, list(dict.fromkeys(labels[grid.area > 0.0].tolist()))


@frozen(eq=False)
class _Place:
    """Reader of one place, with a method for each of `PLACES`."""

    where: str
    masks: Masks

    def add(self, code: str, key: str, problem: str) -> None:
        """Add a finding about one key of the place."""
        self.masks.findings.add(code, f"{self.where}.{key}", f"[{self.where}] {problem}")

    def label(self, label: str | Sequence[str]) -> Shares:
        """Cells of one name or of several."""
        grid = self.masks.grid
        labels = grid.label.astype(str) if len(grid.label) else np.full(grid.cells, "")
        names = self._names("label", label, dict.fromkeys(labels[grid.area > 0.0].tolist()))
        return " + ".join(names), np.isin(labels, names).astype(float)

    def region(self, region: str | Sequence[str]) -> Shares:
        """Cells of one region or of several."""
        labels, present = _labels(self.masks.grid)
        names = self._names("region", region, [*present, GLOBAL])
        return " + ".join(names), (np.isin(labels, names) | (GLOBAL in names)).astype(float)

    def _names(self, key: str, value: str | Sequence[str], present: Iterable[str]) -> list[str]:
        """The names of a key, and findings about repeated names and those without a cell."""
        names, known = [value] if isinstance(value, str) else list(value), list(present)
        for name, count in Counter(names).items():
            if name not in known:
                choices = ", ".join(known) if any(known) else "none, the forcing file names no cell"
                self.add(
                    f"unknown-{key}",
                    key,
                    f"has the {key} '{name}', which no cell has.{did_you_mean(name, known)} "
                    f"With cells: {choices}.",
                )
            elif count > 1:
                self.add("repeated-value", key, f"names '{name}' {count} times; name it once.")
        return names

    def mask(self, mask: str) -> Shares:
        """A region of a file, 'name or path:region'; without a region all of them."""
        source, colon, region = mask.rpartition(":")
        if not colon:
            source, region = mask, ""
        nowhere = mask, np.zeros(self.masks.grid.cells)
        of_file = Findings()
        read = self.masks.read(source, of_file)
        for finding in of_file:
            where = finding.where
            if finding.code == "unknown-mask":
                where = f"{self.where}.mask"
            message = f"[{self.where}]: {finding.message}"
            self.masks.findings.add(finding.code, where, message)
        if read is None:
            if not of_file:  # the findings stand where the file was read first
                problem = f"has the mask '{source}', which cannot be read."
                self.add("unreadable-mask", "mask", problem)
            return nowhere
        if not region:
            return source, read.of_cells(self.masks.grid).sum(axis=0)
        position = read.position(region)
        if position is None:
            numbers = [] if read.numbers is None else [str(n) for n in read.numbers]
            choices = [f"{n} ({name})" for n, name in zip(numbers, read.names, strict=False)]
            self.add(
                "unknown-region",
                "mask",
                f"has the region '{region}', which {read.where} lacks."
                f"{did_you_mean(region, [*read.names, *numbers])} It has: "
                f"{', '.join(choices or read.names)}.",
            )
            return nowhere
        label = f"region '{read.names[position]}' of {Path(source).name}"
        return label, read.of_cells(self.masks.grid)[position]

    def cells(self, points: Sequence[Sequence[float]]) -> Shares:
        """The cells that places [latitude, longitude] lie in."""
        grid, (latitude, longitude) = self.masks.grid, np.array(points, dtype=float).T
        share = np.zeros(grid.cells)
        for place, cell in zip(points, grid.locate(latitude, longitude), strict=True):
            if cell < 0:
                self.add(
                    "outside-grid",
                    "cells",
                    f"has the place {place[0]:g} degrees north, {place[1]:g} degrees east, which "
                    "lies in no cell. Write [latitude, longitude] of a place inside one.",
                )
            else:
                share[cell] = 1.0
        text = ", ".join(f"{p[0]:g} N {p[1]:g} E" for p in points)
        return f"cells at {text}", share

    def box(self, box: Mapping[str, Any]) -> Shares:
        """Cells whose centre lies in a latitude-longitude box, its borders included."""
        south, north, west, east = (float(box[key]) for key in BOX)
        if south > north:
            problem = f"has a box from {south:g} to {north:g} degrees north; south comes first."
            self.add("wrong-value", "box", problem)
        grid = self.masks.grid
        width = (east - west) % 360.0 or (360.0 if east != west else 0.0)
        around = (grid.longitude - west) % 360.0 <= width
        inside = (grid.latitude >= south) & (grid.latitude <= north) & around
        label = f"the box {south:g} to {north:g} N, {west:g} to {east:g} E"
        return label, inside.astype(float)
