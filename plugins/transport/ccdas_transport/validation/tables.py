"""Tables of the comparison, as Markdown and CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import fields

from ..tracer import TransportSettings
from .comparison import Comparison

COLUMNS = (
    "id", "code", "latitude", "longitude", "altitude_m", "kind", "tuning", "correlation", "sd_ppm",
    "full_sd_ppm", "bias_ppm", "apart_ppm", "misfit_ppm", "full_misfit_ppm", "ratio",
)  # fmt: skip


def station_rows(comparison: Comparison) -> list[tuple[Any, ...]]:
    """A row of COLUMNS for each station, south to north."""
    records = comparison.records
    stations = records.stations
    rows = []
    for s in np.argsort(stations.latitude, kind="stable"):
        agreed = comparison.agreements[s]
        rows.append(
            (
                stations.id[s],
                str(records.code[s]),
                stations.latitude[s],
                stations.longitude[s],
                stations.altitude[s],
                str(records.kind[s]),
                bool(records.tuning[s]),
                agreed.correlation,
                agreed.sd,
                agreed.full_sd,
                agreed.bias,
                agreed.apart,
                agreed.misfit,
                agreed.full_misfit,
                agreed.ratio,
            )
        )
    return rows


def write_csv(path: Path, rows: list[tuple[Any, ...]]) -> None:
    """Write the rows of all stations."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(
            [f"{v:.4g}" if isinstance(v, float) else v for v in map(_python_value, row)]
            for row in rows
        )


def _python_value(value: Any) -> Any:
    """A number of numpy as a number of Python."""
    return value.item() if isinstance(value, np.generic) else value


def markdown(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def number(value: float, digits: int = 2) -> str:
    """A number as text, a dash for NaN."""
    return "–" if not np.isfinite(value) else f"{value:.{digits}f}"


def stations_table(comparison: Comparison) -> str:
    """Table of the background stations."""
    header = (
        "station", "lat", "lon", "alt (m)", "kind", "tuned", "r", "sd", "sd TM5", "bias", "apart",
        "misfit", "misfit TM5", "ratio",
    )  # fmt: skip
    rows = [
        (
            row[1],
            f"{row[2]:.1f}",
            f"{row[3]:.1f}",
            f"{row[4]:.0f}",
            row[5],
            "yes" if row[6] else "",
            number(row[7], 3),
            *(number(v) for v in row[8:]),
        )
        for row in station_rows(comparison)
        if row[5] != "other"
    ]
    return markdown(header, rows)


def settings_table(settings: TransportSettings) -> str:
    """Table of the fitted scalars with their bounds and sources."""
    rows = []
    for name in TransportSettings.tuned_names():
        metadata = getattr(fields(TransportSettings), name).metadata
        bounds = f"{metadata['low']:g} to {metadata['high']:g}"
        value = f"{getattr(settings, name):.4g}"
        rows.append((f"`{name}`", value, metadata["unit"], bounds, metadata["source"]))
    return markdown(("setting", "fitted", "unit", "bounds", "source of the bounds"), rows)


def targets_table(comparison: Comparison) -> str:
    """Table of the targets, the results, and the number of stations that reach them."""
    return markdown(("target", "asked", "found"), comparison.targets())


def alternatives_table(comparison: Comparison) -> str:
    """Table of the transport and the simpler operators, medians over the background stations."""
    rows = []
    for name in (n for n in comparison.series if n not in ("observed", "full model")):
        for region in ("northern", "southern"):
            agreements = comparison.series_agreements(name, region)
            row = [name, region]
            for key, digits in (("correlation", 3), ("apart", 2), ("misfit", 2), ("ratio", 2)):
                row.append(
                    number(float(np.nanmedian([getattr(a, key) for a in agreements])), digits)
                )
            row.append(number(comparison.hemispheres[name]))
            rows.append(row)
    rows.append(["full model", "", "1", "0", "", "1", number(comparison.hemispheres["full model"])])
    header = (
        "operator",
        "stations",
        "r",
        "apart (ppm)",
        "misfit (ppm)",
        "ratio",
        "north - south (ppm)",
    )
    return markdown(header, rows)


def full_models_table(comparison: Comparison) -> str:
    """Table of median correlation and ratio of standard deviations by model and component."""
    rows = []
    for model in dict.fromkeys(t.model for t in comparison.component_agreements):
        for component in ("total", "fossil", "ocean", "land"):
            chosen = [
                t
                for t in comparison.component_agreements
                if t.model == model and t.component == component and np.isfinite(t.correlation)
            ]
            if chosen:
                r = [t.correlation for t in chosen]
                sd = np.median([t.sd / t.full_sd for t in chosen])
                rows.append((model, component, number(float(np.median(r)), 3),
                             number(min(r), 3), number(float(sd))))  # fmt: skip
    return markdown(("full model", "component", "median r", "least r", "sd / sd of it"), rows)
