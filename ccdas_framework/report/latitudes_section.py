"""The section of a report on sums by latitude beside those that others found."""

from __future__ import annotations

from typing import Any

import numpy as np

from .figures import COLOURS, as_uri, figure

REFERENCE_COLOURS = ("#E69F00", "#009E73", "#CC79A7", "#999999", "#1a1a1a", "#56B4E9")
ACROSS = 3  # panels of bands side by side
MONTHS = "JFMAMJJASOND"


def sections(by_latitude: dict[str, Any]) -> list[dict[str, Any]]:
    """What the template shows of each comparison."""
    return [
        {
            "name": name,
            "quantity": str(data["simulated_row"].attrs.get("long_name", name)).split(":")[0],
            "units": str(data["simulated_row"].attrs.get("units", "")),
            "comment": str(data.attrs.get("comment", "")),
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
    order = [*range(data.sizes["band"] - 1)][::-1]
    return [_band(data.isel(band=n)) for n in (*order, data.sizes["band"] - 1)]


def _band(here: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"name": str(here["band"].item())}
    for what in ("mean", "amplitude"):
        others = here[f"reference_{what}"].values
        row[what] = {
            **{
                str(run): float(here[f"simulated_{what}"].sel(run=run))
                for run in here["run"].values
            },
            "lowest": float(others.min()),
            "middle": float(others.mean()),
            "highest": float(others.max()),
        }
    return row


def references(data: Any) -> list[dict[str, Any]]:
    """Bias and correlation over all bands, and error of months and bands, of each reference."""
    out = []
    for name in data["reference"].values:
        here = data.sel(reference=name)
        row: dict[str, Any] = {"name": str(name)}
        for run in here["run"].values:
            one = here.sel(run=run)
            row[str(run)] = {
                "bias": float(one["bias"][-1]),
                "rmse": float(np.sqrt((one["rmse"][:-1] ** 2).mean())),
                "correlation": float(one["correlation"][-1]),
            }
        out.append(row)
    return out


def drawn(data: Any) -> Any:
    """Mean by latitude, and the mean season of each band from north to south."""
    count = data.sizes["band"]
    down = -(-count // ACROSS)
    shown = figure(10, 3.2 + 2.1 * down)
    grid = shown.add_gridspec(1 + down, ACROSS, height_ratios=[1.3, *[1.0] * down])
    _profile(shown.add_subplot(grid[0, :]), data)
    order = [*range(count - 1)][::-1]
    for panel, number in enumerate((*order, count - 1)):
        axes = shown.add_subplot(grid[1 + panel // ACROSS, panel % ACROSS])
        _season(axes, data.isel(band=number))
    units = data["simulated_row"].attrs.get("units", "")
    shown.supylabel(units, fontsize=9.5)
    handles, names = shown.axes[0].get_legend_handles_labels()
    shown.legend(handles, names, loc="outside upper left", ncols=4, fontsize=8.5)
    return shown


def _profile(axes: Any, data: Any) -> None:
    """Mean over the months per degree of latitude."""
    days = np.diff(data["time_bounds"].values.astype("datetime64[D]"), axis=1).astype(float)[:, 0]
    height = np.diff(data["latitude_bounds"].values, axis=1)[:, 0]
    latitude = data["latitude"].values
    for number, name in enumerate(data["reference"].values):
        values = data["reference_row"].sel(reference=name).values
        axes.plot(
            latitude, days @ values / days.sum() / height, lw=1.1, label=str(name),
            color=REFERENCE_COLOURS[number % len(REFERENCE_COLOURS)],
        )  # fmt: skip
    for run in data["run"].values:
        values = data["simulated_row"].sel(run=run).values
        axes.plot(
            latitude, days @ values / days.sum() / height, color=COLOURS[str(run)],
            label=str(run), lw=2.0, ls="--" if run == "prior" else "-",
        )  # fmt: skip
    axes.axhline(0.0, color="#888888", lw=0.8)
    axes.set(title="Mean by latitude, per degree", xlim=(-90, 90))
    axes.set_xticks(range(-90, 91, 30), [_latitude(edge) for edge in range(-90, 91, 30)])


def _season(axes: Any, here: Any) -> None:
    """Mean season of one band."""
    month = here["month"].values
    for number, name in enumerate(here["reference"].values):
        axes.plot(
            month, here["reference_season"].sel(reference=name), lw=1.0,
            color=REFERENCE_COLOURS[number % len(REFERENCE_COLOURS)],
        )  # fmt: skip
    for run in here["run"].values:
        axes.plot(
            month, here["simulated_season"].sel(run=run), color=COLOURS[str(run)], lw=1.8,
            ls="--" if run == "prior" else "-",
        )  # fmt: skip
    axes.axhline(0.0, color="#888888", lw=0.8)
    axes.set_title(str(here["band"].item()), fontsize=9.5)
    axes.set_xticks(month, list(MONTHS))


def _latitude(edge: float) -> str:
    return f"{abs(edge)}{'N' if edge > 0 else 'S' if edge < 0 else ''}"
