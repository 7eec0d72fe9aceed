"""Figures of one problem of a study, as images within a page; '' for one without numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

import numpy as np

from ..core.budget import KINDS, default_weights
from ..report.figures import as_uri
from ..report.study_figures import (
    Curve,
    Estimate,
    Style,
    budgets,
    cost_curves,
    estimates,
    rank_histograms,
)
from .study_blocks import Block, ended, within_budget
from .study_table import StudyRow

DISTANCE = "distance to truth (prior sd)"
HESSIAN, REFERENCE = "posterior sd / Hessian sd", "posterior sd / reference sd"


def block_figures(block: Block, limit: float, styles: Mapping[str, Style]) -> dict[str, str]:
    """Figures by name.

    Args:
        block: rows of the problem.
        limit: budget of a search in runs of the model.
        styles: of each method.
    """
    interval = float(block.rows[0].about["interval"])
    coverage = f"coverage of the {100 * interval:g} % interval"
    to_truth = {DISTANCE: "distance_to_truth", coverage: "coverage"}
    spread = {HESSIAN: "sd_over_hessian", REFERENCE: "sd_over_reference"}
    within = within_budget(block.rows, limit)
    spent = _spent(within)
    return {
        "curves": _curves(block, within, styles),
        "to_truth": _estimates(block, to_truth, {coverage: interval}, styles),
        "spread": _estimates(block, spread, dict.fromkeys(spread, 1.0), styles),
        "histograms": _histograms(block, styles),
        "budgets": as_uri(budgets(spent, limit)) if spent else "",
    }


def _curves(block: Block, within: Sequence[StudyRow], styles: Mapping[str, Style]) -> str:
    least: dict[str, float] = {}
    for row in filter(ended, block.rows):
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
