"""The sections of a report: summary, fluxes, fit, parameters, diagnostics, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..registry.report_types import ReportSection
from . import cell_maps as maps
from . import figures, seasons_section, tables
from . import latitudes_section as latitudes
from .budget_figure import budgets
from .cycle_figure import cycle
from .diagnostics_section import diagnostics_contents
from .format import page_number
from .opened_run import OpenedRun, monthly_fields
from .process_figure import MOST as MOST_OF_PROCESS
from .process_figure import processes
from .run_files import RunFiles
from .summary_section import PREFERRED, main_field, summary
from .taylor_figure import points_of_streams, taylor
from .templates import rendered

FEW = 12  # most places drawn through time
MOST_REGIONS = 24  # rows of the figure of budgets
PARTS = (
    ("stream", "Observations, prior and posterior", "streams"),
    ("evaluation", "Evaluation with withheld observations", "evaluation"),
)


def fluxes(run: OpenedRun) -> ReportSection | None:
    """Targets with their errors, and maps of all fields."""
    files = run.files
    attributes = {} if files.result is None else files.result.attrs
    values = {
        "targets": [
            {
                "period": period,
                "rows": rows,
                "earlier": "earlier_posterior" in data,
                "figure": _true_targets(rows),
                "budgets": _budgets(rows) if not period else "",
            }
            for period, data in files.targets.items()
            if "prior" in data and (rows := tables.targets(data))
        ],
        "errors_of": ""
        if "" not in files.targets
        else files.targets[""].attrs.get("errors_of", ""),
        "truth": str(attributes.get("truth", "")),
        "shown": figures.SHOWN,
        "maps": _maps(run),
    }
    if not (values["targets"] or values["maps"]):
        return None
    links = [(n, w) for n, w in (("targets", "Targets"), ("maps", "Maps")) if values[n]]
    return ReportSection("Fluxes", html=rendered("fluxes.html.j2", values), links=links)


def _budgets(rows: list[dict[str, Any]]) -> str:
    """Figure of the budgets of the window; '' for more regions than it can show."""
    regions = {row["region"] for row in rows}
    return figures.as_uri(budgets(rows)) if len(regions) <= MOST_REGIONS else ""


def _true_targets(rows: list[dict[str, Any]]) -> str:
    """Figure of targets beside their truth, '' where none has both a truth and a posterior sd."""
    compared = [row for row in rows if np.isfinite(row["truth"]) and row["posterior_sd"] > 0.0]
    return figures.as_uri(figures.targets(compared[: figures.SHOWN])) if compared else ""


def _maps(run: OpenedRun) -> list[dict[str, str]]:
    """Map and seasonal cycle of each field."""
    fields = run.files.fields
    drawn = []
    for name in monthly_fields(fields):
        if name == main_field(fields):  # the summary shows it
            continue
        words = str(fields[name].attrs.get("long_name", "")) or maps.spoken(name)
        drawn.append({
            "summary": f"{maps.spoken(name)}: {words}" if words != maps.spoken(name) else words,
            "caption": f"{maps.spoken(name)}: mean of the window.",
            "uri": figures.as_uri(maps.means(fields, name)),
            "cycle": figures.as_uri(cycle(fields, name)) if name in PREFERRED else "",
        })  # fmt: skip
    return drawn


def fit(run: OpenedRun) -> ReportSection | None:
    """Cost, misfits to observations, and comparison with others by latitude."""
    files = run.files
    iterated = files.result is not None and files.result.get("cost", np.zeros(0)).size > 0
    values: dict[str, Any] = {
        "summary": _counts(files, iterated),
        "terms": tables.terms(files.result) if iterated else [],
        "cost_figure": figures.as_uri(figures.cost(files.result)) if iterated else "",
        "parts": [
            {
                "title": title,
                "kind": kind,
                "streams": [_stream(n, d, files) for n, d in streams.items()],
                "taylor": _taylor(streams),
            }
            for kind, title, attribute in PARTS
            if (streams := getattr(files, attribute))
        ],
        "latitudes": latitudes.sections(files.latitudes),
    }
    if not (values["cost_figure"] or values["parts"] or values["latitudes"]):
        return None
    links = [("cost", "Cost")] if values["cost_figure"] else []
    for part in values["parts"]:
        links += [(f"{part['kind']}-{s['name']}", s["name"]) for s in part["streams"]]
    links += [("latitudes", "By latitude")] if values["latitudes"] else []
    return ReportSection("Fit", html=rendered("fit.html.j2", values), links=links)


def _counts(files: RunFiles, iterated: bool) -> list[dict[str, str]]:
    """Cards above the cost."""
    cards = []
    if iterated:
        cost, norm = files.result["cost"].values, files.result["gradient_norm"].values
        for name, values in (("cost", cost), ("gradient norm", norm)):
            if not np.isfinite(values[[0, -1]]).all():  # the optimiser computes no gradient
                continue
            ends = f"{page_number(values[0])} → {page_number(values[-1])}"
            cards.append({"name": name, "value": ends})
        cards.append({"name": "iterations", "value": str(len(cost) - 1)})
        cards.append({"name": "parameters", "value": str(files.result.sizes["control"])})
    count = sum(int(np.isfinite(s["observed"]).sum()) for s in files.streams.values())
    if files.streams:
        cards.append({"name": "observations", "value": f"{count:,}".replace(",", " ")})
    return cards


def _taylor(streams: Mapping[str, Any]) -> str:
    """Taylor diagram of the streams; '' where no stream varies."""
    series = points_of_streams(streams)
    return figures.as_uri(taylor(series)) if series else ""


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


def parameters(run: OpenedRun) -> ReportSection | None:
    """Prior and posterior of the parameters, those of each process apart."""
    result = run.files.result
    if result is None or not result.sizes.get("control"):
        return None
    rows = tables.parameters(result)
    groups = tables.by_process(rows)
    optimised = "control_posterior" in result
    values = {
        "parameters": rows,
        "processes": groups,
        "words": words_of(rows),
        "truth": str(result.attrs.get("truth", "")),
        "parameters_figure": figures.as_uri(figures.parameters(result)) if optimised else "",
        "process_figures": {
            name: figures.as_uri(processes(result, name)) for name in groups if optimised
        },
        "most_in_figure": MOST_OF_PROCESS,
        "shared_parameters": result.attrs.get("shared_parameters", ""),
        "shown": figures.SHOWN,
    }
    return ReportSection("Parameters", html=rendered("parameters.html.j2", values))


def words_of(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Name in words by the full name of each parameter."""
    return {row["name"]: row["words"] for row in rows}


LINKS = {
    "consistency": "Consistency", "influence": "Influence of streams", "seen": "Information",
    "correlations": "Correlations of targets",
    "parameter-correlations": "Correlations of parameters", "starts": "Starting points",
}  # fmt: skip


def diagnostics(run: OpenedRun) -> ReportSection | None:
    """Consistency, influence of streams, information content and starting points."""
    files = run.files
    rows = tables.parameters(files.result) if files.result is not None else []
    values = {**diagnostics_contents(files), "words": words_of(rows)}
    html = rendered("diagnostics.html.j2", values).strip()
    if not html:
        return None
    links = [(anchor, words) for anchor, words in LINKS.items() if f'id="{anchor}"' in html]
    return ReportSection("Diagnostics", html=html, links=links)


def provenance(run: OpenedRun) -> ReportSection:
    """Command, versions and input files."""
    values = {"provenance": run.files.provenance}
    return ReportSection("Provenance", html=rendered("provenance.html.j2", values))


SECTIONS = {
    "summary": summary,
    "fluxes": fluxes,
    "fit": fit,
    "parameters": parameters,
    "diagnostics": diagnostics,
    "provenance": provenance,
}
