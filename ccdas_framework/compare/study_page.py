"""`study.html`: the page of a study with its figures, from the files of its rows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from ..io.atomic import write_text
from ..report.drawing_packages import require
from ..report.figures import STYLE, as_uri
from ..report.place_figures import by_place, place_table
from ..report.study_figures import Style, method_styles
from ..report.templates import rendered
from .place_misfits import place_panels
from .study import Study
from .study_blocks import BLOCK, Block, blocks, ended, truth_sentence
from .study_drawings import block_figures
from .study_findings import EXACT, PRIOR
from .study_summary import Median, Summary, coverage_by_parameter
from .study_table import MEASURED, StudyRow, columns_of

PAGE = "study.html"
NOT_SHOWN = ("row", *BLOCK, "method", "message", *MEASURED)
OVERVIEW = ("degrees_of_freedom", "distance_to_truth", "coverage", "target_coverage")


def write_page(study: Study) -> Path:
    """`study.html` in the folder of a study.

    Raises:
        ReportUnavailable: matplotlib or Jinja is not installed.
    """
    require("jinja2", "matplotlib", product="report", command=f"ccdas report {study.folder}")
    import matplotlib  # optional

    with matplotlib.rc_context(STYLE):
        page = rendered("study.html.j2", contents(study))
    write_text(study.folder / PAGE, page)
    return study.folder / PAGE


def contents(study: Study) -> dict[str, Any]:
    """Values of the template, by name."""
    meanings = columns_of(study.table)
    styles = method_styles(list(study.file.sections.methods), (PRIOR, EXACT))
    varied = [name for name in BLOCK if len({line[name] for line in study.table}) > 1]
    shown = [name for name in meanings if name not in NOT_SHOWN]
    problems = blocks(study)
    panels = place_panels(study.rows, {n: c.series for n, c in study.file.sections.cases.items()})
    return {
        "places": place_table(panels),
        "place_figure": as_uri(by_place(panels)) if panels else "",
        "title": study.file.title,
        "comment": study.file.sections.study.comment,
        "missing": study.missing,
        "budget": study.file.sections.budget,
        "blocks": [_section(block, _limit(study), styles) for block in problems],
        "overview": _overview(problems) if len(problems) > 1 else [],
        "methods": _methods(study.rows),
        "troubles": _troubles(study.rows, study.table),
        "columns": {name: meanings[name] for name in ("row", *varied, "method", *shown)},
        "lines": study.table,
        "packages": sorted({str(row.about["packages"]) for row in study.rows if ended(row)}),
        "weights": sorted({str(row.about.get("weights", "")) for row in study.rows} - {""}),
        "machines": sorted({str(row.about.get("platform", "")) for row in study.rows} - {""}),
        "twins": any(len(row.array("truth")) for row in study.rows),
    }


def _overview(problems: Sequence[Block]) -> list[dict[str, Any]]:
    """Numbers of each method on each problem, beside each other, that do not depend on the cost."""
    none = Median(*(4 * [np.nan]))
    return [
        {
            "problem": block.title,
            "method": summary.group["method"],
            "several": summary.seeds - summary.failed > 1,
            "numbers": [summary.medians.get(name, none) for name in OVERVIEW],
        }
        for block in problems
        for summary in block.summaries
        if any(name in summary.medians for name in OVERVIEW)
    ]


def _section(block: Block, limit: float, styles: Mapping[str, Style]) -> dict[str, Any]:
    first = next((row.about for row in block.rows if ended(row)), {})
    interval = float(block.rows[0].about["interval"])
    return {
        "title": block.title,
        "about": first,
        "measured": next((line for line in block.lines if line[MEASURED[0]] != ""), None),
        "seeds": len({line["seed"] for line in block.lines}),
        "truth": truth_sentence(block),
        "summaries": [_summary(s) for s in block.summaries],
        "interval": 100.0 * interval,
        "covered": coverage_by_parameter(block.rows) if block.truths > 1 else {},
        **block_figures(block, limit, styles),
    }


def _limit(study: Study) -> float:
    limit = study.file.sections.budget.model_runs
    return inf if limit is None else limit


def _summary(summary: Summary) -> dict[str, Any]:
    ended, medians = summary.seeds - summary.failed, summary.medians
    return {
        "method": summary.group["method"],
        "rows": summary.seeds,
        "failed": summary.failed,
        "marked": summary.marked,
        "several": ended > 1,
        "medians": {name: medians.get(name, Median(*(4 * [np.nan]))) for name in _MEDIANS},
        "confidence": min((m.confidence for m in medians.values()), default=np.nan),
    }


_MEDIANS = {
    "above_least": "cost above the least",
    "model_runs": "model runs",
    "seconds": "seconds",
    "distance_to_truth": "distance to truth",
    "coverage": "coverage",
    "crps": "CRPS",
    "degrees_of_freedom": "degrees of freedom",
    "sd_over_hessian": "sd / Hessian",
    "sd_over_reference": "sd / reference",
}


def _methods(rows: Sequence[StudyRow]) -> list[dict[str, str]]:
    """Settings of each method: as shipped, as given in the study, or tuned."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        about = row.about
        if about["method"] in (PRIOR, EXACT):
            continue
        method = found.setdefault(
            str(about["method"]),
            {
                "name": about["method"],
                "component": about["component"],
                "given": about.get("given_settings", ""),
                "tuned": about.get("tuned", ""),
                "chosen": {},
            },
        )
        if chosen := str(about.get("settings", "")):
            method["chosen"][chosen] = method["chosen"].get(chosen, 0) + 1
    return list(found.values())


def _troubles(rows: Sequence[StudyRow], table: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Rows that failed, that are marked or that have a remark, with the reasons."""
    names = {int(line["row"]): line for line in table}
    found = []
    for row in rows:
        line = names[int(row.about["row"])]
        failed = "" if ended(row) else str(line["message"])
        reasons = [text for text in (failed, str(line["marked"]), str(line["remarks"])) if text]
        if reasons:
            title = ", ".join(str(line[k]) for k in (*BLOCK[:3], "method", "seed") if line[k] != "")
            found.append(
                {"row": line["row"], "title": title, "status": line["status"],
                 "reasons": "; ".join(reasons)}
            )  # fmt: skip
    return found
