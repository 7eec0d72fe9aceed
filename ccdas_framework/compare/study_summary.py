"""Medians of a study over its seeds, with their confidence intervals; coverage as a mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from .study_table import StudyRow

GROUP = ("case", "model", "streams", "engine", "method")
SUMMARISED = (
    "cost", "above_least", "model_runs", "seconds", "distance_to_truth", "coverage",
    "target_coverage", "crps", "degrees_of_freedom", "sd_over_hessian", "sd_over_reference",
)  # fmt: skip
# whose mean counts, since the median of shares of few parameters is often 1; and what they are of
SHARES = {"coverage": "truth", "target_coverage": "target_truth"}
CONFIDENCE = 0.95
BINS = 10  # of a rank histogram
LEAST_RANKS = 50  # of which a test of uniformity is made: five a bin


@frozen(eq=False)
class Median:
    """Median of a column over seeds, or the mean of a share.

    Args:
        value: the median.
        low, high: confidence interval; of a median from order statistics, which assumes no
            distribution.
        confidence: probability that it holds the median of all seeds; below 0.95 where there are
            fewer than six seeds.
    """

    value: float
    low: float
    high: float
    confidence: float


@frozen(eq=False)
class Summary:
    """Rows of one method on one problem, over seeds.

    Args:
        group: case, model, streams, engine and method.
        seeds: number of rows.
        failed: number of rows that failed.
        marked: number of rows whose sampler has not converged.
        medians: by column.
        histogram: ranks of the truth of all parameters and seeds, shape (bin,); empty without.
        uniformity: p-value of the ranks being uniform; NaN where there are too few.
    """

    group: Mapping[str, str]
    seeds: int
    failed: int
    marked: int
    medians: Mapping[str, Median]
    histogram: np.ndarray
    uniformity: float


def summaries(table: Sequence[Mapping[str, Any]], rows: Sequence[StudyRow]) -> list[Summary]:
    """A summary of each method on each problem, in the order of the table."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for n, line in enumerate(table):
        groups.setdefault(tuple(str(line[name]) for name in GROUP), []).append(n)
    by_number = {int(row.about["row"]): row for row in rows}
    return [
        _summary(
            dict(zip(GROUP, group, strict=True)),
            [table[n] for n in numbers],
            [by_number[int(table[n]["row"])] for n in numbers],
        )
        for group, numbers in groups.items()
    ]


def _summary(
    group: Mapping[str, str], lines: Sequence[Mapping[str, Any]], rows: Sequence[StudyRow]
) -> Summary:
    ended = [line for line in lines if line["status"] != "failed"]
    medians = {}
    for name in SUMMARISED:
        values = [float(line[name]) for line in ended if line[name] != ""]
        finite = np.array([v for v in values if np.isfinite(v)])
        if len(finite):
            if name in SHARES:
                count = max(len(row.array(SHARES[name])) for row in rows)
                medians[name] = mean_share(finite, max(count, 1))
            else:
                medians[name] = median_of(finite)
    ranks = np.concatenate([row.array("rank") for row in rows if not row.marked] or [np.zeros(0)])
    ranks = ranks[np.isfinite(ranks)]
    histogram = np.histogram(ranks, bins=BINS, range=(0.0, 1.0))[0] if len(ranks) else np.zeros(0)
    return Summary(
        group=group,
        seeds=len(lines),
        failed=len(lines) - len(ended),
        marked=sum(bool(line["marked"]) for line in lines),
        medians=medians,
        histogram=histogram,
        uniformity=uniformity(histogram),
    )


def coverage_by_parameter(rows: Sequence[StudyRow]) -> dict[str, dict[str, float]]:
    """Share of seeds whose interval holds the truth: method -> parameter -> share.

    The last entry of a method is that of all parameters, and the first one the number of seeds.
    Rows of a sampler that has not converged are left out, and methods without a posterior.
    """
    found: dict[str, list[dict[str, float]]] = {}
    for row in rows:
        covered = row.array("covered")
        if not row.marked and np.isfinite(covered).any():
            names = [str(name) for name in row.array("control")]
            shares = dict(zip(names, covered.tolist(), strict=True))
            found.setdefault(str(row.about["method"]), []).append(shares)
    return {
        method: {
            "seeds": len(seeds),
            **{name: float(np.nanmean([s[name] for s in seeds])) for name in seeds[0]},
            "all parameters": float(np.nanmean([list(s.values()) for s in seeds])),
        }
        for method, seeds in found.items()
    }


def median_of(values: np.ndarray) -> Median:
    """Median and its narrowest symmetric interval of order statistics that is wide enough.

    Args:
        values: shape (seed,).

    Source: Conover (1999), Practical Nonparametric Statistics, 3rd ed., section 3.2.
    """
    from scipy.stats import binom  # slow to import

    ordered, count = np.sort(values), len(values)
    for left_out in range((count - 1) // 2, -1, -1):
        # all but so many at each end: the median is outside with twice this probability
        confidence = 1.0 - 2.0 * float(binom.cdf(left_out, count, 0.5))
        if confidence >= CONFIDENCE or left_out == 0:
            low, high = ordered[left_out], ordered[count - 1 - left_out]
            return Median(float(np.median(ordered)), float(low), float(high), max(confidence, 0.0))
    raise AssertionError("no order statistic")


def mean_share(shares: np.ndarray, count: int) -> Median:
    """Mean of shares over seeds, and the interval of Student's t within 0 and 1.

    Seeds are independent, and the elements of one are not. Where the shares of all seeds are
    nearly equal, the standard error is that of independent elements, so that it is never zero.

    Args:
        shares: shape (seed,).
        count: number of elements of a share.
    """
    from scipy.stats import t  # slow to import

    seeds, value = len(shares), float(np.mean(shares))
    if seeds == 1:
        return Median(value, value, value, 0.0)
    total = seeds * count
    expected = (value * total + 1.0) / (total + 2.0)
    least = np.sqrt(expected * (1.0 - expected) / total)
    error = max(float(np.std(shares, ddof=1) / np.sqrt(seeds)), float(least))
    half = float(t.ppf(0.5 + 0.5 * CONFIDENCE, seeds - 1)) * error
    return Median(value, max(value - half, 0.0), min(value + half, 1.0), CONFIDENCE)


def uniformity(histogram: np.ndarray) -> float:
    """p-value of Pearson's chi-squared of equal counts; NaN below `LEAST_RANKS`.

    Ranks of several parameters of one truth depend on each other, so that a small p-value is a
    reason to look at the histogram and no more.
    """
    from scipy.stats import chisquare  # slow to import

    if histogram.sum() < LEAST_RANKS:
        return float("nan")
    return float(chisquare(histogram).pvalue)
