"""`study.html`: the page of a study with its figures, from the files of its rows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..core.budget import FAILED, KINDS, default_weights
from ..io.atomic import write_text
from ..report.drawing_packages import require
from ..report.figures import STYLE, as_uri
from ..report.html import rendered
from ..report.study_figures import (
    Curve,
    Estimate,
    Style,
    budgets,
    cost_curves,
    estimates,
    method_styles,
    rank_histograms,
)
from .study import Study
from .study_findings import EXACT, PRIOR
from .study_summary import Median, Summary, coverage_by_parameter, summaries
from .study_table import MEASURED, StudyRow, columns_of

PAGE = "study.html"
BLOCK = ("case", "model", "streams", "engine")  # what a section of the page is about
NOT_SHOWN = ("row", *BLOCK, "method", "message", *MEASURED)
OVERVIEW = ("degrees_of_freedom", "distance_to_truth", "coverage", "target_coverage")
DISTANCE = "distance to truth (prior sd)"
HESSIAN, REFERENCE = "posterior sd / Hessian sd", "posterior sd / reference sd"


@frozen(eq=False)
class Block:
    """The rows of one problem, over methods and seeds.

    Args:
        title: case, model, streams and engine.
        rows, lines: files and lines of the table, in the same order.
        summaries: of each method.
    """

    title: str
    rows: Sequence[StudyRow]
    lines: Sequence[Mapping[str, Any]]
    summaries: Sequence[Summary]

    @property
    def truths(self) -> int:
        """Number of different truths of the parameters."""
        return len({str(row.about["problem"]) for row in self.rows if len(row.array("truth"))})


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
    return {
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
        "packages": sorted({str(row.about["packages"]) for row in study.rows if _ended(row)}),
        "weights": sorted({str(row.about.get("weights", "")) for row in study.rows} - {""}),
        "machines": sorted({str(row.about.get("platform", "")) for row in study.rows} - {""}),
        "twins": any(len(row.array("truth")) for row in study.rows),
    }


def blocks(study: Study) -> list[Block]:
    """The problems of a study, in the order of the table."""
    places: dict[tuple[str, ...], list[int]] = {}
    for n, line in enumerate(study.table):
        places.setdefault(tuple(str(line[name]) for name in BLOCK), []).append(n)
    by_number = {int(row.about["row"]): row for row in study.rows}
    found = []
    for block, numbers in places.items():
        lines = [study.table[n] for n in numbers]
        rows = [by_number[int(line["row"])] for line in lines]
        title = ", ".join(name for name in block if name)
        found.append(Block(title, rows, lines, summaries(lines, rows)))
    return found


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
    first = next((row.about for row in block.rows if _ended(row)), {})
    interval = float(block.rows[0].about["interval"])
    coverage = f"coverage of the {100 * interval:g} % interval"
    to_truth = {DISTANCE: "distance_to_truth", coverage: "coverage"}
    spread = {HESSIAN: "sd_over_hessian", REFERENCE: "sd_over_reference"}
    within = _within(block.rows, limit)
    spent = _spent(within)
    return {
        "title": block.title,
        "about": first,
        "measured": next((line for line in block.lines if line[MEASURED[0]] != ""), None),
        "seeds": len({line["seed"] for line in block.lines}),
        "truth": truth_sentence(block),
        "summaries": [_summary(s) for s in block.summaries],
        "curves": _curves(block, within, styles),
        "to_truth": _estimates(block, to_truth, {coverage: interval}, styles),
        "spread": _estimates(block, spread, dict.fromkeys(spread, 1.0), styles),
        "histograms": _histograms(block, styles),
        "interval": 100.0 * interval,
        "covered": coverage_by_parameter(block.rows) if block.truths > 1 else {},
        "budgets": as_uri(budgets(spent, limit)) if spent else "",
    }


def _ended(row: StudyRow) -> bool:
    return str(row.about["status"]) != FAILED


def _searched(row: StudyRow) -> bool:
    return _ended(row) and str(row.about["method"]) not in (PRIOR, EXACT)


def _within(rows: Sequence[StudyRow], limit: float) -> list[StudyRow]:
    """Rows of a search with the budget of the study, which alone are drawn against each other."""
    return [r for r in rows if _searched(r) and r.about.get("budget_model_runs", inf) == limit]


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


def truth_sentence(block: Block) -> str:
    """What the ranks of the truth can say."""
    if not block.truths:
        return ""
    about = next(r.about for r in block.rows if len(r.array("truth")))
    spread = float(about["truth_spread"])
    others = [name for name in str(about.get("truth_not_from_prior", "")).split("; ") if name]
    if spread == 1.0 and block.truths > 1 and len(others) < int(about["parameters"]):
        drawn = (
            f"The {block.truths} truths are draws from the prior of the parameters, so that ranks "
            "of the truth are uniform where a posterior is right (simulation-based calibration)."
        )
        return drawn + (
            f" This does not hold for {', '.join(others)}: mean, sd, transform or limits of their "
            "truth are not those of the prior."
            if others
            else ""
        )
    many = f"The {block.truths} truths are" if block.truths > 1 else "There is one truth, which is"
    return (
        f"{many} {spread:g} prior standard deviation{'s' if spread != 1.0 else ''} from the "
        "declared mean on average"
        + (", not draws from the prior" if spread != 1.0 or others else "")
        + ". The ranks of the truth are then no test of calibration: also a posterior that is "
        "right has ranks that are not uniform, and coverage other than nominal."
    )


def _curves(block: Block, within: Sequence[StudyRow], styles: Mapping[str, Style]) -> str:
    least: dict[str, float] = {}
    for row in filter(_ended, block.rows):
        costs = np.append(row.array("improvement_cost"), float(row.about["cost"]))
        problem = str(row.about["problem"])
        lowest = np.min(costs[np.isfinite(costs)], initial=inf)
        least[problem] = min(least.get(problem, inf), float(lowest))
    panels: dict[str, dict[str, list[Curve]]] = {}
    for label, name, end in (
        ("runs of the model", "improvement_model_runs", "model_runs"),
        ("seconds", "improvement_seconds", "seconds"),
    ):
        methods = panels.setdefault(label, {})
        for row in within:
            above = row.array("improvement_cost") - least[str(row.about["problem"])]
            if len(above):
                curve = Curve(row.array(name), above, float(row.about[end]))
                methods.setdefault(str(row.about["method"]), []).append(curve)
    return as_uri(cost_curves(panels, styles)) if any(panels.values()) else ""


def _estimates(
    block: Block,
    columns: Mapping[str, str],
    marks: Mapping[str, float],
    styles: Mapping[str, Style],
) -> str:
    """Figure of medians over seeds, '' where no method has one."""
    found: dict[str, dict[str, Estimate]] = {label: {} for label in columns}
    for summary in block.summaries:
        medians = {label: summary.medians.get(name) for label, name in columns.items()}
        if any(medians.values()):
            for label, median in medians.items():
                found[label][summary.group["method"]] = (
                    Estimate(median.value, median.low, median.high) if median else Estimate()
                )
    drawn = {
        label: methods
        for label, methods in found.items()
        if any(np.isfinite(estimate.value) for estimate in methods.values())
    }
    return as_uri(estimates(drawn, marks, styles)) if drawn else ""


def _histograms(block: Block, styles: Mapping[str, Style]) -> str:
    histograms = {s.group["method"]: s.histogram for s in block.summaries if s.histogram.sum()}
    p_values = {s.group["method"]: s.uniformity for s in block.summaries}
    return as_uri(rank_histograms(histograms, p_values, styles)) if histograms else ""


def _spent(rows: Sequence[StudyRow]) -> dict[str, dict[str, float]]:
    """Method -> kind of evaluation -> runs of the model, medians over seeds."""
    spent: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        weights = default_weights(int(row.about["parameters"])) | _numbers(row.about["weights"])
        kinds = spent.setdefault(str(row.about["method"]), {})
        for kind in KINDS:
            count = float(row.about[f"{kind}_evaluations"])
            kinds.setdefault(kind, []).append(weights[kind] * count)
        kinds.setdefault("trials of settings", []).append(float(row.about["tuning_model_runs"]))
    return {
        name: {kind: float(np.median(runs)) for kind, runs in kinds.items()}
        for name, kinds in spent.items()
    }


def _numbers(text: str) -> dict[str, float]:
    """{'cost': 1.0} of 'cost 1, gradient 4'."""
    pairs = (part.rsplit(" ", 1) for part in text.split(", ") if part)
    return {name: float(number) for name, number in pairs}


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
        failed = "" if _ended(row) else str(line["message"])
        reasons = [text for text in (failed, str(line["marked"]), str(line["remarks"])) if text]
        if reasons:
            title = ", ".join(str(line[k]) for k in (*BLOCK[:3], "method", "seed") if line[k] != "")
            found.append(
                {"row": line["row"], "title": title, "status": line["status"],
                 "reasons": "; ".join(reasons)}
            )  # fmt: skip
    return found
