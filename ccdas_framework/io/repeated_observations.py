"""Observations of one place and time: the same value twice, and several in one interval."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from attrs import evolve

from ..core.observations import Observations
from .netcdf import InputFile

LONGEST = 31  # days of a month
NEAR = 0.01  # degrees, coordinates of one place in two files
EQUAL = 1e-5  # relative, a value in single precision or converted from another unit
MIXER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, Knuth (1998), section 6.4


def place_numbers(
    latitude: np.ndarray,
    longitude: np.ndarray,
    altitude: np.ndarray,
    label: np.ndarray,
    quantity: np.ndarray | None,
) -> np.ndarray:
    """Number of the place and quantity of each observation, shape (obs,).

    Args:
        latitude, longitude, altitude, label: as of `Observations`.
        quantity: name of the quantity of each, where the file has several.
    """
    columns: tuple[np.ndarray, ...] = (latitude, longitude, altitude, label)
    if quantity is not None and quantity.ndim == 1:
        columns = (*columns, quantity)
    return _group_numbers(columns)


def _group_numbers(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Number of each distinct row of several columns, shape (obs,)."""
    if not len(columns[0]):
        return np.zeros(0, dtype=int)
    numbers = np.zeros(len(columns[0]), dtype=int)
    for column in columns:
        values, codes = np.unique(column, return_inverse=True)
        pairs = numbers * len(values) + codes.reshape(-1)
        numbers = np.unique(pairs, return_inverse=True)[1].reshape(-1)
    return numbers


def one_each_month(
    file: InputFile, observations: Observations, places: np.ndarray, *, average: bool, stream: str
) -> Observations | None:
    """Observations as means over calendar months, or None and a finding.

    Values of the same days are kept, each with its own error, with a warning where they are equal.

    Args:
        file: for messages.
        observations: as read; each counts in the month of its middle.
        places: as of `place_numbers`, shape (obs,).
        average: several values of a label and quantity in a month are averaged, not refused.
        stream: name of the stream, for messages.
    """
    length = (observations.end - observations.start).astype(int) + 1
    if (longer := length > LONGEST).any():
        first = int(np.flatnonzero(longer)[0])
        file.add(
            "longer-than-interval",
            "time_end",
            f"{file.path} has {int(longer.sum())} observations of more than a month, the first "
            f"'{observations.label[first]}' from {observations.start[first]} to "
            f"{observations.end[first]}. The operator compares them with means of calendar months.",
        )
        return None
    middle = observations.start + (observations.end - observations.start) // 2
    quantity = () if observations.quantity is None else (observations.quantity,)
    months = _group_numbers([observations.label, *quantity, middle.astype("datetime64[M]")])
    if average:
        return _averaged(observations, months)
    periods = _group_numbers([months, observations.start, observations.end])
    _, first_of = np.unique(periods, return_index=True)
    count = np.bincount(months[first_of], minlength=len(months))[months]
    if not (several := count > 1).any():
        warn_of_repeats(file, observations, places)
        return observations
    first = int(np.flatnonzero(several)[0])
    file.add(
        "several-in-interval",
        "observed",
        f"{file.path} has several values of a place in one month, the first {count[first]} at "
        f"'{observations.label[first]}' in {middle[first].astype('datetime64[M]')}. The operator "
        "compares each with the mean of the month. Give monthly means, or set average = true in "
        f"[streams.{stream}].",
    )
    return None


def _averaged(observations: Observations, groups: np.ndarray) -> Observations:
    """The mean of each group; its error is the root mean square, as errors of a month are shared.

    Periods extend from the first to the last day of a group. Text columns are those of its first
    observation, and missing values do not count.
    """
    _, first, group, size = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    if np.all(size == 1):
        return observations
    used = np.isfinite(observations.values)
    used |= ~np.isin(group, group[used])  # of groups without values

    def mean(column: np.ndarray) -> np.ndarray:
        if column.ndim > 1:
            flat = column.reshape(len(column), -1)
            means = [mean(flat[:, n]) for n in range(flat.shape[1])]
            return np.reshape(np.transpose(means), (len(first), *column.shape[1:]))
        present = np.isfinite(column) & used
        total = np.bincount(group, np.where(present, column, 0.0), len(first))
        count = np.bincount(group, present, len(first))
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    start, end = observations.start[first], observations.end[first]
    np.minimum.at(start, group, observations.start)
    np.maximum.at(end, group, observations.end)
    extra = {
        name: mean(column.astype(float)) if column.dtype.kind in "iuf" else column[first]
        for name, column in observations.extra.items()
    }
    averaged = evolve(
        observations.take(first),
        values=mean(observations.values),
        sd=np.where(size == 1, observations.sd[first], np.sqrt(mean(observations.sd**2))),
        start=start,
        end=end,
        extra=extra,
    )
    return averaged.take(np.argsort(first))  # in the order of the file


def warn_of_repeats(file: InputFile, observations: Observations, places: np.ndarray) -> None:
    """Warn of observations with the place, quantity, days and value of an earlier one.

    Args:
        file: for the message.
        observations: as read.
        places: as of `place_numbers`, shape (obs,).
    """
    days = observations.start, observations.end
    present = np.flatnonzero(np.isfinite(observations.values))
    numbers = _group_numbers([c[present] for c in (places, *days, observations.values)])
    _, first, count = np.unique(numbers, return_index=True, return_counts=True)
    if not (repeats := int(np.sum(count - 1))):
        return
    example = present[first[count > 1].min()]
    file.warn(
        "repeated-observations",
        "observed",
        f"{repeats} of the {len(observations)} observations in {file.path} have the place, days "
        f"and value of another, the first '{observations.label[example]}' on "
        f"{observations.start[example]}. Each counts in full; remove repeats from the file.",
    )


def also_in(observations: Observations, others: Observations) -> np.ndarray:
    """True where others have an observation of its quantity, place, days and value, shape (obs,).

    Places agree within `NEAR` and values within `EQUAL`, so that copies count.

    Args:
        observations, others: with the column `quantity`; missing values agree with none.
    """
    present = np.flatnonzero(np.isfinite(observations.values))
    here, there = observations.take(present), others.take(np.isfinite(others.values))
    columns = [(o.quantity, o.start, o.end) for o in (here, there)]
    groups = _group_numbers([np.concatenate(pair) for pair in zip(*columns, strict=True)])
    groups_here, groups_there = np.split(groups, [len(here)])
    repeated = np.zeros(len(observations), dtype=bool)
    for halves in product((0.0, 0.5), repeat=3):  # a step or its half separates no near numbers
        codes = _codes(here, groups_here, halves)
        repeated[present] |= np.isin(codes, _codes(there, groups_there, halves))
    return repeated


def _codes(observations: Observations, groups: np.ndarray, halves: Sequence[float]) -> np.ndarray:
    """A number for each group, place and value, the last two in steps, shape (obs,).

    Different ones have the same number once in 2^64 pairs.

    Args:
        groups: number of the quantity and days of each.
        halves: where the steps of latitude, longitude and value begin, in steps.
    """
    values, around = observations.values, round(360.0 / (2.0 * NEAR))
    size = np.log(np.where(values == 0.0, 1.0, np.abs(values)))
    steps = (
        np.floor(observations.latitude / (2.0 * NEAR) + halves[0]),
        np.floor(observations.longitude / (2.0 * NEAR) + halves[1]) % around,
        np.floor(size / (2.0 * EQUAL) + halves[2]),
        np.sign(values),
    )
    codes = groups.astype(np.uint64)
    for step in steps:
        codes = codes * MIXER + step.astype(np.int64).astype(np.uint64)
    return codes
