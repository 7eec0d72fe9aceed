"""`sites.html`: the runs of single cells on one page, from their table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..evaluation.zonal_comparison import RUNS
from ..io.atomic import write_text
from ..report.drawing_packages import require
from ..report.figures import STYLE, as_uri
from ..report.place_figures import PlacePanel, by_place
from ..report.templates import rendered
from .each_site import EachSite
from .site_table import EVALUATION, columns_of_sites, measures_of, units_of

PAGE = "sites.html"


def write_site_page(result: EachSite) -> Path:
    """The page in the folder of the runs, which it links.

    Raises:
        ReportUnavailable: matplotlib or Jinja is not installed.
    """
    require("jinja2", "matplotlib", product="report", command="ccdas run --each-site")
    import matplotlib  # optional

    with matplotlib.rc_context(STYLE):
        page = rendered("sites.html.j2", page_contents(result))
    write_text(result.folder / PAGE, page)
    return result.folder / PAGE


def page_contents(result: EachSite) -> dict[str, Any]:
    """Values of the template, by name."""
    about = result.experiment.config.experiment
    panels = misfit_panels(result.table)
    return {
        "title": about.title or about.name,
        "comment": about.comment,
        "lines": result.table,
        "reports": {
            line["site"]: (result.folder / line["site"] / "report.html").is_file()
            for line in result.table
        },
        "measures": {name: _name(result.table, name) for name in measures_of(result.table)},
        "figure": as_uri(by_place(panels)) if panels else "",
        "columns": columns_of_sites(result.table),
    }


def misfit_panels(table: Sequence[Mapping[str, Any]]) -> list[PlacePanel]:
    """A panel for each stream and each evaluation, with prior and posterior."""
    return [
        PlacePanel(
            f"rms of {_name(table, name)}".replace(", ", ",\n"),
            {
                run: {
                    str(line["site"]): float(line[f"{name}_rms_{run}"])
                    for line in table
                    if line[f"{name}_rms_{run}"] != ""
                }
                for run in RUNS
            },
        )
        for name in measures_of(table)
    ]


def _name(table: Sequence[Mapping[str, Any]], measure: str) -> str:
    """A stream or an evaluation in words."""
    what = measure.removeprefix(EVALUATION)
    kind = ", not assimilated" if measure.startswith(EVALUATION) else ""
    return f"{what} ({units_of(table, measure)}){kind}"
