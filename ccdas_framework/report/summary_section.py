"""The first section of a report: three numbers, a map and a seasonal cycle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..registry.report_types import ReportSection
from . import cell_maps, figures, tables
from .cycle_figure import cycle
from .format import page_number, page_pair, page_percent
from .opened_run import OpenedRun, monthly_fields
from .run_files import RunFiles
from .templates import rendered

WORDS = {"nep": "Net uptake of carbon by the land (NEP)", "npp": "Net primary production",
         "gpp": "Gross primary production"}  # fmt: skip
PREFERRED = ("nep", "npp", "gpp")  # fields and quantities of the summary, where they are there
WHOLE = ("Global", "global", "All cells")  # regions that stand for all cells


def summary(run: OpenedRun) -> ReportSection:
    """The result of a run in short."""
    files = run.files
    attributes = {} if files.result is None else files.result.attrs
    values = {
        "numbers": headline(files),
        "figures": _figures(run),
        **{name: attributes.get(name, "") for name in ("status", "message")},
        "distance": _distance(files),
        "sampling": attributes.get("posterior", "") if attributes.get("sampler") else "",
        "doubtful": attributes.get("posterior_doubtful") == "yes",
        "truth": str(attributes.get("truth", "")),
    }
    return ReportSection("Result", html=rendered("summary.html.j2", values))


def headline(files: RunFiles) -> list[dict[str, str]]:
    """Name, value and note of three numbers: a target, the fit, and the information gained."""
    numbers = (_target(files), _fit(files), _information(files), _observations(files))
    return [number for number in numbers if number][:3]


def _target(files: RunFiles) -> dict[str, str] | None:
    """The net flux of the whole domain, or the first target there is."""
    data = files.targets.get("")
    rows = [] if data is None or "prior" not in data else tables.targets(data)
    if not rows:
        return None
    row = min(rows, key=_rank)
    prior = " ± ".join(filter(None, page_pair(row["prior"], row["prior_sd_at_prior"])))
    unit = row["unit"]
    name = f"{WORDS.get(row['quantity'], cell_maps.spoken(row['quantity']))}, {row['region']}"
    if not np.isfinite(row["posterior"]):
        return {"name": name, "value": prior, "unit": unit, "note": "prior"}
    value = " ± ".join(filter(None, page_pair(row["posterior"], row["posterior_sd"])))
    reduction = row["uncertainty_reduction"]
    gain = f"; uncertainty reduction {page_percent(reduction)}" if np.isfinite(reduction) else ""
    return {"name": name, "value": value, "unit": unit, "note": f"prior {prior}{gain}"}


def _rank(row: Mapping[str, Any]) -> tuple[int, int]:
    """Order in which targets stand for a run: whole domain first, then preferred quantities."""
    quantity = row["quantity"]
    place = PREFERRED.index(quantity) if quantity in PREFERRED else len(PREFERRED)
    return (0 if row["region"] in WHOLE else 1, place)


def _fit(files: RunFiles) -> dict[str, str] | None:
    """Mean squared misfit over the assumed errors, of all streams."""
    fits = [tables.fit(stream) for stream in files.streams.values()]
    means = {}
    for run in ("prior", "posterior"):
        known = [f[run] for f in fits if run in f and f[run]["count"]]
        count = sum(f["count"] for f in known)
        if count:
            means[run] = sum(f["count"] * f["chi2"] for f in known) / count
    if not means:
        return None
    last = list(means)[-1]
    before = f"prior {page_number(means['prior'], 3)}; " if last != "prior" else "prior; "
    return {
        "name": "Mean squared misfit over assumed error",
        "value": page_number(means[last], 3),
        "note": f"{before}1 where the errors are right",
    }


def _information(files: RunFiles) -> dict[str, str] | None:
    """Degrees of freedom for signal of the parameters."""
    if files.result is None or "degrees_of_freedom" not in files.result:
        return None
    freedom = float(files.result["degrees_of_freedom"].sum())
    if not np.isfinite(freedom):
        return None
    count = files.result.sizes["control"]
    return {
        "name": "Degrees of freedom for signal",
        "value": f"{page_number(freedom, 3)} of {count}",
        "note": "independent combinations of parameters that the observations determine",
    }


def _observations(files: RunFiles) -> dict[str, str] | None:
    """Number of observations, and of parameters where they are estimated."""
    if not files.streams:
        return None
    count = sum(int(np.isfinite(s["observed"]).sum()) for s in files.streams.values())
    return {
        "name": "Observations",
        "value": f"{count:,}".replace(",", " "),
        "note": ", ".join(files.streams),
    }


def main_field(fields: Any) -> str:
    """The field that stands for a run; '' without any."""
    names = monthly_fields(fields)
    return next((n for n in (*PREFERRED, *names) if n in names), "")


def _figures(run: OpenedRun) -> list[dict[str, str]]:
    """Map and seasonal cycle of the field that stands for the run."""
    fields = run.files.fields
    name = main_field(fields)
    if not name:
        return []
    words = WORDS.get(name, cell_maps.spoken(name))
    positive = ", positive for uptake" if name == "nep" else ""
    drawn = {
        f"{words}{positive}: mean of the window.": cell_maps.means(fields, name),
        f"{words}{positive}: mean seasonal cycle over the area of each region.": cycle(
            fields, name
        ),
    }
    return [{"caption": c, "uri": figures.as_uri(f)} for c, f in drawn.items()]


def _distance(files: RunFiles) -> str:
    """Why there is no posterior, or how far from a minimum a run ended; '' where it reached one."""
    attributes = {} if files.result is None else files.result.attrs
    if "posterior" in attributes and "posterior_covariance" not in files.result:
        return str(attributes["posterior"])
    return str(attributes["distance_from_minimum"]) if attributes.get("stationary") == "no" else ""
