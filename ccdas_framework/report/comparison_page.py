"""The self-contained `comparison.html` of several runs, made from `comparison.nc` alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InvalidInput
from ..io.atomic import write_text
from . import cell_maps, comparison_figures
from .drawing_packages import require
from .figures import PANELS, STYLE, as_uri
from .run_files import groups
from .templates import rendered

FIRST = ("nep", "npp", "gpp")  # fields and quantities that stand before the others
FEW = 12  # most places of a stream that are drawn through time
OPEN = 2  # fields and quantities that are not folded away


def write_comparison_page(out: Path, folders: Mapping[str, Path] | None = None) -> Path:
    """`comparison.html` from the `comparison.nc` of a folder.

    Args:
        folders: label -> folder of each run, to link to their reports.

    Raises:
        ReportUnavailable: matplotlib or Jinja is not installed.
        InvalidInput: there is no such file.
    """
    require("jinja2", "matplotlib", product="page")
    import matplotlib  # optional

    data = groups(out / "comparison.nc")
    if not data:
        raise InvalidInput(
            f"{out} holds no comparison.nc; `ccdas compare` writes it.",
            code="missing-file",
            where="comparison.nc",
        )
    reports = {
        label: os.path.relpath(folder / "report.html", out)
        for label, folder in (folders or {}).items()
        if (folder / "report.html").is_file()
    }
    with matplotlib.rc_context(STYLE):
        page = rendered("comparison.html.j2", contents(data, reports))
    write_text(out / "comparison.html", page)
    return out / "comparison.html"


def contents(data: Mapping[str, Any], reports: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Values of the template, by name.

    Args:
        data: group of `comparison.nc` -> its dataset, '' for the root.
        reports: label -> address of the report of a run.
    """
    root = data[""]
    labels = root["run"].values.astype(str).tolist()
    has_terms = bool(root.sizes.get("term")) and bool(np.isfinite(root["cost"].values).any())
    return {
        "title": root.attrs.get("title", ""),
        "labels": labels,
        "colours": comparison_figures.colours(labels),
        "runs": [_run(root.isel(run=n), reports or {}) for n in range(len(labels))],
        "left_out": [
            {"code": str(code), "place": str(place), "reason": str(reason)}
            for code, place, reason in zip(
                root["not_compared_code"].values, root["not_compared_place"].values,
                root["not_compared"].values, strict=True,
            )
        ] if "not_compared" in root else [],
        "terms": _terms(root) if has_terms else [],
        "cost_figure": as_uri(comparison_figures.cost_terms(root)) if has_terms else "",
        "distance": _distance(data.get("distance")),
        "processes": list(_processes(data.get("parameters"), data.get("distance"))),
        "parts": [
            {
                "kind": kind,
                "title": title,
                "streams": [
                    _stream(name.removeprefix(f"{kind}_"), stream)
                    for name, stream in data.items()
                    if name.startswith(f"{kind}_")
                ],
            }
            for kind, title in (
                ("stream", "Observations"), ("evaluation", "Withheld observations"),
            )
        ],
        "maps": list(_maps(data.get("maps"))),
        "seasons": list(_seasons(data.get("season"))),
        "targets": list(_targets(data.get("targets"))),
        "open": OPEN,
    }  # fmt: skip


def _run(run: Any, reports: Mapping[str, str]) -> dict[str, Any]:
    names = ("title", "status", "stationary", "model", "optimiser", "sampler", "engine",
             "streams", "window", "data")  # fmt: skip
    label = str(run["run"].values)
    return {
        **{name: str(run[name].values) for name in names},
        "label": label,
        "report": reports.get(label, ""),
        "iterations": int(run["iterations"]),
        "gradient": run["gradient_norm"].values.tolist(),
        "cost": run["cost"].values.tolist(),
    }


def _terms(root: Any) -> list[dict[str, Any]]:
    """Start, end and degrees of freedom of each term in each run, the total last."""
    rows = [
        {
            "name": str(term),
            "runs": [
                {
                    "before": float(root["cost_term"][n, 0, t]),
                    "after": float(root["cost_term"][n, 1, t]),
                    "freedom": float(root["degrees_of_freedom"][n, t]),
                }
                for n in range(root.sizes["run"])
            ],
        }
        for t, term in enumerate(root["term"].values)
    ]
    total = [
        {"before": float(a), "after": float(b), "freedom": np.nan} for a, b in root["cost"].values
    ]
    return [*rows, {"name": "total", "runs": total}]


def _distance(data: Any) -> list[dict[str, Any]]:
    """Rows of the table of distances: in the posterior of one run, to each other run."""
    if data is None:
        return []
    rows = []
    for a, label in enumerate(data["run"].values.astype(str)):
        for b, other in enumerate(data["other"].values.astype(str)):
            count = int(data["compared"][a, b])
            if a == b or not count:
                continue
            single = data["difference"].values[a, b]
            farthest = int(np.nanargmax(np.abs(single)))
            together = float(data["distance"][a, b])
            rows.append({
                "of": label,
                "to": other,
                "distance": together,
                "count": count,
                "each": together / np.sqrt(count),
                "farthest": str(data["control"].values[farthest]),
                "largest": float(single[farthest]),
            })  # fmt: skip
    return rows


def _processes(data: Any, distance: Any) -> Iterable[dict[str, Any]]:
    """Table and figure of the parameters of each process."""
    if data is None:
        return
    process = data["process"].values.astype(str)
    for name in dict.fromkeys(process.tolist()):
        of_process = data.isel(control=np.flatnonzero(process == name))
        has_prior = np.isfinite(of_process["prior"].values).any(axis=0)
        has_scale = (np.nan_to_num(of_process["prior_sd"].values) > 0.0).any(axis=0)
        drawn = np.flatnonzero(has_prior & has_scale)
        pieces = [
            of_process.isel(control=drawn[n : n + comparison_figures.ROWS])
            for n in range(0, len(drawn), comparison_figures.ROWS)
        ]
        yield {
            "name": name,
            "figures": [as_uri(comparison_figures.parameters(piece)) for piece in pieces],
            "truth": "truth" in of_process,
            "rows": [_parameter(of_process.isel(control=n), distance) for n in
                     range(of_process.sizes["control"])],
        }  # fmt: skip


def _parameter(data: Any, distance: Any) -> dict[str, Any]:
    name = str(data["control"].values)
    columns = ("prior", "prior_sd", "posterior", "posterior_sd")
    runs = [
        {c: float(data[c][n]) if c in data else np.nan for c in columns}
        for n in range(data.sizes["run"])
    ]
    # from the first run to the others, in the posterior of the first and of the other
    apart = []
    if distance is not None and name in distance["control"].values:
        single = distance["difference"].sel(control=name).values
        apart = [{"first": float(single[0, n]), "own": -float(single[n, 0])} for n in
                 range(1, len(single))]  # fmt: skip
    truth = data["truth"].values[np.isfinite(data["truth"].values)] if "truth" in data else []
    return {
        "name": name,
        "words": str(data["name"].values) if "name" in data else "",
        "unit": str(data["unit"].values),
        "runs": runs,
        "apart": apart,
        "truth": float(truth[0]) if len(truth) else np.nan,
    }


def _stream(name: str, data: Any) -> dict[str, Any]:
    places = data["place"].values.astype(str).tolist()
    place = str(data.attrs["place"])
    scores = ("count", "rmse", "bias", "correlation", "chi2")
    several = data.sizes["obs"] > len(places)  # otherwise there is no time to draw along
    drawn = several and (place == "station" or len(places) <= FEW)
    left_out = len(places) - PANELS
    return {
        "name": name,
        "unit": comparison_figures.unit_of(data["observed"]),
        "place": place,
        "figure": as_uri(comparison_figures.series(data)) if drawn else "",
        "more": max(left_out, 0),
        "fit": [
            {
                "label": str(label),
                "simulation": simulation,
                **{score: float(data[score][n, s]) for score in scores},
            }
            for n, label in enumerate(data["run"].values)
            for s, simulation in enumerate(data["simulation"].values.astype(str))
            if np.isfinite(data["rmse"].values[n, s])
        ],
        "places": [
            {
                "name": name,
                "prior": data["place_rmse"].values[:, 0, p].tolist(),
                "posterior": data["place_rmse"].values[:, 1, p].tolist(),
                "bias": data["place_bias"].values[:, 1, p].tolist(),
            }
            for p, name in enumerate(places)
        ] if len(places) > 1 else [],
    }  # fmt: skip


def _maps(data: Any) -> Iterable[dict[str, Any]]:
    if data is None:
        return
    for name in _ordered([n for n in data.data_vars if data[n].dims == ("run", "cell")]):
        if np.isfinite(data[name].values).any():
            drawings = cell_maps.compared(data, name)
            yield {
                "name": name,
                "what": data[name].attrs.get("long_name", name),
                "figures": [as_uri(drawn) for drawn in drawings],
            }


def _seasons(data: Any) -> Iterable[dict[str, Any]]:
    if data is None:
        return
    for name in _ordered([n for n in data.data_vars if "month" in data[n].dims and "run" in
                          data[n].dims]):  # fmt: skip
        if np.isfinite(data[name].values).any():
            yield {
                "name": name,
                "what": data[name].attrs.get("long_name", name),
                "figure": as_uri(comparison_figures.season(data, name)),
            }


def _targets(data: Any) -> Iterable[dict[str, Any]]:
    """Table and figure of the targets of each quantity and period."""
    if data is None:
        return
    keys = list(zip(data["period"].values.astype(str), data["quantity"].values.astype(str),
                    strict=True))  # fmt: skip
    order = _ordered(dict.fromkeys(quantity for _, quantity in keys))
    for key in sorted(dict.fromkeys(keys), key=lambda k: (k[0] != "", order.index(k[1]), k[0])):
        rows = data.isel(target=[n for n, other in enumerate(keys) if other == key])
        yield {
            "quantity": key[1],
            "period": key[0],
            "unit": str(rows["unit"].values[0]),
            "figure": as_uri(comparison_figures.targets(rows)),
            "truth": "truth" in rows,
            "rows": [_target(rows.isel(target=n)) for n in range(rows.sizes["target"])],
        }


def _target(data: Any) -> dict[str, Any]:
    columns = (
        "prior", "prior_sd_at_prior", "posterior", "posterior_sd", "difference", "difference_in_sd",
    )  # fmt: skip
    truth = data["truth"].values[np.isfinite(data["truth"].values)] if "truth" in data else []
    return {
        "region": str(data["region"].values),
        "where": str(data["where"].values),
        "truth": float(truth[0]) if len(truth) else np.nan,
        "runs": [
            {c: float(data[c][n]) if c in data else np.nan for c in columns}
            for n in range(data.sizes["run"])
        ],
    }


def _ordered(names: Iterable[Any]) -> list[str]:
    """Names with those that matter most first."""
    named = [str(name) for name in names]
    return [n for n in FIRST if n in named] + [n for n in named if n not in FIRST]
