"""Rows of satellite retrievals: places, overpasses and the columns of an observation file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..lazy_modules import pandas as pd
from ..refusal import refusal
from ..screening import Screening

LOCATION, TIME = "locations", "time"
INDEX, SIZES = "locationIndex", "row_size"
EPOCH_2000 = np.datetime64("2000-01-01", "s")
DAY = 86400.0  # s
WITHOUT_FLAG = "without a quality flag"


@frozen(eq=False)
class Retrievals:
    """Values of a product at their places and times, a row for each.

    Args:
        path: of the file.
        frame: `label`, `latitude`, `longitude`, `start` (UTC), `values` in the units of the
            quantity, `sd`, and columns of quality by name.
    """

    path: Path
    frame: pd.DataFrame


def screened_retrievals(
    retrievals: Retrievals, quantity: str, drops: Sequence[tuple[str, Any]],
    columns: Sequence[str] = (), name: str = "",
) -> Screening:  # fmt: skip
    """Screened values of one quantity; rows without a value are counted as missing.

    Args:
        retrievals: of one file.
        quantity: key of `LIMITS`.
        drops: reason and function from the frame to a mask of the rows to leave out.
        columns: columns of the frame that go into the file.
        name: of the series; default: that of the quantity.
    """
    frame = retrievals.frame
    screening = Screening(retrievals.path, name or quantity, quantity, frame)
    screening.drop_missing(required=False)
    for reason, mask in drops:
        if len(screening.frame):
            screening.drop(reason, np.asarray(mask(screening.frame), dtype=bool))
    if len(screening.frame):
        screening.drop_impossible()
    kept = screening.frame
    used = ["values", "sd", "start", "latitude", "longitude", "label", *columns]
    screening.frame = kept[used].assign(end=kept["start"], altitude=np.nan)
    return screening


def cell_rows(dataset: Any, value: str, others: Sequence[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of a file in the cell layout of the TU Wien, and the position of each in time.

    The layout is dense (locations, time), or ragged with `locationIndex` or `row_size`. Of a dense
    file only rows with a value are returned, and one without a value where there is none.

    Args:
        dataset: with `lat`, `lon` and `location_id` of the locations.
        value: variable of the values.
        others: further variables of the same shape.
    """
    names = [value, *[n for n in others if n in dataset and dataset[n].dims == dataset[value].dims]]
    if dataset[value].dims == (LOCATION, TIME):
        values = dataset[value].values
        place, step = np.nonzero(np.isfinite(values.astype(float)))
        if not len(place):
            place, step = np.zeros(1, dtype=int), np.zeros(1, dtype=int)
        columns = {n: dataset[n].values[place, step] for n in names}
    else:
        if INDEX in dataset:
            place = dataset[INDEX].values.astype(int)
        else:
            place = np.repeat(np.arange(dataset.sizes[LOCATION]), dataset[SIZES].values.astype(int))
        step = np.arange(len(place))
        columns = {n: dataset[n].values for n in names}
    identity = dataset["location_id"].values[place]
    frame = pd.DataFrame({
        "label": [f"grid point {number}" for number in identity],
        "latitude": dataset["lat"].values[place].astype(float),
        "longitude": dataset["lon"].values[place].astype(float), **columns,
    })  # fmt: skip
    return frame, step


def is_cell_layout(variables: Mapping[str, Any]) -> bool:
    """Whether a file has the variables of the cell layout."""
    return {"location_id", "lat", "lon"} <= set(variables)


def acquisition(days: Any, seconds: Any, default: np.ndarray) -> np.ndarray:
    """Moments from days since 2000-01-01 and seconds of the day, datetime64[s].

    Args:
        days, seconds: shape (row,), NaN where unknown.
        default: moments of rows where these are unknown.
    """
    total = np.asarray(days, dtype=float) * DAY + np.asarray(seconds, dtype=float)
    known = np.isfinite(total)
    whole = np.rint(np.where(known, total, 0.0)).astype("timedelta64[s]")
    return np.where(known, EPOCH_2000 + whole, default.astype("datetime64[s]"))


def grid_rows(
    path: Path, dataset: Any, names: Sequence[str], latitude: str, longitude: str
) -> pd.DataFrame:
    """Rows of a map over (latitude, longitude), with a label of each cell.

    Raises:
        InvalidInput: a variable has several times or levels, or lacks an axis.
    """
    for name in names:
        others = {d: n for d, n in dataset[name].sizes.items() if d not in (latitude, longitude)}
        if {latitude, longitude} - set(dataset[name].dims) or any(n != 1 for n in others.values()):
            raise refusal(
                path, "wrong-grid", name,
                f"'{name}' has the dimensions {dict(dataset[name].sizes)}; expected one map over "
                f"{latitude} and {longitude}. Give a file for each time.",
            )  # fmt: skip
    frame = pd.DataFrame({
        name: dataset[name].transpose(..., latitude, longitude).values.ravel() for name in names
    })  # fmt: skip
    north, east = np.meshgrid(dataset[latitude].values, dataset[longitude].values, indexing="ij")
    frame["latitude"], frame["longitude"] = north.ravel().astype(float), east.ravel().astype(float)
    pairs = zip(frame["latitude"], frame["longitude"], strict=True)
    frame["label"] = [f"{lat:.3f}N {lon:.3f}E" for lat, lon in pairs]
    return frame


def is_missing(column: Any) -> np.ndarray:
    """True where a flag is missing, shape of the column."""
    return np.isnan(np.asarray(column, dtype=float))


def has_bit(column: Any, bit: int) -> np.ndarray:
    """True where a flag has a bit set; missing flags have none, shape of the column.

    Leave out the rows of `is_missing` before, under the reason `WITHOUT_FLAG`.
    """
    values = np.nan_to_num(np.asarray(column, dtype=float)).astype(np.int64)
    return ((values >> bit) & 1).astype(bool)
