"""Maps of cells: rectangles where cells have an extent, points for sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import tables
from .figures import figure
from .outlines import borders_of, draw_outlines

DAYS_PER_YEAR = 365.25  # d
DAILY, ANNUAL = ("gC m-2 d-1", "g m-2 d-1"), "gC m-2 yr-1"  # the second is that of products
UPTAKE = "BrBG"  # brown for a loss, blue-green for a gain: told apart by colour-blind readers
TOO_HIGH = "RdBu_r"  # red where simulated is above observed
AMOUNT = "viridis"
SPREAD = "cividis"  # of standard deviations
DIFFERENCE = "PuOr_r"  # orange where the other run is above the first
SIGNED = 0.02  # of the largest value; a field with values that far below zero has a scale around it
ACROSS = 3  # maps side by side
LEAST_COVER = 0.01  # of a map by cells; smaller ones are points, as nobody would see them
WIDE = 150.0  # degrees, of a map of the whole Earth
PLACE = ("latitude", "longitude", "latitude_half_width", "longitude_half_width", "region")


def means(fields: Any, name: str, regions: str = "") -> Any:
    """Mean of a field with the prior, the posterior, and their difference.

    A flux in gC m-2 d-1 is drawn in gC m-2 yr-1, and any other field in its own unit.

    Args:
        regions: borders to draw, "cells", "continents" or "".
    """
    mean, units = by_year(
        fields[name].transpose("run", "time", "cell").mean("time").values, fields[name]
    )
    panels, scales = _runs_and_change(name, fields["run"].values.astype(str), mean)
    return _maps(fields, panels, scales, units, regions)


def with_sd(
    at: Any,
    name: str,
    values: Sequence[np.ndarray],
    sd: Sequence[np.ndarray],
    units: str = "",
    regions: str = "",
    of_single_months: bool = False,
) -> Any:
    """Maps of a field with prior and posterior, their difference, and the sd of both.

    Args:
        at: cells with latitude, longitude and half widths.
        name: of the field.
        values, sd: prior and posterior, each of shape (cell,); `sd` may lack the prior.
        units: of both.
        regions: borders to draw, "cells", "continents" or "".
        of_single_months: whether `sd` are root mean squares of those of single months.
    """
    sd_of = " of one month (root mean square)" if of_single_months else ""
    panels, scales = _runs_and_change(name, ("prior", "posterior"), np.array(values))
    of_runs = ("prior", "posterior")[-len(sd) :]
    scale = _scale(np.concatenate([*sd]), signed=False) | {"cmap": SPREAD}
    panels += [(f"{run.capitalize()} sd{sd_of}", of) for run, of in zip(of_runs, sd, strict=True)]
    scales += [scale] * len(sd)
    if len(sd) == 2:
        with np.errstate(invalid="ignore", divide="ignore"):
            reduction = np.where(sd[0] > 0.0, 100.0 * (1.0 - sd[1] / sd[0]), np.nan)
        of_month = " of one month" if of_single_months else ""
        panels.append((f"Uncertainty reduction{of_month}", reduction))
        scales.append({"cmap": AMOUNT, "vmin": 0.0, "vmax": 100.0, "units": "%", "extend": "min"})
    return _maps(at, panels, scales, units, regions)


def by_year(values: np.ndarray, field: Any) -> tuple[np.ndarray, str]:
    """A flux in gC m-2 d-1 as gC m-2 yr-1, and any other field as it is; values and their unit."""
    units = str(field.attrs.get("units", ""))
    if units in DAILY:
        return values * DAYS_PER_YEAR, ANNUAL
    return values, "" if units == "1" else units


def _runs_and_change(
    name: str, runs: Sequence[str], values: np.ndarray
) -> tuple[list[tuple[str, np.ndarray]], list[dict[str, Any]]]:
    """Panels and scales of a field of each run, shape (run, cell), and of the change."""
    titles = [", ".join(filter(None, (spoken(name), run))) for run in runs]
    panels = list(zip(titles, values, strict=True))
    scales = [_scale(values, signed=name == "nep" or has_both_signs(values))] * len(panels)
    if len(panels) == 2:
        change = values[1] - values[0]
        panels.append(("Posterior − prior", change))
        scales.append(_scale(change, signed=True) | {"cmap": DIFFERENCE})
    return panels, scales


def has_both_signs(values: np.ndarray) -> bool:
    """Whether values lie on both sides of zero, small negative ones apart."""
    finite = values[np.isfinite(values)]
    return bool(len(finite)) and bool(finite.min() < -SIGNED * np.abs(finite).max())


def spoken(name: str) -> str:
    """'NEP' and 'Soil moisture' of the name of a field."""
    return name.upper() if len(name) <= 3 else name.replace("_", " ").capitalize()


def compared(data: Any, name: str) -> list[Any]:
    """Maps of several runs with one scale, and of each less the first with one around zero.

    Args:
        data: group 'maps' of `comparison.nc`.
        name: of a field, shape (run, cell).
    """
    labels, values = data["run"].values.astype(str), data[name].values
    units = str(data[name].attrs.get("units", ""))
    units = "" if units == "1" else units
    signed = name == "nep" or has_both_signs(values)
    scale, change = _scale(values, signed), values[1:] - values[0]
    scale_of_change = _scale(change, signed=True) | {"cmap": DIFFERENCE}
    panels = list(zip(labels, values, [scale] * len(labels), strict=True))
    changes = [
        (f"{label} − {labels[0]}", difference, scale_of_change)
        for label, difference in zip(labels[1:], change, strict=True)
    ]
    rows = [[*panels, *changes]]
    if len(labels) > 2:
        rows = [part[n : n + ACROSS] for part in (panels, changes) for n in
                range(0, len(part), ACROSS)]  # fmt: skip
    return [
        _maps(data, [(title, v) for title, v, _ in row], [s for _, _, s in row], units)
        for row in rows
    ]


def misfits(stream: Any, fields: Any = None) -> Any:
    """Mean of simulated minus observed at each place, a map for each run."""
    places, means = _by_place(stream, fields, lambda misfit: misfit)
    panels = [(f"{run.capitalize()} − observed", mean) for run, mean in means.items()]
    scale = _scale(np.concatenate(list(means.values())), signed=True)
    scale["cmap"] = TOO_HIGH if scale["cmap"] == UPTAKE else scale["cmap"]
    return _maps(places, panels, [scale] * len(panels), tables.units(stream))


def rms_misfits(stream: Any, fields: Any = None) -> Any:
    """Root mean square of simulated minus observed at each place, of each run, and its change."""
    places, squares = _by_place(stream, fields, np.square)
    of_run = {run: np.sqrt(mean) for run, mean in squares.items()}
    panels = [(f"RMS misfit, {run}", values) for run, values in of_run.items()]
    scales = [_scale(np.concatenate(list(of_run.values())), signed=False)] * len(panels)
    if len(of_run) == 2:
        change = of_run["posterior"] - of_run["prior"]
        panels.append(("Posterior − prior", change))
        scales.append(_scale(change, signed=True) | {"cmap": TOO_HIGH})
    return _maps(places, panels, scales, tables.units(stream))


def _by_place(
    stream: Any, fields: Any, of_misfit: Callable[[np.ndarray], np.ndarray]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Places, and the mean of a function of simulated minus observed at each, by run."""
    labels = stream[tables.place_name(stream)].values.astype(str)
    _, first, place = np.unique(labels, return_index=True, return_inverse=True)
    is_observed = np.isfinite(stream["observed"].values)
    count = np.bincount(place, is_observed)
    places = {
        "latitude": stream["latitude"].values[first],
        "longitude": stream["longitude"].values[first],
    }
    if fields is not None:
        places |= _extent(places, fields)
    means = {}
    for run in tables.runs(stream):
        misfit = np.where(is_observed, stream[run].values - stream["observed"].values, 0.0)
        total = np.bincount(place, of_misfit(misfit))
        means[run] = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return places, means


def _extent(at: dict[str, np.ndarray], fields: Any) -> dict[str, np.ndarray]:
    """Half widths of the cells the places lie in; none where a place is in no cell."""
    if "latitude_half_width" not in fields.variables:
        return {}
    north = np.abs(at["latitude"][:, None] - fields["latitude"].values)
    east = np.abs((at["longitude"][:, None] - fields["longitude"].values + 180) % 360 - 180)
    half = {a: fields[f"{a}_half_width"].values for a in ("latitude", "longitude")}
    inside = (north <= half["latitude"]) & (east <= half["longitude"])
    if not inside.any(axis=1).all():
        return {}
    cell = np.argmin(np.where(inside, north**2 + east**2, np.inf), axis=1)
    centres = {axis: fields[axis].values[cell] for axis in at}
    return centres | {f"{axis}_half_width": half[axis][cell] for axis in at}


def _scale(values: np.ndarray, signed: bool) -> dict[str, Any]:
    """Colour map and its limits; a few extreme cells do not hide the others."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return {"cmap": AMOUNT, "vmin": 0.0, "vmax": 1.0}
    if signed:
        limit = float(np.quantile(np.abs(finite), 0.99)) or 1.0
        return {"cmap": UPTAKE, "vmin": -limit, "vmax": limit}
    low, high = min(float(finite.min()), 0.0), float(np.quantile(finite, 0.99))
    ends = {"vmin": low, "vmax": high if high > low else low + 1.0}
    return {"cmap": AMOUNT, **ends, "extend": "max"}


def _maps(
    at: Any,
    panels: list[tuple[str, np.ndarray]],
    scales: list[dict[str, Any]],
    units: str,
    regions: str = "",
) -> Any:
    """Maps, three side by side; neighbours with one scale share a colour bar."""
    at = {name: np.asarray(at[name]) for name in PLACE if name in at}
    at["longitude"] = _turned(at["longitude"])
    window = _window(at["longitude"], at["latitude"])
    shape = (window[3] - window[2]) / (window[1] - window[0])
    across, down = min(ACROSS, len(panels)), -(-len(panels) // ACROSS)
    drawn = figure(11, down * (1.0 + 11 / across * min(max(shape, 0.4), 1.2)))
    axes = drawn.subplots(down, across, squeeze=False, sharex=True, sharey=True).ravel()
    for panel in axes[len(panels) :]:
        panel.set_axis_off()
    axes = axes[: len(panels)]
    for panel, (title, values), scale in zip(axes, panels, scales, strict=True):
        _draw(panel, at, values, scale, window)
        draw_outlines(panel, window, borders_of(regions, at))
        panel.set_title(title, fontsize=9.5)
    for scale in {id(s): s for s in scales}.values():
        alike = [a for a, s in zip(axes, scales, strict=True) if s is scale]
        bar = drawn.colorbar(
            alike[0].collections[0], ax=alike, orientation="horizontal", shrink=0.7,
            aspect=30 * len(alike), pad=0.02, extend=scale.get("extend", "both"),
        )  # fmt: skip
        bar.set_label(scale.get("units", units), fontsize=8.5)
        bar.ax.tick_params(labelsize=8)
        bar.outline.set_visible(False)
    return drawn


def _draw(
    panel: Any, at: Any, values: np.ndarray, scale: dict[str, Any], window: tuple[float, ...]
) -> None:
    """One map."""
    from matplotlib.collections import PatchCollection  # slow to import
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import FixedLocator, MultipleLocator

    longitude, latitude = np.asarray(at["longitude"]), np.asarray(at["latitude"])
    half = None
    if "latitude_half_width" in at:
        half = [np.asarray(at[f"{a}_half_width"]) for a in ("longitude", "latitude")]
    if half is not None and _cover(half, window) > LEAST_COVER:
        boxes = [
            Rectangle((lon - w, lat - h), 2 * w, 2 * h)
            for lon, lat, w, h in zip(longitude, latitude, *half, strict=True)
        ]
        drawn = PatchCollection(boxes, cmap=scale["cmap"], linewidth=0.15, edgecolor="#ffffff")
        drawn.set_array(values)
        drawn.set_clim(scale["vmin"], scale["vmax"])
        panel.add_collection(drawn)
    else:
        panel.scatter(
            longitude, latitude, c=values, s=42 if len(longitude) < 60 else 12, edgecolor="#444444",
            linewidth=0.5, zorder=5,
            **{key: scale[key] for key in ("cmap", "vmin", "vmax")},
        )  # fmt: skip
    panel.set(xlim=window[:2], ylim=window[2:], aspect="equal", facecolor="#f1f1f1")
    panel.tick_params(labelsize=8)
    if window[1] - window[0] > 180.0:
        panel.xaxis.set_major_locator(FixedLocator(range(-120, 121, 60)))
        panel.yaxis.set_major_locator(MultipleLocator(30))
    panel.xaxis.set_major_formatter(lambda v, _: f"{abs(v):g}°{'W' if v < 0 else 'E' if v else ''}")
    panel.yaxis.set_major_formatter(lambda v, _: f"{abs(v):g}°{'S' if v < 0 else 'N' if v else ''}")


def _cover(half: Sequence[np.ndarray], window: tuple[float, ...]) -> float:
    """Share of the window that cells cover, each with two half widths (degrees)."""
    west, east, south, north = window
    return float(np.sum(4.0 * half[0] * half[1])) / ((east - west) * (north - south))


def _turned(longitude: np.ndarray) -> np.ndarray:
    """Longitudes from -180 to 180, except of a region across the date line."""
    turned = (longitude + 180.0) % 360.0 - 180.0
    across = np.ptp(turned) > np.ptp(longitude) and np.ptp(longitude) <= WIDE
    return longitude if across or longitude.max() <= 180.0 else turned


def _window(longitude: np.ndarray, latitude: np.ndarray) -> tuple[float, float, float, float]:
    """West, east, south and north of the map; the whole Earth where places are far apart."""
    if np.ptp(longitude) > WIDE:
        return -180.0, 180.0, min(-60.0, float(latitude.min()) - 5.0), 90.0
    west, east = float(longitude.min()), float(longitude.max())
    south, north = float(latitude.min()), float(latitude.max())
    margin = max(2.0, 0.15 * max(east - west, north - south))
    return west - margin, east + margin, max(south - margin, -90.0), min(north + margin, 90.0)
