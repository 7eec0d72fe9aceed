"""Means over days and months of values in shorter intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .lazy_modules import pandas as pd

NONE, DAY, MONTH = "none", "day", "month"
PERIODS = (NONE, DAY, MONTH)


def period_means(
    frame: pd.DataFrame, period: str, by: Sequence[str], *, independent: bool
) -> pd.DataFrame:
    """Means over days or months, with the number of values in the column `n`.

    The error of a mean of n values is the root mean square of their errors, divided by the square
    root of n where these are independent. `start` and `end` are the first and last day.

    Args:
        frame: rows with `values`, `sd`, `start`, and further columns.
        period: "day" or "month".
        by: columns whose values are averaged apart, such as the label.
        independent: whether errors are independent.
    """
    if not len(frame):
        return frame
    begin = frame["start"].to_numpy().astype("datetime64[D]" if period == DAY else "datetime64[M]")
    grouped = frame.assign(
        square=frame["sd"].to_numpy(dtype=float) ** 2, start=begin.astype("datetime64[s]")
    ).groupby([*by, "start"], sort=False)
    constant = [c for c in frame.columns if c not in (*by, "values", "sd", "start", "end", "n")]
    numeric = {c: "mean" if frame[c].dtype.kind == "f" else "first" for c in constant}
    means = grouped.agg({"values": "mean", "square": "mean", **numeric})
    count = grouped.size().to_numpy()
    means["sd"] = np.sqrt(means.pop("square").to_numpy() / (count if independent else 1))
    means["n"] = count
    means = means.reset_index()
    first = means["start"].to_numpy().astype("datetime64[D]")
    last = (
        first if period == DAY else (first.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    )
    return means.assign(start=first.astype("datetime64[s]"), end=last.astype("datetime64[s]"))
