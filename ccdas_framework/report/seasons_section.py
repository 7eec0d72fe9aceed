"""Mean seasons of a stream by class of place and band of latitude, for the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..diagnostics.mean_seasons import GroupSeason, group_season, latitude_bands
from . import tables
from .figures import COLOURS, OBSERVED, as_uri, figure

ACROSS = 5  # panels side by side
MONTHS = "JFMAMJJASOND"
EVERYWHERE = "all"  # the last row: all places


def sections(data: Any) -> list[dict[str, Any]]:
    """Values of the template for each quantity of a stream whose places have classes.

    Args:
        data: group of `simulated.nc` or `evaluation.nc`.
    """
    if "place_class" not in data or not tables.runs(data):
        return []
    return [
        {
            "quantity": name,
            "by_class": [_row(*group) for group in by_class(part)],
            "by_band": [_row(*group) for group in by_band(part)],
            "figure": as_uri(drawn(part)),
        }
        for name, part in tables.quantities(data)
    ]


def by_class(data: Any) -> list[tuple[str, GroupSeason]]:
    """Season of each class of place, and of all places."""
    classes = data["place_class"].values.astype(str)
    everywhere = np.ones(len(classes), dtype=bool)
    groups = {name: classes == name for name in sorted(set(classes))} | {EVERYWHERE: everywhere}
    return [(name, season(data, mask)) for name, mask in groups.items()]


def by_band(data: Any) -> list[tuple[str, GroupSeason]]:
    """Season of each band of latitude that has places, from north to south."""
    bands = latitude_bands(data["latitude"].values)
    return [(name, season(data, mask)) for name, mask in bands.items() if mask.any()]


def season(data: Any, mask: np.ndarray) -> GroupSeason:
    """Mean season of some of the values."""
    part = data.isel(obs=mask)
    return group_season(
        part["observed"].values,
        {run: part[run].values for run in tables.runs(part)},
        part["time"].values.astype("datetime64[M]").astype(int) % 12 + 1,
        part[tables.place_name(part)].values,
    )


def _row(name: str, group: GroupSeason) -> dict[str, Any]:
    scores = ("bias", "rmse", "correlation", "season_correlation")
    return {
        "name": name,
        "places": group.places,
        "count": group.count,
        **{score: dict(getattr(group, score)) for score in scores},
    }


def groups(data: Any, fields: Any = None) -> dict[str, dict[str, np.ndarray]]:
    """Masks of the values by name of the group, for each way of grouping that the data allow.

    Args:
        data: group of `simulated.nc` or `evaluation.nc`.
        fields: dataset of `fields.nc`, whose cells have regions.
    """
    bands = latitude_bands(data["latitude"].values)
    places = data[tables.place_name(data)].values.astype(str)
    ways = {"latitude": bands, "place": _masks(places)}
    if "place_class" in data:
        ways = {"class": {
            f"{kind} {band}": inside & mask
            for kind, mask in _masks(data["place_class"].values.astype(str)).items()
            for band, inside in bands.items()
        }} | ways  # fmt: skip
    if fields is not None and "region" in fields:
        ways["region"] = _masks(_regions(data, fields))
    return {
        way: {name: mask for name, mask in masks.items() if mask.any()}
        for way, masks in ways.items()
    }


def _masks(names: np.ndarray) -> dict[str, np.ndarray]:
    return {name: names == name for name in sorted(set(names.tolist()))}


def _regions(data: Any, fields: Any) -> np.ndarray:
    """Region of the cell next to each place, shape (obs,)."""
    north = data["latitude"].values[:, None] - fields["latitude"].values
    east = (data["longitude"].values[:, None] - fields["longitude"].values + 180.0) % 360.0 - 180.0
    shrink = np.cos(np.radians(data["latitude"].values))[:, None]
    nearest = np.argmin(north**2 + (shrink * east) ** 2, axis=1)
    return np.asarray(fields["region"].values.astype(str)[nearest])


def drawn(data: Any, masks: Mapping[str, np.ndarray] | None = None) -> Any:
    """Mean season of groups of places, observed and simulated.

    Args:
        data: group of `simulated.nc` or `evaluation.nc`, of one quantity.
        masks: values of each group; those of each class in each band of latitude by default.
    """
    masks = groups(data)["class"] if masks is None else masks
    panels = [(name, season(data, mask)) for name, mask in masks.items()]
    across = min(ACROSS, len(panels))
    down = -(-len(panels) // across)
    shown = figure(2.1 * across + 0.6, 0.6 + 1.45 * down)
    grid = shown.subplots(down, across, squeeze=False, sharex=True)
    month = np.arange(1, 13)
    for axes, (name, group) in zip(grid.flat, panels, strict=False):
        axes.plot(month, group.observed, color=OBSERVED, marker=".", ms=4, lw=0.8, label="observed")
        for run, values in group.simulated.items():
            axes.plot(
                month, values, color=COLOURS[run], label=run, lw=1.3, marker=".", ms=2,
                ls="--" if run == "prior" else "-",
            )  # fmt: skip
        axes.set_title(f"{name} ({group.places})", fontsize=8.5)
        axes.set_xticks(month, list(MONTHS), fontsize=7)
        axes.tick_params(axis="y", labelsize=7)
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_axis_off()
    for axes in list(grid.flat)[max(len(panels) - across, 0) : len(panels)]:
        axes.tick_params(labelbottom=True)  # also above an empty place
    handles, names = grid.flat[0].get_legend_handles_labels()
    shown.legend(handles, names, loc="outside upper left", ncols=3, fontsize=8.5)
    shown.supylabel(tables.units(data), fontsize=9.5)
    return shown
