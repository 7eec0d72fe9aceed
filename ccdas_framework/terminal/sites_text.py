"""The table of the runs of single cells on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..evaluation.zonal_comparison import RUNS
from ..report.format import significant
from .text_table import table

COSTS = ("cost_prior", "cost_posterior", "chi_squared")


def sites_text(lines: Sequence[Mapping[str, Any]], measures: Sequence[str]) -> str:
    """Status, cost and misfits of each site, the reasons of those without a minimum, and remarks.

    Args:
        lines: of the table.
        measures: streams and evaluations, as the names of their columns begin.
    """
    rows = [
        (
            str(line["site"]),
            str(line["status"]),
            *(_number(line[name]) for name in COSTS),
            *(_number(line[f"{name}_rms_{run}"]) for name in measures for run in RUNS),
        )
        for line in lines
    ]
    head = ("site", "status", "cost: prior", "posterior", "chi-squared")
    shown = [(f"{name.replace('_', ': ', 1)}: prior", "posterior") for name in measures]
    text = table((*head, *(column for pair in shown for column in pair)), rows)
    reasons = [
        f"{line['site']}: {line['message']}" for line in lines if line["stationary"] != "yes"
    ]
    if reasons:
        text += "\n\nwithout a minimum:\n" + "\n".join(reasons)
    if remarks := [f"{line['site']}: {line['remarks']}" for line in lines if line["remarks"]]:
        text += "\n\nkept, though versions or inputs have changed:\n" + "\n".join(remarks)
    return text


def _number(value: Any) -> str:
    return "" if value == "" else significant(float(value))
