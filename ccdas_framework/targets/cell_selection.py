"""Cells of the grid that an experiment uses, by the words that also say where a target is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..config import Config
from ..core.domain import Grid
from ..core.errors import Findings
from .region_masks import Masks

LEAST_SHARE = 0.5  # of a cell inside a mask, for the cell to belong to it


def selected_cells(
    config: Config, grid: Grid, folders: Sequence[Path], findings: Findings
) -> tuple[np.ndarray | None, tuple[Path, ...]]:
    """Positions of the cells of `grid.select` without those of `grid.exclude`, and files of masks.

    A cell of which a mask covers a part belongs to it where the part is half of the cell or more.

    Args:
        grid: all cells of the forcing file.
        folders: searched for files of masks.
        findings: receives all that is wrong. There are no positions then.
    """
    masks, before = Masks.of(config.targets, folders, grid, findings), len(findings)
    used = grid.area > 0.0
    for key, wanted in (("select", True), ("exclude", False)):
        section = getattr(config.grid, key)
        place = None if section is None else masks.place(f"grid.{key}", section)
        if place is not None:
            used &= (place[1] >= LEAST_SHARE) == wanted
    if len(findings) == before and not used.any():
        findings.add(
            "empty-selection",
            "grid",
            f"[grid] leaves none of the {grid.cells} cells. Select more, or exclude fewer.",
        )
    return (np.flatnonzero(used) if len(findings) == before else None), masks.files
