"""The self-contained `report.html` of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..io.atomic import write_text
from . import cell_maps as maps
from . import figures, seasons_section, tables
from . import latitudes_section as latitudes
from .diagnostics_section import diagnostics_contents
from .drawing_packages import require
from .format import page_cell, page_change, page_number, page_pair, page_percent
from .run_files import RunFiles, read_run

FILTERS = {
    "number": page_number, "cell": page_cell, "percent": page_percent, "change": page_change,
    "pair": page_pair,
}  # fmt: skip
MAPPED = {"npp": "Net primary production", "nep": "Net ecosystem production, positive for uptake"}
FEW = 12  # most places drawn through time


def write_report(folder: str | Path) -> Path:
    """`report.html` in the folder of a run, made from its files alone.

    Raises:
        ReportUnavailable: matplotlib or Jinja is not installed.
        InvalidInput: the folder is no run's.
    """
    require("jinja2", "matplotlib", product="report", command=f"ccdas report {folder}")
    import matplotlib  # optional

    files = read_run(Path(folder))
    with matplotlib.rc_context(figures.STYLE):
        page = rendered("template.html.j2", contents(files))
    path = files.folder / "report.html"
    write_text(path, page)
    return path


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """A template of this folder with its values."""
    import jinja2  # optional

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    return environment.get_template(template).render(values)


def contents(files: RunFiles) -> dict[str, Any]:
    """Values of the template, by name."""
    result = files.result
    attributes = {} if result is None else result.attrs
    iterated = result is not None and "cost" in result and result["cost"].size > 0
    optimised = result is not None and "control_posterior" in result
    parameters = tables.parameters(result) if result is not None else []
    return {
        **diagnostics_contents(files),
        "title": _title(files),
        "folder": files.folder.name,
        "comment": files.experiment.get("comment", ""),
        "warnings": files.warnings(),
        "provenance": files.provenance,
        "date": str(files.provenance.get("date", "")).replace("T", " ").replace("+00:00", " UTC"),
        **{name: attributes.get(name, "") for name in ("status", "message")},
        "distance": _distance(files),
        "sampling": attributes.get("posterior", "") if attributes.get("sampler") else "",
        "doubtful": attributes.get("posterior_doubtful") == "yes",
        "summary": _summary(files, iterated),
        "terms": tables.terms(result) if iterated else [],
        "cost_figure": figures.as_uri(figures.cost(result)) if iterated else "",
        "parameters": parameters,
        "processes": tables.by_process(parameters),
        "words": {row["name"]: row["words"] for row in parameters},
        "parameters_figure": figures.as_uri(figures.parameters(result)) if optimised else "",
        "shared_parameters": attributes.get("shared_parameters", ""),
        "shown": figures.SHOWN,
        "parts": [
            {
                "title": title,
                "kind": kind,
                "streams": [_stream(n, d, files) for n, d in streams.items()],
            }
            for kind, title, streams in (
                ("stream", "Observations, prior and posterior", files.streams),
                ("evaluation", "Evaluation with withheld observations", files.evaluation),
            )
            if streams
        ],
        "latitudes": latitudes.sections(files.latitudes),
        "maps": _flux_maps(files),
        "targets": [
            {
                "period": period,
                "rows": rows,
                "earlier": "earlier_posterior" in data,
                "figure": _true_targets(rows),
            }
            for period, data in files.targets.items()
            if "prior" in data and (rows := tables.targets(data))
        ],
        "errors_of": ""
        if "" not in files.targets
        else files.targets[""].attrs.get("errors_of", ""),
        "truth": str(attributes.get("truth", "")),
    }


def _title(files: RunFiles) -> str:
    """Title of the experiment, or its name, or that of the folder."""
    experiment = files.experiment
    inner = experiment.get("experiment", {})
    for source in (experiment, inner if isinstance(inner, dict) else {}):
        for key in ("title", "name"):
            if isinstance(source.get(key), str):
                return str(source[key])
    return files.folder.name


def _distance(files: RunFiles) -> str:
    """Why there is no posterior, or how far from a minimum a run ended; '' where it reached one."""
    attributes = {} if files.result is None else files.result.attrs
    if "posterior" in attributes and "posterior_covariance" not in files.result:
        return str(attributes["posterior"])
    return str(attributes["distance_from_minimum"]) if attributes.get("stationary") == "no" else ""


def _true_targets(rows: list[dict[str, Any]]) -> str:
    """Figure of targets beside their truth, '' where none has both a truth and a posterior sd."""
    compared = [row for row in rows if np.isfinite(row["truth"]) and row["posterior_sd"] > 0.0]
    return figures.as_uri(figures.targets(compared[: figures.SHOWN])) if compared else ""


def _summary(files: RunFiles, iterated: bool) -> list[dict[str, str]]:
    """The few numbers at the top."""
    cards = []
    if iterated:
        cost, norm = files.result["cost"].values, files.result["gradient_norm"].values
        for name, values in (("cost", cost), ("gradient norm", norm)):
            if not np.isfinite(values[[0, -1]]).all():  # the optimiser computes no gradient
                continue
            ends = f"{page_number(values[0])} → {page_number(values[-1])}"
            cards.append({"name": name, "value": ends})
        cards.append({"name": "iterations", "value": str(len(cost) - 1)})
    if files.result is not None:
        cards.append({"name": "parameters", "value": str(files.result.sizes["control"])})
        if "degrees_of_freedom" in files.result:
            freedom = float(files.result["degrees_of_freedom"].sum())
            cards.append({"name": "degrees of freedom for signal", "value": page_number(freedom)})
    count = sum(int(np.isfinite(s["observed"]).sum()) for s in files.streams.values())
    if files.streams:
        cards.append({"name": "observations", "value": f"{count:,}".replace(",", " ")})
    return cards


def _stream(name: str, data: Any, files: RunFiles) -> dict[str, Any]:
    """One stream: its misfits and the figures that suit it."""
    places = tables.fit_by_place(data)
    through_time = tables.place_name(data) == "station" or len(places) <= FEW
    several = data.sizes["obs"] > len(places)  # otherwise there is no time to draw along
    drawings = {}
    if through_time and several:
        left_out = len(places) - figures.PANELS
        more = f" ({left_out} further places not drawn)" if left_out > 0 else ""
        drawings[f"Through time, from north to south{more}."] = figures.series(data)
    if data.sizes["obs"]:
        drawings["Simulated against observed."] = figures.scatter(data)
    if len(places) > FEW:
        drawings["Mean misfit at each place."] = maps.misfits(data, files.fields)
        drawings["Root mean square misfit at each place."] = maps.rms_misfits(data, files.fields)
    return {
        "name": name,
        "what": data["observed"].attrs.get("long_name", name).removeprefix("observed "),
        "units": tables.units(data),
        "attributes": {
            key.removeprefix("observations_"): text
            for key, text in data.attrs.items()
            if key != "observes" and str(text) not in ("yes", "no", "none", "")
        },
        "place": tables.place_name(data),
        "fit": tables.fit(data),
        "places": places if 1 < len(places) <= 40 else [],
        "seasons": seasons_section.sections(data),
        "figures": [{"caption": c, "uri": figures.as_uri(drawn)} for c, drawn in drawings.items()],
    }


def _flux_maps(files: RunFiles) -> list[dict[str, str]]:
    if files.fields is None:
        return []
    return [
        {
            "caption": f"{title}, mean of the window.",
            "uri": figures.as_uri(maps.means(files.fields, name)),
        }
        for name, title in MAPPED.items()
        if name in files.fields
    ]
