"""The section of a report on sums by latitude compared with published ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from .figures import COLOURS, as_uri, figure

REFERENCE_COLOURS = ("#E69F00", "#009E73", "#CC79A7", "#999999", "#1a1a1a", "#56B4E9")
ACROSS = 3  # panels of bands side by side
MONTHS = "JFMAMJJASOND"


def sections(by_latitude: dict[str, Any]) -> list[dict[str, Any]]:
    """Values of the template for each comparison."""
    return [
        {
            "name": name,
            "quantity": str(data["simulated_row"].attrs.get("long_name", name)).split(":")[0],
            "units": str(data["simulated_row"].attrs.get("units", "")),
            "comment": str(data.attrs.get("comment", "")),
            "sources": str(data.attrs.get("reference_source", "")),
            "credits": str(data.attrs.get("reference_credits", "")),
            "note": str(data.attrs.get("reference_comment", "")),
            "bands": bands(data),
            "references": references(data),
            "figure": as_uri(drawn(data)),
        }
        for name, data in by_latitude.items()
    ]


def bands(data: Any) -> list[dict[str, Any]]:
    """Mean and amplitude of the season of both runs and the range of the references, by band.

    From north to south, all bands last.
    """
    return [_band(data.isel(band=n)) for n in _north_to_south(data)]


def _band(band: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"name": str(band["band"].item())}
    for what in ("mean", "amplitude"):
        others = band[f"reference_{what}"].values
        row[what] = {
            **{
                str(run): float(band[f"simulated_{what}"].sel(run=run))
                for run in band["run"].values
            },
            "lowest": float(others.min()),
            "middle": float(others.mean()),
            "highest": float(others.max()),
        }
    if "mean_season_correlation" in band:  # absent in results of earlier versions
        correlation = band["mean_season_correlation"]
        row["correlation"] = {
            str(run): float(correlation.sel(run=run)) for run in band["run"].values
        }
    return row


def references(data: Any) -> list[dict[str, Any]]:
    """Bias and correlation over all bands, and error of months and bands, of each reference."""
    out = []
    for name in data["reference"].values:
        comparison = data.sel(reference=name)
        row: dict[str, Any] = {"name": str(name)}
        for run in comparison["run"].values:
            one = comparison.sel(run=run)
            row[str(run)] = {
                "bias": float(one["bias"][-1]),
                "rmse": float(np.sqrt((one["rmse"][:-1] ** 2).mean())),
                "correlation": float(one["correlation"][-1]),
            }
        out.append(row)
    return out


def drawn(data: Any) -> Any:
    """Mean by latitude, and the mean season of each band from north to south."""
    order = _north_to_south(data)
    down = -(-len(order) // ACROSS)
    shown = figure(10, 3.2 + 2.1 * down)
    grid = shown.add_gridspec(1 + down, ACROSS, height_ratios=[1.3, *[1.0] * down])
    profile = shown.add_subplot(grid[0, :])
    days = np.diff(data["time_bounds"].values.astype("datetime64[D]"), axis=1).astype(float)[:, 0]
    height = np.diff(data["latitude_bounds"].values, axis=1)[:, 0]
    mean = {
        kind: days @ data[f"{kind}_row"].values / days.sum() / height
        for kind in ("reference", "simulated")
    }
    _lines(profile, data, data["latitude"].values, mean, width=1.1)
    profile.set(title="Mean by latitude, per degree", xlim=(-90, 90))
    profile.set_xticks(range(-90, 91, 30), [_latitude(edge) for edge in range(-90, 91, 30)])
    for panel, number in enumerate(order):
        axes = shown.add_subplot(grid[1 + panel // ACROSS, panel % ACROSS])
        band = data.isel(band=number)
        season = {kind: band[f"{kind}_season"].values for kind in mean}
        _lines(axes, data, band["month"].values, season, width=1.0)
        axes.set_title(str(band["band"].item()), fontsize=9.5)
        axes.set_xticks(band["month"].values, list(MONTHS))
    shown.supylabel(data["simulated_row"].attrs.get("units", ""), fontsize=9.5)
    handles, names = profile.get_legend_handles_labels()
    shown.legend(handles, names, loc="outside upper left", ncols=4, fontsize=8.5)
    return shown


def _lines(
    axes: Any, data: Any, x: np.ndarray, values: dict[str, np.ndarray], width: float
) -> None:
    """A line for each reference and run, the runs thicker, and zero."""
    for number, name in enumerate(data["reference"].values):
        colour = REFERENCE_COLOURS[number % len(REFERENCE_COLOURS)]
        axes.plot(x, values["reference"][number], lw=width, color=colour, label=str(name))
    for number, run in enumerate(data["run"].values.astype(str)):
        axes.plot(
            x, values["simulated"][number], color=COLOURS[run], label=run, lw=1.8 * width,
            ls="--" if run == "prior" else "-",
        )  # fmt: skip
    axes.axhline(0.0, color="#888888", lw=0.8)


def _north_to_south(data: Any) -> list[int]:
    """Positions of the bands from north to south, all bands last."""
    last = data.sizes["band"] - 1
    return [*range(last - 1, -1, -1), last]


def _latitude(edge: float) -> str:
    return f"{abs(edge)}{'N' if edge > 0 else 'S' if edge < 0 else ''}"
