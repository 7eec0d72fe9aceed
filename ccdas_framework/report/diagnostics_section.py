"""The sections of a report on consistency, influence of streams and information content."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import figures
from . import information_content as information
from .run_files import RunFiles
from .stored_diagnostics import diagnostics_of, rows, sentences

COLUMNS = 3  # targets of the tables of places
WORST = 10  # places of a stream, and pairs of parameters, that are shown


def diagnostics_contents(files: RunFiles) -> dict[str, Any]:
    """Values of the sections by name, empty where a run has none."""
    dataset = diagnostics_of(files)
    terms, streams = rows(dataset, "term"), rows(dataset, "stream")
    return {
        "consistency": terms,
        "stream_errors": streams,
        "inconsistent_places": _places(rows(dataset, "place")),
        "contradictions": sentences(dataset, "warnings"),
        "not_diagnosed": sentences(dataset, "missing"),
        "signal_figure": _uri(information.signal(streams)),
        "effects": _effects(rows(dataset, "target")),
        "spectrum_figure": _uri(information.spectrum(files.result)),
        "seen": information_sentences(files.result),
        "directions": rows(dataset, "direction"),
        "reduction_figure": _uri(information.reduction(files.result)),
        "pairs": rows(dataset, "pair")[: 2 * WORST],
        "suspects": [
            row for row in rows(dataset, "control") if row["far"] or row.get("at_bound", 0)
        ],
        "correlation_figure": _uri(information.correlations(files.targets.get(""))),
        "parameter_correlation_figure": _uri(information.parameter_correlations(files.result)),
        "starts": _starts(files.starts),
        "sensitive": _sensitive(files.sensitivity),
    }


def information_sentences(result: Any) -> list[str]:
    """Sentences on constrained directions and on the null space of the observations."""
    if result is None or "seen" not in result:
        return []
    count, attributes = result.sizes["control"], result.attrs
    lines = []
    if "constrained_directions" in attributes:
        lines.append(
            f"The observations constrain {attributes['constrained_directions']} of {count} "
            "directions better than the prior does (eigenvalue above 2)."
        )
    unseen = str(attributes.get("unseen_parameters", "none"))
    if unseen != "none":
        lines.append(f"No observation constrains {count - int(result['seen'].sum())}: {unseen}.")
    combined = str(attributes.get("unseen_combinations", "none"))
    if combined != "none":
        lines.append(f"Combinations that no observation constrains: {combined}.")
    return lines


def _places(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Places with the largest ratio of actual to expected residuals, or the smallest."""
    judged = [row for row in places if np.isfinite(row["place_ratio"]) and row["place_ratio"] > 0.0]
    return sorted(judged, key=lambda row: -abs(np.log(row["place_ratio"])))[:WORST]


def _effects(targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tables of one quantity and period, a line for each region."""
    tables: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in targets:
        tables.setdefault((row["quantity"], row["period"], row["target_units"]), []).append(row)
    return [
        {
            "quantity": quantity,
            "period": period,
            "units": units,
            "streams": list(of_target[0]["target_shift"]),
            "decimals": _decimals([max(map(abs, m["target_shift"].values())) for m in of_target]),
            "rows": of_target,
        }
        for (quantity, period, units), of_target in tables.items()
    ]


def _decimals(largest: list[float]) -> int:
    """So many that the usual change shows three digits."""
    usual = float(np.median(largest))
    return int(np.clip(2 - np.floor(np.log10(usual)), 0, 8)) if usual > 0.0 else 0


def _uri(drawn: Any) -> str:
    """A figure as an image address, '' where there is none."""
    return "" if drawn is None else figures.as_uri(drawn)


def _starts(data: Any) -> list[dict[str, Any]]:
    """A line for each starting point."""
    if data is None:
        return []
    return [
        {
            "number": int(start),
            "kept": int(start) == int(data.attrs.get("kept", 0)),
            **{name: float(data[name][n]) for name in ("cost_start", "cost")},
            **{name: str(data[name].values[n]) for name in ("status", "iterations", "minimum")},
        }
        for n, start in enumerate(data["start"].values)
    ]


def _sensitive(groups: dict[str, Any]) -> list[dict[str, Any]]:
    """For each stream, how far each place moved a few targets, the strongest first."""
    root = groups.get("")
    if root is None:
        return []
    units = dict(zip(root["target"].values.tolist(), root["target_unit"].values, strict=True))
    names = [name for name in units if name.endswith("Global")] or list(units)
    names = [name for name in names if len(name.split()) == 2][:COLUMNS] or names[:COLUMNS]
    out = []
    for stream, data in groups.items():
        if "place_shift" not in data:
            continue
        shift = data["place_shift"].sel(target=names).values
        largest = np.max(np.abs(shift), axis=1, initial=0.0)[:, None]
        order = np.argsort(-np.max(np.abs(shift) / np.where(largest > 0.0, largest, 1.0), axis=0))
        out.append(
            {
                "stream": stream,
                "columns": [f"{name} ({units[name]})" for name in names],
                "decimals": [_decimals(row.tolist()) for row in np.abs(largest)],
                "places": len(order),
                "rows": [
                    {"place": str(data["place"].values[n]), "shift": shift[:, n].tolist()}
                    for n in order[:WORST]
                ],
            }
        )
    return out
