"""Parameters grouped by process, with their prior and posterior ranges."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from . import tables
from .figures import POSTERIOR, PRIOR, TALLEST, TRUTH, WORDS, figure
from .format import cut_in_the_middle

MOST = 60  # parameters of a figure, those with the largest uncertainty reduction of each process
OF_FIGURE, OF_ROW = 1.1, 0.21  # inches: margins, and height of a row
ROWS = int((TALLEST - OF_FIGURE) / OF_ROW)  # with those of the names of processes
FARTHEST = 6.0  # prior sd; a range beyond is cut at the edge


def process_names(result: Any) -> list[str]:
    """Processes of the parameters with their owner, in alphabetical order."""
    return sorted(set(tables.processes(result)))


def processes(result: Any, process: str = "") -> Any:
    """Prior and posterior of each parameter with one sd, in prior sd from the prior mean.

    Of many parameters and processes the figure has those with the largest uncertainty reduction,
    and says so.

    Args:
        result: dataset of `result.nc`.
        process: one of `process_names`; "" for all.
    """
    owners = tables.processes(result)
    groups = [process] if process else process_names(result)
    every = groups
    chosen = _chosen(result, owners, groups)
    groups = list(chosen)
    rows: list[tuple[str, int | None]] = []
    for group in groups:
        if not process:
            rows.append((group, None))
        rows += [("", n) for n in chosen[group]]
    drawn = figure(10, OF_FIGURE + OF_ROW * len(rows))
    axes = drawn.subplots()
    place = np.arange(len(rows))[::-1]
    numbers = np.array([n for _, n in rows if n is not None])
    at = np.array([y for y, (_, n) in zip(place, rows, strict=True) if n is not None])
    _ranges(axes, result, numbers, at)
    axes.set_yticks(place, _labels(result, rows), fontsize=8)
    for text, (_, n) in zip(axes.get_yticklabels(), rows, strict=True):
        if n is None:
            text.set_fontweight("bold")
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel="distance from the prior mean (prior sd)", ylim=(-0.8, len(rows) - 0.2))
    if process:
        axes.set_title(process)
    axes.grid(axis="y", visible=False)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, fontsize=8.5)
    total = sum(owner in every for owner in owners)
    if len(numbers) < total:
        of = "" if len(groups) == len(every) else f" of {len(groups)} of {len(every)} processes"
        text = f"{len(numbers)} of {total} parameters{of}, with the largest uncertainty reduction"
        drawn.suptitle(text, fontsize=8.5, x=0.98, ha="right")
    return drawn


def _chosen(result: Any, owners: list[str], groups: list[str]) -> dict[str, list[int]]:
    """Numbers of the parameters of each process; at most `MOST` in all, and `ROWS` with names."""
    known = result["uncertainty_reduction"].values if "uncertainty_reduction" in result else None
    gain = np.zeros(len(owners)) if known is None else np.nan_to_num(known)
    of_group = {g: [n for n, owner in enumerate(owners) if owner == g] for g in groups}
    best = sorted(groups, key=lambda g: -max(gain[of_group[g]]))[: ROWS // 2]
    of_group = {g: numbers for g, numbers in of_group.items() if g in best}
    most, total = min(MOST, ROWS - len(of_group)), sum(map(len, of_group.values()))
    share = min(1.0, most / max(total, 1))
    count = {g: max(1, round(share * len(numbers))) for g, numbers in of_group.items()}
    while sum(count.values()) > most:  # each process has one at least
        count[max(count, key=lambda g: count[g])] -= 1
    return {
        g: sorted(sorted(numbers, key=lambda n: -gain[n])[: count[g]])
        for g, numbers in of_group.items()
    }


def _ranges(axes: Any, result: Any, numbers: np.ndarray, at: np.ndarray) -> None:
    """Bars of the prior, and posterior means with one sd."""
    before = result["control_prior"].values[numbers]
    axes.barh(at, 2.0, left=-1.0, height=0.62, color=PRIOR, alpha=0.22, lw=0, label="prior, one sd")
    axes.axvline(0.0, color=PRIOR, lw=1)
    if "control_posterior" in result:
        shift = result["control_posterior"].values[numbers] - before
        sd = np.zeros(len(numbers))
        if "posterior_covariance" in result:
            variance = np.diag(result["posterior_covariance"].values)[numbers]
            sd = np.sqrt(np.maximum(np.nan_to_num(variance), 0.0))
        axes.errorbar(
            shift, at, xerr=sd, fmt="o", ms=4, color=POSTERIOR, elinewidth=1.6,
            label="posterior, one sd",
        )  # fmt: skip
        far = float(np.nanmax(np.abs(shift) + sd, initial=1.2))
        limit = min(1.08 * far, FARTHEST)
        axes.set_xlim(-limit, limit)
    if "control_truth" in result:
        true = result["control_truth"].values[numbers] - before
        axes.plot(true, at, ls="", marker="x", ms=5, color=TRUTH, label="truth")


def _labels(result: Any, rows: list[tuple[str, int | None]]) -> list[str]:
    """Names of processes, and of parameters in words; with their full names where words repeat."""
    words = tables.names_in_words(result)
    names = [None if n is None else str(result["control"].values[n]) for _, n in rows]
    texts = [
        process if name is None else cut_in_the_middle(words[name], WORDS) or name
        for (process, _), name in zip(rows, names, strict=True)
    ]
    count = Counter(texts)
    return [
        f"{text}  {name}" if name not in (None, text) and count[text] > 1 else text
        for text, name in zip(texts, names, strict=True)
    ]
