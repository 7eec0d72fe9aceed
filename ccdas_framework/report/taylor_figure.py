"""Taylor diagram: standard deviation and correlation of simulated and observed values.

Source: Taylor (2001), J. Geophys. Res. 106, 7183-7192.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from . import tables
from .figures import CATEGORY_COLOURS, figure

MOST_SERIES = 20  # with a colour and a mark of their own
MARKERS = "osD^vP*X<>"
CORRELATIONS = (-0.9, -0.6, -0.3, 0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.99)
WIDEST = 2.5  # standard deviations; points beyond stand at the edge


@frozen
class TaylorPoint:
    """Place of one series in the diagram.

    Args:
        sd_ratio: standard deviation of simulated over that of observed values.
        correlation: of simulated and observed values.
    """

    sd_ratio: float
    correlation: float


def taylor_points(stream: Any, by_place: bool = False) -> dict[str, dict[str, TaylorPoint]]:
    """Points of a stream, or of each of its places, by series and run.

    Series with fewer than three values, or without variation, are left out.

    Args:
        stream: group of `simulated.nc` or `evaluation.nc`.
        by_place: whether each place is a series of its own.
    """
    observed = stream["observed"].values
    labels = stream[tables.place_name(stream)].values.astype(str)
    groups = {p: labels == p for p in dict.fromkeys(labels.tolist())} if by_place else {"": None}
    points: dict[str, dict[str, TaylorPoint]] = {}
    for name, mask in groups.items():
        for run in tables.runs(stream):
            simulated = stream[run].values
            chosen = np.isfinite(observed + simulated)
            chosen = chosen if mask is None else chosen & mask
            point = _point(observed[chosen], simulated[chosen])
            if point is not None:
                points.setdefault(name, {})[run] = point
    return points


def points_of_streams(
    streams: Mapping[str, Any], by_place: bool = False
) -> dict[str, dict[str, TaylorPoint]]:
    """Points by series and run, "flux: gpp" for a quantity of a stream of several.

    Args:
        streams: by name; "" for the only one.
        by_place: whether each place is a series of its own.
    """
    return {
        ": ".join(filter(None, (name, place, quantity))): point
        for name, stream in streams.items()
        for quantity, part in tables.quantities(stream)
        for place, point in taylor_points(part, by_place).items()
    }


def _point(observed: np.ndarray, simulated: np.ndarray) -> TaylorPoint | None:
    if len(observed) < 3 or not (observed.std() > 0.0 and simulated.std() > 0.0):
        return None
    return TaylorPoint(
        float(simulated.std() / observed.std()), float(np.corrcoef(observed, simulated)[0, 1])
    )


def taylor(series: Mapping[str, Mapping[str, TaylorPoint]]) -> Any:
    """The diagram: distance from the origin is the standard deviation over the observed one.

    The angle is the arc cosine of the correlation. The distance from the point "observed" is the
    root mean square of the differences without their mean. A line leads from prior to posterior.

    Args:
        series: name -> run -> point; those after the first `MOST_SERIES` share a grey mark.
    """
    points = [point for of_series in series.values() for point in of_series.values()]
    negative = any(point.correlation < 0.0 for point in points)
    radius = min(max([1.5, *(1.08 * p.sd_ratio for p in points)]), WIDEST)
    drawn = figure(9.6 if negative else 8.2, 5.2)
    axes = drawn.subplots(subplot_kw={"projection": "polar"})
    axes.set(thetamin=0, thetamax=180 if negative else 90, rlim=(0.0, radius))
    ticks = [c for c in CORRELATIONS if negative or c >= 0.0]
    axes.set_thetagrids(np.degrees(np.arccos(ticks)), [f"{c:g}".replace("-", "−") for c in ticks])
    axes.set_rgrids(
        [r for r in (0.5, 1.0, 1.5, 2.0, 2.5) if r <= radius], angle=180 if negative else 0
    )
    axes.grid(color="#dddddd")
    _arcs(axes, radius)
    axes.plot([0.0], [1.0], marker="*", ms=13, color="#1a1a1a", ls="", clip_on=False, zorder=6)
    for number, (name, of_series) in enumerate(series.items()):
        _series(axes, name, of_series, number, radius)
    axes.plot([], [], marker="*", ms=10, color="#1a1a1a", ls="", label="observed")
    axes.plot([], [], marker="o", ms=6, mfc="white", color="#666666", ls="", label="prior (open)")
    axes.plot([], [], marker="o", ms=6, color="#666666", ls="", label="posterior (filled)")
    axes.set_xlabel("standard deviation over that of the observations", labelpad=22)
    axes.text(
        np.pi / 2 if negative else np.pi / 4, 1.14 * radius, "correlation", ha="center",
        va="center", rotation=0 if negative else -45, fontsize=9.5,
    )  # fmt: skip
    axes.legend(loc="upper left", bbox_to_anchor=(1.06, 1.02), fontsize=8.5)
    return drawn


def _arcs(axes: Any, radius: float) -> None:
    """The observed standard deviation, and circles of equal distance from the observations."""
    angle = np.linspace(0.0, np.pi, 181)
    axes.plot(angle, np.ones_like(angle), color="#1a1a1a", lw=1.0, ls="--")
    for distance in (0.5, 1.0, 1.5):
        x, y = 1.0 + distance * np.cos(angle), distance * np.sin(angle)
        far = np.where(np.hypot(x, y) <= radius, np.hypot(x, y), np.nan)
        axes.plot(np.arctan2(y, x), far, color="#9fb8c8", lw=0.8, ls=":")


def _series(
    axes: Any, name: str, points: Mapping[str, TaylorPoint], number: int, radius: float
) -> None:
    """Prior and posterior of one series, and the way from one to the other."""
    own = number < MOST_SERIES
    colour = CATEGORY_COLOURS[number % len(CATEGORY_COLOURS)] if own else "#aaaaaa"
    marker = MARKERS[number % len(MARKERS)] if own else "."
    at = {
        run: (float(np.arccos(np.clip(p.correlation, -1.0, 1.0))), min(p.sd_ratio, radius))
        for run, p in points.items()
    }
    if len(at) == 2:
        axes.plot(*zip(*at.values(), strict=True), color=colour, lw=0.9, alpha=0.7)
    for run, (angle, far) in at.items():
        is_last = run == list(at)[-1]
        axes.plot(
            [angle], [far], marker=marker, ms=7, color=colour, ls="", clip_on=False, zorder=5,
            mfc="white" if run == "prior" else colour, label=name if own and is_last else None,
        )  # fmt: skip
