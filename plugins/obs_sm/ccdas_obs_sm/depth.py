"""Comparison of probes with the model at their depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ccdas_framework import (
    Array,
    Fields,
    Grid,
    InvalidInput,
    Namespace,
    Observations,
    Parameter,
    Parameters,
    Stream,
    Variable,
    area_mean,
)

COMPARISONS = ("filter", "layers", "surface")
DEEPEST = 10.0  # m
DEPTH = Variable("depth", "m", ("obs",), (0.0, DEEPEST), long_name="depth of the probe")
THICKNESS = Variable("surface_layer_thickness", "m", ("time", "column"), (0.001, 1.0))
SHORTEST = 0.02  # d, a filter of the surface itself keeps exp(-50) of the day before
# d m-1. 6 d from 0.05 to 0.30 m of depth at 13 stations in France (Albergel et al. 2008, Hydrol.
# Earth Syst. Sci. 12, 1323-1337). The 15 d for the first 0.2 m and 20 d for the first metre of
# Wagner et al. (1999, Remote Sens. Environ. 70, 191-207) lie within two sd.
FILTER_TIME = Parameter(
    "T_z", "d m-1", 24.0, 24.0, "log", active=False, in_loop=False,
    source="Albergel et al. (2008), Hydrol. Earth Syst. Sci. 12, 1323-1337; sd own choice",
    long_name="characteristic time of the filter for each metre below the surface layer",
)  # fmt: skip

Depths = float | tuple[tuple[str, float], ...] | None


def depths(values: Any) -> Depths:
    """A depth (m) for all places, or pairs of place and depth from a table; None stays None."""
    if isinstance(values, Mapping):
        if not values:
            raise ValueError("'depth' is an empty table; expected a depth (m) for each place.")
        values = tuple(sorted((str(place), depth) for place, depth in values.items()))
    pairs = values if isinstance(values, tuple) else (("all places", values),)
    for place, depth in pairs if values is not None else ():
        number = isinstance(depth, int | float) and not isinstance(depth, bool)
        if not number or not 0.0 <= depth <= DEEPEST:
            raise ValueError(
                f"'depth' is {depth!r} for {place}; expected metres between 0 and {DEEPEST:g}: one "
                'number, or a table of places such as depth = {"AU-How" = 0.1}.'
            )
    return values


def depth_inputs(
    settings: Any,
    observations: Observations,
    stream: Stream,
    grid: Grid,
    prior_fields: Callable[[], Mapping[str, np.ndarray]],
) -> dict[str, np.ndarray]:
    """Inputs of `water_at_depth` beside those of `cell_stream`; none for the surface.

    Args:
        settings: `product`, `depth`, `depth_comparison`.
        observations: as read.
        stream: their values that are used.
        grid: of the block.
        prior_fields: `THICKNESS` of the model, the same on all days.
    """
    unknown = settings.depth is None and DEPTH.name not in observations.extra
    if unknown or settings.product != "in_situ" or settings.depth_comparison == "surface":
        return {}
    if not len(stream.values):  # and no need to run the model
        if settings.depth_comparison == "layers":
            return {"surface_share": np.zeros(0)}
        return {"filter_length": np.zeros(grid.columns)}
    depth = observed_depth(settings.depth, observations, stream)
    thickness = np.asarray(prior_fields()[THICKNESS.name])
    if settings.depth_comparison == "layers":
        surface = area_mean(thickness, stream.at, np)
        return {"surface_share": surface / np.maximum(depth, surface)}
    return {"filter_length": filter_length(depth, stream, grid, thickness[0])}


def water_at_depth(
    fields: Fields, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
) -> Array:
    """Water content at the depth of the observations (m3 m-3), shape (obs,).

    Args:
        fields: `soil_moisture`, and `root_zone_soil_moisture` for a mean over layers.
        parameters: T_z (d m-1) for a filter.
        at: of `cell_stream` and `depth_inputs`.
    """
    surface = fields["soil_moisture"]
    if "filter_length" in at:
        surface = filtered(surface, parameters[FILTER_TIME.name] * at["filter_length"], xp)
    water = area_mean(surface, at, xp)
    if "surface_share" not in at:
        return water
    below = area_mean(fields["root_zone_soil_moisture"], at, xp)
    return at["surface_share"] * water + (1.0 - at["surface_share"]) * below


def observed_depth(setting: Depths, observations: Observations, stream: Stream) -> np.ndarray:
    """Depth of each value (m), shape (obs,), from the file or else from the setting.

    Raises:
        InvalidInput: a place that the table of the setting does not name.
    """
    if DEPTH.name in observations.extra:
        return observations.numbers(DEPTH.name)[stream.index]
    if not isinstance(setting, tuple):
        return np.full(len(stream.values), setting, dtype=float)
    table = dict(setting)
    missing = sorted({str(label) for label in stream.labels} - set(table))
    if missing:
        raise InvalidInput(
            f"'depth' has no entry for {', '.join(missing)}; expected one for each place of the "
            f"observations. It has {', '.join(table)}. Add them (m).",
            code="missing-place",
            where="depth",
        )
    return np.array([table[str(label)] for label in stream.labels], dtype=float)


def filter_length(
    depth: np.ndarray, stream: Stream, grid: Grid, thickness: np.ndarray
) -> np.ndarray:
    """Length from the middle of the surface layer to the probe (m), 0 above it, shape (column,).

    Args:
        depth: of each value (m), shape (obs,).
        stream: its values.
        grid: of the block.
        thickness: of the surface layer of the model (m), shape (column,).

    Raises:
        InvalidInput: values of one cell have several depths.
    """
    length = np.zeros(grid.columns)
    cells = stream.at["cell"]
    for cell in np.unique(cells):
        distinct = np.unique(depth[cells == cell])
        if len(distinct) > 1:
            label = stream.labels[cells == cell][0]
            raise InvalidInput(
                f"soil moisture of the cell of '{label}' has the depths "
                f"{', '.join(f'{d:g}' for d in distinct)} m; expected one in a stream. Give each "
                'depth a stream of its own, or set depth_comparison = "layers".',
                code="several-depths",
                where="depth",
            )
        inside = grid.column_cell == cell
        length[inside] = np.maximum(distinct[0] - 0.5 * thickness[inside], 0.0)
    return length


def filtered(surface: Array, time: Array, xp: Namespace) -> Array:
    """Water content below the surface, from that of the surface; shape and unit of `surface`.

        w_n = w_(n-1) + K_n (s_n - w_(n-1)),  K_n = K_(n-1)/(K_(n-1) + exp(-1/T)),  K_0 = 1

    Args:
        surface: s of each day, shape (time, column).
        time: T, characteristic time (d), shape (column,).

    Source: Wagner et al. (1999), Remote Sens. Environ. 70, 191-207, in the recursive form of
        Albergel et al. (2008), Hydrol. Earth Syst. Sci. 12, 1323-1337.
    """
    decay = xp.exp(-1.0 / xp.maximum(time, SHORTEST))
    first = surface[0]
    carry = {"water": first, "gain": 1.0 + 0.0 * first}
    _, below = xp.scan(_filter_step, carry, {"surface": surface[1:]}, {"decay": decay})
    return xp.concatenate([first[None], below["water"]])


def _filter_step(
    carry: Mapping[str, Array], day: Mapping[str, Array], constants: Mapping[str, Array], xp: Any
) -> tuple[dict[str, Array], dict[str, Array]]:
    gain = carry["gain"] / (carry["gain"] + constants["decay"])
    water = carry["water"] + gain * (day["surface"] - carry["water"])
    return {"water": water, "gain": gain}, {"water": water}
